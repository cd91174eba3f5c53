/**
 * Files with many certificates: keyrings, what gpg exports, KEYS files with prose between the blocks, the answers of
 * key directories. They are only taken apart here, by our own framing; nothing in them is proven or believed.
 */
import { LIMITS } from "../model/limits.js";
import { dearmor, type Reading } from "./openpgp-armor.js";
import { mergeCertificates, TRUST_PACKET } from "./openpgp-merge.js";
import { type Outline, outline } from "./openpgp-outline.js";
import { type Packet, splitPackets, TAG } from "./openpgp-packets.js";

const MAX_PACKETS = 500_000;
/** Of what an entry says of itself, so much is kept. */
const LONGEST_USER_ID = 300;
const MOST_USER_IDS = 100;
const MARKER = 10;
const LINE = 64;

const BEGIN = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
const END = "-----END PGP PUBLIC KEY BLOCK-----";
const SECRET = "the file holds a secret key, which must never leave its owner";

export interface RingEntry {
  /** Upper-case hex, of the primary key. */
  readonly fingerprint: string;
  /** Of every key in it: upper-case hex. */
  readonly keys: readonly { readonly fingerprint: string; readonly keyId: string }[];
  /** As they stand there: anyone can write anything into them. */
  readonly userIds: readonly string[];
  /** Binary, without what belongs to a keyring only. */
  readonly packets: Uint8Array;
}

export interface Ring {
  /** Each fingerprint once, in the order of the file. */
  readonly entries: readonly RingEntry[];
  /** Why others were left out, one sentence each. */
  readonly leftOut: readonly string[];
}

/**
 * Takes a file apart, armored (with any text between the blocks) or binary, of at most `LIMITS.keyringBytes`. A file
 * with a secret key anywhere in it is refused as a whole; a certificate that can't be read is left out, and told.
 */
export function readRing(file: Uint8Array): Reading<Ring> {
  if (file.length === 0) return refuse("the file is empty");
  if (file.length > LIMITS.keyringBytes) {
    return refuse(`the file has ${file.length} bytes, where at most ${LIMITS.keyringBytes} are read`);
  }
  if (Buffer.from(file.subarray(8, 12)).toString("latin1") === "KBXf") {
    return refuse("this is GnuPG's own database; gpg --export writes a keyring from it");
  }
  const blocks = blocksOf(file);
  if (!blocks.ok) return blocks;
  const groups: Uint8Array[] = [];
  const leftOut: string[] = [];
  for (const block of blocks.value) {
    const taken = block.ok ? certificatesIn(block.value) : block;
    if (!taken.ok && taken.why === SECRET) return taken;
    if (taken.ok) groups.push(...taken.value);
    else leftOut.push(taken.why);
    if (groups.length > LIMITS.keyringCertificates) {
      return refuse(`the file holds more than ${LIMITS.keyringCertificates} certificates`);
    }
  }
  if (groups.length === 0) return refuse(leftOut[0] ?? "the file holds no public key");
  return { ok: true, value: gathered(groups, leftOut) };
}

/** The armored blocks of a text, or binary packets as they are. Text may begin with letters that only UTF-8 has. */
function blocksOf(file: Uint8Array): Reading<readonly Reading<Uint8Array>[]> {
  const text = Buffer.from(file).toString("latin1");
  if (/^-----BEGIN PGP PRIVATE KEY BLOCK-----/m.test(text)) return refuse(SECRET);
  const first = text.indexOf(BEGIN);
  if (first < 0 && ((file[0] ?? 0) & 0x80) !== 0) return { ok: true, value: [{ ok: true, value: file }] };
  const blocks: Reading<Uint8Array>[] = [];
  for (let from = first; from >= 0; from = text.indexOf(BEGIN, from)) {
    const end = text.indexOf(END, from);
    if (end < 0) {
      blocks.push(refuse("an armored block in the file has no end"));
      break;
    }
    const block = Buffer.from(text.slice(from, end + END.length), "latin1");
    blocks.push(dearmor(block, "PUBLIC KEY BLOCK", file.length));
    from = end;
  }
  return { ok: true, value: blocks };
}

/** The packets of each certificate in a run of packets. */
function certificatesIn(block: Uint8Array): Reading<readonly Uint8Array[]> {
  const packets = splitPackets(block, MAX_PACKETS);
  if (!packets.ok) return packets;
  if (packets.value.some(({ tag }) => tag === TAG.secretKey || tag === TAG.secretSubkey)) return refuse(SECRET);
  const groups: Packet[][] = [];
  for (const packet of packets.value) {
    if (packet.tag === TRUST_PACKET || packet.tag === MARKER) continue;
    if (packet.tag === TAG.publicKey) groups.push([]);
    const group = groups.at(-1);
    if (group === undefined) return refuse("what is there does not begin with a public key");
    group.push(packet);
  }
  return { ok: true, value: groups.map((group) => Buffer.concat(group.map(({ raw }) => raw))) };
}

function gathered(groups: readonly Uint8Array[], leftOut: readonly string[]): Ring {
  const left = [...leftOut];
  const entries = groups.flatMap((packets) => {
    const read = readEntry(packets);
    if (!read.ok) left.push(read.why);
    return read.ok ? [read.value] : [];
  });
  const merged = mergedEntries(entries);
  return { entries: merged.entries, leftOut: [...left, ...merged.leftOut] };
}

/** Copies of one certificate become one; what can't be put together is left out as a whole. */
export function mergedEntries(entries: readonly RingEntry[]): Ring {
  const copies = new Map<string, [RingEntry, ...RingEntry[]]>();
  for (const entry of entries) {
    const known = copies.get(entry.fingerprint);
    if (known === undefined) copies.set(entry.fingerprint, [entry]);
    else known.push(entry);
  }
  const leftOut: string[] = [];
  const merged = [...copies.values()].flatMap(([first, ...others]) => {
    const read = others.length === 0 ? { ok: true as const, value: first } : mergedEntry([first, ...others]);
    if (!read.ok) leftOut.push(`${first.fingerprint}: ${read.why}`);
    return read.ok ? [read.value] : [];
  });
  return { entries: merged, leftOut };
}

/** All copies of one certificate as one; the first as it is where the others add nothing. */
export function mergedEntry([first, ...others]: readonly [RingEntry, ...RingEntry[]]): Reading<RingEntry> {
  const merged = mergeCertificates([first.packets, ...others.map(({ packets }) => packets)]);
  if (!merged.ok) return merged;
  return merged.value === first.packets ? { ok: true, value: first } : readEntry(merged.value);
}

/** Reads a file that holds exactly one certificate, and nothing around it: see `outline`. */
export function readEntry(file: Uint8Array): Reading<RingEntry> {
  const outlined = outline(file);
  return outlined.ok ? { ok: true, value: entryOf(outlined.value) } : outlined;
}

function entryOf({ fingerprint, keys, packets }: Outline): RingEntry {
  const split = splitPackets(packets, MAX_PACKETS);
  const userIds = (split.ok ? split.value : []).filter(({ tag }) => tag === TAG.userId).slice(0, MOST_USER_IDS);
  return {
    fingerprint,
    keys: keys
      .filter((key) => key.fingerprint !== "")
      .map((key) => ({ fingerprint: key.fingerprint, keyId: key.keyId })),
    userIds: userIds.map(({ body }) => Buffer.from(body.subarray(0, LONGEST_USER_ID)).toString("utf8")),
    packets,
  };
}

/** Certificates as one armored block (RFC 9580, section 6.2), without a checksum, which its section 6.1 advises against. */
export function armored(packets: readonly Uint8Array[]): string {
  const lines =
    Buffer.concat(packets)
      .toString("base64")
      .match(new RegExp(`.{1,${LINE}}`, "g")) ?? [];
  return [BEGIN, "", ...lines, END, ""].join("\n");
}

function refuse(why: string): { readonly ok: false; readonly why: string } {
  return { ok: false, why };
}
