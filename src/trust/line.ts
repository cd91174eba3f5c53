/** Lines of versions, and which earlier observation a version is held against. */
import semver from "semver";
import type { EvidenceKind } from "../model/evidence.js";
import { LASTING_KINDS, type Observation, type Sight } from "../model/observation.js";

/**
 * How a baseline stands to the version: it is of this very version; a lower one of its line; a lower one of another
 * line, since this line is new; or one above it, since nothing below it was seen.
 */
export type Relation = "itself" | "line" | "below" | "above";

/** What a sight is held against. */
export interface Baseline {
  readonly relation: Relation;
  readonly observation: Observation;
  /** Kinds that this version had, by all that count of it. */
  readonly kinds: ReadonlySet<EvidenceKind>;
  /** When the version was first seen (ms). */
  readonly since: number;
}

/** The line of a version: its major, for 0.x its minor (`2`, `0.3`); null for what is not semver. */
export function lineOf(version: string): string | null {
  const parsed = semver.parse(version);
  if (parsed === null) return null;
  return parsed.major > 0 ? `${parsed.major}` : `0.${parsed.minor}`;
}

/**
 * The baseline of a sight among all observations of its package; null where nothing can be held against it. A version
 * that was seen itself is held against that alone. Else it is the greatest lower version of its line; where there is
 * none, the nearest above it in the line; where the line is new, the greatest below it, and at last the nearest above.
 */
export function baselineFor(sight: Sight, seen: readonly Observation[]): Baseline | null {
  const own = ownOf(sight, seen);
  return own.length > 0 ? heldFrom(own, "itself") : baselineBeside(sight, seen);
}

/**
 * All that a sight is held against: its baseline, and where that is its own and can't be relied on, what would be its
 * baseline without. Anybody may add what nobody has reviewed: an observation that leaves out who published the version,
 * or names another registry or day than the registry does, would keep a change of hands from being seen.
 */
export function baselinesFor(sight: Sight, seen: readonly Observation[]): readonly Baseline[] {
  const own = ownOf(sight, seen);
  const isTold = own.some(
    ({ reviewed, registry, publisher, published }) =>
      reviewed ||
      (registry === sight.registry &&
        (sight.publisher === null || publisher !== null) &&
        (sight.published === null || published === null || published === sight.published)),
  );
  const beside = isTold ? null : baselineBeside(sight, seen);
  return [own.length > 0 ? heldFrom(own, "itself") : null, beside].filter((baseline) => baseline !== null);
}

function ownOf(sight: Sight, seen: readonly Observation[]): readonly Observation[] {
  return seen.filter(({ version, digest }) => version === sight.version && digest.hex === sight.digest.hex);
}

/** The baseline among other versions. */
function baselineBeside(sight: Sight, seen: readonly Observation[]): Baseline | null {
  const line = lineOf(sight.version);
  if (line === null) return null;
  const others = comparable(sight.version, seen);
  const ofLine = others.filter((item) => lineOf(item.version) === line);
  return (
    greatestBelow(ofLine, sight.version, "line") ??
    lowestAbove(ofLine, sight.version) ??
    greatestBelow(others, sight.version, "below") ??
    lowestAbove(others, sight.version)
  );
}

/**
 * Prereleases are published by other hands and other means, night after night: a release is held against releases, as
 * long as any were seen. A prerelease is held against both.
 */
function comparable(version: string, seen: readonly Observation[]): readonly Observation[] {
  const versions = seen.filter((item) => item.version !== version && semver.valid(item.version) !== null);
  if (semver.prerelease(version) !== null) return versions;
  const releases = versions.filter((item) => semver.prerelease(item.version) === null);
  return releases.length > 0 ? releases : versions;
}

function greatestBelow(seen: readonly Observation[], version: string, relation: Relation): Baseline | null {
  const below = seen.filter((item) => semver.compareBuild(item.version, version) < 0);
  const [first] = below
    .map((item) => item.version)
    .sort(semver.compareBuild)
    .reverse();
  return first === undefined
    ? null
    : heldFrom(
        below.filter((item) => item.version === first),
        relation,
      );
}

function lowestAbove(seen: readonly Observation[], version: string): Baseline | null {
  const above = seen.filter((item) => semver.compareBuild(item.version, version) > 0);
  const [first] = above.map((item) => item.version).sort(semver.compareBuild);
  return first === undefined
    ? null
    : heldFrom(
        above.filter((item) => item.version === first),
        "above",
      );
}

/**
 * Of several observations of one version, what a person has reviewed speaks, the newest of it; else the newest that was
 * seen, and every kind that any of them had: later ones are appended by programs, and must not take away.
 */
function heldFrom(observations: readonly Observation[], relation: Relation): Baseline | null {
  const reviewed = observations.filter((item) => item.reviewed);
  const counting = reviewed.length > 0 ? reviewed : observations;
  const [newest] = [...counting].sort((a, b) => b.seen - a.seen);
  if (newest === undefined) return null;
  const speaking = newest.reviewed ? [newest] : counting;
  return {
    relation,
    observation: newest,
    kinds: new Set(LASTING_KINDS.filter((kind) => speaking.some(({ evidence }) => evidence.includes(kind)))),
    since: Math.min(...observations.map((item) => item.seen)),
  };
}
