/**
 * The lock step: npm's own resolver installs, updates or removes in a temporary copy of the project's manifests, behind
 * our gateway. The project is not touched until everything that came out has passed.
 */
import { resolveSpecs } from "../ecosystem/npm-specs.js";
import { type LockGateway, openLockGateway } from "../gateway/lock.js";
import { copyBack, copyManifests, type ManifestCopy } from "../installer/copy.js";
import { type LockCommand, npmLock } from "../installer/npm.js";
import { lockfilesBeside } from "../lockfile/find.js";
import { type Finding, finding, StopError } from "../model/finding.js";
import { LIMITS } from "../model/limits.js";
import { registryAt } from "../trust/lookup.js";
import { projectFolders } from "./folders.js";
import { changedSince, takeInputs } from "./inputs.js";
import type { Installation } from "./installation.js";
import { undeclared } from "./origin.js";
import { localFolders, type Project, readProject } from "./project.js";
import type { Inputs, River } from "./river.js";
import { askUpstream, verifiedTarball } from "./upstream.js";

export interface LockRequest {
  readonly command: LockCommand;
  /** As the user wrote them: `express`, `left-pad@1.3.0`, `npm:@acme/lib@^2`; for `update` and `uninstall`, names. */
  readonly specs: readonly string[];
  /** `--save-dev`, `--workspace=web` and the like. */
  readonly saving: readonly string[];
}

export type Locked =
  | {
      readonly ok: true;
      /** The lockfile that was made, as if it lay in the project. */
      readonly project: Project;
      readonly copy: ManifestCopy;
      readonly findings: readonly Finding[];
    }
  /** npm could not resolve: its own exit status, and what was wrong as far as we know it. */
  | { readonly ok: false; readonly findings: readonly Finding[] };

/** Makes the lockfile that `npm install <specs>` (or `update`, `uninstall`) would make. The caller removes the copy. */
export async function lockInCopy(
  river: River,
  how: Installation,
  directory: string,
  request: LockRequest,
): Promise<Locked> {
  const { files } = river.world;
  const { registry } = river.npm;
  if (registryAt(river.trust, registry) === null)
    return { ok: false, findings: [undeclared(registry, "*", river.masked)] };
  const beside = await lockfilesBeside(files, directory);
  if (beside !== null) return { ok: false, findings: [beside] };
  river.progress.stage("resolving", 0);
  const copy = await copyManifests(files, { project: directory, folders: await foldersOf(river, directory), also: [] });
  const troubles: Finding[] = [];
  const names = new Set<string>();
  let kept = false;
  const cache = await files.makeTemporary("secure-install-cache-");
  const gateway = await openLockGateway({
    routes: routesOf(river),
    upstream: (wanted) => {
      if (names.add(wanted.name).size > LIMITS.resolvedNames)
        throw new Error("more packages are asked for than any tree holds");
      return askUpstream(river, wanted, troubles);
    },
    tarball: (wanted) => verifiedTarball(river, directory, wanted, troubles),
  });
  try {
    const wanted = request.command === "install" ? request.specs : [];
    const unresolved = await resolveSpecs(wanted, { gateway, cache, directory: copy.folder });
    if (unresolved.length > 0) return { ok: false, findings: unresolved };
    const ended = await river.world.processes.run(lockCommand(river, how, copy, cache, gateway, request), {
      output: { keep: LIMITS.signatureBytes },
      timeoutMs: LIMITS.lockMs,
    });
    // Where the registry could not be asked, npm's own words are about what follows from it.
    if (ended.status !== 0) return { ok: false, findings: [troubles[0] ?? failed(ended.output, gateway.refused)] };
    const made = await readProject(river.world, copy.folder);
    const findings = gateway.refused.length === 0 ? [] : [asked(gateway.refused)];
    kept = true;
    return { ok: true, project: { ...made, directory }, copy, findings };
  } finally {
    await gateway.close();
    await files.remove(cache);
    if (!kept) await copy.remove();
  }
}

/** A project that is ready for the hand-off. */
export interface Written {
  /** What its verdict rests on. */
  readonly inputs: Inputs;
  /** Puts back what was written into it; a warning for each file that was left alone. Can be called again. */
  restore(): Promise<readonly Finding[]>;
}

export type WrittenBack =
  | ({ readonly ok: true } & Written)
  | { readonly ok: false; readonly findings: readonly Finding[] };

/**
 * Writes package.json and the lockfile that were made into the project. Refused if anything else there, or in the
 * trust store, is no longer what it was when the run began.
 */
export async function writeBack(river: River, judged: Project, copy: ManifestCopy): Promise<WrittenBack> {
  const { directory } = judged;
  const [changed] = await changedSince(river, river.begun);
  if (changed !== undefined) return { ok: false, findings: [changed] };
  const written = await copyBack(river.world.files, directory, copy);
  if (!written.ok) return { ok: false, findings: [written.finding] };
  const restore = async () => (await written.restore()).map(leftAlone);
  try {
    const inputs = await takeInputs(river.world.files, directory, localFolders(judged.lockfile.artifacts));
    const project = await readProject(river.world, directory);
    if (project.lockfile.digest === judged.lockfile.digest) return { ok: true, inputs, restore };
  } catch (error) {
    sayBeside(river, await restore());
    throw error;
  }
  const other = finding("HANDOFF_UNSEALED", { says: "the lockfile is not the one that was verified" });
  return { ok: false, findings: [other, ...(await restore())] };
}

function leftAlone(name: string): Finding {
  const says = `${name} was not put back: another hand has changed it while this run was at work`;
  const help = "Compare it with version control (git diff): what this run wrote into it may still be there.";
  return finding("HANDOFF_UNSEALED", { severity: "warn", says, help });
}

/** For a run that ends with an error, and so without a report. */
export function sayBeside({ world, progress }: River, findings: readonly Finding[]): void {
  progress.clear();
  for (const { says, help } of findings) world.terminal.err(`secure-install: ${says}. ${help}\n`);
}

function lockCommand(
  river: River,
  how: Installation,
  copy: ManifestCopy,
  cache: string,
  gateway: LockGateway,
  request: LockRequest,
) {
  return npmLock({
    npm: how.npm,
    folder: copy.folder,
    cache,
    settings: settingsFor(river, request),
    variables: river.world.environment.variables,
    extra: how.extra,
    command: request.command,
    specs: request.specs,
    saving: request.saving,
    gateway,
    routes: gateway.routes,
  });
}

const ABOUT_WORKSPACES = ["workspace", "workspaces", "include-workspace-root"];

/** What the user asks of workspaces takes the place of npm's settings about them, to which npm would add a flag. */
function settingsFor({ npm }: River, { saving }: LockRequest) {
  if (!saving.some((flag) => /^--(?:workspace=|workspaces$|include-workspace-root$)/.test(flag))) return npm.settings;
  return Object.fromEntries(Object.entries(npm.settings).filter(([key]) => !ABOUT_WORKSPACES.includes(key)));
}

/** The default registry first, then one for each scope that has its own. */
function routesOf(river: River) {
  const scoped = [...river.npm.scopes].map(([scope, registry]) => ({ scope, registry }));
  return [{ scope: null, registry: river.npm.registry }, ...scoped];
}

/** Folders that the lockfile knows, and those that the project's manifests lead to. */
async function foldersOf(river: River, directory: string): Promise<string[]> {
  const declared = await projectFolders(river.world, directory);
  const project = await readProject(river.world, directory).catch((error: unknown) => {
    if (error instanceof StopError && error.code === "LOCKFILE_UNREADABLE") return null;
    throw error;
  });
  const folders = new Set([...declared, ...(project === null ? [] : localFolders(project.lockfile.artifacts))]);
  // "" is the project itself, by `file:.`; what leads out of it is refused when the new lockfile is judged.
  return [...folders].filter((folder) => folder !== "" && !folder.split("/").includes("..")).sort();
}

function failed(output: string, refused: readonly string[]): Finding {
  const lines = output.split("\n").filter((line) => /^npm (error|ERR!)/.test(line) && !/complete log/.test(line));
  const says = `npm could not resolve what was asked for: ${lines
    .slice(0, 4)
    .join(" ")
    .replace(/npm (error|ERR!)\s*/g, "")
    .trim()}`;
  return finding("LOCK_FAILED", refused.length === 0 ? { says } : { says, got: refused.slice(0, 3).join(", ") });
}

function asked(refused: readonly string[]): Finding {
  const says = `while it resolved, npm asked for what no registry holds, and did not get it: ${refused.slice(0, 5).join(", ")}`;
  return finding("LOCK_FAILED", { severity: "note", says });
}
