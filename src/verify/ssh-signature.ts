/**
 * Signatures that `ssh-keygen -Y sign` makes (OpenSSH's PROTOCOL.sshsig), read by ourselves and verified with node's
 * own cryptography. Everything that such a signature says of itself is held against what is expected; nothing in it is
 * passed over.
 */
import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import { readSshKey, type SshKey, type SshKeyType, sshInteger, sshString, sshStrings } from "../model/ssh-key.js";

export interface SshInput {
  readonly message: Uint8Array;
  /** The signature's file. */
  readonly signature: Uint8Array;
  /** What the signature is for: no other namespace's counts. */
  readonly namespace: string;
  /** The one key that may have made it. */
  readonly key: SshKey;
}

/** It holds, or in half a sentence why it does not. */
export type SshOutcome = { readonly ok: true } | { readonly ok: false; readonly why: string };

const LARGEST = 32 * 1024;
const BEGIN = "-----BEGIN SSH SIGNATURE-----";
const END = "-----END SSH SIGNATURE-----";
/** Six bytes and the version (section 2). */
const PREAMBLE = Buffer.from("SSHSIG");
const VERSION = 1;
/** By which the message is hashed: section 2 knows no other. */
const MESSAGE_HASHES = ["sha512", "sha256"];

interface Fields {
  readonly publicKey: Uint8Array;
  readonly namespace: string;
  readonly hash: string;
  readonly algorithm: string;
  readonly signature: Uint8Array;
}

/** Holds one signature against one key and one message. Never throws on what the file holds. */
export function verifySsh({ message, signature, namespace, key }: SshInput): SshOutcome {
  const blob = unarmored(signature);
  if (blob === null) return refuse("it is not one armored SSH signature");
  const fields = readFields(blob);
  if (typeof fields === "string") return refuse(fields);
  if (Buffer.compare(fields.publicKey, key.blob) !== 0) return refuse("it is by another key");
  if (fields.namespace !== namespace) return refuse(`it is for ${quote(fields.namespace)}, not for "${namespace}"`);
  if (!MESSAGE_HASHES.includes(fields.hash)) return refuse(`the message is hashed by ${quote(fields.hash)}`);
  const scheme = schemeOf(key.type, fields.algorithm);
  if (scheme === null) return refuse(`${quote(fields.algorithm)} is not a way in which a key of ${key.type} signs`);
  const raw = rawSignature(key, fields.signature);
  if (raw === null) return refuse("its numbers are malformed");
  const publicKey = publicKeyOf(key);
  if (publicKey === null) return refuse("the key's numbers are not a key");
  const digest = createHash(fields.hash).update(message).digest();
  const signed = [namespace, "", fields.hash, digest].map(sshString);
  const holds = verify(
    scheme,
    Buffer.concat([PREAMBLE, ...signed]),
    { key: publicKey, dsaEncoding: "ieee-p1363" },
    raw,
  );
  return holds ? { ok: true } : refuse("it does not hold for this message");
}

/** The key that a signature says it is by; null where the file is none, or the key of no kind that counts. */
export function signerOfSsh(signature: Uint8Array): SshKey | null {
  const blob = unarmored(signature);
  const fields = blob === null ? "" : readFields(blob);
  if (typeof fields === "string") return null;
  const read = readSshKey(fields.publicKey);
  return read.ok ? read.key : null;
}

/** Section 1, strictly: the lines of the armor are the first and the last of the file, and what they hold is base64. */
function unarmored(file: Uint8Array): Buffer | null {
  if (file.length > LARGEST) return null;
  const lines = Buffer.from(file)
    .toString("latin1")
    .replace(/\r?\n$/, "")
    .split(/\r?\n/);
  if (lines[0] !== BEGIN || lines.at(-1) !== END || lines.length < 3) return null;
  const body = lines.slice(1, -1);
  const text = body.join("");
  const blob = Buffer.from(text, "base64");
  return body.includes("") || blob.toString("base64") !== text ? null : blob;
}

/** Sections 2 and 3. Gives what is wrong as a text. */
function readFields(blob: Buffer): Fields | string {
  const start = PREAMBLE.length + 4;
  if (blob.length < start || !blob.subarray(0, PREAMBLE.length).equals(PREAMBLE)) return "it has no preamble";
  const version = blob.readUInt32BE(PREAMBLE.length);
  if (version !== VERSION) return `it is of version ${version}, where ${VERSION} is expected`;
  const strings = sshStrings(blob.subarray(start));
  const [publicKey, namespace, reserved, hash, wrapped, more] = strings ?? [];
  if (wrapped === undefined || more !== undefined) return "it is cut short, or something follows it";
  // The text lets a reader pass over it. Nobody has written anything there, and what is not understood is not accepted.
  if (reserved?.length !== 0) return "its reserved field is not empty";
  const [algorithm, signature, extra] = sshStrings(wrapped) ?? [];
  if (signature === undefined || extra !== undefined) return "it is cut short, or something follows it";
  return {
    publicKey: publicKey ?? new Uint8Array(),
    namespace: text(namespace),
    hash: text(hash),
    algorithm: text(algorithm),
    signature,
  };
}

/**
 * By which hash a key's own signature is made, as node names it; undefined for Ed25519, which has its own. RSA signs by
 * SHA-2 only (RFC 8332): "ssh-rsa" stands for SHA-1 as a way of signing.
 */
function schemeOf(type: SshKeyType, algorithm: string): string | undefined | null {
  if (type === "ssh-rsa") return /^rsa-sha2-(256|512)$/.test(algorithm) ? `sha${algorithm.slice(-3)}` : null;
  if (algorithm !== type) return null;
  return type === "ssh-ed25519" ? undefined : CURVES[type].hash;
}

const CURVES = {
  "ecdsa-sha2-nistp256": { name: "P-256", hash: "sha256", size: 32 },
  "ecdsa-sha2-nistp384": { name: "P-384", hash: "sha384", size: 48 },
  "ecdsa-sha2-nistp521": { name: "P-521", hash: "sha512", size: 66 },
} as const;

/** The signature's bytes as node takes them; null where they are not of their form. */
function rawSignature({ type, parts }: SshKey, signature: Uint8Array): Uint8Array | null {
  if (type === "ssh-ed25519") return signature.length === 64 ? signature : null;
  if (type === "ssh-rsa")
    return signature.length === sshInteger(parts[1] ?? new Uint8Array())?.length ? signature : null;
  const { size } = CURVES[type];
  const numbers = sshStrings(signature)?.map(sshInteger) ?? [];
  if (numbers.length !== 2) return null;
  const padded = numbers.map((number) =>
    number === null || number.length > size ? null : Buffer.concat([Buffer.alloc(size - number.length), number]),
  );
  const [r, s] = padded;
  return r && s ? Buffer.concat([r, s]) : null;
}

function publicKeyOf({ type, parts }: SshKey): KeyObject | null {
  const [first = new Uint8Array(), second = new Uint8Array()] = parts;
  try {
    return createPublicKey({ key: jwkOf(type, first, second), format: "jwk" });
  } catch {
    return null;
  }
}

function jwkOf(type: SshKeyType, first: Uint8Array, second: Uint8Array): Record<string, string> {
  if (type === "ssh-ed25519") return { kty: "OKP", crv: "Ed25519", x: url(first) };
  if (type === "ssh-rsa") return { kty: "RSA", e: url(first), n: url(sshInteger(second) ?? second) };
  const { name, size } = CURVES[type];
  return { kty: "EC", crv: name, x: url(second.subarray(1, 1 + size)), y: url(second.subarray(1 + size)) };
}

function url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}

function text(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString("latin1");
}

function quote(said: string): string {
  return JSON.stringify(said.slice(0, 40));
}

function refuse(why: string): SshOutcome {
  return { ok: false, why };
}
