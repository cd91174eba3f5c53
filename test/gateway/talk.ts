/** Requests to a door, in every form, down to the bytes. */
import { type RequestOptions, request } from "node:http";
import { connect } from "node:net";

export interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: Buffer;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Asks plainly, as a client without a proxy does. */
export function ask(url: string, { method = "GET", headers = {} }: Ask = {}): Promise<Reply> {
  const { hostname, port, pathname, search } = new URL(url);
  return send({ hostname, port, path: pathname + search, method, headers });
}

/** Asks by way of a proxy, in absolute form, with the credential that its address holds. */
export function askByProxy(proxyUrl: string, url: string, { method = "GET", headers = {} }: Ask = {}): Promise<Reply> {
  const { hostname, port } = new URL(proxyUrl);
  return send({ hostname, port, path: url, method, headers: { ...credential(proxyUrl), ...headers } });
}

/** Sends these bytes to the server, and gives what comes back until it closes, or breaks off. */
export function raw(url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => socket.write(text));
    let got = "";
    socket.on("data", (piece) => {
      got += piece.toString("latin1");
    });
    socket.on("close", () => resolve(got));
    socket.on("error", () => resolve(got));
  });
}

export function credential(proxyUrl: string): Record<string, string> {
  const { username, password } = new URL(proxyUrl);
  if (username === "") return {};
  return { "proxy-authorization": `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` };
}

function send(options: RequestOptions): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request(options, (response) => {
      const pieces: Buffer[] = [];
      response.on("data", (piece: Buffer) => pieces.push(piece));
      response.on("end", () => {
        const type = response.headers["content-type"] ?? "";
        resolve({ status: response.statusCode ?? 0, type, body: Buffer.concat(pieces) });
      });
      response.on("error", reject);
    });
    sent.on("error", reject);
    sent.end();
  });
}
