/** What node-tar, with which npm unpacks, reads out of a tar file: the other side of the differential tests. */
import { createHash } from "node:crypto";
import { Parser } from "tar";

export interface Listed {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
}

/**
 * Files by the path that they are unpacked to; the last of a name wins, as on disk. Links are left out. `strip` is
 * how many segments are taken off, 1 for npm.
 */
export async function nodeTarFiles(bytes: Uint8Array, strip = 1): Promise<readonly Listed[]> {
  const files = new Map<string, Listed>();
  const parser = new Parser();
  parser.on("entry", (entry) => {
    const hash = createHash("sha256");
    let size = 0;
    entry.on("data", (data: Buffer) => {
      hash.update(data);
      size += data.length;
    });
    entry.on("end", () => {
      const names: string[] = entry.path.split("/").slice(strip);
      const path = names.filter((name) => name !== "" && name !== ".").join("/");
      const isFile = ["File", "OldFile", "ContiguousFile"].includes(entry.type);
      if (isFile) files.set(path, { path, size, sha256: hash.digest("hex") });
    });
  });
  await new Promise((resolve, reject) => {
    parser.on("end", resolve);
    parser.on("abort", reject);
    parser.end(Buffer.from(bytes));
  });
  return [...files.values()].sort(byPath);
}

export function byPath(one: { readonly path: string }, other: { readonly path: string }): number {
  return one.path < other.path ? -1 : one.path > other.path ? 1 : 0;
}
