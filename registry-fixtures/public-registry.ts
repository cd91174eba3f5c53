/**
 * A simulator in the place of npm's public registry: under its name, on loopback, by way of a proxy and of an authority
 * that only the test believes. What npm really signed can so be verified as users do it, without a trust store.
 */
import { BUILTIN } from "../src/trust/builtin.js";
import { mintAuthority } from "./authority.js";
import { openProxy } from "./proxy.js";
import { type Served, type ServeOptions, serve } from "./server.js";
import type { Site } from "./site.js";

export interface PublicRegistry {
  /** `https://` and the real registry's name. */
  readonly url: string;
  /** Of the authority that everything here is certified by. */
  readonly caFile: string;
  /** What leads a program to it, and to loopback without the proxy. */
  readonly env: Readonly<Record<string, string>>;
  /** Serves another site on loopback, certified by the same authority, until `close`. */
  serveBeside(site: Site, options?: ServeOptions): Promise<Served>;
  close(): Promise<void>;
}

/** The address of npm's public registry as it is built in. */
export const PUBLIC_URL = BUILTIN.find(({ id }) => id === "npmjs")?.url ?? "";

/** Serves a site under the name of npm's public registry until `close`. */
export async function servePublicly(site: Site): Promise<PublicRegistry> {
  const authority = await mintAuthority();
  const { host } = new URL(PUBLIC_URL);
  const served = await serve(site, { host, authority });
  const proxy = await openProxy({ [host]: served.port });
  const open: { close(): Promise<void> }[] = [served, proxy];
  return {
    url: served.url,
    caFile: served.caFile,
    env: { HTTPS_PROXY: proxy.url, NO_PROXY: "localhost" },
    serveBeside: async (other, options = {}) => {
      const beside = await serve(other, { authority, ...options });
      open.push(beside);
      return beside;
    },
    close: async () => {
      await Promise.all(open.map((one) => one.close()));
    },
  };
}
