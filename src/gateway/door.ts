/**
 * The door behind which both gateways stand: one HTTP server on 127.0.0.1, at a port that the system picks.
 * It knows two ways in. A plain request must carry a random 128-bit token as the first segment of its path. A request
 * in absolute form (RFC 9112, section 3.2.2: what a client sends to its proxy) must carry the token as the proxy's
 * credential, and be meant for this very server; whatever is meant for another host, and every CONNECT, is refused
 * here and written down by name. An installer that has this door as its proxy, and no exceptions from it, can
 * therefore reach nothing else, not even another port of this machine.
 *
 * The token keeps other users of the machine out. It belongs into an environment or a file, not on a command line,
 * which everyone on the machine can read.
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

const TOKEN_BYTES = 16;
/** The refused requests are for a report: this many different ones, this long, tell the story. */
const MAX_REFUSED = 500;
const MAX_REFUSED_LENGTH = 300;
const MAX_HEADER_BYTES = 32 * 1024;

/** A request that came in properly. */
export interface Visit {
  readonly method: string;
  /** Segments of the path below the token, percent-decoded, none of them empty. */
  readonly path: readonly string[];
  /** The address, ending in `/`, below which this visitor sees us. */
  readonly base: string;
  readonly accept: string;
}

export type Answer =
  | { readonly status: number; readonly contentType: string; readonly body: Uint8Array | string }
  /** `bytes` is opened once; `size` in bytes. */
  | { readonly status: 200; readonly size: number; readonly bytes: AsyncIterable<Uint8Array> }
  /** Refused, and written down. */
  | "refused"
  /** Refused, and not worth a word: what installers ask out of habit. */
  | "not here";

export interface Door {
  /** `http://127.0.0.1:<port>/<token>/`. */
  readonly url: string;
  /** `http://127.0.0.1:<port>/`: only of use to whoever comes by way of `proxyUrl`. */
  readonly bareUrl: string;
  /** `http://gateway:<token>@127.0.0.1:<port>/`. */
  readonly proxyUrl: string;
  /** What was asked for and refused so far, each once: `GET http://host/path`, `CONNECT host:443`, `GET /name`. */
  readonly refused: readonly string[];
  close(): Promise<void>;
}

/** Opens the door. `answer` may throw: the visitor then gets a 500. */
export async function openDoor(answer: (visit: Visit) => Promise<Answer>): Promise<Door> {
  const token = randomBytes(TOKEN_BYTES).toString("hex");
  const credential = `Basic ${Buffer.from(`gateway:${token}`).toString("base64")}`;
  const refused = new Set<string>();
  const refuse = (what: string) => {
    if (refused.size < MAX_REFUSED) refused.add(what.slice(0, MAX_REFUSED_LENGTH));
  };

  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES, keepAlive: true }, (request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  // An installer leaves a connection idle while it unpacks; closing it then would look like a failing registry.
  server.keepAliveTimeout = 0;

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const entrance = enter(request);
    if ("status" in entrance) return deny(response, entrance.status);
    const { visit, shown } = entrance;
    const given = visit === null ? "refused" : await answer(visit).catch(() => FAILED);
    if (given === "refused") refuse(`${request.method} ${shown}`);
    await send(response, given, request.method === "HEAD");
  };

  /** Who comes in, and for what: null for another host's business. */
  const enter = (request: IncomingMessage): { status: number } | { visit: Visit | null; shown: string } => {
    const target = request.url ?? "";
    const absolute = /^https?:\/\//i.test(target);
    if (absolute && !equal(request.headers["proxy-authorization"], credential)) return { status: 407 };
    if (!URL.canParse(target, origin)) return { status: 400 };
    const url = new URL(target, origin);
    const segments = decodePath(url.pathname);
    if (segments === null) return { status: 400 };
    const tokened = equal(segments[0], token);
    if (!absolute && !tokened) return { status: 404 };
    const path = tokened ? segments.slice(1) : segments;
    if (url.origin !== origin) return { visit: null, shown: `${url.origin}${url.pathname}` };
    const base = tokened ? `${origin}/${token}/` : `${origin}/`;
    const visit = { method: request.method ?? "", path, base, accept: request.headers.accept ?? "" };
    return { visit, shown: `/${path.join("/")}` };
  };

  server.on("connect", (request: IncomingMessage, socket: Duplex) => {
    const known = equal(request.headers["proxy-authorization"], credential);
    if (known) refuse(`CONNECT ${request.url ?? ""}`);
    socket.on("error", () => socket.destroy());
    socket.end(
      `HTTP/1.1 ${known ? "403 Forbidden" : "407 Proxy Authentication Required"}\r\nConnection: close\r\n\r\n`,
    );
  });
  server.on("clientError", (_error, socket) => socket.destroy());

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;

  return {
    url: `${origin}/${token}/`,
    bareUrl: `${origin}/`,
    proxyUrl: `http://gateway:${token}@127.0.0.1:${port}/`,
    get refused() {
      return [...refused];
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const FAILED: Answer = { status: 500, contentType: "application/json", body: '{"error":"the gateway failed"}' };
/** npm would otherwise write every answer into its cache once more: a third of the time, measured. */
const HEADERS = { "cache-control": "no-store" };
const REFUSAL = '{"error":"refused by secure-install: only what was verified can be had here"}';

async function send(response: ServerResponse, answer: Answer, headOnly: boolean): Promise<void> {
  if (answer === "refused") return reply(response, 403, "application/json", REFUSAL, headOnly);
  if (answer === "not here") return reply(response, 404, "application/json", "{}", headOnly);
  if ("body" in answer) return reply(response, answer.status, answer.contentType, answer.body, headOnly);
  response.writeHead(200, { ...HEADERS, "content-type": "application/octet-stream", "content-length": answer.size });
  if (headOnly) return void response.end();
  await pipeline(Readable.from(answer.bytes), response);
}

function reply(response: ServerResponse, status: number, type: string, body: Uint8Array | string, headOnly: boolean) {
  response.writeHead(status, { ...HEADERS, "content-type": type, "content-length": Buffer.byteLength(body) });
  response.end(headOnly ? undefined : body);
}

/** To a stranger, as little as possible. */
function deny(response: ServerResponse, status: number): void {
  response.writeHead(status, { "content-length": 0, connection: "close" });
  response.end();
}

/** The decoded segments of a path, or null where it is not well formed. `@scope%2fname` becomes two segments. */
function decodePath(pathname: string): readonly string[] | null {
  try {
    const segments = pathname.split("/").flatMap((segment) => decodeURIComponent(segment).split("/"));
    return segments.filter((segment) => segment !== "");
  } catch {
    return null;
  }
}

/** Compares in a time that does not depend on where the two differ. */
function equal(given: string | undefined, secret: string): boolean {
  const left = Buffer.from(given ?? "");
  const right = Buffer.from(secret);
  return left.length === right.length && timingSafeEqual(left, right);
}
