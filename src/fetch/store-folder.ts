/** The folder that holds the store: nobody else's, and closed to everybody else. */
import path from "node:path";
import { StopError } from "../model/finding.js";
import type { Files } from "../model/world.js";
import { onDisk } from "./store-trouble.js";

const PRIVATE = 0o700;
const OTHERS = 0o077;

/** The folders inside the store. */
export const PARTS = { content: "content-v2", arriving: "arriving", kept: "kept" } as const;

/**
 * Makes the store's folders where they are missing (0700). Throws StopError ENVIRONMENT_UNSAFE, naming the folder, for
 * one that is a symbolic link or no folder, that others may enter, or that belongs to somebody else, and
 * ENVIRONMENT_UNUSABLE for one that can't be made. Windows has no
 * permission bits: there the store is as private as the user's own folder in which it lies.
 */
export async function prepareStore(files: Files, directory: string, platform: NodeJS.Platform): Promise<void> {
  await proveWritable(files, directory);
  for (const folder of [directory, ...Object.values(PARTS).map((part) => path.join(directory, part))]) {
    await files.makeDirectory(folder, PRIVATE).catch(() => {
      // A file or a dangling link in its place: said below, in words.
    });
    const problem = await problemWith(files, folder, platform);
    if (problem !== null) {
      throw unusable(folder, problem);
    }
  }
}

function unusable(
  folder: string,
  problem: string,
  code: "ENVIRONMENT_UNSAFE" | "ENVIRONMENT_UNUSABLE" = "ENVIRONMENT_UNSAFE",
): StopError {
  return new StopError(code, `the store's folder ${folder} ${problem}`, {
    at: folder,
    help: "Look at how it came to be so, and remove it or name another folder; the store is filled anew.",
  });
}

/**
 * Node makes folders with those above them, and tries for ever where the system answers that what is above is missing
 * although it is there, as /proc does. So before the first folder of a new store is made, one is made for a trial in
 * the nearest folder that is there already: a single attempt, which says at once what is wrong.
 */
async function proveWritable(files: Files, directory: string): Promise<void> {
  let above = directory;
  while ((await onDisk(above, files.status(above))) === null && path.dirname(above) !== above)
    above = path.dirname(above);
  if (above === directory) return;
  const trial = await files.makeTemporary(".secure-install-", above).catch((error: Error) => {
    throw unusable(directory, `cannot be made: ${error.message}`, "ENVIRONMENT_UNUSABLE");
  });
  await onDisk(trial, files.remove(trial));
}

async function problemWith(files: Files, folder: string, platform: NodeJS.Platform): Promise<string | null> {
  const status = await files.status(folder);
  if (status === null) return "cannot be made";
  if (status.type === "link") return "is a symbolic link";
  if (status.type !== "directory") return "is not a folder";
  if (platform === "win32") return null;
  if ((status.mode & OTHERS) !== 0) return `is open to others (mode ${(status.mode & 0o777).toString(8)})`;
  try {
    // Only its owner may do that (and root, who may do anything).
    await files.setMode(folder, PRIVATE);
    return null;
  } catch {
    return "belongs to somebody else";
  }
}
