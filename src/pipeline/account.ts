/** Entries that bring no bytes from outside into this run: they are accounted for by name, never skipped. */
import path from "node:path";
import { isOmitted, matchesPlatform } from "../lockfile/npm-selection.js";
import type { Artifact } from "../model/artifact.js";
import { type Finding, finding, refuses } from "../model/finding.js";
import type { Accounted, Reported } from "../model/verdict.js";
import { decide } from "../policy/decide.js";
import { homeOf, requirementsFor } from "../trust/lookup.js";
import type { Places } from "./places.js";
import type { River } from "./river.js";

/** The verdict on a link or a workspace, or on what this run leaves out; null for everything that must be judged. */
export async function accountFor(
  river: River,
  artifact: Artifact,
  project: string,
  places: Places,
): Promise<Reported | null> {
  const { source } = artifact;
  if (source.type === "link" || source.type === "workspace") {
    const folder = source.type === "link" ? source.target : source.path;
    const objection = await leadsOutside(river, project, folder);
    if (objection === null && !artifact.findings.some(refuses)) return accounted(artifact, "LOCAL");
    return refused(river, artifact, objection === null ? [] : [objection]);
  }
  const { npm, findings } = artifact;
  if (npm === null || findings.some(refuses)) return null;
  // Others may rest on what it asks for: then it must be proven, wherever it would be installed.
  if (asksForMoreThanRanges(artifact)) return null;
  if (isOmitted(npm, river.options.omit)) return accounted(artifact, "OMITTED");
  // Where nobody may leave it out, npm stops at a wrong platform; it is judged like any other.
  if (!river.options.thisPlatform || !npm.optional || npm.facts === null) return null;
  // By a shrinkwrap of the package around it, npm would see other platforms than the lockfile names.
  if (places.isInShrinkwrap(artifact.location)) return null;
  if (matchesPlatform(npm.facts, platformOf(river))) return null;
  if (npm.only.optional) return accounted(artifact, "OTHER_PLATFORM");
  // An npm 10 that is told so takes the whole project for an optional thing that failed, and deletes it (measured).
  const says = "the lockfile calls it optional, and the project can't do without it";
  return refused(river, artifact, [finding("LOCKFILE_OUT_OF_DATE", { says })]);
}

/** A name that is to lead to another package, or to an address: believed only of what has passed. */
function asksForMoreThanRanges({ npm }: Artifact): boolean {
  const { dependencies = {}, optionalDependencies = {}, peerDependencies = {} } = npm?.facts ?? {};
  const maps = [dependencies, optionalDependencies, peerDependencies, npm?.requires?.texts ?? {}];
  return maps.flatMap((map) => Object.values(map)).some((text) => /[:/]/.test(text));
}

/** The platform that npm would install for: this one, unless its settings name another. */
function platformOf(river: River) {
  const { platform } = river.npm;
  const { environment } = river.world;
  return {
    platform: platform.os ?? environment.platform,
    arch: platform.cpu ?? environment.arch,
    libc: platform.libc ?? environment.libc,
  };
}

/** By real paths: a folder of the project may itself be a link that leads out of it. */
async function leadsOutside(river: River, project: string, folder: string): Promise<Finding | null> {
  const { files } = river.world;
  const root = await files.realPath(project);
  const real = await files.realPath(path.join(project, folder));
  if (root === null || real === null || real === root || real.startsWith(root + path.sep)) return null;
  const says = `${folder} leads out of the project, by way of a symbolic link`;
  return finding("LOCKFILE_LINK", { says, expected: `a folder inside ${root}`, got: real });
}

function accounted(artifact: Artifact, result: Accounted["result"]): Accounted {
  const nothing = { digest: null, evidence: [], rules: [], waived: [], publishers: [] };
  return { ...nothing, artifact, result, findings: artifact.findings };
}

function refused(river: River, artifact: Artifact, findings: readonly Finding[]): Reported {
  const home = homeOf(river.trust, artifact.ecosystem, artifact.name);
  const requirements = requirementsFor(river.trust, artifact, home, river.now);
  return decide({ artifact, digest: null, evidence: [], findings, always: [] }, requirements, river.now);
}
