/**
 * The place where npm locks: a copy of the project's manifests, and of nothing else. Without its .npmrc, because a
 * project's settings can run programs while npm resolves; without node_modules, because npm trusts what lies there.
 */
import path from "node:path";
import { type Finding, finding, StopError } from "../model/finding.js";
import { LIMITS } from "../model/limits.js";
import type { Files } from "../model/world.js";

export interface ManifestCopy {
  /** Where npm is to work: of the same name as the project's folder, which npm writes into a nameless lockfile. */
  readonly folder: string;
  /** What the project held when it was copied, by path relative to it, with `/`; null for what was not there. */
  readonly originals: ReadonlyMap<string, Buffer | null>;
  /** Removes the copy. */
  remove(): Promise<void>;
}

export interface CopyRequest {
  /** Absolute. */
  readonly project: string;
  /** Folders of workspaces and of root `file:` dependencies, relative to the project, with `/`. */
  readonly folders: readonly string[];
  /** Other files that the resolver needs, relative to the project: patches, tarballs of root `file:` dependencies. */
  readonly also: readonly string[];
}

const LOCKFILES = ["package-lock.json", "npm-shrinkwrap.json"];

/** Makes the copy, in a temporary folder that only we can enter. Throws StopError INTERNAL for a path that leads out. */
export async function copyManifests(files: Files, request: CopyRequest): Promise<ManifestCopy> {
  const outer = await files.makeTemporary("secure-install-lock-");
  const remove = () => files.remove(outer);
  try {
    const folder = path.join(outer, path.basename(request.project) || "project");
    await files.makeDirectory(folder, 0o700);
    const names = ["package.json", ...LOCKFILES, ...request.folders.map((name) => `${name}/package.json`)];
    const originals = new Map<string, Buffer | null>();
    for (const name of names)
      originals.set(name, await files.read(inside(request.project, name), LIMITS.lockfileBytes));
    const others = new Map<string, Buffer | null>();
    for (const name of request.also)
      others.set(name, await files.read(inside(request.project, name), LIMITS.tarballBytes));
    for (const [name, bytes] of [...originals, ...others]) {
      if (bytes !== null) await files.write(inside(folder, name), bytes);
    }
    return { folder, originals, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

export type CopiedBack =
  | {
      readonly ok: true;
      /** Paths relative to the project that were written, sorted. */
      readonly written: readonly string[];
      /**
       * Puts back what was there before; leaves alone what someone else has changed since, and gives its paths relative
       * to the project, sorted. Can be called again.
       */
      restore(): Promise<readonly string[]>;
    }
  | { readonly ok: false; readonly finding: Finding };

/**
 * Writes what the lock step changed into the project, each file at once; if one can't be written, those before it are
 * put back. Refused (HANDOFF_UNSEALED) if the project is no longer what was copied, and (TREE_SYMLINK) if a link lies
 * where a file is to be written.
 */
export async function copyBack(files: Files, project: string, copy: ManifestCopy): Promise<CopiedBack> {
  const changes: Change[] = [];
  for (const [name, before] of copy.originals) {
    const after = await files.read(inside(copy.folder, name), LIMITS.lockfileBytes);
    if (after === null || same(before, after)) continue;
    const target = inside(project, name);
    if ((await files.status(target))?.type === "link") {
      return { ok: false, finding: finding("TREE_SYMLINK", { says: `${name} is a symbolic link.` }) };
    }
    if (!same(await files.read(target, LIMITS.lockfileBytes), before)) {
      const says = `${name} was changed while the new lockfile was being made.`;
      return { ok: false, finding: finding("HANDOFF_UNSEALED", { says }) };
    }
    changes.push({ name, target, before, after });
  }
  const done: Change[] = [];
  try {
    for (const change of changes) {
      await files.write(change.target, change.after);
      done.push(change);
    }
  } catch (error) {
    await putBack(files, done);
    throw error;
  }
  return { ok: true, written: changes.map(({ name }) => name).sort(), restore: () => putBack(files, done) };
}

interface Change {
  readonly name: string;
  readonly target: string;
  readonly before: Buffer | null;
  readonly after: Buffer;
}

async function putBack(files: Files, changes: readonly Change[]): Promise<readonly string[]> {
  const leftAlone: string[] = [];
  for (const { name, target, before, after } of [...changes].reverse()) {
    const now = await files.read(target, LIMITS.lockfileBytes);
    if (same(now, before)) continue;
    if (!same(now, after)) leftAlone.push(name);
    else if (before === null) await files.remove(target);
    else await files.write(target, before);
  }
  return leftAlone.sort();
}

function same(left: Buffer | null, right: Buffer | null): boolean {
  return left === null || right === null ? left === right : left.equals(right);
}

function inside(folder: string, name: string): string {
  const file = path.join(folder, name);
  const relative = path.relative(folder, file);
  if (relative === "" || relative.startsWith("..") || path.isAbsolute(relative) || path.isAbsolute(name)) {
    throw new StopError("INTERNAL", `${name} leads out of the project`);
  }
  return file;
}
