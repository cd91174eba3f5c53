/** One package as it stands in lockfiles: what `trust except` and `trust accept` are about. */
import path from "node:path";
import type { Artifact } from "../model/artifact.js";
import type { Digest } from "../model/digest.js";
import { toIntegrity } from "../model/digest.js";
import { StopError } from "../model/finding.js";
import { isNpmName, isNpmVersion } from "../model/names.js";
import type { Reported } from "../model/verdict.js";
import type { World } from "../model/world.js";
import { Places } from "../pipeline/places.js";
import { type Project, projectAt, readProject } from "../pipeline/project.js";
import { type Waivable, waivable } from "../pipeline/waivable.js";
import { judge, type Weighed, weigh } from "../pipeline/weigh.js";
import type { CommonFlags } from "./flags.js";
import { withSession } from "./session.js";

export interface EntryFlags extends CommonFlags {
  readonly lockfile?: readonly string[];
}

export interface Entry {
  /** `npm:left-pad@1.3.0`. */
  readonly select: string;
  readonly artifact: Artifact;
  /** As it is locked. */
  readonly digest: Digest;
  readonly project: Project;
}

export interface JudgedEntry extends Waivable {
  readonly weighed: Weighed;
  readonly verdict: Reported;
}

/**
 * The entry of exactly this package and version, in the lockfile of this folder or those that are named; all of them
 * must lock the same bytes. Throws StopError: USAGE where there is none, or no SHA-512, or two; LOCKFILE_UNREADABLE.
 */
export async function entryOf(world: World, said: string, flags: EntryFlags): Promise<Entry> {
  const { name, version } = exactly(said);
  const { workingDirectory } = world.environment;
  const named = (flags.lockfile ?? []).map((file) => path.resolve(workingDirectory, file));
  const projects: Project[] = [];
  if (named.length === 0) projects.push(await readProject(world, workingDirectory));
  for (const file of named) projects.push(await projectAt(world, file));
  const every = projects.flatMap((project) => project.lockfile.artifacts.map((artifact) => ({ project, artifact })));
  // What lies in another's archive has no digest of its own, and is judged by that one.
  const found = every.filter(
    ({ artifact }) => artifact.name === name && artifact.version === version && artifact.source.type !== "bundled",
  );
  const [first] = found;
  const select = `npm:${name}@${version}`;
  if (first === undefined) throw notThere(select, projects, every, name);
  const digests = new Set(found.map(({ artifact }) => artifact.locked.sha512));
  const [hex] = digests;
  if (hex === undefined || digests.size > 1) throw notOneDigest(select, digests.has(undefined));
  return { ...first, select, digest: { algorithm: "sha512", hex } };
}

/** Judges this one entry, its bytes included, among all those that it stands with. */
export async function judgeEntry(world: World, entry: Entry, flags: CommonFlags): Promise<JudgedEntry> {
  const { artifact, project } = entry;
  const opening = {
    world,
    flags,
    project: world.environment.workingDirectory,
    thisPlatform: false,
    installs: false,
    gate: true,
  };
  return withSession(opening, async ({ river }) => {
    const weighed = await weigh(river, artifact, project.directory);
    const places = new Places(project.lockfile.artifacts);
    const verdict = judge(river, artifact, weighed, places);
    return { weighed, verdict, ...waivable(river, artifact, weighed, places) };
  });
}

/** `left-pad@1.3.0`, with or without `npm:`. */
function exactly(said: string): { readonly name: string; readonly version: string } {
  const [, name = "", version = ""] = /^(?:npm:)?(@?[^@]+)@(.+)$/s.exec(said) ?? [];
  if (isNpmName(name) && isNpmVersion(version)) return { name, version };
  const help = "Write one package and one version, as the lockfile has them: left-pad@1.3.0.";
  const why = said.startsWith("pypi:") ? "is not of npm, whose lockfiles alone are read here" : "is not one version";
  throw new StopError("USAGE", `"${said}" ${why}`, { help });
}

function notThere(
  select: string,
  projects: readonly Project[],
  every: readonly { readonly artifact: Artifact }[],
  name: string,
): StopError {
  const files = projects.map(({ lockfile }) => lockfile.path).join(", ");
  const versions = new Set(every.flatMap(({ artifact }) => (artifact.name === name ? [artifact.version] : [])));
  const help =
    versions.size === 0
      ? "Name the lockfile that holds it with --lockfile."
      : `Of this package, there is ${[...versions].join(", ")}.`;
  return new StopError("USAGE", `${select} is not in ${files}`, { help });
}

function notOneDigest(select: string, isMissing: boolean): StopError {
  if (isMissing) {
    return new StopError("USAGE", `${select} is locked without a digest of SHA-512, so nothing says which bytes`, {
      help: "Write the lockfile anew with a current package manager, which records sha512.",
    });
  }
  return new StopError("USAGE", `${select} is locked with two digests: those are different bytes under one name`, {
    help: "Find out which of them the publisher made. With --lockfile, name the one lockfile that you mean.",
  });
}

/** The digest as trust files write it. */
export function digestText({ digest }: Entry): string {
  return toIntegrity(digest);
}
