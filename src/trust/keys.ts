/** A registry's signing keys: ECDSA over P-256, as npm publishes them at `/-/npm/v1/keys`. */
import { createHash, createPublicKey } from "node:crypto";
import type { RegistryKey } from "../model/policy.js";
import { readFields, readText } from "./fields.js";
import { type Json, malformed, quote } from "./json.js";
import { readTime } from "./values.js";

/** A SubjectPublicKeyInfo of P-256 with an uncompressed point: 26 bytes that are always the same, and the point. */
const SPKI_BYTES = 91;
const POINT_BYTES = 65;

/** Reads `{ "keyid": "SHA256:…", "key": "<base64 SPKI>", "notBefore"?: time, "expires"?: time | null }`. */
export function readRegistryKey(value: Json): RegistryKey {
  const fields = readFields(value, "a registry's key", ["keyid", "key", "notBefore", "expires"]);
  const spki = readText(fields.need("key"), '"key"');
  const bytes = Buffer.from(spki, "base64");
  if (bytes.toString("base64") !== spki || !isP256(bytes)) {
    throw malformed(
      fields.need("key").at,
      '"key" is not a P-256 public key.',
      "Copy the key as the registry gives it: base64 of a SubjectPublicKeyInfo, beginning with MFkw.",
    );
  }
  const keyid = readText(fields.need("keyid"), '"keyid"');
  if (!keyidsOf(bytes).includes(keyid)) {
    throw malformed(
      fields.need("keyid").at,
      `${quote(keyid)} is not the id of the key beside it.`,
      `The id of this key is ${keyidsOf(bytes)[0]}. If that surprises you, ask the registry which key is its own.`,
    );
  }
  return {
    keyid,
    spki,
    notBefore: readEnd(fields.get("notBefore"), "notBefore"),
    expires: readEnd(fields.get("expires"), "expires"),
  };
}

function readEnd(value: Json | null, what: string): number | null {
  return value === null || value.type === "null" ? null : readTime(value, `"${what}"`);
}

function isP256(bytes: Buffer): boolean {
  if (bytes.length !== SPKI_BYTES) return false;
  try {
    const key = createPublicKey({ key: bytes, format: "der", type: "spki" });
    return (
      key.asymmetricKeyType === "ec" &&
      key.asymmetricKeyDetails?.namedCurve === "prime256v1" &&
      key.export({ type: "spki", format: "der" }).equals(bytes)
    );
  } catch {
    return false;
  }
}

/**
 * The ids under which a registry may publish a key. npm's own are OpenSSH fingerprints (RFC 4253 section 6.6 and
 * RFC 5656 section 3.1: SHA-256 over the key in SSH's wire form, base64 without padding); other registries hash
 * the SubjectPublicKeyInfo, with or without padding. Each of them commits to the whole key.
 */
function keyidsOf(spki: Buffer): readonly string[] {
  const curve = "nistp256";
  const wire = [`ecdsa-sha2-${curve}`, curve, spki.subarray(-POINT_BYTES)].map((part) => {
    const bytes = Buffer.from(part);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  });
  const id = (bytes: Uint8Array): string => `SHA256:${createHash("sha256").update(bytes).digest("base64")}`;
  const unpadded = (text: string): string => text.replace(/=+$/, "");
  return [unpadded(id(Buffer.concat(wire))), unpadded(id(spki)), id(spki)];
}
