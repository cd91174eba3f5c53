/** Files that appear whole or not at all: written under another name beside their place, then renamed. */
import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import fs from "node:fs/promises";
import path from "node:path";
import type { FileWriter } from "../model/world.js";
import { renameReplacing } from "./rename.js";

/** A name that already exists, as a link for example, is never opened: O_EXCL does not follow. */
const CREATE_FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;

/** Without `mode`, an existing file keeps its own, and a new one gets what the user's umask allows. */
export async function write(file: string, bytes: Uint8Array | string, mode?: number): Promise<void> {
  await fs.mkdir(path.dirname(file), { recursive: true });
  const writer = await begin(path.dirname(file), path.basename(file), mode ?? 0o666);
  try {
    await writer.write(typeof bytes === "string" ? Buffer.from(bytes) : bytes);
    await writer.finish(file, mode ?? (await modeOf(file)), true);
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

/**
 * Begins a new file, readable by its owner only until it is committed. Makes `directory` if it is missing. Not flushed
 * to the disk: that costs as much as the writing, and what a power cut damages fails its digest.
 */
export async function create(directory: string): Promise<FileWriter> {
  await fs.mkdir(directory, { recursive: true, mode: 0o700 });
  const writer = await begin(directory, "new", 0o600);
  return {
    write: writer.write,
    abandon: writer.abandon,
    commit: async (target, mode) => {
      await fs.mkdir(path.dirname(target), { recursive: true });
      await writer.finish(target, mode, false);
    },
  };
}

async function modeOf(file: string): Promise<number | null> {
  const stats = await fs.lstat(file).catch(() => null);
  return stats?.isFile() ? stats.mode & 0o7777 : null;
}

/** A new file in `folder`, under a name made of `label` and chance. `finish` with null leaves its mode as made. */
async function begin(folder: string, label: string, mode: number) {
  const file = path.join(folder, `.${label.slice(0, 100)}.${randomBytes(9).toString("hex")}.tmp`);
  const handle = await fs.open(file, CREATE_FLAGS, mode);
  let open = true;
  let there = true;
  const close = async () => {
    if (open) await handle.close();
    open = false;
  };
  return {
    write: (chunk: Uint8Array) => handle.writeFile(chunk),
    finish: async (target: string, finalMode: number | null, flush: boolean) => {
      if (finalMode !== null) await handle.chmod(finalMode);
      if (flush) await handle.sync();
      await close();
      await renameReplacing(file, target);
      there = false;
    },
    abandon: async () => {
      await close();
      if (there) await fs.rm(file, { force: true });
      there = false;
    },
  };
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
