/**
 * The sealed hand-off: npm is started with scripts off and can obtain only what was admitted; what it leaves on disk
 * is proven before any script; then the scripts that trust.json allows run, and no others.
 */
import path from "node:path";
import { type AdmittedPackage, openSealedRegistry } from "../gateway/sealed.js";
import { symlinkFindings } from "../installer/inputs.js";
import { npmCi, npmRebuild, scopesOf } from "../installer/npm.js";
import { seedCache } from "../installer/npm-cache.js";
import type { Npm } from "../installer/npm-find.js";
import { moveAside } from "../installer/prove.js";
import { toIntegrity } from "../model/digest.js";
import { type Finding, finding } from "../model/finding.js";
import type { ScriptReport } from "../model/report.js";
import type { Ended } from "../model/world.js";
import { changedSince } from "./inputs.js";
import type { Judged } from "./judged.js";
import { type Admitted, admit, ownScripts, plannedScripts } from "./plan.js";
import { localFolders, type Project } from "./project.js";
import { prove } from "./prove.js";
import type { Inputs, River } from "./river.js";
import { shadowing } from "./shadowing.js";

export interface Installation {
  readonly npm: Npm;
  /** Arguments for the installer, from behind `--`. */
  readonly extra: readonly string[];
  /** Where the installer's own output goes: with `--json` to stderr. */
  readonly output: "inherit" | "stderr";
}

export interface HandOff {
  /** Whether the installer was started at all. */
  readonly started: boolean;
  /** Whether it did its work, and the tree is what was verified. */
  readonly complete: boolean;
  /** The installer's own exit status, or null where it was not started. */
  readonly status: number | null;
  readonly findings: readonly Finding[];
  readonly scripts: readonly ScriptReport[];
}

/** What an installation that never began has to report. */
export function notStarted(findings: readonly Finding[] = []): HandOff {
  return { started: false, complete: false, status: null, findings, scripts: [] };
}

/** Hands a project over to npm. Everything in it has passed; `inputs` is what that was judged by. */
export async function handOff(
  river: River,
  how: Installation,
  project: Project,
  judged: readonly Judged[],
  inputs: Inputs,
): Promise<HandOff> {
  const admitted = await admit(judged);
  const unsealed = [...unsealable(judged), ...(await stillTheSame(river, inputs, admitted))];
  if (unsealed.length > 0) return notStarted(unsealed);
  const before = await treeState(river, project);
  const { ended, findings } = await install(river, how, project, admitted);
  const status = exitStatus(ended);
  // An npm that stopped before it touched the tree leaves what was there, and is not held to what was asked for.
  const proof =
    status === 0 || (await treeState(river, project)) !== before ? await prove(river, project, judged, admitted) : [];
  const aside = proof.length === 0 ? [] : await putAside(river, project);
  if (status !== 0) {
    const failed = finding("HANDOFF_FAILED", {
      says: `npm ended with status ${status}; nothing that it installed was run`,
    });
    return incomplete(status, [...findings, failed, ...aside]);
  }
  if (proof.length > 0) return incomplete(null, [...findings, ...proof, ...aside]);
  const scripts = [...plannedScripts(river, admitted), ...(await ownScripts(river, project.directory))];
  const locations = scripts.filter((script) => script.outcome === "ran").map((script) => script.location);
  const shadowed = await shadowing(river, project.directory, admitted, locations);
  if (shadowed.length > 0) {
    const blocked = scripts.map((script) => ({ ...script, outcome: "blocked" as const }));
    return { started: true, complete: true, status: null, findings: [...findings, ...shadowed], scripts: blocked };
  }
  return runScripts(river, how, project, scripts, findings);
}

function incomplete(status: number | null, findings: readonly Finding[]): HandOff {
  return { started: true, complete: false, status, findings, scripts: [] };
}

/** Tells whether npm has begun to work on the tree: npm ci removes it first, and writes its own note last. */
async function treeState(river: River, project: Project): Promise<string> {
  const places = ["node_modules", "node_modules/.package-lock.json"].map((name) => path.join(project.directory, name));
  const states = await Promise.all(places.map((place) => river.world.files.status(place)));
  return JSON.stringify(states);
}

/** What can be pinned, but not handed over as bytes. */
function unsealable(judged: readonly Judged[]): Finding[] {
  return judged
    .filter(({ verdict }) => verdict.artifact.source.type === "git")
    .map(({ verdict }) =>
      finding("HANDOFF_UNSEALED", {
        says: `${verdict.artifact.name} comes from git; its pin passes an audit, but npm would fetch it by itself`,
        help: "Depend on a published version, or on a tarball of that commit pinned by its address.",
      }),
    );
}

/** The inputs, the places that must not be links, and the bytes in the store, once more right before the start. */
async function stillTheSame(river: River, inputs: Inputs, admitted: readonly Admitted[]): Promise<Finding[]> {
  const links = await symlinkFindings(river.world.files, inputs.places);
  const changed = await changedSince(river, inputs);
  const digests = [...new Set(admitted.map(({ sha512 }) => sha512))];
  const intact = await Promise.all(digests.map((sha512) => holds(river, sha512)));
  const lost = digests.filter((_, at) => !intact[at]);
  const says = `the store no longer holds the bytes that were verified: ${lost.length} of ${digests.length}`;
  return [...links, ...changed, ...(lost.length === 0 ? [] : [finding("HANDOFF_UNSEALED", { says, got: lost[0] })])];
}

function holds(river: River, sha512: string): Promise<boolean> {
  return river.world.workers.run<boolean>("holds", { path: river.quarantine.path(sha512), sha512 });
}

async function install(river: River, how: Installation, project: Project, admitted: readonly Admitted[]) {
  const { files, processes, environment } = river.world;
  const cache = await files.makeTemporary("secure-install-cache-");
  const registry = await openSealedRegistry(admitted.flatMap((one) => offered(river, one)));
  try {
    await seedCache(
      files,
      cache,
      admitted.map(({ sha512 }) => ({ sha512, path: river.quarantine.path(sha512) })),
    );
    const command = npmCi({
      npm: how.npm,
      folder: project.directory,
      cache,
      registry,
      scopes: [...new Set([...scopesOf(admitted.map(({ artifact }) => artifact.name)), ...river.npm.scopes.keys()])],
      omit: [...river.options.omit],
      sources: sourcesOf(admitted),
      settings: river.npm.settings,
      variables: environment.variables,
      extra: how.extra,
    });
    river.progress.clear();
    const ended = await processes.run(command, { output: how.output });
    return { ended, findings: refusedRequests(registry.refused, project) };
  } finally {
    await registry.close();
    await files.remove(cache);
  }
}

/** A package in the form in which the sealed registry holds it. What no registry serves is in npm's cache alone. */
function offered(river: River, { artifact, sha512, size, manifest: asPacked, facts }: Admitted): AdmittedPackage[] {
  if (artifact.source.type !== "registry") return [];
  const { name, version, filename } = artifact;
  const integrity = toIntegrity({ algorithm: "sha512", hex: sha512 });
  // npm spells out the commands of a folder (`directories.bin`) only when it publishes.
  const manifest = facts.binFolder === null ? asPacked : { ...asPacked, bin: facts.bin };
  return [{ name, version, filename, integrity, manifest, size, open: () => river.quarantine.stream(sha512) }];
}

/** Pinned tarballs, which a newer npm takes only when it is told that it may. */
function sourcesOf(admitted: readonly Admitted[]): ReadonlySet<"file" | "remote"> {
  const types = new Set(admitted.map(({ artifact }) => artifact.source.type));
  return new Set([
    ...(types.has("file") ? (["file"] as const) : []),
    ...(types.has("url") ? (["remote"] as const) : []),
  ]);
}

/** By a lockfile of version 1, npm also asks about packages that it will find in another's tarball: that is no sign of anything. */
function refusedRequests(refused: readonly string[], project: Project): Finding[] {
  const bundled = project.lockfile.artifacts.filter(({ source }) => source.type === "bundled");
  const expected = new Set(bundled.map(({ name }) => `GET /${name}`));
  const strange = refused.filter((request) => !expected.has(request.replace(/%2f/i, "/")));
  if (strange.length === 0) return [];
  const says = `npm asked for what was not verified, and did not get it: ${strange.slice(0, 5).join(", ")}`;
  return [finding("HANDOFF_UNSEALED", { severity: "warn", says })];
}

/** All of it: the project's own node_modules, and those in the folders of its workspaces. There may be none. */
async function putAside(river: River, project: Project): Promise<Finding[]> {
  const { files } = river.world;
  const places: string[] = [];
  for (const folder of ["", ...localFolders(project.lockfile.artifacts)]) {
    const tree = path.join(project.directory, folder, "node_modules");
    if ((await files.status(tree)) !== null) places.push(await moveAside(files, tree));
  }
  if (places.length === 0) return [];
  const says = `the refused tree was moved to ${places.join(", ")}; whatever was installed before is gone`;
  const help =
    "Find out what changed the tree while npm ran; then secure-install ci puts verified packages back from the store.";
  return [finding("TREE_MISMATCH", { severity: "warn", says, help })];
}

async function runScripts(
  river: River,
  how: Installation,
  project: Project,
  scripts: readonly ScriptReport[],
  findings: readonly Finding[],
): Promise<HandOff> {
  const locations = scripts.filter((script) => script.outcome === "ran").map((script) => script.location);
  if (locations.length === 0) return { started: true, complete: true, status: 0, findings, scripts };
  const { files, processes, environment } = river.world;
  const cache = await files.makeTemporary("secure-install-cache-");
  try {
    const command = npmRebuild({
      npm: how.npm,
      folder: project.directory,
      cache,
      settings: river.npm.settings,
      variables: environment.variables,
      locations,
    });
    // By npm's own record of the tree, a package has no scripts where the lockfile keeps quiet about them. Without the
    // record it reads each package.json, as we have.
    await files.remove(path.join(project.directory, "node_modules", ".package-lock.json"));
    river.progress.clear();
    const status = exitStatus(await processes.run(command, { output: how.output }));
    if (status === 0) return { started: true, complete: true, status, findings, scripts };
    const failed = scripts.map((script) =>
      script.outcome === "ran" ? { ...script, outcome: "failed" as const } : script,
    );
    const says = `npm rebuild ended with status ${status}`;
    return {
      started: true,
      complete: true,
      status,
      findings: [...findings, finding("SCRIPT_FAILED", { says })],
      scripts: failed,
    };
  } finally {
    await files.remove(cache);
  }
}

/** As a shell reports it: 128 and the signal's number for what a signal ended. */
function exitStatus(ended: Ended): number {
  if (ended.status !== null) return ended.status;
  const numbers: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };
  return 128 + (numbers[ended.signal ?? ""] ?? 0);
}
