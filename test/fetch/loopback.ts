/** HTTPS servers on loopback, and clients that believe their authority, for the tests of this folder. */
import https from "node:https";
import type { AddressInfo, Server, Socket } from "node:net";
import type { TestContext } from "node:test";
import tls from "node:tls";
import { type Issue, mintAuthority, type ServerCertificate } from "../../registry-fixtures/authority.js";
import { createClient } from "../../src/fetch/client.js";
import { type Client, FETCH_LIMITS, type FetchSettings } from "../../src/fetch/settings.js";

export const authority = await mintAuthority();
export const certificate = await authority.issue({ hosts: ["localhost"], ips: ["127.0.0.1"] });

export interface Listening {
  /** `https://localhost:<port>/` */
  readonly url: string;
  readonly port: number;
  /** Connections so far. */
  readonly connections: () => number;
}

/** Listens until the test is over, and drops all connections then. */
export async function listen(t: TestContext, server: Server): Promise<Listening> {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on("connection", (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
  });
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `https://localhost:${port}/`, port, connections: () => connections };
}

/** An HTTPS server with a certificate of the tests' authority for localhost and 127.0.0.1, unless given another. */
export function serve(
  t: TestContext,
  handler: Parameters<typeof https.createServer>[1] & {},
  options: https.ServerOptions = certificate,
): Promise<Listening> {
  return listen(t, https.createServer(options, handler));
}

/** A server that speaks TLS, and then writes what it likes. `times` counts the requests from 1. */
export function serveRaw(t: TestContext, answer: (socket: Socket, times: number) => void): Promise<Listening> {
  let times = 0;
  const server = tls.createServer(certificate, (socket) => {
    socket.on("error", () => {});
    socket.on("data", (data) => {
      if (!data.includes("\r\n\r\n")) return;
      times += 1;
      answer(socket, times);
    });
  });
  return listen(t, server);
}

export function issue(what: Issue): Promise<ServerCertificate> {
  return authority.issue(what);
}

/** A client that trusts the tests' authority, waits little, and never sleeps; `slept` collects what it would have. */
export function clientFor(
  t: TestContext,
  changes: Partial<FetchSettings> & { readonly slept?: number[] } = {},
): Client {
  const { slept = [], ...settings } = changes;
  const client = createClient({
    extraCa: [authority.pem],
    proxy: { https: null, noProxy: [] },
    connections: 4,
    credentials: [],
    offline: false,
    userAgent: "secure-install-tests",
    clock: { now: () => Date.now(), elapsed: () => performance.now() },
    sleep: async (ms) => void slept.push(ms),
    limits: { ...FETCH_LIMITS, connectMs: 3000, idleMs: 400, answerMs: 6000 },
    ...settings,
  });
  t.after(() => client.close());
  return client;
}

/** What most tests ask for. */
export const SMALL = { maxBytes: 100_000, redirects: [] } as const;

/** All bytes of a stream. */
export async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const chunk of chunks) pieces.push(chunk);
  return Buffer.concat(pieces);
}
