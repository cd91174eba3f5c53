/**
 * A cache for npm that holds the admitted tarballs by their digest, and nothing else. Where a lockfile names
 * addresses (`resolved`), npm looks here first and then asks nobody; where it names none, npm does not look here and
 * takes them from the sealed registry.
 */
import path from "node:path";
import { StopError } from "../model/finding.js";
import type { Files } from "../model/world.js";

/** A tarball of our store. */
export interface Blob {
  /** Lowercase hex. */
  readonly sha512: string;
  /** Absolute. */
  readonly path: string;
}

/** Links are made this many at a time. */
const TOGETHER = 16;

/**
 * Lays `blobs` out below `cacheDirectory` as cacache (npm's cache) does: `_cacache/content-v2/sha512/aa/bb/rest`.
 * By hard links where the file system has them: the folder must be removed before any script of a package runs,
 * because what writes into a linked file writes into our store. Throws StopError INTERNAL if there is a cache
 * already, or if a digest is not one.
 */
export async function seedCache(files: Files, cacheDirectory: string, blobs: readonly Blob[]): Promise<void> {
  const root = path.join(cacheDirectory, "_cacache");
  if ((await files.status(root)) !== null) throw new StopError("INTERNAL", `${root} is not new`);
  const bySum = new Map(blobs.map((blob) => [blob.sha512, blob.path]));
  const targets = [...bySum].map(([sha512, from]) => ({ from, to: path.join(root, contentPath(sha512)) }));
  const folders = new Set(targets.map(({ to }) => path.dirname(to)));
  await inTurns([root, ...folders], (folder) => files.makeDirectory(folder, 0o700));
  await inTurns(targets, ({ from, to }) => files.link(from, to));
}

function contentPath(sha512: string): string {
  if (!/^[0-9a-f]{128}$/.test(sha512)) throw new StopError("INTERNAL", `${sha512} is not a SHA-512 digest`);
  return path.join("content-v2", "sha512", sha512.slice(0, 2), sha512.slice(2, 4), sha512.slice(4));
}

async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let start = 0; start < items.length; start += TOGETHER) {
    await Promise.all(items.slice(start, start + TOGETHER).map(work));
  }
}
