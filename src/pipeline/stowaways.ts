/**
 * Packages that lie in another package's archive without an entry in the lockfile: left out of it by hand, or in a
 * node_modules that the archive's package.json does not speak of. node loads them like any other.
 */
import type { ArchiveListing } from "../model/archive.js";
import type { Artifact } from "../model/artifact.js";
import type { Finding } from "../model/finding.js";
import type { Requirements } from "../model/policy.js";
import type { Case } from "../policy/case.js";
import { decide } from "../policy/decide.js";
import { packageJson } from "./known.js";
import type { Places } from "./places.js";

export interface Holder {
  readonly artifact: Artifact;
  readonly given: Omit<Case, "artifact">;
  readonly requirements: Requirements;
  readonly listing: ArchiveListing | null;
}

const MANIFEST = "/package.json";

/**
 * What rules and denials that name such a package have against it, told of the package that holds it. Who published
 * the archive stands behind all that is in it, so where nobody speaks of the inner name there is nothing to say.
 * @param asked what rules and denials ask of a name and version, without what registries do
 */
export function stowawayFindings(
  { artifact, given, requirements: ofHolder, listing }: Holder,
  places: Places,
  asked: (name: string, version: string) => Requirements,
  now: number,
): Finding[] {
  // What is invalid refuses the whole archive already.
  if (listing === null || given.evidence.some(({ outcome }) => outcome === "invalid")) return [];
  return Object.entries(listing.bundled).flatMap(([path, text]) => {
    const inner = path.slice(0, -MANIFEST.length);
    if (places.at(`${artifact.location}/${inner}`) !== undefined) return [];
    return namesOf(inner, text).flatMap(({ name, version }) => {
      // An exception is for the bytes of one archive, and so for all that is in it.
      const requirements = { ...asked(name, version), exceptions: ofHolder.exceptions };
      const { applied, denial, uncovered } = requirements;
      if (applied.length === 0 && denial === null && uncovered.length === 0) return [];
      const stowaway = { ...given, artifact: { ...artifact, name, version, findings: [] }, findings: [], always: [] };
      return decide(stowaway, requirements, now)
        .findings.filter(({ severity }) => severity !== "note" && severity !== "warn")
        .map((found) => ({ ...found, says: `${inner} in its archive: ${found.says}` }));
    });
  });
}

/** By its folder, where node looks for it, and by its own package.json, where the two differ. */
function namesOf(inner: string, text: string): { readonly name: string; readonly version: string }[] {
  const manifest = packageJson(text);
  const version = typeof manifest.version === "string" ? manifest.version : "";
  const folder = inner.slice(inner.lastIndexOf("node_modules/") + "node_modules/".length);
  const own = typeof manifest.name === "string" ? manifest.name : folder;
  return [...new Set([folder, own])].map((name) => ({ name, version }));
}
