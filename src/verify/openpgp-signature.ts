/** The fields of a signature packet (RFC 9580, section 5.2), read by ourselves: whom it names, when, and over what. */
import { LIMITS } from "../model/limits.js";
import { dearmor, type Reading } from "./openpgp-armor.js";
import { Cursor, hex, Malformed, newLength, type Packet, reading, splitPackets, TAG } from "./openpgp-packets.js";

export const SIGNATURE_TYPE = {
  binary: 0x00,
  primaryBinding: 0x19,
  direct: 0x1f,
  keyRevocation: 0x20,
  subkeyRevocation: 0x28,
} as const;

/** An honest signature file holds one signature, or a handful around a change of keys. */
const MAX_SIGNATURES = 32;

const SUBPACKET = { created: 2, expires: 3, issuerKeyId: 16, notation: 20, issuerFingerprint: 33 } as const;

/**
 * The subpackets that may be marked critical: those whose meaning is honoured here, or has no bearing on a file's
 * signature. Sequoia's list, less trust depth, regular expressions and intended recipients.
 */
const UNDERSTOOD = new Set([2, 3, 4, 7, 9, 11, 12, 16, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 32, 33, 34, 39]);

/** How many multiprecision integers a signature of each algorithm is made of. */
const INTEGERS: Readonly<Record<number, number>> = { 1: 1, 3: 1, 17: 2, 19: 2, 22: 2 };

export interface FileSignature {
  readonly version: number;
  readonly type: number;
  readonly hash: number;
  /** Milliseconds. */
  readonly created: number;
  /** Milliseconds, Infinity where it does not expire. */
  readonly expires: number;
  /** Upper-case hex of the issuing key, as far as it is named; both null where the version can't be read. */
  readonly fingerprint: string | null;
  readonly keyId: string | null;
  /** The first critical subpacket that is not understood, in words. */
  readonly demand: string | null;
  readonly raw: Uint8Array;
}

interface Subpacket {
  readonly type: number;
  readonly critical: boolean;
  readonly body: Uint8Array;
}

/** Reads a detached signature's file: one armor block or plain packets, and nothing in it but signatures. */
export function readSignatureFile(file: Uint8Array): Reading<readonly FileSignature[]> {
  const armor = dearmor(file, "SIGNATURE", LIMITS.signatureBytes);
  if (!armor.ok) return armor;
  const packets = splitPackets(armor.value, MAX_SIGNATURES);
  if (!packets.ok) return packets;
  const other = packets.value.find((packet) => packet.tag !== TAG.signature);
  if (other !== undefined) return { ok: false, why: `beside signatures the file holds a packet with tag ${other.tag}` };
  return reading("a signature is malformed", () => packets.value.map(readSignature));
}

/** Whether the signed part of a signature packet (version to hashed area) demands what is not understood. */
export function isDemanding(signedPart: Uint8Array): boolean {
  const demand = reading("", () => {
    const cursor = new Cursor(signedPart);
    const [version = 0] = cursor.take(4);
    return demandOf(subpackets(cursor, version));
  });
  return !demand.ok || demand.value !== null;
}

function readSignature(packet: Packet): FileSignature {
  const cursor = new Cursor(packet.body);
  const version = cursor.number(1);
  if (version === 2 || version === 3) return readOld(packet, cursor, version);
  const blank = { version, type: 0, hash: 0, created: 0, expires: Infinity, demand: null, raw: packet.raw };
  // RFC 9580, section 5.2: signatures of an unknown version are passed over, here by naming nobody.
  if (version !== 4 && version !== 6) return { ...blank, fingerprint: null, keyId: null };
  const type = cursor.number(1);
  const algorithm = cursor.number(1);
  const hash = cursor.number(1);
  const hashed = subpackets(cursor, version);
  const unhashed = subpackets(cursor, version);
  cursor.take(2);
  if (version === 6) cursor.take(cursor.number(1));
  readIntegers(cursor, algorithm);
  const created = onlyNumber(hashed, SUBPACKET.created);
  if (created === null) throw new Malformed("it has no time");
  const lifetime = onlyNumber(hashed, SUBPACKET.expires) ?? 0;
  return {
    ...blank,
    ...{ type, hash, created: created * 1000, expires: lifetime === 0 ? Infinity : (created + lifetime) * 1000 },
    ...issuer([...hashed, ...unhashed], version),
    demand: demandOf(hashed),
  };
}

/** Versions 2 and 3 (RFC 9580, section 5.2.2) are read only far enough to see whether a pinned key is named. */
function readOld(packet: Packet, cursor: Cursor, version: number): FileSignature {
  cursor.take(1);
  const type = cursor.number(1);
  const created = cursor.number(4) * 1000;
  const keyId = hex(cursor.take(8));
  const [, hash = 0] = cursor.take(2);
  return { version, type, hash, created, expires: Infinity, fingerprint: null, keyId, demand: null, raw: packet.raw };
}

function subpackets(cursor: Cursor, version: number): readonly Subpacket[] {
  const area = new Cursor(cursor.take(cursor.number(version === 6 ? 4 : 2)));
  const found: Subpacket[] = [];
  while (area.left > 0) {
    const content = area.take(newLength(area, true));
    const [type] = content;
    if (type === undefined) throw new Malformed("it has a subpacket without a type");
    found.push({ type: type & 0x7f, critical: (type & 0x80) !== 0, body: content.subarray(1) });
  }
  return found;
}

function demandOf(hashed: readonly Subpacket[]): string | null {
  const strange = hashed.find((subpacket) => subpacket.critical && !UNDERSTOOD.has(subpacket.type));
  if (strange === undefined) return null;
  return strange.type === SUBPACKET.notation ? "a critical notation" : `critical subpacket ${strange.type}`;
}

/** The four octets of a subpacket that may be there once: of two, readers differ in which they believe. */
function onlyNumber(hashed: readonly Subpacket[], type: number): number | null {
  const found = hashed.filter((subpacket) => subpacket.type === type);
  if (found.length > 1) throw new Malformed(`it has two subpackets of type ${type}`);
  const [only] = found;
  if (only === undefined) return null;
  if (only.body.length !== 4) throw new Malformed(`its subpacket of type ${type} has a wrong length`);
  return new Cursor(only.body).number(4);
}

/**
 * Whom the signature names. Names in the unhashed area are hints: they lead to a key, and the key decides. All of them
 * must agree, or readers would differ in which they follow.
 */
function issuer(all: readonly Subpacket[], version: number): { fingerprint: string | null; keyId: string | null } {
  const bodies = (type: number): readonly Uint8Array[] => all.filter((s) => s.type === type).map((s) => s.body);
  const length = version === 6 ? 32 : 20;
  const fingerprints = new Set<string>();
  for (const body of bodies(SUBPACKET.issuerFingerprint)) {
    if (body[0] !== version || body.length !== 1 + length) throw new Malformed("it names its issuer in a wrong form");
    fingerprints.add(hex(body.subarray(1)));
  }
  const keyIds = new Set(bodies(SUBPACKET.issuerKeyId).map(hex));
  const [fingerprint = null] = fingerprints;
  if (fingerprint !== null) keyIds.add(version === 6 ? fingerprint.slice(0, 16) : fingerprint.slice(-16));
  const [keyId = null] = keyIds;
  if (fingerprints.size > 1 || keyIds.size > 1) throw new Malformed("it names two different issuers");
  if (keyId !== null && keyId.length !== 16) throw new Malformed("it names its issuer in a wrong form");
  return { fingerprint, keyId };
}

/** RFC 9580, section 3.2: an integer's first bit is set. Sequoia refuses others too; the library does not. */
function readIntegers(cursor: Cursor, algorithm: number): void {
  const count = INTEGERS[algorithm];
  if (count === undefined) return;
  for (let i = 0; i < count; i++) {
    const bits = cursor.number(2);
    const [first = 0] = cursor.take(Math.ceil(bits / 8));
    if (bits === 0 || 32 - Math.clz32(first) !== ((bits - 1) % 8) + 1)
      throw new Malformed("an integer has a wrong length");
  }
  if (cursor.left > 0) throw new Malformed("something follows its integers");
}
