/**
 * Whose trust store judges. The author of a change can write whatever they like into the store that comes with it, so
 * a gate judges with the store as it stands on the branch that the change goes to, and tells every difference.
 */
import path from "node:path";
import { type Finding, finding, StopError } from "../model/finding.js";
import type { TrustStore } from "../model/policy.js";
import type { World } from "../model/world.js";
import { readStoreFiles, STORE_FOLDER } from "../trust/load.js";
import { type Judging, judgedFrom } from "./base-changes.js";
import { namedBase } from "./base-ref.js";
import { type Base, storeAt } from "./base-store.js";
import { openGit } from "./git-open.js";
import { baseMissing, commitOf } from "./git-ref.js";
import type { StoreState } from "./owners.js";
import { openTrust, repositoryRoot, type TrustPlace } from "./trust.js";

/** Where a person names the base. */
export const FLAG = "--base";

export interface BaseRequest {
  /** `--base`, or null. */
  readonly ref: string | null;
  /** Whether to take what the CI system names, where `ref` is null. */
  readonly find: boolean;
}

/** By what is judged. */
export interface Judge extends Judging {
  /** The store as it lies on the disk. */
  readonly onDisk: TrustStore;
}

/**
 * Opens the store that judges. Throws StopError: TRUST_BASE_MISSING where the base is named and can't be had, USAGE for
 * `--base` together with a store outside of the repository, and what `openTrust` throws, of either store.
 */
export async function openJudge(world: World, place: TrustPlace, request: BaseRequest, now: number): Promise<Judge> {
  const onDisk = await openTrust(world, place, now);
  const alone = (findings: readonly Finding[]): Judge => ({ trust: onDisk, onDisk, commit: null, findings });
  if (place.builtinOnly) return alone([]);
  const named = request.ref === null && request.find ? namedBase(world.environment.variables) : null;
  if (request.ref === null && named === null) return alone([]);
  const root = await repositoryRoot(world, place.project);
  const where = root === null ? null : await whereIn(world, root, place);
  // A store that was named and lies elsewhere is out of the author's hands: it judges as it is.
  if (root !== null && where === null && request.ref === null) return alone([]);
  if (named !== null && named.refs.length === 0) return alone([unnamed(named.service)]);
  const wanted = { refs: named?.refs ?? [request.ref ?? ""], at: named?.service ?? FLAG };
  const base = await openBase(world, place, wanted);
  const before = await storeAt(base, now);
  return { onDisk, ...(await judgedFrom(base, before, await stateOf(world, onDisk), now)) };
}

export interface Wanted {
  /** Names of the commit, the best first. */
  readonly refs: readonly string[];
  /** Who names it: `--base`, or the CI system. */
  readonly at: string;
}

/**
 * Finds the commit in the repository of the store. Throws StopError TRUST_BASE_MISSING, and USAGE for a store outside of
 * the repository and for what is no name of a commit.
 */
export async function openBase(world: World, place: TrustPlace, wanted: Wanted): Promise<Base> {
  const root = await repositoryRoot(world, place.project);
  if (root === null) throw baseMissing(wanted.refs, `${place.project} is in no repository`, wanted.at);
  const where = await whereIn(world, root, place);
  if (where === null) throw elsewhere(place);
  if (wanted.at !== FLAG) await requireOutermost(world, root, wanted);
  return { ...(await commitFor(world, root, wanted)), ...where };
}

async function commitFor(
  world: World,
  root: string,
  { refs, at }: Wanted,
): Promise<Pick<Base, "git" | "commit" | "name">> {
  const git = await openGit(world, root);
  for (const ref of refs) {
    // What a CI system gives in hex is a commit's id, and no name.
    const commit = await commitOf(git, ref, at === FLAG ? "names" : "ids");
    if (commit !== null) return { git, commit, name: at === FLAG ? ref : `${ref} (${at})` };
  }
  throw baseMissing(refs, "it is not in this clone", at);
}

/**
 * Where the store lies in the repository, as paths are written, not as links lead: a folder above it that has become a
 * link would have it looked for where the branch has nothing. Null where it is named, and lies outside.
 */
async function whereIn(
  { files }: World,
  root: string,
  { project, directory }: TrustPlace,
): Promise<Pick<Base, "directory" | "folder" | "nested"> | null> {
  if (directory === null) {
    const parts = path
      .relative(root, project)
      .split(path.sep)
      .filter((part) => part !== "");
    const nested = parts.map((_, index) => [...parts.slice(0, index + 1), STORE_FOLDER].join("/"));
    return { directory: path.join(root, STORE_FOLDER), folder: STORE_FOLDER, nested };
  }
  const real = async (file: string): Promise<string> => (await files.realPath(file)) ?? file;
  const really = below(await real(root), await real(directory));
  const folder = below(root, directory) ?? really;
  if (folder === null) return null;
  if (folder === really) return { directory, folder, nested: [] };
  throw new StopError("TRUST_MALFORMED", `${directory} is reached through a symbolic link.`, {
    at: directory,
    help: "Put the real folder in its place, or name the store by its own path.",
  });
}

/** The path of a file below a folder, with `/`; null where it is not below. */
function below(folder: string, file: string): string | null {
  const relative = path.relative(folder, file);
  const outside = relative === ".." || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative);
  return relative === "" || outside ? null : relative.split(path.sep).join("/");
}

/**
 * What the CI system names is a commit of the repository that it builds. A folder of it can be made a repository of
 * somebody else's (a submodule), whose branch of that name would then judge.
 */
async function requireOutermost(world: World, root: string, { refs, at }: Wanted): Promise<void> {
  const outer = path.dirname(root) === root ? null : await repositoryRoot(world, path.dirname(root));
  if (outer === null) return;
  const says = `${refs.join(" or ")} is a commit of ${outer}, and ${root} is another repository inside of it`;
  throw new StopError("TRUST_BASE_MISSING", says, {
    at,
    help: "Name the commit that judges this repository with --base.",
  });
}

/** What lies on the disk, beside what it means; null where there is no store. */
export async function stateOf({ files }: World, store: TrustStore): Promise<StoreState | null> {
  return store.directory === null ? null : { files: await readStoreFiles(files, store.directory), store };
}

function elsewhere({ directory }: TrustPlace): StopError {
  return new StopError("USAGE", `--base is for a store in the repository, and ${directory} is not in it`, {
    at: "--base",
    help: "Give --trust or --base, or name a folder of the repository.",
  });
}

function unnamed(service: string): Finding {
  return finding("TRUST_BASE", {
    severity: "warn",
    says: `${service} builds a pull request, and does not say where it goes: the trust store that comes with it judged.`,
    help: "Name the branch with --base, such as --base origin/main.",
  });
}
