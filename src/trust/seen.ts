/** Trusted time: what was observed before, of exactly these bytes. */
import type { Digest } from "../model/digest.js";
import type { Signer } from "../model/evidence.js";
import type { Observation, Observations, Sight } from "../model/observation.js";
import { observedName } from "./observed.js";

/**
 * The observations of this very name, version and digest in the store that judges. When they were seen is a trusted
 * time for the signatures that they tell of, and for no others: known bytes can be signed anew by whoever finds a key.
 */
export function sightingsOf(
  observations: Observations,
  named: Pick<Sight, "ecosystem" | "name" | "version">,
  digest: Digest | null,
): readonly Observation[] {
  if (digest === null) return [];
  const seen = observations.get(observedName(named)) ?? [];
  return seen.filter(
    (item) =>
      item.version === named.version && item.digest.algorithm === digest.algorithm && item.digest.hex === digest.hex,
  );
}

/** When a signature by each signer was first seen (ms), by what `nameOf` calls the signer; null leaves one out. */
export function firstSeenBy(
  sightings: readonly Observation[],
  nameOf: (signer: Signer) => string | null,
): ReadonlyMap<string, number> {
  const first = new Map<string, number>();
  for (const { signers, seen } of sightings) {
    for (const signer of signers) {
      const name = nameOf(signer);
      if (name !== null) first.set(name, Math.min(seen, first.get(name) ?? seen));
    }
  }
  return first;
}
