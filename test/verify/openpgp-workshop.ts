/** Keys, certificates and signatures of every sound and unsound kind, made at test time. */
import * as openpgp from "openpgp";
import { splitPackets, TAG } from "../../src/verify/openpgp-packets.js";

export const DAY = 24 * 60 * 60 * 1000;
/** All times are relative to the real now, since sqv, which is asked the same questions, knows no other. */
export const NOW = Math.floor(Date.now() / 1000) * 1000;
export const ago = (days: number): Date => new Date(NOW - days * DAY);

export const BYTES = new TextEncoder().encode("one line\nanother line\n");

export const HASH = { md5: 1, sha1: 2, sha256: 8, sha512: 10, sha224: 11 } as const;
export const TYPE = {
  binary: 0x00,
  text: 0x01,
  certification: 0x13,
  subkeyBinding: 0x18,
  primaryBinding: 0x19,
  direct: 0x1f,
  keyRevocation: 0x20,
  subkeyRevocation: 0x28,
  certificationRevocation: 0x30,
} as const;
export const FLAGS = { certifyAndSign: 0x03, certify: 0x01, sign: 0x02, encrypt: 0x0c } as const;

type SecretPacket = openpgp.SecretKeyPacket | openpgp.SecretSubkeyPacket;
export type Tweak = (signature: openpgp.SignaturePacket) => void;

export interface KeyOptions {
  readonly created?: Date;
  /** Days from its creation. */
  readonly lifeDays?: number;
  readonly subkeys?: openpgp.SubkeyOptions[];
  readonly rsaBits?: number;
  readonly curve?: openpgp.EllipticCurveName;
  readonly v6?: boolean;
}

/** A fresh key, by default Ed25519 in a version 4 certificate, a hundred days old. */
export async function makeKey(options: KeyOptions = {}): Promise<openpgp.PrivateKey> {
  const { created = ago(100), lifeDays = 0, subkeys = [], rsaBits, curve = "ed25519Legacy", v6 = false } = options;
  const kind = v6 ? { type: "curve25519" as const } : { type: "ecc" as const, curve };
  const { privateKey } = await openpgp.generateKey({
    ...(rsaBits === undefined ? kind : { type: "rsa" as const, rsaBits }),
    userIDs: [{ name: "Workshop", email: "workshop@example.org" }],
    date: created,
    keyExpirationTime: (lifeDays * DAY) / 1000,
    subkeys,
    format: "object",
    config: { v6Keys: v6, minRSABits: 1024 },
  });
  return privateKey;
}

export function certificateOf(key: openpgp.Key): Uint8Array {
  return key.toPublic().write();
}

export function fingerprintOf(key: { getFingerprint(): string }): string {
  return key.getFingerprint().toUpperCase();
}

export function secretOf(key: openpgp.PrivateKey | openpgp.Subkey): SecretPacket {
  const { keyPacket } = key;
  if (keyPacket instanceof openpgp.SecretKeyPacket || keyPacket instanceof openpgp.SecretSubkeyPacket) return keyPacket;
  throw new Error("no secret key");
}

export function subkeyOf(key: openpgp.PrivateKey): openpgp.Subkey {
  const [subkey] = key.subkeys;
  if (subkey === undefined) throw new Error("no subkey");
  return subkey;
}

export function userOf(key: openpgp.Key): openpgp.User {
  const [user] = key.users;
  if (user === undefined) throw new Error("no user ID");
  return user;
}

/** A copy that can be changed without changing the key it was taken from. */
export async function copyOf(key: openpgp.PrivateKey): Promise<openpgp.PrivateKey> {
  return await openpgp.readPrivateKey({ binaryKey: key.write() });
}

/** One signature packet of any type, hash and time, over whatever it is of. */
export async function craft(
  by: SecretPacket,
  over: object,
  what: { readonly type: number; readonly hash?: number; readonly created?: Date; readonly tweak?: Tweak },
): Promise<openpgp.SignaturePacket> {
  const packet = new openpgp.SignaturePacket();
  packet.signatureType = what.type;
  packet.publicKeyAlgorithm = by.algorithm;
  packet.hashAlgorithm = what.hash ?? HASH.sha512;
  what.tweak?.(packet);
  // The declared type leaves out the configuration, without which it throws.
  const sign = packet.sign.bind(packet) as (...args: readonly unknown[]) => Promise<void>;
  const config = { ...openpgp.config, nonDeterministicSignaturesViaNotation: false };
  await sign(by, over, what.created ?? ago(50), true, config);
  // Through its octets, so that no state of the making is left in it.
  return (await openpgp.readSignature({ binarySignature: packetBytes(packet) })).packets[0] ?? packet;
}

export function packetBytes(packet: openpgp.SignaturePacket): Uint8Array {
  const list = new openpgp.PacketList<openpgp.SignaturePacket>();
  list.push(packet);
  return list.write();
}

/** A detached signature, as bytes. */
export async function sign(
  key: openpgp.PrivateKey | openpgp.Subkey,
  options: {
    readonly bytes?: Uint8Array;
    readonly created?: Date;
    readonly hash?: number;
    readonly type?: number;
    readonly tweak?: Tweak;
  } = {},
): Promise<Uint8Array> {
  const [literal] = (await openpgp.createMessage({ binary: options.bytes ?? BYTES })).packets;
  if (literal === undefined) throw new Error("no literal packet");
  const { type = TYPE.binary, ...rest } = options;
  return packetBytes(await craft(secretOf(key), literal, { ...rest, type }));
}

export function armor(signature: Uint8Array): Promise<string> {
  return openpgp.readSignature({ binarySignature: signature }).then((read) => read.armor());
}

/** Sets fields of the signature before it is made. */
export function having(fields: Partial<openpgp.SignaturePacket>): Tweak {
  return (packet) => {
    Object.assign(packet, fields);
  };
}

/** Adds a notation. */
export function noting(critical: boolean): Tweak {
  const value = new TextEncoder().encode("b");
  return ({ rawNotations }) => {
    rawNotations.push({ name: "a@example.org", value, humanReadable: true, critical });
  };
}

/** Puts raw subpackets at the end of what is signed, as the library would never write them. */
export function appended(...subpackets: readonly (readonly number[])[]): Tweak {
  return (packet) => {
    const writer = packet as unknown as { writeHashedSubPackets(): Uint8Array };
    const original = writer.writeHashedSubPackets.bind(packet);
    writer.writeHashedSubPackets = () => {
      const extra = subpackets.flatMap((subpacket) => [subpacket.length, ...subpacket]);
      const area = Buffer.from([...original(), ...extra]);
      area.writeUInt16BE(area.length - 2, 0);
      return area;
    };
  };
}

/** Leaves out both names of the issuer, which the library writes by itself. */
export function nameless(packet: openpgp.SignaturePacket): void {
  const writer = packet as unknown as { writeHashedSubPackets(): Uint8Array };
  const original = writer.writeHashedSubPackets.bind(packet);
  writer.writeHashedSubPackets = () => {
    Object.assign(packet, { issuerFingerprint: null, issuerKeyVersion: 6 });
    return original();
  };
}

/** The signature with other unhashed subpackets, which nothing protects. */
export async function unhashed(
  signature: Uint8Array,
  ...subpackets: readonly { readonly type: number; readonly body: Uint8Array }[]
): Promise<Uint8Array> {
  const [packet] = (await openpgp.readSignature({ binarySignature: signature })).packets;
  if (packet === undefined) throw new Error("no signature");
  packet.unhashedSubpackets = subpackets.map(({ type, body }) => ({ type, body, critical: false }));
  return packetBytes(packet);
}

/** A self-certification of the key's user ID. */
export function certify(
  key: openpgp.PrivateKey,
  options: { readonly hash?: number; readonly created?: Date; readonly tweak?: Tweak } = {},
): Promise<openpgp.SignaturePacket> {
  const over = { key: key.keyPacket, userID: userOf(key).userID };
  const tweak = (packet: openpgp.SignaturePacket): void => {
    packet.keyFlags = Uint8Array.of(FLAGS.certifyAndSign);
    options.tweak?.(packet);
  };
  return craft(secretOf(key), over, { created: key.keyPacket.created, ...options, type: TYPE.certification, tweak });
}

/** A binding of the key's first subkey, with a back-signature unless it is told otherwise. */
export async function bind(
  key: openpgp.PrivateKey,
  options: {
    readonly hash?: number;
    readonly created?: Date;
    readonly tweak?: Tweak;
    /** Null for none at all. */
    readonly back?: {
      readonly type?: number;
      readonly hash?: number;
      readonly by?: SecretPacket;
      readonly tweak?: Tweak;
    } | null;
    readonly subkey?: openpgp.Subkey;
  } = {},
): Promise<openpgp.SignaturePacket> {
  const subkey = options.subkey ?? subkeyOf(key);
  const over = { key: key.keyPacket, bind: subkey.keyPacket };
  const created = options.created ?? subkey.keyPacket.created;
  const wanted = options.back === undefined ? {} : options.back;
  const back =
    wanted === null
      ? null
      : await craft(wanted.by ?? secretOf(subkey), over, { type: TYPE.primaryBinding, created, ...wanted });
  const tweak = (packet: openpgp.SignaturePacket): void => {
    packet.keyFlags = Uint8Array.of(FLAGS.sign);
    packet.embeddedSignature = back;
    options.tweak?.(packet);
  };
  return craft(secretOf(key), over, { ...options, created, type: TYPE.subkeyBinding, tweak });
}

/** A revocation of the key, or of its subkey. */
export function revoke(
  key: openpgp.PrivateKey,
  options: {
    readonly reason?: number;
    readonly hash?: number;
    readonly created?: Date;
    readonly subkey?: openpgp.Subkey;
    readonly by?: SecretPacket;
    readonly tweak?: Tweak;
  } = {},
): Promise<openpgp.SignaturePacket> {
  const { subkey, by = secretOf(key) } = options;
  const over = subkey === undefined ? { key: key.keyPacket } : { key: key.keyPacket, bind: subkey.keyPacket };
  const tweak = (packet: openpgp.SignaturePacket): void => {
    if (options.reason !== undefined) {
      packet.reasonForRevocationFlag = options.reason;
      packet.reasonForRevocationString = "";
    }
    options.tweak?.(packet);
  };
  const type = subkey === undefined ? TYPE.keyRevocation : TYPE.subkeyRevocation;
  return craft(by, over, { created: ago(10), ...options, type, tweak });
}

/** The bytes with some of them changed. */
export function flipped(bytes: Uint8Array, at: number, mask = 0xff): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ mask;
  return copy;
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}

/** The certificate with the last octet changed of its first signature of this type. */
export function damaged(certificate: Uint8Array, type: number): Uint8Array {
  const packets = splitPackets(certificate, 1000);
  if (!packets.ok) throw new Error(packets.why);
  const at = packets.value.findIndex(({ tag, body }) => tag === TAG.signature && body[1] === type);
  return concat(...packets.value.map(({ raw }, i) => (i === at ? flipped(raw, raw.length - 1) : raw)));
}
