/** From which build a package of the lockfile came, as its provenance proves: to fill in what is to be pinned. */
import semver from "semver";
import type { Artifact } from "../model/artifact.js";
import type { BuildSource } from "../model/build.js";
import { type Selector, selects } from "../model/selector.js";
import { oneSource } from "../policy/built-by.js";
import { holdAttestations } from "./attestations.js";
import { askAttestations } from "./attestations-asked.js";
import { packagesIn } from "./keys-trial.js";
import { originOf } from "./origin.js";
import { lockedProject } from "./project.js";
import type { River } from "./river.js";

/** One build, and the package that shows it. */
export interface SeenBuild {
  readonly name: string;
  readonly version: string;
  readonly source: BuildSource;
  /** When it was signed (ms), by a log or an authority; null where none is pinned. */
  readonly time: number | null;
}

/** Packages that are asked, the newest versions first: a release or two may be without provenance. */
const MOST_ASKED = 5;

/**
 * The build of the newest version that is selected, in the lockfile of this folder, and has a sound provenance: over
 * the locked digest, whoever made it. Null where there is none, or no lockfile.
 */
export async function buildSeen(river: River, select: Selector): Promise<SeenBuild | null> {
  const project = await lockedProject(river.world, river.place.project);
  const packages = packagesIn(project?.lockfile.artifacts ?? []).filter(({ ecosystem, name, version }) =>
    selects(select, ecosystem, name, version),
  );
  const newest = [...packages].sort((a, b) => semver.rcompare(a.version, b.version)).slice(0, MOST_ASKED);
  for (const artifact of newest) {
    const seen = await buildOf(river, artifact);
    if (seen !== null) return seen;
  }
  return null;
}

/** What was kept may confirm; where it shows no build, the registry is asked. */
async function buildOf(river: River, artifact: Artifact): Promise<SeenBuild | null> {
  const found = originOf(artifact, river);
  if (!found.ok || found.origin.type !== "registry") return null;
  const { evidence } = found.origin;
  for (const fresh of river.options.offline ? [false] : [false, true]) {
    const answer = await askAttestations(river, evidence, artifact, fresh);
    const seen = answer.ok && answer.body !== null ? await buildIn(river, artifact, answer.body) : null;
    if (seen !== null) return seen;
  }
  return null;
}

async function buildIn(river: River, artifact: Artifact, answer: Uint8Array): Promise<SeenBuild | null> {
  const { provenance } = await holdAttestations(river, artifact, artifact.locked, answer);
  const signers = provenance.outcome === "verified" ? provenance.signers : [];
  const source = oneSource(signers);
  if (source === null) return null;
  const times = signers.flatMap((by) => (by.type === "sigstore" && by.time !== undefined ? [by.time] : []));
  return { name: artifact.name, version: artifact.version, source, time: times.at(0) ?? null };
}
