/**
 * The registry's signing keys, of npm's kind: ECDSA over P-256 and SHA-256. Minted at every start.
 *
 * A keyid here is the digest of the SubjectPublicKeyInfo. npm's own two are OpenSSH fingerprints instead (the digest of
 * the key in its SSH wire form, RFC 4253 section 6.6); its documentation only says "sha256 fingerprint of the public
 * key". With the recorded keys beside these, tests meet both.
 */
import { createHash, generateKeyPairSync, sign } from "node:crypto";

/** A key as trust.json carries it under "keys" of a registry. */
export interface PublicKey {
  /** By which signatures refer to it: `SHA256:` and base64 without padding. */
  readonly keyid: string;
  /** Base64 of the SubjectPublicKeyInfo, DER. */
  readonly key: string;
  /** ISO time, or null while the key is in use. */
  readonly expires: string | null;
}

export interface SigningKey {
  readonly keyid: string;
  readonly key: string;
  /** DER, base64. */
  sign(message: string): string;
  /** DER. */
  signBytes(bytes: Uint8Array): Buffer;
}

/** What a registry signs for one version; the integrity exactly as published. */
export function signedMessage(name: string, version: string, integrity: string): string {
  return `${name}@${version}:${integrity}`;
}

/** A new key that nobody has seen before. */
export function mintSigningKey(): SigningKey {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const spki = publicKey.export({ type: "spki", format: "der" });
  const signBytes = (bytes: Uint8Array) => sign("sha256", bytes, privateKey);
  return {
    keyid: keyidOf(spki),
    key: spki.toString("base64"),
    sign: (message) => signBytes(Buffer.from(message)).toString("base64"),
    signBytes,
  };
}

function keyidOf(spki: Uint8Array): string {
  return `SHA256:${createHash("sha256").update(spki).digest("base64").replace(/=+$/, "")}`;
}
