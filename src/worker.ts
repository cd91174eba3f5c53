/** What worker threads do: the work that keeps the other core busy. An entry of its own, like main. */
import { createHash } from "node:crypto";
import { diskFiles } from "./files/disk.js";
import { hashFiles } from "./files/hash.js";
import { serveJobs } from "./parallel/serve.js";
import { inspectArchive } from "./verify/archive.js";

const files = diskFiles();

async function hasDigest(chunks: AsyncIterable<Uint8Array>, sha512: string): Promise<boolean> {
  const hash = createHash("sha512");
  try {
    for await (const chunk of chunks) hash.update(chunk);
  } catch {
    return false;
  }
  return hash.digest("hex") === sha512;
}

serveJobs({
  /** Reads one archive of the store to its end. */
  inspect: (path: string) => inspectArchive(files.stream(path)),
  /** Whether a file of the store still has the digest that it is named for. */
  holds: ({ path, sha512 }: { readonly path: string; readonly sha512: string }) =>
    hasDigest(files.stream(path), sha512),
  /** SHA-256 of each file as it lies on disk. */
  hash: (paths: readonly string[]) => hashFiles(paths),
});
