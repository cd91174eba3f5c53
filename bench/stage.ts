/** One registry and one project that depends on everything in it, as a user would have them. */
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Lockfile } from "../registry-fixtures/lockfile.js";
import { npmScript } from "../registry-fixtures/npm.js";
import { makeProject, type Project } from "../registry-fixtures/project.js";
import { MAIN } from "../registry-fixtures/secure-install.js";
import { githubBuild } from "../registry-fixtures/sigstore/build.js";
import type { ProjectManifest } from "../registry-fixtures/tree.js";
import type { Entry } from "./catalogue.js";
import type { Program } from "./command.js";
import { withAddresses } from "./lockfile.js";
import { type Served, serveCatalogue } from "./served.js";

/** What a registry is filled with, and a project is made from. */
export interface Supply {
  /** For the report: `2,216 entries of well-known packages`. */
  readonly what: string;
  readonly manifest: ProjectManifest;
  /** Without addresses. */
  readonly lockfile: Lockfile;
  readonly catalogue: readonly Entry[];
  /** The file in which the catalogue is kept. */
  readonly kept: string;
}

export interface Stage {
  readonly supply: Supply;
  readonly served: Served;
  readonly project: Project;
  /** The lockfile as the project has it: with addresses. */
  readonly lockfile: Lockfile;
  close(): Promise<void>;
}

const SIGSTORE_ROOT = "sigstore/bench.json";
const KEPT_VARIABLES = ["PATH", "TEMP", "TMP", "TMPDIR", "SystemRoot"];

/** @param attestedShare of the packages (0 to 1), by an instance of Sigstore that the project believes */
export async function openStage(supply: Supply, attestedShare = 0): Promise<Stage> {
  const served = await serveCatalogue(supply.kept, attestedShare);
  const project = await makeProject(supply.manifest);
  const lockfile = withAddresses(supply.lockfile, served.url);
  await project.writeLockfile(lockfile);
  await project.writeNpmrc({ registry: served.url });
  const { url, key, attesting } = served;
  const require = ["integrity", "registry-signature"];
  const registries = { bench: { url, ecosystem: "npm", home: ["*"], keys: [key], require } };
  if (attesting === null) await project.writeTrust({ registries });
  else {
    await project.write(`.secure-install/${SIGSTORE_ROOT}`, attesting.trustedRoot);
    const instance = { trustedRoot: SIGSTORE_ROOT, select: ["npm:*"], issuers: [githubBuild().issuer] };
    await project.writeTrust({ registries, sigstore: { bench: instance } });
  }
  const close = async (): Promise<void> => {
    await project.remove();
    await served.close();
  };
  return { supply, served, project, lockfile, close };
}

/** `secure-install <args>` in the project, with its own home and store. */
export function ours({ project, served }: Stage, args: readonly string[]): Program {
  const line = [process.execPath, MAIN, ...args, `--cafile=${served.caFile}`] as const;
  return { line: [...line], cwd: project.directory, env: environment(project) };
}

/** Plain npm in the project: the same npm that we hand over to. */
export function npm({ project, served }: Stage, args: readonly string[]): Program {
  const own = [
    `--registry=${served.url}`,
    `--cafile=${served.caFile}`,
    `--cache=${join(project.home, "npm-cache")}`,
    // Neither file exists: no setting of this machine takes part.
    `--userconfig=${join(project.home, "npmrc")}`,
    `--globalconfig=${join(project.home, "global-npmrc")}`,
    ...["--no-audit", "--no-fund", "--no-update-notifier"],
  ];
  return { line: [process.execPath, npmScript(), ...args, ...own], cwd: project.directory, env: environment(project) };
}

/** A compiled program of the bench, told by one JSON file what to do; it prints JSON. */
export function own(stage: Stage, file: URL, input: string): Program {
  return {
    line: [process.execPath, fileURLToPath(file), input],
    cwd: stage.project.directory,
    env: environment(stage.project),
  };
}

export function environment(project: Project): Readonly<Record<string, string>> {
  const kept = KEPT_VARIABLES.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  const { home } = project;
  return { ...Object.fromEntries(kept), HOME: home, USERPROFILE: home, XDG_CACHE_HOME: join(home, "cache") };
}

/** The project without its installed tree. */
export function withoutTree(stage: Stage): void {
  putAside(stage, join(stage.project.directory, "node_modules"));
}

/** The project's home without any cache and store. */
export function withoutCaches(stage: Stage): void {
  for (const name of ["cache", "npm-cache", "pnpm-home"]) putAside(stage, join(stage.project.home, name));
}

let asides = 0;

/**
 * Moved, and only removed at the end: for minutes ext4 gives away no place that a deleted file had, and looks long for
 * another, so that whoever writes after a removal of thousands of files would pay for it.
 */
function putAside({ project }: Stage, path: string): void {
  if (!existsSync(path)) return;
  const folder = join(dirname(project.directory), "aside");
  mkdirSync(folder, { recursive: true });
  renameSync(path, join(folder, String(++asides)));
}

/** The JSON of a committed file beside this folder's sources, wherever this was compiled to. */
export async function committed<T>(root: string, path: string): Promise<T> {
  return JSON.parse(await readFile(join(root, path), "utf8")) as T;
}
