/** In words, what was wrong with a server's certificate or with its TLS. */
import type { PeerCertificate } from "node:tls";
import { type Trouble, trouble } from "./trouble.js";

const SHOWN_CHARACTERS = 200;

/** OpenSSL's own names of what a chain can have wrong with it (X509_verify_cert), and node's name for the host. */
const CERTIFICATE = /^(?:CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT_|INVALID_|PATH_LENGTH_|HOSTNAME_)/;
const HANDSHAKE = /^(?:ERR_SSL_|ERR_TLS_|EPROTO)/;

/** Whether an error is TLS's and not the network's. */
export function isCertificateError(error: Error): boolean {
  const code = codeOf(error);
  return CERTIFICATE.test(code) || HANDSHAKE.test(code);
}

/** Says which certificate, for whom, by whom and until when. `peer` is what the server showed, if it came so far. */
export function certificateTrouble(error: Error, host: string, peer: PeerCertificate | null): Trouble {
  return trouble("FETCH_TLS", describe(codeOf(error), host, peer));
}

function describe(code: string, host: string, peer: PeerCertificate | null): string {
  switch (code) {
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return `showed a certificate for another host: for ${names(peer)}, not for ${host}`;
    case "CERT_HAS_EXPIRED":
      return past(peer?.valid_to)
        ? `showed a certificate that expired on ${peer?.valid_to}`
        : "showed a certificate whose chain has expired";
    case "CERT_NOT_YET_VALID":
      return `showed a certificate that begins on ${peer?.valid_from ?? "a later day"}`;
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
      return "showed a certificate that it signed itself";
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_GET_ISSUER_CERT":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
      return `showed a certificate of an unknown issuer: ${issuer(peer)}`;
    case "ERR_SSL_WRONG_VERSION_NUMBER":
    case "ERR_SSL_PACKET_LENGTH_TOO_LONG":
    case "ERR_SSL_HTTP_REQUEST":
      return "does not speak TLS at that port";
    case "ERR_SSL_UNSUPPORTED_PROTOCOL":
    case "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION":
    case "ERR_SSL_VERSION_TOO_LOW":
      return "offers no TLS of version 1.2 or newer";
    default:
      return `could not be proven to be ${host} (${code})`;
  }
}

function names(peer: PeerCertificate | null): string {
  const alternatives = peer?.subjectaltname?.replace(/(?:DNS|IP Address):/g, "");
  return short(alternatives ?? peer?.subject?.CN ?? "nobody");
}

function issuer(peer: PeerCertificate | null): string {
  const name = peer?.issuer;
  return short(name?.CN ?? name?.O ?? "one without a name");
}

function short(name: string | readonly string[]): string {
  return String(name).slice(0, SHOWN_CHARACTERS);
}

function past(date: string | undefined): boolean {
  return date !== undefined && Date.parse(date) < Date.now();
}

function codeOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : "";
}
