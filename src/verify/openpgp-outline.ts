/** What a certificate's file holds, by our own framing and our own fingerprints, before the library sees it. */
import { LIMITS } from "../model/limits.js";
import { dearmor, type Reading } from "./openpgp-armor.js";
import { type KeyFields, type Packet, readKeyFields, splitPackets, TAG } from "./openpgp-packets.js";
import { SIGNATURE_TYPE } from "./openpgp-signature.js";

/** The certificates of people whom many have signed hold some thousands. */
const MAX_PACKETS = 10_000;

/** User attribute, padding: they say nothing about who signs. Tags from 40 on may be passed over (RFC 9580, 4.3). */
const PASSED_OVER = new Set([17, 21]);

export interface OutlinedKey extends KeyFields {
  /** Of the primary key: revocations of the certificate. Of a subkey: subkey revocations that follow it. */
  readonly revocations: number;
}

export interface Outline {
  /** Upper-case hex, of the primary key. */
  readonly fingerprint: string;
  /** The primary key, then the subkeys. */
  readonly keys: readonly [OutlinedKey, ...OutlinedKey[]];
  readonly packets: Uint8Array;
}

/** Outlines a file that must hold exactly one public certificate, armored or binary. */
export function outline(file: Uint8Array): Reading<Outline> {
  const armor = dearmor(file, "PUBLIC KEY BLOCK", LIMITS.certificateBytes);
  if (!armor.ok) return armor;
  const packets = splitPackets(armor.value, MAX_PACKETS);
  if (!packets.ok) return packets;
  const why = problem(packets.value);
  return why === null ? groups(packets.value, armor.value) : { ok: false, why };
}

function problem(packets: readonly Packet[]): string | null {
  const count = (tag: number): number => packets.filter((packet) => packet.tag === tag).length;
  if (count(TAG.secretKey) + count(TAG.secretSubkey) > 0) {
    return "the file holds a secret key, which must never leave its owner";
  }
  if (count(TAG.publicKey) !== 1) return `the file holds ${count(TAG.publicKey)} certificates, where one is expected`;
  if (packets[0]?.tag !== TAG.publicKey) return "the file does not begin with a primary key";
  const known = new Set<number>(Object.values(TAG));
  const strange = packets.find(({ tag }) => !known.has(tag) && !PASSED_OVER.has(tag) && tag < 40);
  return strange === undefined ? null : `the file holds a packet with tag ${strange.tag}, which no certificate has`;
}

function groups(all: readonly Packet[], packets: Uint8Array): Reading<Outline> {
  const starts = all.flatMap(({ tag }, at) => (tag === TAG.publicKey || tag === TAG.subkey ? [at] : []));
  const [primary, ...subkeys] = starts.map((start, i): OutlinedKey => {
    const group = all.slice(start, starts[i + 1]);
    const fields = readKeyFields(group[0]?.body ?? new Uint8Array());
    // Only the primary key itself can be meant by the first kind, wherever it stands.
    const isPrimary = i === 0;
    const revocations = isPrimary
      ? countOfType(all, SIGNATURE_TYPE.keyRevocation)
      : countOfType(group, SIGNATURE_TYPE.subkeyRevocation);
    return { ...fields, revocations };
  });
  if (primary === undefined || primary.fingerprint === "") {
    return { ok: false, why: `the primary key is of version ${primary?.version}, where 4 or 6 is expected` };
  }
  if (countOfType(all.slice(0, starts[1]), SIGNATURE_TYPE.subkeyRevocation) > 0) {
    return { ok: false, why: "the file holds a subkey's revocation before any subkey" };
  }
  return { ok: true, value: { fingerprint: primary.fingerprint, keys: [primary, ...subkeys], packets } };
}

/** Counts signatures of a type, in every version: the type is the third octet in version 3, the second in later ones. */
function countOfType(packets: readonly Packet[], type: number): number {
  return packets.filter(({ tag, body }) => tag === TAG.signature && body[(body[0] ?? 0) < 4 ? 2 : 1] === type).length;
}
