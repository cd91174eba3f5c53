/** What lies in a folder, down to the last byte and bit, in a form that `assert.deepEqual` shows well. */
import { createHash } from "node:crypto";
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";

/** By path with `/`: `file 644 <sha256>`, `directory 755`, `link -> target`, `other`. */
export type Snapshot = Readonly<Record<string, string>>;

/** Everything below a folder, links not followed. Of a missing folder, nothing. */
export async function snapshot(folder: string): Promise<Snapshot> {
  const names = await readdir(folder, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const found = names.sort().map(async (name) => [name.replaceAll("\\", "/"), await describe(join(folder, name))]);
  return Object.fromEntries(await Promise.all(found));
}

async function describe(path: string): Promise<string> {
  const status = await lstat(path);
  const mode = (status.mode & 0o7777).toString(8);
  if (status.isSymbolicLink()) return `link -> ${await readlink(path)}`;
  if (status.isDirectory()) return `directory ${mode}`;
  if (!status.isFile()) return "other";
  return `file ${mode} ${createHash("sha256")
    .update(await readFile(path))
    .digest("hex")}`;
}
