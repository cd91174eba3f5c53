/**
 * The gateway of the lock step: npm's own resolver asks here for metadata, and we fetch it with our own client, over
 * our own TLS. The answers go through as they came, so that the lockfile is the one that plain npm would have
 * written: `dist.tarball`, and with it `resolved`, names the real registry. Nothing in them is believed; what they
 * led to is read from the lockfile afterwards, and verified.
 *
 * Tarballs are not needed to lock, but for one case: of a package that bundles others (or, before npm 12, brings
 * its own shrinkwrap) npm looks into the tarball. Whether it may have it is for the caller to say.
 */
import { type Answer, openDoor, type Visit } from "./door.js";
import { readRegistryPath } from "./paths.js";

export interface LockRoute {
  /** With its `@`; null for the default registry. */
  readonly scope: string | null;
  /** The registry's address. */
  readonly registry: string;
}

export interface UpstreamRequest {
  readonly registry: string;
  readonly name: string;
  /** The media types that npm asked for: abbreviated or full metadata. */
  readonly accept: string;
}

export interface UpstreamAnswer {
  readonly status: number;
  readonly body: Buffer;
  readonly contentType: string;
}

export interface TarballRequest {
  readonly registry: string;
  readonly name: string;
  readonly filename: string;
}

export interface LockGatewayOptions {
  /** One of them has the scope null. */
  readonly routes: readonly LockRoute[];
  /** Fetches metadata. May throw: npm is then told that the registry could not be asked. */
  upstream(request: UpstreamRequest): Promise<UpstreamAnswer>;
  /** A tarball that may be looked into during the lock step, or null: refused, and written down. */
  tarball(
    request: TarballRequest,
  ): Promise<{ readonly size: number; readonly bytes: AsyncIterable<Uint8Array> } | null>;
}

export interface LockGateway {
  /** An address for each route, without the secret: it opens only by way of `proxyUrl`. */
  readonly routes: readonly { readonly scope: string | null; readonly url: string }[];
  readonly proxyUrl: string;
  /** What was asked for and refused so far. */
  readonly refused: readonly string[];
  close(): Promise<void>;
}

/** Opens the gateway. */
export async function openLockGateway(options: LockGatewayOptions): Promise<LockGateway> {
  const door = await openDoor((visit) => answer(visit, options));
  return {
    routes: options.routes.map(({ scope }, index) => ({ scope, url: `${door.bareUrl}${index}/` })),
    proxyUrl: door.proxyUrl,
    get refused() {
      return door.refused;
    },
    close: door.close,
  };
}

async function answer(visit: Visit, options: LockGatewayOptions): Promise<Answer> {
  const [index = "", ...below] = visit.path;
  const route = /^\d{1,4}$/.test(index) ? options.routes[Number(index)] : undefined;
  const path = readRegistryPath(route === undefined ? visit.path : below);
  if (path.kind === "chatter") return "not here";
  if (visit.method !== "GET" && visit.method !== "HEAD") return "refused";
  // npm takes the path of a tarball from its real address, and the host from us: no route stands before it.
  if (path.kind === "tarball") return tarball(path, options);
  if (path.kind !== "packument" || route === undefined) return "refused";
  try {
    const got = await options.upstream({ registry: route.registry, name: path.name, accept: visit.accept });
    return { status: got.status, contentType: got.contentType, body: got.body };
  } catch (error) {
    const says = `${route.registry} could not be asked for ${path.name}: ${error instanceof Error ? error.message : "?"}`;
    return { status: 424, contentType: "application/json", body: JSON.stringify({ error: says }) };
  }
}

async function tarball(path: { readonly name: string; readonly filename: string }, options: LockGatewayOptions) {
  const { name, filename } = path;
  const scope = name.startsWith("@") ? name.slice(0, name.indexOf("/")) : null;
  const route = options.routes.find((one) => one.scope === scope) ?? options.routes.find((one) => one.scope === null);
  if (route === undefined) return "refused";
  const got = await options.tarball({ registry: route.registry, name, filename });
  return got === null ? "refused" : { status: 200 as const, size: got.size, bytes: got.bytes };
}
