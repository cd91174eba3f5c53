/**
 * Whether a key has been revoked. A revocation inside a certificate always counts: whatever its hash, its time and its
 * reason. Sequoia lets signatures stand that were made before a soft revocation (superseded, retired); but a signature's
 * time is its signer's word, so here those are refused as well.
 */
import type { SignaturePacket, Subkey } from "openpgp";
import { type Certificate, claimsOwn } from "./openpgp-library.js";
import { SIGNATURE_TYPE } from "./openpgp-signature.js";

/** RFC 9580, section 5.2.3.31. */
const REASONS: Readonly<Record<number, string>> = { 1: "superseded", 2: "compromised", 3: "retired" };

/** What revokes the certificate, or this subkey of it (null for the primary key), in words; null if nothing does. */
export async function revocationOf(certificate: Certificate, subkey: Subkey | null): Promise<string | null> {
  const { key, holds } = certificate;
  for (const revocation of key.revocationSignatures) {
    const says = await weigh(certificate, revocation, SIGNATURE_TYPE.keyRevocation, { key: key.keyPacket });
    if (says !== null) return `the certificate is revoked${says}`;
  }
  if (subkey === null) return null;
  const over = { key: key.keyPacket, bind: subkey.keyPacket };
  for (const revocation of subkey.revocationSignatures) {
    const says = await weigh(certificate, revocation, SIGNATURE_TYPE.subkeyRevocation, over);
    if (says !== null) return `the signing subkey is revoked${says}`;
  }
  // One that was moved behind another subkey still means the one it was made over.
  for (const revocation of key.subkeys.flatMap((each) => (each === subkey ? [] : each.revocationSignatures))) {
    if (await holds(revocation, key.keyPacket, SIGNATURE_TYPE.subkeyRevocation, over)) {
      return "the signing subkey is revoked";
    }
  }
  return null;
}

async function weigh(
  certificate: Certificate,
  revocation: SignaturePacket,
  type: number,
  over: object,
): Promise<string | null> {
  const { key, namesRevoker, holds } = certificate;
  // Another key's revocation counts only where this one has named a revoker, whose key is not here to be asked.
  if (!claimsOwn(revocation, key)) return namesRevoker ? " by another key, and it names a revoker" : null;
  const when = revocation.created?.toISOString().slice(0, 10);
  // Damaged, or with a demand or a hash that the library doesn't know: whoever wrote it may have meant it.
  if (!(await holds(revocation, key.keyPacket, type, over)))
    return `, by a revocation of ${when} that can't be verified`;
  const reason = REASONS[revocation.reasonForRevocationFlag ?? 0];
  return reason === undefined ? ` since ${when}` : ` since ${when} (${reason})`;
}
