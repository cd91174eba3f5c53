/**
 * Whose key an entry of a transparency log speaks of. `@sigstore/verify` holds signature and digest of an entry against
 * the bundle, and not the key: a signature of ECDSA can be claimed for a second key that was made to fit.
 */
import { createPublicKey, type KeyObject, X509Certificate } from "node:crypto";

type Json = Readonly<Record<string, unknown>>;

/**
 * The keys that the entry names, for the kinds of entries that the library knows: `hashedrekord`, `dsse` and `intoto`
 * of Rekor 1, `hashedrekord` and `dsse` of Rekor 2. Throws for an entry that names none, or one that can't be read.
 * They are to be compared as keys (`equals`): to encode one takes longer than a verification.
 */
export function keysOfEntry(canonicalizedBody: Uint8Array): readonly KeyObject[] {
  const body: unknown = JSON.parse(Buffer.from(canonicalizedBody).toString("utf8"));
  const named = verifiersIn(body);
  if (named.length === 0) throw new Error("the log's entry names no key");
  return named.map(keyOf);
}

/** The base64 texts of certificates or keys: PEM with Rekor 1, DER with Rekor 2. */
function verifiersIn(body: unknown): readonly string[] {
  const found = [
    at(body, "spec", "signature", "publicKey", "content"),
    ...each(at(body, "spec", "signatures")).map((item) => at(item, "verifier")),
    ...each(at(body, "spec", "content", "envelope", "signatures")).map((item) => at(item, "publicKey")),
    inVerifier(at(body, "spec", "hashedRekordV002", "signature", "verifier")),
    ...each(at(body, "spec", "dsseV002", "signatures")).map((item) => inVerifier(at(item, "verifier"))),
  ];
  return found.filter((item) => typeof item === "string");
}

function inVerifier(verifier: unknown): unknown {
  return at(verifier, "x509Certificate", "rawBytes") ?? at(verifier, "publicKey", "rawBytes");
}

/** Registries sign all that they publish with the same few keys, and reading one takes longer than a verification. */
const bareKeys = new Map<string, KeyObject>();
const MOST_KEPT = 32;

function keyOf(text: string): KeyObject {
  const bytes = Buffer.from(text, "base64");
  const pem = bytes.toString("latin1");
  if (pem.startsWith("-----BEGIN PUBLIC KEY-----")) return bareKey(pem);
  if (pem.startsWith("-----BEGIN ")) return new X509Certificate(pem).publicKey;
  try {
    return new X509Certificate(bytes).publicKey;
  } catch {
    return createPublicKey({ key: bytes, format: "der", type: "spki" });
  }
}

function bareKey(pem: string): KeyObject {
  const known = bareKeys.get(pem);
  if (known !== undefined) return known;
  const key = createPublicKey(pem);
  if (bareKeys.size >= MOST_KEPT) bareKeys.clear();
  bareKeys.set(pem, key);
  return key;
}

function at(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const key of path) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as Json)[key];
  }
  return found;
}

function each(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
