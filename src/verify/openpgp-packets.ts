/**
 * OpenPGP packets, framed by ourselves (RFC 9580, sections 4.2 and 5.2), so that it is we who say what a file holds and
 * whom a signature names; the library is given one packet, or one certificate, at a time.
 */
import { createHash } from "node:crypto";
import type { Reading } from "./openpgp-armor.js";

export const TAG = { signature: 2, secretKey: 5, publicKey: 6, secretSubkey: 7, userId: 13, subkey: 14 } as const;

export interface Packet {
  readonly tag: number;
  readonly body: Uint8Array;
  /** With its header, as it stood in the file. */
  readonly raw: Uint8Array;
}

/** What a key packet says of itself. Version 4 and 6 only have a fingerprint. */
export interface KeyFields {
  readonly version: number;
  readonly algorithm: number;
  /** Upper-case hex; empty for versions other than 4 and 6. */
  readonly fingerprint: string;
  /** Upper-case hex, 16 digits. */
  readonly keyId: string;
}

/** Internal: what is read is not what it should be. Never leaves this file and its sister. */
export class Malformed extends Error {}

/** Reads forward through bytes, and never beyond them. */
export class Cursor {
  readonly #bytes: Uint8Array;
  #at = 0;
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }
  get at(): number {
    return this.#at;
  }
  get left(): number {
    return this.#bytes.length - this.#at;
  }
  take(count: number): Uint8Array {
    if (count > this.left) throw new Malformed("it ends too early");
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }
  /** An unsigned number of up to four octets, big-endian. */
  number(octets: number): number {
    return this.take(octets).reduce((sum, octet) => sum * 256 + octet, 0);
  }
}

/** Runs a reader; what it finds malformed becomes a refusal that begins with `what`. */
export function reading<Value>(what: string, read: () => Value): Reading<Value> {
  try {
    return { ok: true, value: read() };
  } catch (error) {
    if (error instanceof Malformed) return { ok: false, why: `${what}: ${error.message}` };
    throw error;
  }
}

/** Cuts bytes into packets, to the last octet. Partial and indeterminate lengths, which only data may have, are refused. */
export function splitPackets(bytes: Uint8Array, maxPackets: number): Reading<readonly Packet[]> {
  return reading("the packets are malformed", () => {
    const cursor = new Cursor(bytes);
    const packets: Packet[] = [];
    while (cursor.left > 0) {
      if (packets.length === maxPackets) throw new Malformed(`there are more than ${maxPackets}`);
      const start = cursor.at;
      const head = cursor.number(1);
      if ((head & 0x80) === 0) throw new Malformed("what follows a packet is none");
      const isNew = (head & 0x40) !== 0;
      const body = cursor.take(isNew ? newLength(cursor) : oldLength(cursor, head & 0x03));
      packets.push({ tag: isNew ? head & 0x3f : (head >> 2) & 0x0f, body, raw: bytes.subarray(start, cursor.at) });
    }
    return packets;
  });
}

/** The length of a packet with a new header, or of a subpacket (which may use the range of the partial lengths). */
export function newLength(cursor: Cursor, isSubpacket = false): number {
  const first = cursor.number(1);
  if (first < 192) return first;
  if (first === 255) return cursor.number(4);
  if (first >= 224 && !isSubpacket) throw new Malformed("it has a partial length");
  return (first - 192) * 256 + cursor.number(1) + 192;
}

function oldLength(cursor: Cursor, type: number): number {
  if (type === 3) throw new Malformed("it has no length");
  return cursor.number(1 << type);
}

/** The version, algorithm and fingerprint of a key packet's body (RFC 9580, section 5.5.4). */
export function readKeyFields(body: Uint8Array): KeyFields {
  const [version = 0] = body;
  const algorithm = body[5] ?? 0;
  if (version === 4) {
    const fingerprint = hashKey("sha1", 0x99, 2, body);
    return { version, algorithm, fingerprint, keyId: fingerprint.slice(-16) };
  }
  if (version === 6) {
    const fingerprint = hashKey("sha256", 0x9b, 4, body);
    return { version, algorithm, fingerprint, keyId: fingerprint.slice(0, 16) };
  }
  return { version, algorithm, fingerprint: "", keyId: "" };
}

function hashKey(algorithm: "sha1" | "sha256", head: number, lengthOctets: number, body: Uint8Array): string {
  const prefix = Buffer.alloc(1 + lengthOctets, head);
  prefix.writeUIntBE(body.length % 256 ** lengthOctets, 1, lengthOctets);
  return createHash(algorithm).update(prefix).update(body).digest("hex").toUpperCase();
}

/** Upper-case hex. */
export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex").toUpperCase();
}
