/** One signature against one pinned key: the order of the questions is the prose of `judge`. */

import type { Subkey } from "openpgp";
import { DAY_MS, day } from "../model/day.js";
import type { Signer } from "../model/evidence.js";
import { StopError } from "../model/finding.js";
import { type Certificate, holdsOverBytes, openCertificate, secondOpinion } from "./openpgp-library.js";
import type { Outline } from "./openpgp-outline.js";
import { revocationOf } from "./openpgp-revocation.js";
import { type FileSignature, SIGNATURE_TYPE } from "./openpgp-signature.js";
import { type Refusal, refuse, standingAt } from "./openpgp-standing.js";
import { isStrongHash, remarkOn, weaknessOf } from "./openpgp-strength.js";

export interface OpenPgpInput {
  /** The bytes that are to be installed: our own, never a library's. */
  readonly bytes: Uint8Array;
  /** The signature's file: one armor block, or plain signature packets. */
  readonly signature: Uint8Array;
  /** Pinned certificates, one per entry, by upper-case fingerprint of the primary key. */
  readonly certificates: ReadonlyMap<string, Uint8Array>;
  /** Milliseconds. */
  readonly now: number;
  /** When the registry says that the artifact was published (milliseconds), unsigned; null where nobody says. */
  readonly publishedAt: number | null;
  /** When a signature over exactly these bytes was first seen (ms), by the certificate's fingerprint: trusted times. */
  readonly seen?: ReadonlyMap<string, number>;
  /** When a certificate was retired by whoever pinned it (ms), by its fingerprint: as if it ended then. */
  readonly retired?: ReadonlyMap<string, number>;
}

/** How far a signer's clock may be ahead of ours. */
const CLOCK_TOLERANCE_MS = 5 * 60 * 1000;

/**
 * How far from its publication a signature by a key that has since expired may be dated. Whoever finds an old key can
 * write any date; the publication's date is not theirs to write.
 */
const NEAR_PUBLICATION_MS = 7 * DAY_MS;

/** A pinned key that a signature may be by: the primary key of its certificate, or a subkey. */
export interface Candidate {
  readonly outline: Outline;
  readonly fingerprint: string;
}

export type Judgement = { readonly ok: true; readonly signer: Signer; readonly notes: readonly string[] } | Refusal;

/** What is wrong with a signature whoever made it. */
export function illFormed(signature: FileSignature): Refusal | null {
  if (signature.version < 4) {
    return refuse(
      "SIGNATURE_HASH_WEAK",
      `a signature of version ${signature.version}, which does not cover its own fields`,
    );
  }
  if (signature.type !== SIGNATURE_TYPE.binary) {
    return refuse(
      "SIGNATURE_HASH_WEAK",
      `a signature of type ${signature.type}, where 0 (over the exact bytes) is expected`,
    );
  }
  if (!isStrongHash(signature.hash)) {
    return refuse(
      "SIGNATURE_HASH_WEAK",
      `the signature is made over hash ${signature.hash}, where SHA-256 or better is expected`,
    );
  }
  if (signature.demand !== null) {
    return refuse("SIGNATURE_MALFORMED", `the signature demands that its reader understand ${signature.demand}`);
  }
  return null;
}

/**
 * Holds one signature against one key that it may be by: is the key of a kind that proves anything, does the signature
 * hold for these bytes, was the key never revoked, did it live and was it bound at the time, and does the library, at
 * its strictest, agree. Throws StopError where the pinned certificate can't be read.
 */
export async function judge(
  signature: FileSignature,
  { outline, fingerprint }: Candidate,
  input: OpenPgpInput,
): Promise<Judgement> {
  const opened = await openCertificate(outline);
  if (!opened.ok) throw unusable(outline.fingerprint, opened.why);
  const certificate = opened.value;
  const { key } = certificate;
  const isPrimary = fingerprint === outline.fingerprint;
  const subkey = isPrimary
    ? null
    : (key.subkeys.find((each) => each.getFingerprint().toUpperCase() === fingerprint) ?? null);
  if (!isPrimary && subkey === null) return refuse("KEY_WEAK", `key ${fingerprint} is of a kind that is not accepted`);
  const { keyPacket } = subkey ?? key;
  // Before the arithmetic: whether it holds under such a key says nothing, and the library can't do it for every kind.
  const weakness = weaknessOf(keyPacket);
  if (weakness !== null) return refuse("KEY_WEAK", weakness);
  // RFC 9580, section 5.2: a key makes signatures of its own version.
  if (keyPacket.version !== signature.version || !(await holdsOverBytes(signature.raw, keyPacket, input.bytes))) {
    return refuse("SIGNATURE_INVALID", `the signature by ${fingerprint} does not hold for these bytes`);
  }
  const revocation = await revocationOf(certificate, subkey);
  if (revocation !== null) return refuse("KEY_REVOKED", revocation);
  const life = await withinLife(signature, certificate, subkey, input, input.seen?.get(outline.fingerprint) ?? null);
  if (!life.ok) return life;
  const objection = await secondOpinion(signature.raw, key, input.bytes, Math.max(input.now, signature.created));
  if (objection !== null) return refuse("KEY_WEAK", `the key does not stand under strict rules: ${objection}`);
  const remark = remarkOn(keyPacket);
  const signer: Signer = { type: "openpgp", fingerprint: outline.fingerprint, signingKey: fingerprint };
  return { ok: true, signer, notes: remark === null ? life.notes : [...life.notes, remark] };
}

/**
 * Holds the signature's time against the life of its key, as the certificate had it then and as it has it now. That time
 * is the signer's word: once the key has expired it needs another's beside it, that of an earlier sight of it (`seen`,
 * ms) or, unproven, that of the publication.
 */
async function withinLife(
  { created, expires }: FileSignature,
  certificate: Certificate,
  subkey: Subkey | null,
  { now, publishedAt, retired }: OpenPgpInput,
  seen: number | null,
): Promise<{ readonly ok: true; readonly notes: readonly string[] } | Refusal> {
  if (created > now + CLOCK_TOLERANCE_MS)
    return refuse("SIGNATURE_TIME", `the signature is dated ${day(created)}, in the future`);
  if (expires <= now) return refuse("SIGNATURE_TIME", `the signature ended on ${day(expires)}`);
  const then = await standingAt(certificate, subkey, created);
  if (!then.ok) return then;
  const today = await standingAt(certificate, subkey, Math.max(now, created));
  if (!today.ok) return today;
  const last = Math.min(today.expires, retired?.get(certificate.outline.fingerprint) ?? Infinity);
  const end = Math.min(then.expires, last);
  if (created >= end)
    return refuse("KEY_EXPIRED", `the key ended on ${day(end)}, before the signature (${day(created)})`);
  if (last > now) return { ok: true, notes: [] };
  const ended = `the key ${last < today.expires ? "was retired" : "ended"} on ${day(last)}`;
  if (seen !== null && seen < last) return { ok: true, notes: [`${ended}; this was seen on ${day(seen)}`] };
  if (publishedAt === null) return refuse("KEY_EXPIRED", `${ended}, and nothing says when this was published`);
  if (publishedAt >= last) return refuse("KEY_EXPIRED", `${ended}, before this was published (${day(publishedAt)})`);
  if (Math.abs(publishedAt - created) > NEAR_PUBLICATION_MS) {
    return refuse(
      "KEY_EXPIRED",
      `${ended}, and the signature (${day(created)}) is not of the time of publication (${day(publishedAt)})`,
    );
  }
  return { ok: true, notes: [`time unproven: ${ended}, and only the registry says that this was published before`] };
}

/** A pinned certificate that is not one: a fault of the trust store, not of the signature. */
export function unusable(fingerprint: string, why: string): StopError {
  return new StopError("TRUST_MALFORMED", `The pinned certificate ${fingerprint} can't be used: ${why}.`, {
    at: `keys/${fingerprint}.asc`,
  });
}
