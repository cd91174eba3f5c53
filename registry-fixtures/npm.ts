/** Runs the npm of this machine in a temporary project, with nothing of this machine's own configuration. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import semver from "semver";
import type { Lockfile, LockfileOptions } from "./lockfile.js";
import type { Project } from "./project.js";
import type { Served } from "./server.js";

export interface NpmRun {
  /** Exit status; null if it was killed for taking too long. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What of the surroundings npm cannot do without. Everything else (`npm_config_*`, proxies) stays outside. */
const KEPT_VARIABLES = ["PATH", "Path", "PATHEXT", "SystemRoot", "ComSpec", "TEMP", "TMP", "TMPDIR"];
const TIMEOUT_MS = 60_000;

/** Runs npm against a served registry: `runNpm(project, served, ["ci"])`. Never rejects for a status other than 0. */
export async function runNpm(project: Project, served: Served, args: readonly string[]): Promise<NpmRun> {
  const own = [
    `--registry=${served.url}`,
    `--cafile=${served.caFile}`,
    `--cache=${join(project.home, "npm-cache")}`,
    // Neither file exists: only the project's own .npmrc counts.
    `--userconfig=${join(project.home, "npmrc")}`,
    `--globalconfig=${join(project.home, "global-npmrc")}`,
    // npm asks again ten seconds and a minute later, also for bytes with the wrong digest; loopback will not improve.
    "--fetch-retries=0",
    "--no-audit",
    "--no-fund",
    "--no-update-notifier",
    ...permissions(),
  ];
  const kept = KEPT_VARIABLES.map((name) => [name, process.env[name]]).filter(([, value]) => value !== undefined);
  const env = { ...Object.fromEntries(kept), HOME: project.home, USERPROFILE: project.home };
  return await new Promise((resolve) => {
    const options = { cwd: project.directory, env, timeout: TIMEOUT_MS };
    const child = execFile(process.execPath, [npmScript(), ...args, ...own], options, (_error, stdout, stderr) => {
      resolve({ status: child.exitCode, stdout, stderr });
    });
  });
}

/** From version 12 on npm runs no install script, and looks into no package that brings others along, unless told to. */
function permissions(): readonly string[] {
  return npmMajor() < 12 ? [] : ["--dangerously-allow-all-scripts", "--allow-remote=all"];
}

/** The first part of this machine's npm's version. */
export function npmMajor(): number {
  const manifest = readFileSync(join(dirname(dirname(npmScript())), "package.json"), "utf8");
  return semver.major((JSON.parse(manifest) as { readonly version: string }).version);
}

/** The lockfile that this machine's npm writes for the project as it is; also left in the project. */
export async function npmLockfile(project: Project, served: Served, options: LockfileOptions = {}): Promise<Lockfile> {
  const { resolved = true, version = 3 } = options;
  const run = await runNpm(project, served, [
    "install",
    "--package-lock-only",
    "--ignore-scripts",
    `--lockfile-version=${version}`,
    `--omit-lockfile-registry-resolved=${!resolved}`,
  ]);
  if (run.status !== 0) throw new Error(`npm wrote no lockfile: ${run.stderr}`);
  return JSON.parse(await project.read("package-lock.json")) as Lockfile;
}

/** npm's own script, which node can run on every platform without a shell. */
export function npmScript(): string {
  for (const folder of (process.env.PATH ?? process.env.Path ?? "").split(delimiter)) {
    const beside = join(folder, "node_modules", "npm", "bin", "npm-cli.js");
    if (existsSync(beside)) return beside;
    const link = join(folder, "npm");
    if (existsSync(link) && realpathSync(link).endsWith("npm-cli.js")) return realpathSync(link);
  }
  throw new Error("there is no npm in PATH");
}
