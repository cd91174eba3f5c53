/**
 * Drift: what changed between a sight of a package and what was seen of it before. Pure. Each finding tells what was,
 * what is, since when, and whether it looks like a rotation, a first trust or a takeover; a change is accepted by an
 * observation that a person has reviewed (`trust accept`), and by nothing else. Other bytes are never accepted.
 */
import { day } from "../model/day.js";
import { toIntegrity } from "../model/digest.js";
import { type Finding, finding } from "../model/finding.js";
import type { Observation, Observations, Sight } from "../model/observation.js";
import { evidenceDrift } from "./drift-evidence.js";
import { keyDrift } from "./drift-key.js";
import { publisherDrift } from "./drift-publisher.js";
import { sourceDrift } from "./drift-source.js";
import { type Context, nameOf, publishedText } from "./drift-words.js";
import { baselinesFor } from "./line.js";
import { observedName } from "./observed.js";

/**
 * Holds a sight against the observations of the store that judges: the same version's own, where it has any, else its
 * baseline's (line.ts). Nothing for a package that nobody has observed.
 */
export function driftFindings(sight: Sight, observations: Observations, how: Context): Finding[] {
  const seen = observations.get(observedName(sight)) ?? [];
  const replaced = digestDrift(sight, seen);
  // Of other bytes nothing else needs to be said.
  if (replaced !== null) return [replaced];
  return baselinesFor(sight, seen).flatMap((baseline) => {
    const change = { sight, baseline, seen, how };
    return [...evidenceDrift(change), ...sourceDrift(change), ...keyDrift(change), ...publisherDrift(change)];
  });
}

/**
 * One name and version, another digest: refused whoever agrees to it. A version that means two things means nothing,
 * and a line that was added for the new bytes, reviewed or not, must not make them the known ones.
 */
function digestDrift(sight: Sight, seen: readonly Observation[]): Finding | null {
  const others = seen.filter((item) => item.version === sight.version && item.digest.hex !== sight.digest.hex);
  const [first] = [...others].sort((a, b) => a.seen - b.seen);
  if (first === undefined) return null;
  return finding("DRIFT_DIGEST", {
    says: `${nameOf(sight)} was seen with other bytes on ${day(first.seen)}. Looks like a takeover.`,
    expected: `${toIntegrity(first.digest)} (first seen on ${day(first.seen)}, ${publishedText(first)})`,
    got: `${toIntegrity(sight.digest)} (${publishedText(sight)})`,
  });
}
