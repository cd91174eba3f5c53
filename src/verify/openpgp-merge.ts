/**
 * Two copies of one certificate, put together: everything that either of them holds is in the result, and nothing that
 * stood in the first is lost. So a copy from which somebody took the revocation out revokes no less than before.
 */
import type { Reading } from "./openpgp-armor.js";
import { type Packet, readKeyFields, splitPackets, TAG } from "./openpgp-packets.js";

const USER_ATTRIBUTE = 17;
/** GnuPG's own notes in a keyring; they mean nothing elsewhere (RFC 9580, section 5.10). */
export const TRUST_PACKET = 12;

/** A key, user ID or user attribute, and what follows it, each once. */
interface Part {
  readonly head: Packet;
  readonly rest: Map<string, Packet>;
}

/** Packets that a certificate may have; RFC 9580, section 10.1. */
const HEADS = new Set<number>([TAG.publicKey, TAG.userId, USER_ATTRIBUTE, TAG.subkey]);
const MAX_PACKETS = 20_000;

/**
 * Everything of all copies (binary packets of one certificate each), in the first one's order; the first one's own
 * bytes where the others add nothing. Refuses copies whose primary keys are not the same, octet for octet.
 */
export function mergeCertificates(copies: readonly [Uint8Array, ...Uint8Array[]]): Reading<Uint8Array> {
  const packets: Packet[] = [];
  let ofFirst = 0;
  for (const copy of copies) {
    const split = splitPackets(copy, MAX_PACKETS);
    if (!split.ok) return split;
    packets.push(...split.value);
    if (packets.length > MAX_PACKETS) return refuse(`together the copies hold more than ${MAX_PACKETS} packets`);
    if (ofFirst === 0) ofFirst = sizeOf(partsOf(packets));
  }
  const parts = partsOf(packets);
  const [primary, rival] = parts.filter(({ head }) => head.tag === TAG.publicKey);
  if (primary === undefined) return refuse("the copies hold no key");
  if (rival !== undefined) {
    const isCollision = readKeyFields(primary.head.body).fingerprint === readKeyFields(rival.head.body).fingerprint;
    return refuse(
      isCollision ? "two different keys have this one fingerprint" : "these are two different certificates",
    );
  }
  if (sizeOf(parts) === ofFirst) return { ok: true, value: copies[0] };
  const all = inOrder(parts).flatMap(({ head, rest }) => [head, ...rest.values()]);
  return { ok: true, value: Buffer.concat(all.map(({ raw }) => raw)) };
}

/** Of parts that stand there more than once, what follows each is put together. */
function partsOf(packets: readonly Packet[]): readonly Part[] {
  const parts = new Map<string, Part>();
  let part: Part | null = null;
  for (const packet of packets) {
    if (packet.tag === TRUST_PACKET) continue;
    const name = nameOf(packet);
    if (HEADS.has(packet.tag)) {
      part = parts.get(name) ?? { head: packet, rest: new Map() };
      parts.set(name, part);
    } else if (part !== null && !part.rest.has(name)) part.rest.set(name, packet);
  }
  return [...parts.values()];
}

function sizeOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { rest }) => sum + 1 + rest.size, 0);
}

/** User IDs stand before subkeys. */
function inOrder(parts: readonly Part[]): readonly Part[] {
  const isSubkey = ({ head }: Part): boolean => head.tag === TAG.subkey;
  return [...parts.filter((part) => !isSubkey(part)), ...parts.filter(isSubkey)];
}

/** Kind and content: the same packet may have its length written in two ways. */
function nameOf({ tag, body }: Packet): string {
  return `${tag} ${Buffer.from(body).toString("base64")}`;
}

function refuse(why: string): { readonly ok: false; readonly why: string } {
  return { ok: false, why };
}
