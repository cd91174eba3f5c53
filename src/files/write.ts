/** Files that appear whole or not at all: written under another name beside their place, then renamed. */
import { randomBytes } from "node:crypto";
import { closeSync, constants, fchmodSync, fsync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import fs from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import type { FileWriter } from "../model/world.js";
import { renameReplacing } from "./rename.js";

/** A name that already exists, as a link for example, is never opened: O_EXCL does not follow. */
const CREATE_FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
const flushed = promisify(fsync);

/** Without `mode`, an existing file keeps its own, and a new one gets what the user's umask allows. */
export async function write(file: string, bytes: Uint8Array | string, mode?: number): Promise<void> {
  const folder = path.dirname(file);
  const writer = withFolder(folder, undefined, () => begin(folder, path.basename(file), mode ?? 0o666));
  try {
    writer.write(typeof bytes === "string" ? Buffer.from(bytes) : bytes);
    await flushed(writer.handle);
    await writer.finish(file, mode ?? (await modeOf(file)));
  } catch (error) {
    writer.abandon();
    throw error;
  }
}

/**
 * Begins a new file, readable by its owner only until it is committed. Makes `directory` if it is missing. Not flushed
 * to the disk: that costs as much as the writing, and what a power cut damages fails its digest.
 *
 * Each step is done at once: for a package of some kilobytes, eight round trips to another thread take longer than
 * everything else that is done with it, and what waits for them is held in memory.
 */
export async function create(directory: string): Promise<FileWriter> {
  const writer = withFolder(directory, 0o700, () => begin(directory, "new", 0o600));
  return {
    write: async (chunk) => writer.write(chunk),
    abandon: async () => writer.abandon(),
    commit: async (target, mode) => {
      await writer.finish(target, mode).catch(async (error: unknown) => {
        if (!isMissing(error)) throw error;
        mkdirSync(path.dirname(target), { recursive: true });
        await writer.finish(target, mode);
      });
    },
  };
}

async function modeOf(file: string): Promise<number | null> {
  const stats = await fs.lstat(file).catch(() => null);
  return stats?.isFile() ? stats.mode & 0o7777 : null;
}

/** A new file in `folder`, under a name made of `label` and chance. `finish` with null leaves its mode as made. */
function begin(folder: string, label: string, mode: number) {
  const file = path.join(folder, `.${label.slice(0, 100)}.${randomBytes(9).toString("hex")}.tmp`);
  const handle = openSync(file, CREATE_FLAGS, mode);
  let open = true;
  let there = true;
  const close = (): void => {
    if (open) closeSync(handle);
    open = false;
  };
  return {
    handle,
    write: (chunk: Uint8Array): void => {
      for (let at = 0; at < chunk.length; ) at += writeSync(handle, chunk, at);
    },
    finish: async (target: string, finalMode: number | null): Promise<void> => {
      if (open && finalMode !== null) fchmodSync(handle, finalMode);
      close();
      await renameReplacing(file, target);
      there = false;
    },
    abandon: (): void => {
      close();
      if (there) rmSync(file, { force: true });
      there = false;
    },
  };
}

/** Nearly always the folder is there already. */
function withFolder<T>(folder: string, mode: number | undefined, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!isMissing(error)) throw error;
    mkdirSync(folder, { recursive: true, mode });
    return act();
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}

/** `to` appears whole or not at all; an older file, or a link, in its place is replaced. */
export async function copy(from: string, to: string): Promise<void> {
  const between = path.join(path.dirname(to), `.copy.${randomBytes(9).toString("hex")}.tmp`);
  try {
    await fs.copyFile(from, between, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    await renameReplacing(between, to);
  } catch (error) {
    await fs.rm(between, { force: true });
    throw error;
  }
}
