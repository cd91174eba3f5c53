/** Which pinned publishers stand behind an artifact, by the evidence that verified. */
import type { Evidence, EvidenceKind, Signer } from "../model/evidence.js";
import type { Observation } from "../model/observation.js";
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

/** When a proof by one of the publisher's identities was first seen (ms), by observations of the very bytes; null if never. */
export function seenFirst(publisher: Publisher, sightings: readonly Observation[]): number | null {
  const times = sightings
    .filter(({ signers, evidence }) =>
      publisher.identities.some(
        (identity) => evidence.includes(proves(identity)) && signers.some((signer) => is(identity, signer)),
      ),
    )
    .map(({ seen }) => seen);
  return times.length === 0 ? null : Math.min(...times);
}

/** Identities are compared field by field, exactly. Built-by identities carry more than a signer yet shows. */
function is(identity: Identity, signer: Signer): boolean {
  return identity.type === "openpgp" && signer.type === "openpgp" && identity.fingerprint === signer.fingerprint;
}
