/** Which entries an installation takes: by platform, and by the kinds of dependencies that are left out. */
import type { ManifestFacts, NpmEntry } from "../model/artifact.js";

export interface NpmPlatform {
  /** As `process.platform`. */
  readonly platform: string;
  /** As `process.arch`. */
  readonly arch: string;
  /** "glibc", "musl", or null where the question makes no sense. */
  readonly libc: string | null;
}

/**
 * Whether npm would install a package with these facts on a platform (npm-install-checks, checkPlatform). Null facts
 * name no platform and match all. npm skips what does not match only where it is optional; else it stops.
 */
export function matchesPlatform(facts: ManifestFacts | null, on: NpmPlatform): boolean {
  if (facts === null) return true;
  if (facts.libc.length > 0 && on.libc === null) return false;
  return fits(on.platform, facts.os) && fits(on.arch, facts.cpu) && fits(on.libc ?? "", facts.libc);
}

/** None of the negated values, and one of the others if there are others. */
function fits(value: string, list: readonly string[]): boolean {
  if (list.length === 1 && list[0] === "any") return true;
  const wanted = list.filter((item) => !item.startsWith("!"));
  if (list.includes(`!${value}`)) return false;
  return wanted.length === 0 || wanted.includes(value);
}

export type Omittable = "dev" | "optional" | "peer";

/**
 * Whether `--omit` leaves an entry out (arborist's Node.shouldOmit). `devOptional` is reached both ways, and left out
 * only where both are. The flags of the lockfile say so, and the tree itself must show it: by its flags alone, what the
 * project can't do without would be passed over.
 */
export function isOmitted(entry: NpmEntry, omit: ReadonlySet<Omittable>): boolean {
  const { only } = entry;
  return (
    (entry.peer && only.peer && omit.has("peer")) ||
    (entry.dev && only.dev && omit.has("dev")) ||
    (entry.optional && only.optional && omit.has("optional")) ||
    (entry.devOptional && only.devOptional && omit.has("optional") && omit.has("dev"))
  );
}
