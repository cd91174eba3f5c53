/**
 * Connections whose other end has proven who it is. There is no way to ask for less: the chain and the host's name
 * are verified, whatever NODE_TLS_REJECT_UNAUTHORIZED or node's flags say, and TLS is 1.2 or newer.
 */
import { X509Certificate } from "node:crypto";
import type { Duplex } from "node:stream";
import tls, { type SecureContext, type TLSSocket } from "node:tls";
import { StopError } from "../model/finding.js";
import { certificateTrouble, isCertificateError } from "./certificate.js";
import { TroubleError, trouble, troubleOf } from "./trouble.js";

const PEM = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

/** The last ones that were made: reading a hundred and fifty roots takes as long as many connections. */
const made = new Map<string, SecureContext>();
const MOST_KEPT = 4;

/** One context for all connections that believe the same authorities. Throws as `authorities` does. */
export function secureContext(extraCa: readonly string[]): SecureContext {
  const key = JSON.stringify(extraCa);
  const known = made.get(key);
  if (known !== undefined) return known;
  const ca = authorities(extraCa);
  const context = tls.createSecureContext({ minVersion: "TLSv1.2", ...(ca === null ? {} : { ca }) });
  const [oldest] = made.size < MOST_KEPT ? [] : made.keys();
  if (oldest !== undefined) made.delete(oldest);
  made.set(key, context);
  return context;
}

/**
 * Who may vouch for a server: node's roots and, besides them, the certificates in `extraCa` (PEM). Null without
 * extra ones: node then takes its own by itself. Its own are the bundled ones and those of NODE_EXTRA_CA_CERTS;
 * before node 22.15 nothing tells the latter, so together with other extra ones they must be in `extraCa` too.
 * Throws StopError ENVIRONMENT_UNSAFE where one is no certificate.
 */
export function authorities(extraCa: readonly string[]): string[] | null {
  const extra = extraCa.flatMap((pem) => certificatesIn(pem));
  if (extra.length === 0) return null;
  const { getCACertificates } = tls as { readonly getCACertificates?: (type: "default") => string[] };
  return [...(getCACertificates?.("default") ?? tls.rootCertificates), ...extra];
}

/**
 * The certificates in a PEM text, one text for each. Throws StopError ENVIRONMENT_UNSAFE, naming the file that the
 * text is `from`, where there is none, or one that can't be read.
 */
export function certificatesIn(pem: string, from: string | null = null): string[] {
  const found = pem.match(PEM) ?? [];
  try {
    for (const one of found) new X509Certificate(one);
    if (found.length > 0) return found;
  } catch {
    // The message below says it for both.
  }
  const says = `${from ?? "an extra certificate authority"} holds no certificate in PEM form`;
  throw new StopError("ENVIRONMENT_UNSAFE", says, from === null ? {} : { at: from });
}

export interface Endpoint {
  /** As in a URL: an IPv6 address may stand in brackets. */
  readonly hostname: string;
  readonly port: number;
}

/**
 * Opens a connection, directly or through a `tunnel` that already leads there, and resolves once the other end is
 * proven to be `hostname`. Rejects with a TroubleError within `connectMs`. Sessions are never resumed: node does
 * not look at the host's name again in a resumed one.
 */
export function connectSecurely(
  to: Endpoint,
  context: SecureContext,
  connectMs: number,
  tunnel?: Duplex,
): Promise<TLSSocket> {
  const host = to.hostname.replace(/^\[|\]$/g, "");
  const socket = tls.connect({
    host,
    port: to.port,
    ...(tunnel === undefined ? {} : { socket: tunnel }),
    // RFC 6066 section 3: a server's name is never an address. Without it node verifies `host` all the same.
    ...(isAddress(host) ? {} : { servername: host }),
    secureContext: context,
    rejectUnauthorized: true,
    ALPNProtocols: ["http/1.1"],
  });
  socket.setNoDelay(true);
  return new Promise((resolve, reject) => {
    let peer: tls.PeerCertificate | null = null;
    const timer = setTimeout(() => {
      const slow = trouble("FETCH_TIMEOUT", `could not be reached within ${seconds(connectMs)}`, { passing: true });
      socket.destroy(new TroubleError({ ...slow, unreached: true }));
    }, connectMs);
    // Before node's own listener: that one throws a bad certificate away, and the message is to say what was in it.
    socket.prependListener("secure", () => {
      peer = socket.getPeerCertificate();
    });
    socket.once("secureConnect", () => {
      clearTimeout(timer);
      if (socket.authorized) resolve(socket);
      else socket.destroy(new TroubleError(trouble("FETCH_TLS", "was not proven to be who it should be")));
    });
    // Stays for good, so that no error finds the socket without a listener before undici has put its own.
    socket.on("error", (error) => {
      clearTimeout(timer);
      const met = isCertificateError(error) ? certificateTrouble(error, host, peer) : troubleOf(error);
      reject(new TroubleError({ ...met, unreached: true }));
    });
  });
}

function isAddress(host: string): boolean {
  return host.includes(":") || /^\d+\.\d+\.\d+\.\d+$/.test(host);
}

function seconds(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${Math.round(ms / 1000)} s`;
}
