/** What all kinds of drift are told with: the change, its history in words, and the command that accepts it. */
import { day } from "../model/day.js";
import type { Evidence, EvidenceKind } from "../model/evidence.js";
import type { Observation, Sight } from "../model/observation.js";
import { type Baseline, baselineFor } from "./line.js";
import { someOf } from "./some-of.js";

/** What is known beside sight and observations. */
export interface Context {
  /** In the gate a change of hands waits for a person; elsewhere it is a warning. */
  readonly gate: boolean;
  /** What came of every kind that was asked for: a kind that could not be asked for has not vanished. */
  readonly evidence: readonly Evidence[];
  /** Kinds that an exception waives for exactly these bytes. */
  readonly waived: ReadonlySet<EvidenceKind>;
  /** OpenPGP fingerprints that trust.json names for this package. */
  readonly pinned: ReadonlySet<string>;
  /** OpenPGP fingerprints of signers whose certificate one of the earlier signers has certified. */
  readonly vouched: ReadonlySet<string>;
}

/** A sight, what it is held against, and everything that was seen of the package. */
export interface Change {
  readonly sight: Sight;
  readonly baseline: Baseline;
  readonly seen: readonly Observation[];
  readonly how: Context;
}

/** What a change looks like, as the last sentence of a finding. */
export const STORY = {
  rotation: "Looks like a rotation.",
  first: "This is a first trust: of an older line, which may never have had what later ones have.",
  past: "This is a first trust: of a version that is older than what was seen here, as the registry says.",
  takeover: "Looks like a takeover.",
} as const;

/**
 * Whether the version is older than the one above it that it is held against: there already when that one was first
 * seen here, as the registry says. What it lacks was not lost: an old line never had what later ones have.
 */
export function isPast({ sight, baseline }: Change): boolean {
  return baseline.relation === "above" && sight.published !== null && sight.published < baseline.since;
}

/**
 * Whether another version makes those behind it known hands. Not where it was added once a later one was known, and
 * nobody has reviewed it: that is a first trust, of which nobody was asked.
 */
export function makesKnown(item: Observation, { sight, seen }: Change): boolean {
  if (item.version === sight.version) return false;
  if (item.reviewed) return true;
  const others = seen.filter(({ version }) => version !== item.version);
  const baseline = baselineFor(item, others);
  return baseline?.relation !== "above" || item.seen <= baseline.since;
}

/** `lib 1.0.0`. */
export function nameOf({ name, version }: Pick<Sight, "name" | "version">): string {
  return `${name} ${version}`;
}

/** Where the baseline stands, as the end of a sentence: `lib 1.0.0, seen since 2026-01-02, reviewed`. */
export function baselineText({ baseline }: Change): string {
  const { observation, relation, since } = baseline;
  const which =
    relation === "itself" ? `the same version, when it was first seen` : `${nameOf(observation)}, first seen`;
  return `${which} on ${day(since)}${observation.reviewed ? ", reviewed" : ""}`;
}

/** When the registry says that it was published: nobody has signed that. */
export function publishedText({ published }: Pick<Sight, "published">): string {
  return published === null
    ? "the registry does not say when it was published"
    : `published on ${day(published)}, as the registry says, unsigned`;
}

/** A next step, and then the command by which a person accepts the change. */
export function helpToAccept({ ecosystem, name, version }: Sight, first: string): string {
  return `${first} Once that has settled it: secure-install trust accept ${ecosystem}:${name}@${version} --reason "<why>"`;
}

const MOST_VERSIONS = 3;

/** The versions of some observations, oldest sight first: `1.0.0, 1.0.1, 1.0.2 and 4 more`. */
export function versionsText(observations: readonly Observation[]): string {
  const versions = [...new Set([...observations].sort((a, b) => a.seen - b.seen).map(({ version }) => version))];
  return someOf(versions, MOST_VERSIONS);
}
