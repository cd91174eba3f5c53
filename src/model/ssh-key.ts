/**
 * Public keys as OpenSSH writes them: `ssh-ed25519 AAAA…`, with or without a comment (RFC 4253 section 6.6, RFC 5656
 * section 3.1, RFC 8709 section 4). Read to the last byte; only kinds by which a signature proves something.
 */

export const SSH_KEY_TYPES = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "ssh-rsa",
] as const;
export type SshKeyType = (typeof SSH_KEY_TYPES)[number];

export interface SshKey {
  readonly type: SshKeyType;
  /** In wire form: what a signature names. */
  readonly blob: Uint8Array;
  /** What stands behind the type: the key; or curve and point; or exponent and modulus. */
  readonly parts: readonly Uint8Array[];
}

/** A key, or in half a sentence why `text` is none. */
export type SshKeyReading = { readonly ok: true; readonly key: SshKey } | { readonly ok: false; readonly why: string };

const LONGEST = 16 * 1024;
const RSA_BITS = { least: 2048, most: 16_384 } as const;
const LONGEST_EXPONENT = 8;
/** Bytes of a key, or of an uncompressed point of a curve. */
const SIZES: Readonly<Record<string, number>> = {
  "ssh-ed25519": 32,
  "ecdsa-sha2-nistp256": 65,
  "ecdsa-sha2-nistp384": 97,
  "ecdsa-sha2-nistp521": 133,
};

/** Reads one line of a `.pub` file. */
export function parseSshKey(text: string): SshKeyReading {
  const [, type = "", base64 = ""] = /^([a-z0-9@.-]+) ([A-Za-z0-9+/]+={0,2})(?: [^\x00-\x1f\x7f]*)?$/.exec(text) ?? [];
  if (text.length > LONGEST || base64 === "") return refuse("it is not written as OpenSSH writes public keys");
  const blob = Buffer.from(base64, "base64");
  if (blob.toString("base64") !== base64) return refuse("its second word is not base64");
  const read = readSshKey(blob);
  return read.ok && read.key.type !== type ? refuse(`it calls itself ${type}, and is ${read.key.type}`) : read;
}

/** Reads a key in wire form. */
export function readSshKey(blob: Uint8Array): SshKeyReading {
  const strings = sshStrings(blob);
  const [first, ...parts] = strings ?? [];
  if (first === undefined) return refuse("it is cut short, or something follows it");
  const name = Buffer.from(first).toString("latin1");
  const type = SSH_KEY_TYPES.find((known) => known === name);
  if (type === undefined) return refuse(strangeType(name));
  const why = type === "ssh-rsa" ? rsaProblem(parts) : pointProblem(type, parts);
  return why === null ? { ok: true, key: { type, blob, parts } } : refuse(why);
}

/** The key as it stands in a `.pub` file, without a comment. */
export function sshKeyText({ type, blob }: SshKey): string {
  return `${type} ${Buffer.from(blob).toString("base64")}`;
}

/** The strings of RFC 4251 section 5, each behind its length, of which the bytes consist; null where they don't. */
export function sshStrings(bytes: Uint8Array): readonly Uint8Array[] | null {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const strings: Uint8Array[] = [];
  let at = 0;
  while (at < view.length) {
    if (view.length - at < 4) return null;
    const length = view.readUInt32BE(at);
    if (length > view.length - at - 4) return null;
    strings.push(view.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return strings;
}

/** One string behind its length. */
export function sshString(bytes: Uint8Array | string): Buffer {
  const body = Buffer.from(bytes as Uint8Array);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}

/** A positive integer (RFC 4251 section 5, mpint) without its sign's byte; null where it is not in its shortest form. */
export function sshInteger(bytes: Uint8Array): Uint8Array | null {
  const [first = 0, second = 0] = bytes;
  if (bytes.length === 0 || first > 0x7f) return null;
  if (first !== 0) return bytes;
  return bytes.length > 1 && second > 0x7f ? bytes.subarray(1) : null;
}

function strangeType(name: string): string {
  if (name.startsWith("sk-")) {
    return "a key of a security key signs with a counter and flags, which are not read here: use a key without sk-";
  }
  if (name.includes("-cert-")) return "a certificate is for logging in: name the key itself";
  return `keys of the type ${JSON.stringify(name.slice(0, 40))} prove nothing here: use ssh-ed25519`;
}

function pointProblem(type: SshKeyType, parts: readonly Uint8Array[]): string | null {
  const curve = type === "ssh-ed25519" ? null : type.slice("ecdsa-sha2-".length);
  const [point, more] = curve === null ? parts : parts.slice(1);
  const named = curve === null || Buffer.from(parts[0] ?? []).toString("latin1") === curve;
  if (!named || more !== undefined || point?.length !== SIZES[type]) return "it is not of its type's form";
  return curve === null || point?.[0] === 4 ? null : "its point is not written in full";
}

function rsaProblem(parts: readonly Uint8Array[]): string | null {
  const [exponent, modulus] = parts.map(sshInteger);
  if (parts.length !== 2 || !exponent || !modulus) return "it is not of its type's form";
  const bits = modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24;
  if (bits < RSA_BITS.least) return `an RSA key of ${bits} bits is too short: ${RSA_BITS.least} are the least`;
  if (bits > RSA_BITS.most || exponent.length > LONGEST_EXPONENT) return "it is larger than any honest key";
  const odd = ((exponent.at(-1) ?? 0) & (modulus.at(-1) ?? 0) & 1) === 1;
  return odd && (exponent.length > 1 || (exponent[0] ?? 0) >= 3) ? null : "it is no RSA key";
}

function refuse(why: string): SshKeyReading {
  return { ok: false, why };
}
