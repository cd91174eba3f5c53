/** Shares files out among as many worker threads as there are cores, and tells how long they took together. */
import { once } from "node:events";
import { statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { BareWork } from "./bare-worker.js";

/** Milliseconds for all files, the starting of the threads included. */
export async function bareTime(work: BareWork["work"], files: readonly string[]): Promise<number> {
  const shares = sharedOut(files, availableParallelism());
  const began = performance.now();
  await Promise.all(
    shares.map(async (share) => {
      const workerData: BareWork = { work, files: share };
      const worker = new Worker(new URL("bare-worker.js", import.meta.url), { workerData });
      await once(worker, "message");
      await worker.terminate();
    }),
  );
  return performance.now() - began;
}

/** Even by bytes, the largest first: no core is left with the last large file. */
export function sharedOut(files: readonly string[], shares: number): readonly (readonly string[])[] {
  const sized = files.map((file) => ({ file, size: statSync(file).size })).sort((a, b) => b.size - a.size);
  const loads = Array.from({ length: shares }, () => ({ total: 0, files: [] as string[] }));
  for (const { file, size } of sized) {
    const lightest = loads.reduce((least, load) => (load.total < least.total ? load : least));
    lightest.files.push(file);
    // Opening a file takes time too.
    lightest.total += size + 4096;
  }
  return loads.map((load) => load.files);
}
