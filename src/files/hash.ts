/** Hashing of files as they lie on disk: the job that worker threads do while a tree is proven. */
import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

/** A link in the last part of the path is not followed, a pipe does not block. */
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** Nearly all files of a tree fit at once; synchronous reads are twice as fast as awaited ones, and block nobody here. */
const buffer = Buffer.allocUnsafe(256 * 1024);

/**
 * SHA-256 (lowercase hex) of each file, in order; null for what is missing, a link, or no regular file.
 * Synchronous: meant for a worker thread. Other trouble (no permission, a broken disk) is thrown.
 */
export function hashFiles(paths: readonly string[]): (string | null)[] {
  return paths.map(hashFile);
}

function hashFile(path: string): string | null {
  let file: number;
  try {
    file = openSync(path, FLAGS);
  } catch (error) {
    if (ABSENT.has((error as NodeJS.ErrnoException).code ?? "")) return null;
    throw error;
  }
  try {
    if (!fstatSync(file).isFile()) return null;
    const hash = createHash("sha256");
    for (let bytes = readSync(file, buffer); bytes > 0; bytes = readSync(file, buffer)) {
      hash.update(buffer.subarray(0, bytes));
    }
    return hash.digest("hex");
  } finally {
    closeSync(file);
  }
}

/** ELOOP and EMLINK are what O_NOFOLLOW says of a link, on Linux and macOS, and on BSD. */
const ABSENT = new Set(["ENOENT", "ENOTDIR", "ELOOP", "EMLINK", "EISDIR", "ENXIO"]);
