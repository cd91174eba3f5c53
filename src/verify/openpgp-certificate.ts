/** A pinned OpenPGP certificate: what its file says, for those who load, list and review the trust store. */

import type { Code } from "../model/codes.js";
import { day } from "../model/day.js";
import { type Certificate, openCertificate } from "./openpgp-library.js";
import { outline } from "./openpgp-outline.js";
import { revocationOf } from "./openpgp-revocation.js";
import { standingAt } from "./openpgp-standing.js";
import { flawIn, identitiesAt } from "./openpgp-statements.js";
import { nameOfAlgorithm, remarkOn } from "./openpgp-strength.js";

/** Later than any time that a packet can hold, so that the newest self-signature speaks. */
const END_OF_TIME = Number.MAX_VALUE;

/** A key of the certificate that may sign files, as its newest self-signatures have it. */
export interface SigningKey {
  /** Full, upper-case hex. */
  readonly fingerprint: string;
  /** Such as `ed25519` or `rsa4096`. */
  readonly algorithm: string;
  /** Milliseconds. */
  readonly created: number;
  /** Milliseconds, or null where it does not expire. */
  readonly expires: number | null;
  readonly remark: string | null;
}

export interface CertificateFacts {
  /** Full fingerprint of the primary key, upper-case hex: 40 digits for version 4, 64 for version 6. */
  readonly fingerprint: string;
  readonly version: number;
  /** Those that the key itself certifies, and has not revoked: text from outside. */
  readonly userIds: readonly string[];
  readonly algorithm: string;
  /** Milliseconds. */
  readonly created: number;
  /** When the primary key ends (milliseconds); null where it does not, or where `weakness` says why it never counts. */
  readonly expires: number | null;
  readonly revoked: boolean;
  /** Why it is revoked, in words. */
  readonly revocation: string | null;
  /** Those that can verify something; none where all are weak, revoked, or not marked as signing. */
  readonly signingKeys: readonly SigningKey[];
  /** Why the primary key can't bind anything (short, old hashes, of another kind), or null. */
  readonly weakness: string | null;
  /** What is worth saying of a primary key that is accepted today, or null. */
  readonly remark: string | null;
}

export type CertificateReading =
  | ({ readonly ok: true } & CertificateFacts)
  /** One sentence, for the place in the trust store that names the file. */
  | { readonly ok: false; readonly why: string };

/**
 * Reads a file that must hold exactly one public certificate (RFC 9580, section 10.1), armored or binary, of at most
 * `LIMITS.certificateBytes`. A revoked, expired or weak one is still read: what it can prove is told by the facts.
 * Never throws on what the file holds.
 */
export async function readCertificate(bytes: Uint8Array): Promise<CertificateReading> {
  const outlined = outline(bytes);
  if (!outlined.ok) return outlined;
  const opened = await openCertificate(outlined.value);
  return opened.ok ? { ok: true, ...(await factsOf(opened.value)) } : opened;
}

/** Why a certificate can't be pinned today for what is to come, or null. `now` in milliseconds. */
export function objectionTo(
  facts: CertificateFacts,
  now: number,
): { readonly code: Code; readonly says: string } | null {
  const ended = (time: number | null): boolean => time !== null && time <= now;
  if (facts.revoked) return { code: "KEY_REVOKED", says: facts.revocation ?? "the certificate is revoked" };
  if (facts.weakness !== null) return { code: "KEY_WEAK", says: facts.weakness };
  if (facts.created > now)
    return { code: "SIGNATURE_TIME", says: `the key is dated ${day(facts.created)}, in the future` };
  if (facts.expires !== null && ended(facts.expires)) {
    return { code: "KEY_EXPIRED", says: `the key ended on ${day(facts.expires)}` };
  }
  if (facts.signingKeys.length === 0) return { code: "KEY_WEAK", says: "no key in it may sign" };
  if (facts.signingKeys.every(({ expires }) => ended(expires))) {
    return { code: "KEY_EXPIRED", says: "every key in it that may sign has ended" };
  }
  return null;
}

async function factsOf(certificate: Certificate): Promise<CertificateFacts> {
  const { key, outline } = certificate;
  const revocation = await revocationOf(certificate, null);
  const signingKeys = revocation === null ? await signingKeysOf(certificate) : [];
  // Any signing flag aside: what is asked here is whether the primary key binds what stands below it.
  const whole = await standingAt(certificate, null, END_OF_TIME, false);
  const identities = await identitiesAt(certificate, END_OF_TIME);
  return {
    fingerprint: outline.fingerprint,
    version: key.keyPacket.version,
    userIds: identities.filter(({ said }) => flawIn(said) === null).map(({ userId }) => userId),
    algorithm: nameOfAlgorithm(key.keyPacket),
    created: key.keyPacket.created.getTime(),
    expires: whole.ok ? finite(whole.expires) : null,
    revoked: revocation !== null,
    revocation,
    signingKeys,
    weakness: whole.ok ? null : whole.detail,
    remark: remarkOn(key.keyPacket),
  };
}

async function signingKeysOf(certificate: Certificate): Promise<readonly SigningKey[]> {
  const found: SigningKey[] = [];
  for (const subkey of [null, ...certificate.key.subkeys]) {
    if ((await revocationOf(certificate, subkey)) !== null) continue;
    const standing = await standingAt(certificate, subkey, END_OF_TIME);
    if (!standing.ok) continue;
    const { keyPacket } = subkey ?? certificate.key;
    found.push({
      fingerprint: keyPacket.getFingerprint().toUpperCase(),
      algorithm: nameOfAlgorithm(keyPacket),
      created: keyPacket.created.getTime(),
      expires: finite(standing.expires),
      remark: remarkOn(keyPacket),
    });
  }
  return found;
}

function finite(time: number): number | null {
  return Number.isFinite(time) ? time : null;
}
