/**
 * Which self-signatures speak for a component of a certificate at a moment: its newest of that moment (RFC 9580,
 * section 5.2.3.10). A weaker, older one never comes back in its place.
 */
import type { SignaturePacket, User } from "openpgp";
import { type Certificate, claimsOwn } from "./openpgp-library.js";
import { isDemanding } from "./openpgp-signature.js";
import { isStrongHash } from "./openpgp-strength.js";

const CERTIFICATION = 0x10;
const CERTIFICATION_REVOCATION = 0x30;

/** A user ID, and what the certificate's own key last said of it. */
export interface Certified {
  readonly userId: string;
  readonly said: readonly SignaturePacket[];
}

/**
 * The user IDs that were certified by the key itself at `at` (milliseconds), and not revoked since: those with strong
 * self-signatures first, and of them the primary one.
 */
export async function identitiesAt(certificate: Certificate, at: number): Promise<readonly Certified[]> {
  const found: Certified[] = [];
  for (const user of certificate.key.users) {
    if (user.userID === null) continue;
    const over = { key: certificate.key.keyPacket, userID: user.userID };
    const said = await newest(certificate, user.selfCertifications, at, CERTIFICATION, over);
    const [first] = said;
    if (first === undefined || isWithdrawn(certificate, user, first, at)) continue;
    found.push({ userId: user.userID.userID, said });
  }
  const rank = ({ said }: Certified): readonly number[] => [
    Number(flawIn(said) === null),
    Number(said.some((each) => each.isPrimaryUserID === true)),
    said[0] === undefined ? 0 : timeOf(said[0]),
  ];
  return found.sort((a, b) => compare(rank(b), rank(a)));
}

/** Whether a user ID was revoked after it was last certified. One that can't be verified withdraws it as well. */
function isWithdrawn({ key }: Certificate, user: User, said: SignaturePacket, at: number): boolean {
  return user.revocationSignatures.some(
    (revocation) =>
      revocation.signatureType === CERTIFICATION_REVOCATION &&
      claimsOwn(revocation, key) &&
      timeOf(revocation) >= timeOf(said) &&
      timeOf(revocation) <= at,
  );
}

/** The newest signatures of the primary key over `over` that were there at `at`: of one second, all that it said. */
export async function newest(
  { key, holds }: Certificate,
  signatures: readonly SignaturePacket[],
  at: number,
  type: number,
  over: object,
): Promise<readonly SignaturePacket[]> {
  const past = signatures.filter((signature) => timeOf(signature) <= at);
  const found: SignaturePacket[] = [];
  for (const signature of past.sort((a, b) => timeOf(b) - timeOf(a))) {
    const [first] = found;
    if (first !== undefined && timeOf(signature) < timeOf(first)) break;
    // A flawed one need not hold: the library can't say so of every hash, and what it was made to take away (an end of
    // life, the right to sign) must not be lost by that.
    const isFlawed = flawIn([signature]) !== null;
    const speaks = isFlawed ? claimsOwn(signature, key) : await holds(signature, key.keyPacket, type, over);
    if (speaks) found.push(signature);
  }
  return found;
}

/** Why nothing can be built on one of these self-signatures, as the end of a sentence; null if on each of them. */
export function flawIn(signatures: readonly SignaturePacket[]): string | null {
  if (!signatures.every(({ hashAlgorithm }) => isStrongHash(hashAlgorithm))) {
    return "is made over a hash that can be forged (SHA-1 or weaker)";
  }
  const isClear = signatures.every(({ signatureData }) => signatureData !== null && !isDemanding(signatureData));
  return isClear ? null : "demands that its reader understand something unknown";
}

/** Milliseconds. */
export function timeOf(signature: SignaturePacket): number {
  return signature.created?.getTime() ?? Infinity;
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}
