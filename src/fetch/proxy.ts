/**
 * Proxies: which one stands between us and a host, and how a tunnel through it is made. Only CONNECT: a proxy carries
 * TLS bytes that it cannot read or change, and the host behind it is verified as if there were none.
 */
import type { Duplex } from "node:stream";
import type { SecureContext } from "node:tls";
import { buildConnector, Client } from "undici";
import { StopError } from "../model/finding.js";
import type { ProxySettings } from "./settings.js";
import { connectSecurely, type Endpoint } from "./tls.js";
import { TroubleError, trouble, troubleOf } from "./trouble.js";

/** npm's own settings for proxies; null or empty where there are none. */
export interface NpmProxySettings {
  readonly httpsProxy: string | null;
  readonly proxy: string | null;
  readonly noProxy: string | readonly string[] | null;
}

/**
 * The proxy for https, from npm's settings (`https-proxy`, `proxy`, `noproxy`), else from the environment
 * (HTTPS_PROXY, NO_PROXY, also in lower case, which wins as in curl). What HTTP_PROXY names is for plain HTTP.
 */
export function proxySettings(
  variables: Readonly<Record<string, string | undefined>>,
  npm: NpmProxySettings,
): ProxySettings {
  const environment = (name: string) => variables[name.toLowerCase()] || variables[name] || null;
  const noProxy = typeof npm.noProxy === "string" ? [npm.noProxy] : (npm.noProxy ?? []);
  const hosts = noProxy.flatMap(splitHosts);
  return {
    https: npm.httpsProxy || npm.proxy || environment("HTTPS_PROXY"),
    noProxy: hosts.length > 0 ? hosts : splitHosts(environment("NO_PROXY") ?? ""),
  };
}

function splitHosts(text: string): string[] {
  return text.split(/[\s,]+/).filter((host) => host !== "");
}

/**
 * Whether a host is reached without the proxy: `*`, `example.net` (which covers what is below it, as do
 * `.example.net` and `*.example.net`), an IP address; each perhaps with a port.
 */
export function goesDirect(url: URL, noProxy: readonly string[]): boolean {
  const host = url.hostname.toLowerCase();
  const port = url.port === "" ? "443" : url.port;
  return noProxy.some((entry) => {
    if (entry === "*") return true;
    const [, name = "", only] = /^(?:\*?\.)?(\[[^\]]*\]|[^:]*|[^[\]]*)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
    if (name === "" || (only !== undefined && only !== port)) return false;
    const plain = name.includes(":") && !name.startsWith("[") ? `[${name}]` : name;
    return host === plain || host.endsWith(`.${plain}`);
  });
}

export interface ProxyAddress {
  readonly url: URL;
  /** Value of Proxy-Authorization, or null. */
  readonly authorization: string | null;
}

/** Reads a proxy's address. Throws StopError ENVIRONMENT_UNSAFE for what is not http: or https:. */
export function parseProxy(text: string | null): ProxyAddress | null {
  if (text === null || text.trim() === "") return null;
  const spelled = text.includes("://") ? text.trim() : `http://${text.trim()}`;
  const url = URL.canParse(spelled) ? new URL(spelled) : null;
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new StopError("ENVIRONMENT_UNSAFE", "the proxy's address is neither http://host:port nor https://host:port", {
      at: "https-proxy",
      help: "Set HTTPS_PROXY, or npm's https-proxy, to the address of an HTTP proxy.",
    });
  }
  const user = `${decode(url.username)}:${decode(url.password)}`;
  const authorization = user === ":" ? null : `Basic ${Buffer.from(user).toString("base64")}`;
  return { url: new URL(url.origin), authorization };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Opens a tunnel to `to`. Rejects with a TroubleError within twice `connectMs`: once for the proxy, once for its answer. */
export async function openTunnel(
  proxy: ProxyAddress,
  to: Endpoint,
  context: SecureContext,
  connectMs: number,
): Promise<Duplex> {
  const client = new Client(proxy.url, { connect: proxyConnector(proxy.url, context, connectMs) });
  const host = `${to.hostname}:${to.port}`;
  const authorization = proxy.authorization === null ? {} : { "proxy-authorization": proxy.authorization };
  try {
    const signal = AbortSignal.timeout(2 * connectMs);
    const { socket, statusCode } = await client.connect({ path: host, headers: { host, ...authorization }, signal });
    socket.on("error", () => {});
    if (statusCode === 200) return socket;
    socket.destroy();
    throw new TroubleError(trouble("FETCH_FAILED", `answered ${statusCode}`, { passing: statusCode >= 500 }));
  } catch (error) {
    void client.destroy();
    const met = isTimeout(error) ? SLOW : troubleOf(error);
    const what = `could not be reached: the proxy ${proxy.url.host} ${met.what}`;
    throw new TroubleError({ ...met, what, unreached: true });
  }
}

const SLOW = trouble("FETCH_TIMEOUT", "took too long to answer", { passing: true });

function isTimeout(error: unknown): boolean {
  return error instanceof Error && (error.name === "TimeoutError" || error.name === "ConnectTimeoutError");
}

function proxyConnector(url: URL, context: SecureContext, connectMs: number): buildConnector.connector {
  if (url.protocol === "http:") return buildConnector({ timeout: connectMs });
  const to = { hostname: url.hostname, port: Number(url.port || 443) };
  return (_, done) => {
    connectSecurely(to, context, connectMs).then(
      (socket) => done(null, socket),
      (error: Error) => done(error, null),
    );
  };
}
