/**
 * Evidence `registry-signature`: npm's ECDSA registry signatures
 * (https://docs.npmjs.com/about-registry-signatures). The signed message is `name@version:integrity`.
 */

import { verify } from "node:crypto";
import semver from "semver";
import { day } from "../model/day.js";
import { agree, type DigestSet, parseIntegrity } from "../model/digest.js";
import type { Outcome, Signer } from "../model/evidence.js";
import type { RegistryKey } from "../model/policy.js";
import { lineOf } from "../trust/line.js";
import { keyCalled, publicKey } from "./registry-keys.js";

/** An honest manifest carries one signature, or two around a rotation. */
const MAX_SIGNATURES = 16;
const MAX_SIGNATURE_LENGTH = 256;

export interface SignatureClaim {
  readonly keyid: string;
  readonly sig: string;
}

/** Another version of the same package, and how the registry signed it; for the succession of keys. */
export interface SignedSibling {
  readonly version: string;
  readonly integrity: string;
  readonly signatures: readonly SignatureClaim[];
}

/** What the registry's full packument adds for one version: unsigned, so a proof of consistency only. */
export interface Publication {
  /** Milliseconds, or null where the packument names no time. */
  readonly at: number | null;
  readonly siblings: readonly SignedSibling[];
}

export interface RegistrySignatureInput {
  /** The name and version that were asked for, never those of the answer. */
  readonly name: string;
  readonly version: string;
  /** The registry whose keys these are. */
  readonly registry: string;
  readonly keys: readonly RegistryKey[];
  /** Our own digests of the bytes. */
  readonly own: DigestSet;
  /** `dist.integrity` as the registry published it: it is signed verbatim. */
  readonly published: string | null;
  readonly signatures: readonly SignatureClaim[];
  /** Asked for only where `needsPublication` says so. */
  readonly publication: Publication | null;
  /** When a signature over exactly these bytes was first seen (ms), by the keyid of its key: trusted times. */
  readonly seen?: ReadonlyMap<string, number>;
  /** Milliseconds. */
  readonly now: number;
}

/**
 * Whether a key signed that is retired or has a beginning, so that the time of publication matters. What was seen
 * before a key's end (`seen`, as above) needs nobody's word for it.
 */
export function needsPublication(
  keys: readonly RegistryKey[],
  signatures: readonly SignatureClaim[],
  now: number,
  seen: ReadonlyMap<string, number> = new Map(),
): boolean {
  return signatures.some((claim) => {
    const key = keyCalled(keys, claim.keyid);
    return key !== null && ((isRetired(key, now) && !seenInTime(key, seen)) || key.notBefore !== null);
  });
}

function seenInTime(key: RegistryKey, seen: ReadonlyMap<string, number> = new Map()): boolean {
  return key.expires !== null && (seen.get(key.keyid) ?? Number.POSITIVE_INFINITY) < key.expires;
}

function isRetired(key: RegistryKey, now: number): boolean {
  return key.expires !== null && key.expires <= now;
}

/**
 * Verifies every signature that claims a known key; one bad one refuses, and unknown keyids are reported and ignored.
 * Errors are outcomes; it never throws on what a registry sends.
 */
export function verifyRegistrySignature(input: RegistrySignatureInput): Outcome {
  if (input.signatures.length === 0) return { outcome: "absent", detail: "the registry's answer carries no signature" };
  if (input.signatures.length > MAX_SIGNATURES) {
    return invalid("SIGNATURE_MALFORMED", `${input.signatures.length} signatures on one package`);
  }
  const known = input.signatures.filter((claim) => keyCalled(input.keys, claim.keyid) !== null);
  const strangers = input.signatures.filter((claim) => keyCalled(input.keys, claim.keyid) === null);
  if (known.length === 0) {
    return { outcome: "unknown-signer", signers: strangers.map((claim) => signer(input, claim.keyid)) };
  }
  const published = input.published === null ? null : parseIntegrity(input.published);
  if (published === null || published.problem !== null || published.digests.sha512 === undefined) {
    return invalid(
      "SIGNATURE_MALFORMED",
      "the signature covers no sha512 integrity, so it says nothing about the bytes",
    );
  }
  if (!agree(published.digests, input.own)) {
    return invalid("SIGNATURE_INVALID", "the registry signed other bytes than these");
  }
  const message = Buffer.from(`${input.name}@${input.version}:${input.published}`);
  for (const claim of known) {
    if (!holds(input.keys, claim, message)) {
      return invalid("SIGNATURE_INVALID", `the signature by ${claim.keyid} is not over ${input.name}@${input.version}`);
    }
    const outside = beforeItsTime(input, claim) ?? outlivedBy(input, claim);
    if (outside !== null) return outside;
  }
  const signers = known.map((claim) => signer(input, claim.keyid));
  const notes = [
    ...known.flatMap((claim) => unprovenTime(input, claim)),
    ...strangers.map((claim) => `a signature by the unknown key ${claim.keyid} was ignored`),
  ];
  return notes.length === 0 ? { outcome: "verified", signers } : { outcome: "verified", signers, notes };
}

/**
 * What was published before a key began is not signed by it: whoever holds the key could sign the past anew. The time
 * is the registry's own, so this holds a registry to its story; where nobody asked for it, only the clock speaks.
 */
function beforeItsTime({ publication, now, keys }: RegistrySignatureInput, claim: SignatureClaim): Outcome | null {
  const begins = keyCalled(keys, claim.keyid)?.notBefore ?? null;
  if (begins === null) return null;
  const begin = `the key ${claim.keyid} began on ${day(begins)}`;
  if (begins > now) return invalid("SIGNATURE_TIME", `${begin}, which is still to come`);
  if (publication === null) return null;
  if (publication.at === null) {
    return invalid("SIGNATURE_TIME", `${begin}, and nothing says that this was published after`);
  }
  if (publication.at >= begins) return null;
  return invalid("SIGNATURE_TIME", `${begin}; the registry says that this was published on ${day(publication.at)}`);
}

/**
 * A retired key counts only for what was published before its end, and not above a version that its successor has
 * signed: a thief of the old key can set the unsigned time back, but not un-sign what came later.
 */
function outlivedBy(input: RegistrySignatureInput, claim: SignatureClaim): Outcome | null {
  const key = keyCalled(input.keys, claim.keyid);
  if (key === null || key.expires === null || !isRetired(key, input.now) || seenInTime(key, input.seen)) return null;
  const end = day(key.expires);
  const publication = input.publication;
  if (publication === null || publication.at === null) {
    return invalid(
      "KEY_EXPIRED",
      `the key ${claim.keyid} ended on ${end}, and nothing says that this was published before`,
    );
  }
  if (publication.at >= key.expires) {
    const says = `the key ${claim.keyid} ended on ${end}; the registry says that this was published on ${day(publication.at)}`;
    return invalid("KEY_EXPIRED", says);
  }
  const overtaken = overtakenBy(input, key);
  if (overtaken === null) return null;
  const detail = `the retired key ${claim.keyid} signs a version above ${overtaken}, which its successor signed`;
  return invalid("KEY_EXPIRED", detail);
}

/** What is said where only the registry's own, unsigned time speaks for a key. */
function unprovenTime({ keys, publication, seen, now }: RegistrySignatureInput, claim: SignatureClaim): string[] {
  const key = keyCalled(keys, claim.keyid);
  if (key === null || publication === null || publication.at === null) return [];
  const told = `time unproven: only the registry says that this was published on ${day(publication.at)}`;
  if (key.expires !== null && isRetired(key, now) && !seenInTime(key, seen)) {
    return [`${told}, before the key ${key.keyid} ended on ${day(key.expires)}`];
  }
  return key.notBefore === null ? [] : [`${told}, after the key ${key.keyid} began on ${day(key.notBefore)}`];
}

/**
 * The version below this one that the successor signed, where it gives the retired key away: in the same minor
 * version, where numbers follow time; or anywhere in the line, where this version would be the line's newest.
 * A fix that went into an old minor version after the rotation leaves the minors above it alone.
 */
function overtakenBy(input: RegistrySignatureInput, retired: RegistryKey): string | null {
  const line = (input.publication?.siblings ?? []).filter((sibling) => sameLine(sibling.version, input.version));
  const later = line.filter((sibling) => signedBySuccessor(input, retired, sibling)).map((sibling) => sibling.version);
  const below = later.filter((version) => semver.lt(version, input.version));
  const isNewest = later.length === below.length;
  return below.find((version) => isNewest || semver.minor(version) === semver.minor(input.version)) ?? null;
}

function signedBySuccessor(input: RegistrySignatureInput, retired: RegistryKey, sibling: SignedSibling): boolean {
  const message = Buffer.from(`${input.name}@${sibling.version}:${sibling.integrity}`);
  return sibling.signatures.slice(0, MAX_SIGNATURES).some((claim) => {
    const key = keyCalled(input.keys, claim.keyid);
    return key !== null && key.keyid !== retired.keyid && outlives(key, retired) && holds(input.keys, claim, message);
  });
}

/** A successor may itself have ended since. */
function outlives(key: RegistryKey, retired: RegistryKey): boolean {
  return key.expires === null || key.expires > (retired.expires ?? Number.POSITIVE_INFINITY);
}

/** One line: the same major version, or for 0.x the same minor. Prereleases follow no order in time. */
export function sameLine(sibling: string, asked: string): boolean {
  const line = lineOf(sibling);
  return line !== null && semver.prerelease(sibling) === null && line === lineOf(asked);
}

function holds(keys: readonly RegistryKey[], claim: SignatureClaim, message: Buffer): boolean {
  const key = keyCalled(keys, claim.keyid);
  if (key === null || claim.sig.length === 0 || claim.sig.length > MAX_SIGNATURE_LENGTH) return false;
  const signature = Buffer.from(claim.sig, "base64");
  if (signature.toString("base64") !== claim.sig) return false;
  return verify("sha256", message, publicKey(key), signature);
}

function signer(input: RegistrySignatureInput, keyid: string): Signer {
  return { type: "registry-key", registry: input.registry, keyid };
}

type Code = "SIGNATURE_INVALID" | "SIGNATURE_MALFORMED" | "SIGNATURE_TIME" | "KEY_EXPIRED";

function invalid(code: Code, detail: string): Outcome {
  return { outcome: "invalid", code, detail };
}
