/** Packages inside another package's tarball: believed from the tarball only, never from the lockfile's flag. */
import type { ArchiveListing } from "../model/archive.js";
import type { Artifact } from "../model/artifact.js";
import { type Finding, finding } from "../model/finding.js";
import type { Requirements } from "../model/policy.js";
import { decide, isPassed } from "../policy/decide.js";
import { homeOf, requirementsFor } from "../trust/lookup.js";
import { sightingsOf } from "../trust/seen.js";
import { verifyIdentity } from "../verify/identity.js";
import { verifyManifest } from "../verify/manifest.js";
import type { Judged } from "./judged.js";
import { packageJson } from "./known.js";
import type { River } from "./river.js";
import { withoutFloor } from "./weigh.js";

/**
 * Judges an entry that the lockfile calls bundled by the archive that is said to hold it. Who published that archive
 * stands behind what is inside; rules and denials that name the inner package apply to it as well.
 */
export async function judgeBundled(
  river: River,
  artifact: Artifact,
  judged: ReadonlyMap<string, Judged>,
): Promise<Judged> {
  const holder = holderOf(artifact, judged);
  if (holder === null || holder.verdict.result === "OMITTED" || holder.verdict.result === "OTHER_PLATFORM") {
    return holder === null ? notThere(river, artifact, null) : { ...holder, verdict: { ...holder.verdict, artifact } };
  }
  const { verdict, listing } = holder;
  if (!isPassed(verdict) || listing === null) {
    const says = `it lies in the archive of ${verdict.artifact.name}@${verdict.artifact.version}, which did not pass`;
    return decided(river, artifact, holder, [finding("POLICY_UNMET", { says })]);
  }
  const inner = artifact.location.slice(verdict.artifact.location.length + 1);
  const text = manifestOf(listing, inner);
  if (text === null) return notThere(river, artifact, holder);
  const manifest = packageJson(text);
  const identity = verifyIdentity(artifact, manifest);
  const outcome =
    identity.outcome === "invalid"
      ? identity
      : await verifyManifest({
          name: artifact.name,
          lock: artifact.npm,
          registry: null,
          archive: { manifest, files: filesBelow(listing, inner) },
        });
  if (outcome.outcome !== "invalid") return decided(river, artifact, holder, wrappedInside(artifact));
  const { code, detail: says, expected, got } = outcome;
  return decided(river, artifact, holder, [finding(code, { says, expected, got })]);
}

/** The nearest entry above it whose own bytes are an archive. */
function holderOf(artifact: Artifact, judged: ReadonlyMap<string, Judged>): Judged | null {
  let within = artifact.source.type === "bundled" ? artifact.source.within : null;
  for (;;) {
    const found = within === null ? undefined : judged.get(within);
    if (found === undefined) return null;
    const { source } = found.verdict.artifact;
    if (source.type !== "bundled") return found;
    within = source.within;
  }
}

/**
 * npm fetches a bundled package that has a shrinkwrap, over what its holder brought and without any digest, to read the
 * shrinkwrap (arborist's reify.js, _loadShrinkwrapsAndUpdateTrees, asks no inBundle). Then it is not what was judged.
 */
function wrappedInside(artifact: Artifact): Finding[] {
  if (artifact.npm?.hasShrinkwrap !== true) return [];
  const says =
    "the lockfile calls it bundled and says that it has a shrinkwrap of its own, for which npm would fetch it";
  return [finding("MANIFEST_MISMATCH", { says, expected: "bundled, without hasShrinkwrap", got: "hasShrinkwrap" })];
}

function filesBelow(listing: ArchiveListing, inner: string): Set<string> {
  const prefix = `${inner}/`;
  return new Set(listing.files.flatMap(({ path }) => (path.startsWith(prefix) ? [path.slice(prefix.length)] : [])));
}

function manifestOf(listing: ArchiveListing, inner: string): string | null {
  const path = `${inner}/package.json`;
  return Object.hasOwn(listing.bundled, path) ? (listing.bundled[path] ?? null) : null;
}

function notThere(river: River, artifact: Artifact, holder: Judged | null): Judged {
  const where = holder?.verdict.artifact;
  const says =
    where === undefined
      ? "the lockfile calls it bundled, but no package is there that could hold it"
      : `the lockfile calls it bundled, but the archive of ${where.name}@${where.version} does not hold it`;
  return decided(river, artifact, holder, [finding("MANIFEST_MISMATCH", { says })]);
}

function decided(river: River, artifact: Artifact, holder: Judged | null, findings: readonly Finding[]): Judged {
  const own = withoutFloor(
    requirementsFor(river.trust, artifact, homeOf(river.trust, artifact.ecosystem, artifact.name), river.now),
  );
  const requirements = joined(own, holder?.requirements ?? null);
  const { digest, evidence } = holder?.verdict ?? { digest: null, evidence: [] };
  const sightings = holder === null ? [] : sightingsOf(river.trust.observations, holder.verdict.artifact, digest);
  const given = { artifact, digest, evidence, findings, always: [], sightings };
  return { verdict: decide(given, requirements, river.now), listing: null, packedSize: 0, requirements, sight: null };
}

/** What the inner package's rules ask, and what was asked of the archive that holds it. */
function joined(own: Requirements, holder: Requirements | null): Requirements {
  if (holder === null) return own;
  const kinds = new Map([...own.kinds]);
  for (const [kind, by] of holder.kinds) kinds.set(kind, [...(kinds.get(kind) ?? []), ...by]);
  return {
    ...own,
    kinds,
    publishers: [...own.publishers, ...holder.publishers],
    candidates: [...new Set([...own.candidates, ...holder.candidates])],
    exceptions: holder.exceptions,
    applied: [...new Set([...holder.applied, ...own.applied])],
  };
}
