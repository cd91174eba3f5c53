/**
 * An HTTP proxy on loopback that knows only the names it was given, and leads each to a loopback port. With a
 * certificate of the test authority for that name, a real registry's name can so be served by the simulator. Nothing
 * ever leaves this machine: what is not named is refused.
 */
import { createServer, type IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { listen, stop } from "./server.js";

export interface ProxyRequest {
  /** CONNECT, or the method of a request that was to be forwarded in plain text. */
  readonly method: string;
  /** `host:port` as asked, or the whole address of a plain request. */
  readonly target: string;
  readonly allowed: boolean;
}

export interface LoopbackProxy {
  /** What HTTPS_PROXY is set to: `http://localhost:40123/`. */
  readonly url: string;
  readonly log: readonly ProxyRequest[];
  /** Stops it, and breaks the tunnels. */
  close(): Promise<void>;
}

/** Opens tunnels to port 443 of these hosts, which end at the given ports of this machine. */
export async function openProxy(ports: Readonly<Record<string, number>>): Promise<LoopbackProxy> {
  const log: ProxyRequest[] = [];
  const tunnels = new Set<Duplex>();
  const keep = (socket: Duplex) => {
    tunnels.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => tunnels.delete(socket));
  };
  const server = createServer((request, response) => {
    log.push({ method: request.method ?? "GET", target: request.url ?? "", allowed: false });
    response.writeHead(403).end();
  });
  server.on("connect", (request: IncomingMessage, client: Socket, head: Buffer) => {
    keep(client);
    const target = request.url ?? "";
    const port = target.endsWith(":443")
      ? new Map(Object.entries(ports)).get(target.slice(0, -":443".length))
      : undefined;
    log.push({ method: "CONNECT", target, allowed: port !== undefined });
    if (port === undefined) {
      client.end("HTTP/1.1 403 Forbidden\r\n\r\n");
      return;
    }
    const site = connect(port, "localhost", () => {
      client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      site.write(head);
      site.pipe(client).pipe(site);
    });
    keep(site);
    site.on("close", () => client.destroy());
    client.on("close", () => site.destroy());
  });
  const url = `http://localhost:${await listen(server)}/`;
  const close = async () => {
    for (const socket of tunnels) socket.destroy();
    await stop(server);
  };
  return { url, log, close };
}
