/** The tree that npm made, held against the archives that were admitted. */
import path from "node:path";
import { proveTree } from "../installer/prove.js";
import type { ExpectedLink, ExpectedPackage } from "../installer/prove-expected.js";
import type { ArchivedFile } from "../model/archive.js";
import type { Artifact } from "../model/artifact.js";
import type { Finding } from "../model/finding.js";
import { readFacts } from "../verify/npm-facts.js";
import { readArchived } from "../verify/read-archived.js";
import type { Judged } from "./judged.js";
import { packageJson } from "./known.js";
import { type Admitted, linkedCommands } from "./plan.js";
import { readPackageJson } from "./project.js";
import type { River } from "./river.js";
import type { Ready } from "./seal.js";

/** Findings where the tree is not exactly what was admitted; none where it is. Runs before any script. */
export async function prove(river: River, ready: Ready): Promise<readonly Finding[]> {
  const { project, judged, admitted } = ready;
  const { files, workers, environment } = river.world;
  const total = admitted.reduce((sum, one) => sum + one.files.length, 0);
  river.progress.stage("proving the tree", total);
  const byLocation = new Map(judged.map((one) => [one.verdict.artifact.location, one]));
  const bundled = await Promise.all(judged.filter(isBundled).map((one) => expectBundled(one, byLocation)));
  const proof = await proveTree({
    files,
    hash: (paths) => workers.run<(string | null)[]>("hash", paths),
    project: project.directory,
    platform: environment.platform,
    packages: [...admitted.map((one) => expectPackage(river, one)), ...bundled.flat()],
    links: await expectLinks(river, ready),
    absent: judged.filter(({ verdict }) => isLeftOut(verdict.result)).map(({ verdict }) => verdict.artifact.location),
    binLinks: river.npm.settings["bin-links"] !== false,
  });
  return proof.findings;
}

function expectPackage(river: River, one: Admitted): ExpectedPackage {
  const { artifact, files, sha512 } = one;
  return {
    label: `${artifact.name}@${artifact.version}`,
    location: artifact.location,
    files,
    bins: linkedCommands(one),
    optional: mayBeLeftOut(river, artifact),
    readArchived: (file) => readArchived(river.quarantine.stream(sha512), file),
  };
}

/** Its files are in the archive that holds it; only the commands that npm links for it are added. */
async function expectBundled({ verdict }: Judged, byLocation: ReadonlyMap<string, Judged>): Promise<ExpectedPackage[]> {
  const { artifact } = verdict;
  const holder = artifact.source.type === "bundled" ? byLocation.get(artifact.source.within) : undefined;
  const inner = holder === undefined ? "" : artifact.location.slice(holder.verdict.artifact.location.length + 1);
  const text = holder?.listing?.bundled[`${inner}/package.json`];
  if (text === undefined || holder?.listing == null) return [];
  const prefix = `${inner}/`;
  const own = holder.listing.files.filter((file) => file.path.startsWith(prefix));
  const facts = await readFacts(
    packageJson(text),
    artifact.name,
    new Set(own.map((file) => file.path.slice(prefix.length))),
  );
  const none: readonly ArchivedFile[] = [];
  const readNothing = () => Promise.reject(new Error("a bundled package has no archive of its own"));
  const { location, name, version } = artifact;
  return [
    { label: `${name}@${version}`, location, files: none, bins: facts.bin, optional: true, readArchived: readNothing },
  ];
}

/** Workspaces and root `file:` folders: what they link as commands is theirs to say. */
async function expectLinks(river: River, { project, trees }: Ready): Promise<ExpectedLink[]> {
  const links = project.lockfile.artifacts.flatMap(({ source, location }) =>
    source.type === "link" ? [{ location, target: source.target }] : [],
  );
  return Promise.all(
    links.map(async (link) => {
      const manifest = await readPackageJson(river.world, path.join(project.directory, link.target));
      const name = typeof manifest?.name === "string" ? manifest.name : path.basename(link.location);
      const written = trees.written.includes(link.target);
      return { ...link, written, bins: manifest === null ? {} : (await readFacts(manifest, name, null)).bin };
    }),
  );
}

/**
 * npm leaves an optional package out, with all that only it needs, where one of them does not fit or fails; and where
 * it is to omit what is for development, also what only a package's own shrinkwrap calls that.
 */
function mayBeLeftOut({ options }: River, { npm }: Artifact): boolean {
  return npm !== null && (npm.optional || npm.devOptional || npm.peer || (npm.dev && options.omit.has("dev")));
}

function isBundled({ verdict }: Judged): boolean {
  return verdict.artifact.source.type === "bundled" && verdict.result === "PASSED";
}

function isLeftOut(result: string): boolean {
  return result === "OTHER_PLATFORM" || result === "OMITTED";
}
