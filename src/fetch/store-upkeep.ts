/** What keeps the store small and sound: its budget, a look at it once a day, and the digests of what it holds. */

import path from "node:path";
import { DAY_MS } from "../model/day.js";
import type { Clock, Files, Processes } from "../model/world.js";
import { isKeptAs } from "./kept.js";
import { estimateBytes, pruneStore } from "./store-prune.js";
import { runsAtWork } from "./store-runs.js";
import { type StoreEntry, walkStore } from "./store-walk.js";

/** Of the budget, so that a store at its limit is not pruned every day. */
const ROOM = 0.9;
/** At the end of a run nothing is removed for longer; the next day goes on. */
const LONGEST_MS = 5_000;

interface Around {
  readonly files: Files;
  readonly clock: Clock;
  readonly processes: Pick<Processes, "self" | "isRunning">;
}

/**
 * Prunes the store in `directory` where it is over `budget` (bytes, infinite for none) and nobody has looked for a day. Costs one look at
 * a file on most days, and one at a sixteenth of the store on the others. Never throws: the run has its result already.
 */
export async function pruneWhenDue(around: Around, directory: string, budget: number): Promise<void> {
  const { files, clock } = around;
  try {
    if (!Number.isFinite(budget)) return;
    const now = clock.now();
    const stamp = path.join(directory, "pruned");
    const looked = (await files.status(stamp))?.mtimeMs ?? 0;
    if (Math.abs(now - looked) < DAY_MS) return;
    // Before the work, so that of several runs one does it, and none does it again where it is killed.
    await files.write(stamp, "", 0o600);
    if ((await estimateBytes(files, directory, Math.floor(now / DAY_MS))) <= budget) return;
    let end: number | null = null;
    const enough = () => {
      // From the first removal on: counting takes as long as it takes.
      end ??= clock.elapsed() + LONGEST_MS;
      return clock.elapsed() > end;
    };
    const request = { budget: budget * ROOM, unusedSince: null, dryRun: false, now, enough };
    await pruneStore(files, directory, () => runsAtWork(around, directory), request);
  } catch {
    // A disk that refuses is told of by the next run that needs it.
  }
}

/**
 * Yields what no longer is what it is named for. `holds` says whether a file has that SHA-512; it is asked for many at
 * once. `seen` is told of each entry and its bytes.
 */
export async function* brokenIn(
  files: Files,
  directory: string,
  holds: (file: string, sha512: string) => Promise<boolean>,
  seen: (entry: StoreEntry) => void,
): AsyncGenerator<StoreEntry> {
  for await (const { entries } of walkStore(files, directory)) {
    const sound = await Promise.all(
      entries.map(async (entry) => {
        const held = entry.type === "blob" ? await holds(entry.file, entry.digest) : await isClaim(files, entry);
        seen(entry);
        // What another process has removed in the meantime is not broken.
        return held || (await files.status(entry.file)) === null;
      }),
    );
    yield* entries.filter((_, at) => !sound[at]);
  }
}

async function isClaim(files: Files, { file, kind, digest }: StoreEntry): Promise<boolean> {
  try {
    for await (const start of files.stream(file)) return isKeptAs(Buffer.from(start), kind, digest);
  } catch {
    // A file that can't be read is of no use to anybody.
  }
  return false;
}
