/** Gives a site an address on loopback: HTTPS with a certificate that holds, or with one of those that must not. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer as createHttpServer, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Authority, mintAuthority, type ServerCertificate } from "./authority.js";
import type { Site } from "./site.js";

export interface ServeOptions {
  /** "good" unless given. With "unknown-ca" the certificate is sound, and from an authority that `ca` is not. */
  readonly certificate?: "good" | "expired" | "wrong-host" | "unknown-ca" | "self-signed";
  /** HTTP without TLS. */
  readonly plainHttp?: boolean;
  /** For a registry that does not lie at the root of its host: `npm/private`. */
  readonly pathPrefix?: string;
  /**
   * The name by which clients reach it through `proxy.ts`: certificate and tarball addresses are made out to it, on
   * the default port. Without it, `localhost` and the server's own port.
   */
  readonly host?: string;
  /** Signs the certificate; minted if not given. Several servers with one authority need only one `caFile`. */
  readonly authority?: Authority;
}

export interface Served {
  /** With a slash at the end: `https://localhost:40123/`. */
  readonly url: string;
  /** On loopback, also where `url` has another host. */
  readonly port: number;
  /** PEM of the authority that clients are told to believe. */
  readonly ca: string;
  /** A file that holds `ca`, in a temporary folder. */
  readonly caFile: string;
  /** Stops it, breaking off what is under way, and removes the folder. */
  close(): Promise<void>;
}

const DAY_MS = 86_400_000;

/** Serves a site until `close`. A site has one address at a time: the latest. */
export async function serve(site: Site, options: ServeOptions = {}): Promise<Served> {
  const authority = options.authority ?? (await mintAuthority());
  const server = options.plainHttp ? createHttpServer() : createHttpsServer(await certificateFor(options, authority));
  server.on("request", (request, response) => site.handle(request, response));
  const port = await listen(server);
  site.url = addressOf(options, port);
  const folder = await mkdtemp(join(tmpdir(), "registry-fixture-"));
  const caFile = join(folder, "ca.pem");
  await writeFile(caFile, authority.pem);
  const close = async () => {
    await stop(server);
    await rm(folder, { recursive: true, force: true });
  };
  return { url: site.url, port, ca: authority.pem, caFile, close };
}

async function certificateFor(options: ServeOptions, authority: Authority): Promise<ServerCertificate> {
  const { certificate = "good", host = "localhost" } = options;
  const names = { hosts: [host], ...(host === "localhost" ? { ips: ["127.0.0.1", "::1"] } : {}) };
  switch (certificate) {
    case "good":
      return await authority.issue(names);
    case "expired":
      return await authority.issue({ ...names, notBefore: daysFromNow(-3), notAfter: daysFromNow(-1) });
    case "wrong-host":
      return await authority.issue({ hosts: ["elsewhere.example"] });
    case "unknown-ca":
      return await (await mintAuthority()).issue(names);
    case "self-signed":
      return await authority.issue({ ...names, selfSigned: true });
  }
}

function daysFromNow(days: number): Date {
  return new Date(Date.now() + days * DAY_MS);
}

function addressOf({ plainHttp = false, pathPrefix = "", host }: ServeOptions, port: number): string {
  const prefix = pathPrefix.replace(/^\/|\/$/g, "");
  const path = prefix === "" ? "/" : `/${prefix}/`;
  return `${plainHttp ? "http" : "https"}://${host ?? `localhost:${port}`}${path}`;
}

/** Listens on a free loopback port, which it returns. */
export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "localhost", resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** Stops a server without waiting for its clients. */
export async function stop(server: Server): Promise<void> {
  const stopped = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await stopped;
}
