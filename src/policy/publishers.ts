/** Which pinned publishers stand behind an artifact, by the evidence that verified. */
import type { BuildSource } from "../model/build.js";
import type { Evidence, EvidenceKind, Signer } from "../model/evidence.js";
import type { Observation } from "../model/observation.js";
import { type Identity, type Publisher, proves } from "../model/policy.js";
import { differences } from "./built-by.js";

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

/**
 * When a proof by one of the publisher's identities was first known (ms): by the time that a log has signed for, or by
 * observations of the very bytes; null if nobody says.
 */
export function firstKnown(
  publisher: Publisher,
  evidence: readonly Evidence[],
  sightings: readonly Observation[],
): number | null {
  const isTheirs = (kind: EvidenceKind, signer: Signer): boolean =>
    publisher.identities.some((identity) => kind === proves(identity) && is(identity, signer));
  const logged = evidence.flatMap((item) =>
    item.outcome === "verified" ? item.signers.filter((signer) => isTheirs(item.kind, signer)).map(timeOf) : [],
  );
  const seen = sightings
    .filter(({ signers, evidence: kinds, source }) =>
      signers.some((signer) => kinds.some((kind) => isTheirs(kind, withSource(signer, source)))),
    )
    .map((sighting) => sighting.seen);
  const times = [...logged.filter((time) => time !== null), ...seen];
  return times.length === 0 ? null : Math.min(...times);
}

function timeOf(signer: Signer): number | null {
  return signer.type === "sigstore" ? (signer.time ?? null) : null;
}

/** An observation tells apart who signed, and what was built from where. */
function withSource(signer: Signer, source: BuildSource | null): Signer {
  return signer.type === "sigstore" && source !== null ? { ...signer, source } : signer;
}

/** Identities are compared field by field, exactly. */
function is(identity: Identity, signer: Signer): boolean {
  if (identity.type === "openpgp") return signer.type === "openpgp" && identity.fingerprint === signer.fingerprint;
  return signer.type === "sigstore" && differences(identity, signer).length === 0;
}
