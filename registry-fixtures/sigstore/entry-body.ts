/**
 * What a log keeps of an envelope. Each kind of entry says it in its own way, and each names the key or certificate that
 * the log verified the signature with: the verifier of a bundle has to compare that too.
 */
import { createHash } from "node:crypto";
import type { Envelope, KindVersion } from "./bundle.js";
import { canonicalJson } from "./canonical-json.js";
import { pem } from "./der.js";
import { signedBytes } from "./envelope.js";

export type EntryKind = "v1-intoto" | "v1-dsse" | "v1-hashedrekord" | "v2-dsse" | "v2-hashedrekord";

/** By what the log is to have verified the signature; DER. */
export type EntryVerifier = { readonly certificate: Buffer } | { readonly publicKey: Buffer };

export interface EntryBody {
  readonly kindVersion: KindVersion;
  /** Canonical JSON. */
  readonly body: Buffer;
}

/** Which generation of logs takes such entries. */
export function generationOf(kind: EntryKind): 1 | 2 {
  return kind.startsWith("v1-") ? 1 : 2;
}

export function entryBody(kind: EntryKind, envelope: Envelope, verifier: EntryVerifier): EntryBody {
  switch (kind) {
    case "v1-intoto":
      return bodyOf("intoto", "0.0.2", intoto(envelope, verifier));
    case "v1-dsse":
      return bodyOf("dsse", "0.0.1", dsse(envelope, verifier));
    case "v1-hashedrekord":
      return bodyOf("hashedrekord", "0.0.1", hashedRekord(envelope, verifier));
    case "v2-dsse":
      return bodyOf("dsse", "0.0.2", { dsseV002: dsseV2(envelope, verifier) });
    case "v2-hashedrekord":
      return bodyOf("hashedrekord", "0.0.2", { hashedRekordV002: hashedRekordV2(envelope, verifier) });
  }
}

function bodyOf(kind: string, version: string, spec: object): EntryBody {
  return { kindVersion: { kind, version }, body: Buffer.from(canonicalJson({ apiVersion: version, kind, spec })) };
}

/** Here signature and key are base64 of base64; the hash is over the envelope, where an empty keyid is left out. */
function intoto(envelope: Envelope, verifier: EntryVerifier) {
  const { sig, keyid } = signatureOf(envelope);
  const named = keyid === "" ? {} : { keyid };
  return {
    content: {
      envelope: {
        payloadType: envelope.payloadType,
        signatures: [{ ...named, publicKey: base64(pemOf(verifier)), sig: base64(sig) }],
      },
      hash: hash(canonicalJson({ ...envelope, signatures: [{ ...named, sig }] })),
      payloadHash: hash(payloadIn(envelope)),
    },
  };
}

function dsse(envelope: Envelope, verifier: EntryVerifier) {
  const { sig, keyid } = signatureOf(envelope);
  const { payload, payloadType } = envelope;
  return {
    envelopeHash: hash(JSON.stringify({ payload, payloadType, signatures: [{ sig, keyid }] })),
    payloadHash: hash(payloadIn(envelope)),
    signatures: [{ signature: sig, verifier: base64(pemOf(verifier)) }],
  };
}

function hashedRekord(envelope: Envelope, verifier: EntryVerifier) {
  return {
    data: { hash: hash(signedBytes(envelope.payloadType, payloadIn(envelope))) },
    signature: { content: signatureOf(envelope).sig, publicKey: { content: base64(pemOf(verifier)) } },
  };
}

function dsseV2(envelope: Envelope, verifier: EntryVerifier) {
  return {
    payloadHash: hashV2(payloadIn(envelope)),
    signatures: [{ content: signatureOf(envelope).sig, verifier: verifierV2(verifier) }],
  };
}

function hashedRekordV2(envelope: Envelope, verifier: EntryVerifier) {
  return {
    data: hashV2(signedBytes(envelope.payloadType, payloadIn(envelope))),
    signature: { content: signatureOf(envelope).sig, verifier: verifierV2(verifier) },
  };
}

function verifierV2(verifier: EntryVerifier) {
  const keyDetails = "PKIX_ECDSA_P256_SHA_256";
  return "certificate" in verifier
    ? { keyDetails, x509Certificate: { rawBytes: verifier.certificate.toString("base64") } }
    : { keyDetails, publicKey: { rawBytes: verifier.publicKey.toString("base64") } };
}

function pemOf(verifier: EntryVerifier): string {
  return "certificate" in verifier ? pem("CERTIFICATE", verifier.certificate) : pem("PUBLIC KEY", verifier.publicKey);
}

function signatureOf(envelope: Envelope): Envelope["signatures"][number] {
  return envelope.signatures[0] ?? { sig: "", keyid: "" };
}

function payloadIn(envelope: Envelope): Buffer {
  return Buffer.from(envelope.payload, "base64");
}

function hash(content: string | Uint8Array) {
  return { algorithm: "sha256", value: createHash("sha256").update(content).digest("hex") };
}

function hashV2(content: Uint8Array) {
  return { algorithm: "SHA2_256", digest: createHash("sha256").update(content).digest("base64") };
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
