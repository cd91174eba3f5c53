/**
 * The second half of a version 2 lockfile. npm 7 and later read `packages`; older npm, and other tools, read
 * `dependencies`. Where the two do not say the same, what is verified is not what the other reader would install.
 */
import { type Finding, finding } from "../model/finding.js";
import type { LockedEntry } from "./npm-entries.js";
import { readAddress } from "./npm-source.js";
import { readNested } from "./npm-v1.js";

const HELP =
  "Let a current npm write the lockfile anew, and review the change: keep neither half unless you know where it came from.";

const SHOWN = 5;

export interface LegacyFindings {
  /** On entries of `packages`, by location. */
  readonly byLocation: ReadonlyMap<string, Finding>;
  /** About entries that only `dependencies` has. */
  readonly others: readonly Finding[];
}

/** Holds `dependencies` against the entries of `packages`. `nested` undefined: there is no such section. */
export function legacyFindings(entries: readonly LockedEntry[], nested: unknown, path: string): LegacyFindings {
  const byLocation = new Map<string, Finding>();
  if (nested === undefined) return { byLocation, others: [] };
  const packages = new Map(entries.map((entry) => [entry.location, entry]));
  const others: string[] = [];
  const seen = new Set<string>();
  for (const old of readNested(nested, path)) {
    const entry = packages.get(old.location);
    seen.add(old.location);
    const difference = entry === undefined ? null : differs(entry, old);
    if (entry === undefined) others.push(old.location);
    else if (difference !== null) byLocation.set(old.location, disagreement(`${old.location} ${difference}`));
  }
  for (const { location } of entries) {
    // Folders have no entry there, and what lies in them is left out where links go in circles.
    if (location.startsWith("node_modules/") && !seen.has(location)) {
      byLocation.set(location, disagreement(`${location} is only in packages`));
    }
  }
  return { byLocation, others: others.length === 0 ? [] : [disagreement(onlyThere(others))] };
}

function disagreement(difference: string): Finding {
  return finding("LOCKFILE_AMBIGUOUS", {
    says: `packages and dependencies of the lockfile disagree: ${difference}`,
    help: HELP,
  });
}

function onlyThere(locations: readonly string[]): string {
  const more = locations.length > SHOWN ? ` (and ${locations.length - SHOWN} more)` : "";
  return `only dependencies has ${locations.slice(0, SHOWN).join(", ")}${more}`;
}

/** The first thing in which two readings of one entry differ, or null. */
function differs(entry: LockedEntry, old: LockedEntry): string | null {
  const say = (what: string, here: string | null, there: string | null): string =>
    `has ${what} ${here ?? "none"} in packages, ${there ?? "none"} in dependencies`;
  if (entry.integrity !== old.integrity) return say("integrity", entry.integrity, old.integrity);
  if (entry.link || old.link) {
    const same = entry.link === old.link && (entry.resolved ?? "") === (old.resolved ?? "");
    return same ? null : say("link or address", entry.resolved, old.resolved);
  }
  const [here, there] = [originOf(entry), originOf(old)];
  // Old npm spells the address of what is no registry's package in other ways; that it is one must be agreed.
  if (here !== there) return say("source", here, there);
  if (here !== "registry") return null;
  if (entry.version !== old.version) return say("version", entry.version, old.version);
  if (entry.resolved !== old.resolved) return say("resolved", entry.resolved, old.resolved);
  const alias = old.name !== null && old.name !== entry.name;
  return alias ? say("name", entry.name, old.name) : null;
}

function originOf(entry: LockedEntry): string {
  const type = entry.resolved === null ? "registry" : readAddress(entry.resolved).source.type;
  return entry.addressed && type === "registry" ? "url" : type;
}
