/** Writing several files of the trust store at once, so that all of them are as they should be, or as they were. */
import { randomBytes } from "node:crypto";
import path from "node:path";
import { isDiskTrouble } from "../fetch/store-trouble.js";
import { StopError } from "../model/finding.js";
import { LIMITS } from "../model/limits.js";
import type { Files, World } from "../model/world.js";
import { FOLDERS } from "../trust/store.js";

/** As files/write.ts and `draft` name them. */
const DRAFT = /^\..+\.[0-9a-f]{18}\.tmp$/;
/** By then, whoever made it has ended, also on a machine whose turns are not ours. */
const LEFT_BEHIND_MS = 10 * 60_000;

/** One file to be written (or removed, where `after` is null), and what must be there until then. */
export interface Step {
  readonly name: string;
  readonly before: Uint8Array | null;
  readonly after: Uint8Array | null;
}

/**
 * Takes the steps in their order, all or none: null where something had changed by then. What the new files need of the
 * disk is taken before the first of them appears. Gives the names of what was changed, sorted.
 * @param isAsRead asked when everything is ready: whether the store is still as it was when the steps were thought out
 * Throws StopError ENVIRONMENT_UNUSABLE where the disk refuses.
 */
export async function replaceAll(
  files: Files,
  directory: string,
  steps: readonly Step[],
  isAsRead: () => Promise<boolean>,
): Promise<readonly string[] | null> {
  if (steps.length === 0) return [];
  const drafts = new Map<Step, string>();
  const made: string[] = [];
  const done: Step[] = [];
  let isWritten = false;
  try {
    for (const step of steps) drafts.set(step, await draft(files, directory, step, made));
    if (!(await isAsRead())) return null;
    for (const step of steps) {
      if (!same(await bytesAt(files, directory, step.name), step.before)) {
        await putBack(files, directory, done);
        return null;
      }
      await settle(files, path.join(directory, step.name), step, drafts.get(step) ?? "");
      done.push(step);
    }
    isWritten = true;
    return steps.map(({ name }) => name).sort();
  } catch (error) {
    await putBack(files, directory, done);
    if (!isDiskTrouble(error)) throw error;
    throw unusable(directory, `it can't be written, and is as it was: ${error.message}`);
  } finally {
    for (const file of drafts.values()) if (file !== "") await files.remove(file).catch(() => {});
    if (!isWritten) for (const folder of made.reverse()) await removeEmpty(files, folder);
  }
}

/**
 * Writes the new file beside its place, flushed to the disk; the empty text where a file is to be removed. Folders that
 * had to be made are added to `made`.
 */
async function draft(files: Files, directory: string, { name, after }: Step, made: string[]): Promise<string> {
  if (after === null) return "";
  const target = path.join(directory, name);
  const folder = path.dirname(target);
  for (const one of new Set([directory, folder])) {
    if ((await files.status(one)) !== null) continue;
    await files.makeDirectory(one, 0o777);
    made.push(one);
  }
  const file = path.join(folder, `.${path.basename(name)}.${randomBytes(9).toString("hex")}.tmp`);
  try {
    await files.write(file, after, (await files.status(target))?.mode);
  } catch (error) {
    await files.remove(file).catch(() => {});
    throw error;
  }
  return file;
}

async function settle(files: Files, target: string, { after }: Step, drafted: string): Promise<void> {
  if (after === null) await files.remove(target);
  else await files.rename(drafted, target);
}

/** Undoes steps, the last one first. What somebody else has written since is theirs, and stays. */
async function putBack(files: Files, directory: string, done: readonly Step[]): Promise<void> {
  for (const step of [...done].reverse()) {
    if (!same(await bytesAt(files, directory, step.name), step.after)) continue;
    const target = path.join(directory, step.name);
    try {
      if (step.before === null) await files.remove(target);
      else await files.write(target, step.before);
    } catch (error) {
      if (!isDiskTrouble(error)) throw error;
      throw unusable(
        target,
        `only a part of the change was written, and ${step.name} can't be put back: ${error.message}`,
      );
    }
  }
}

const SOMETHING_ELSE = Buffer.from("neither a file of the store nor nothing");

/** Null where there is nothing. A link, or whatever else is no file, counts as changed. */
async function bytesAt(files: Files, directory: string, name: string): Promise<Uint8Array | null> {
  const file = path.join(directory, name);
  const status = await files.status(file);
  if (status === null) return null;
  if (status.type !== "file" || status.size > LIMITS.lockfileBytes) return SOMETHING_ELSE;
  return files.read(file, LIMITS.lockfileBytes);
}

/** Drafts of runs that were killed. Readers pass over them, but a commit of the whole folder would not. */
export async function sweepDrafts({ files, clock }: World, directory: string): Promise<void> {
  for (const folder of [directory, ...FOLDERS.map((name) => path.join(directory, name))]) {
    for (const { name, type } of (await files.list(folder).catch(() => null)) ?? []) {
      if (type !== "file" || !DRAFT.test(name)) continue;
      const file = path.join(folder, name);
      const status = await files.status(file);
      if (status !== null && clock.now() - status.mtimeMs > LEFT_BEHIND_MS) await files.remove(file).catch(() => {});
    }
  }
}

async function removeEmpty(files: Files, directory: string): Promise<void> {
  const entries = await files.list(directory).catch(() => null);
  if (entries?.length === 0) await files.remove(directory);
}

/** Whether both are there with the same bytes, or neither is. */
export function same(one: Uint8Array | null, other: Uint8Array | null): boolean {
  if (one === null || other === null) return one === other;
  return Buffer.compare(one, other) === 0;
}

/** The error for a store that the disk, or somebody else, does not let us write. */
export function unusable(place: string, why: string): StopError {
  return new StopError("ENVIRONMENT_UNUSABLE", `${place}: ${why}`, {
    at: place,
    help: "See that the folder can be written and that there is room, then run the same command again.",
  });
}
