/**
 * Observations that no run writes down: of a version that is not like those before it (pipeline/observe.ts). Once they
 * were merged, such a version would be held against itself, and whoever published it would be a known hand.
 */
import { type Evidence, type EvidenceKind, evidence } from "../model/evidence.js";
import { LASTING_KINDS, type Observation } from "../model/observation.js";
import { pinnedFingerprints, type TrustStore } from "../model/policy.js";
import { driftFindings } from "./drift.js";
import { homeOf, requirementsFor } from "./lookup.js";
import { observedName, signerText } from "./observed.js";

export interface Before {
  /** The package's observations on the branch. */
  readonly former: readonly Observation[];
  /** Those that a person is said to have reviewed in the same change, which is told by itself. */
  readonly accepted: readonly Observation[];
}

/**
 * Whether the observation drifts from those before it, says less than they do, or brings somebody new in at a time
 * before them. `now` in milliseconds.
 */
export function isStrange(added: Observation, { former, accepted }: Before, store: TrustStore, now: number): boolean {
  if (former.length === 0) return false;
  const known = [...former, ...accepted];
  const home = homeOf(store, added.ecosystem, added.name);
  const { candidates } = requirementsFor(store, added, home, now);
  const pinned = pinnedFingerprints(candidates);
  const found = driftFindings(added, new Map([[observedName(added), known]]), {
    gate: true,
    evidence: cameOf(added, pinned.length > 0),
    waived: new Set(),
    pinned: new Set(pinned),
    vouched: new Set(),
  });
  const earliest = Math.min(...former.map(({ seen }) => seen));
  return found.some(({ severity }) => severity !== "note") || (added.seen <= earliest && isNewHand(added, known));
}

/** What a run would have come to that saw just this. An OpenPGP signature is asked for only where a rule names a key. */
function cameOf(added: Observation, asksOpenPgp: boolean): readonly Evidence[] {
  const asked = LASTING_KINDS.filter((kind) => kind !== "openpgp-signature" || asksOpenPgp);
  const outcome = (kind: EvidenceKind): Evidence =>
    added.evidence.includes(kind)
      ? evidence(kind, added.digest, { outcome: "verified", signers: [] })
      : evidence(kind, added.digest, { outcome: "absent" });
  const bytes = evidence("archive", added.digest, { outcome: "verified", signers: [] });
  return [...asked.map(outcome), bytes];
}

/** Whether nobody has seen its publisher, or one of its OpenPGP signers, with this package before. */
function isNewHand({ publisher, registry, signers }: Observation, known: readonly Observation[]): boolean {
  const isPublisher = (item: Observation): boolean =>
    item.registry === registry &&
    item.publisher?.name === publisher?.name &&
    item.publisher?.trusted === publisher?.trusted;
  const texts = new Set(known.flatMap((item) => item.signers.map(signerText)));
  const isUnknown = signers.some((signer) => signer.type === "openpgp" && !texts.has(signerText(signer)));
  return (publisher !== null && !known.some(isPublisher)) || isUnknown;
}
