/** Which pinned publishers stand behind an artifact, by the evidence that verified. */
import type { Evidence, EvidenceKind, Signer } from "../model/evidence.js";
import type { Identity, Publisher } from "../model/policy.js";

/** The kind of evidence through which an identity proves itself. */
export function proves(identity: Identity): EvidenceKind {
  return identity.type === "openpgp" ? "openpgp-signature" : "provenance";
}

/**
 * The publishers of whom at least one identity verified; each counts once, however many of its keys signed.
 * A registry never counts as a publisher.
 */
export function publishersProven(candidates: readonly Publisher[], evidence: readonly Evidence[]): Publisher[] {
  const names = new Set<string>();
  return candidates.filter((publisher) => {
    if (names.has(publisher.name)) return false;
    const stands = publisher.identities.some((identity) =>
      evidence.some(
        (item) =>
          item.kind === proves(identity) && item.outcome === "verified" && item.signers.some((by) => is(identity, by)),
      ),
    );
    if (stands) names.add(publisher.name);
    return stands;
  });
}

/** Identities are compared field by field, exactly. Built-by identities carry more than a signer yet shows. */
function is(identity: Identity, signer: Signer): boolean {
  return identity.type === "openpgp" && signer.type === "openpgp" && identity.fingerprint === signer.fingerprint;
}
