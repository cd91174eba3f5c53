/** Holds what was seen in this run against what the store that judges has observed. */
import type { Finding } from "../model/finding.js";
import type { Sight } from "../model/observation.js";
import { pinnedFingerprints, type Requirements, type TrustStore } from "../model/policy.js";
import type { Case } from "../policy/case.js";
import { waivedKinds } from "../policy/decide.js";
import { driftFindings } from "../trust/drift.js";
import { observedName } from "../trust/observed.js";
import type { River } from "./river.js";

/** What drift needs of what was weighed. */
export interface Held {
  readonly sight: Sight | null;
  readonly given: Omit<Case, "artifact">;
  readonly requirements: Requirements;
  /** From `vouchedFor`. */
  readonly vouched: ReadonlySet<string>;
}

/** The findings on one artifact. None where other bytes came than were locked: that is refused as what it is. */
export function driftOf(river: River, { sight, given, requirements, vouched }: Held): Finding[] {
  const { evidence, digest } = given;
  if (sight === null || evidence.some(({ kind, outcome }) => kind === "integrity" && outcome === "invalid")) return [];
  return driftFindings(sight, river.trust.observations, {
    gate: river.options.gate,
    evidence,
    waived: waivedKinds(requirements, digest, river.now),
    pinned: new Set(pinnedFingerprints(requirements.candidates)),
    vouched,
  });
}

/**
 * Fingerprints of those who signed this, and whose certificate one of the package's earlier signers has certified: as
 * far as the store holds the certificates of both.
 */
export async function vouchedFor(trust: TrustStore, sight: Sight | null): Promise<ReadonlySet<string>> {
  const vouched = new Set<string>();
  const earlier = sight === null ? [] : fingerprintsOf(trust.observations.get(observedName(sight)) ?? []);
  if (sight === null || earlier.length === 0) return vouched;
  for (const fingerprint of fingerprintsOf([sight])) {
    if (earlier.includes(fingerprint)) continue;
    const { vouchesFor } = await import("../verify/openpgp-vouching.js");
    for (const other of earlier) {
      const [by, of] = [trust.certificates.get(other), trust.certificates.get(fingerprint)];
      if (by !== undefined && of !== undefined && (await vouchesFor(by, of))) vouched.add(fingerprint);
    }
  }
  return vouched;
}

function fingerprintsOf(sights: readonly Pick<Sight, "signers">[]): string[] {
  const fingerprints = sights.flatMap(({ signers }) =>
    signers.flatMap((signer) => (signer.type === "openpgp" ? [signer.fingerprint] : [])),
  );
  return [...new Set(fingerprints)];
}
