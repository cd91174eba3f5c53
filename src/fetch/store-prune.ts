/**
 * Pruning: what was used least recently goes first, until the store is within its budget. Two walks, so that no list
 * of the store is ever held: the first counts bytes by the hour of their last use, the second removes.
 *
 * What a run of this moment uses stays. A run announces itself before it asks the store for anything, so it is seen by
 * whoever looks after having taken a file out of its place: each file is moved aside first, then the runs are looked
 * at, then it is removed or put back. A process killed in between leaves an unfinished file, as any other.
 */

import { randomBytes } from "node:crypto";
import path from "node:path";
import { DAY_MS } from "../model/day.js";
import type { Files } from "../model/world.js";
import { PARTS } from "./store-folder.js";
import type { Runs } from "./store-runs.js";
import { type StoreEntry, walkStore } from "./store-walk.js";

const HOUR_MS = 3_600_000;
/** Nothing is older than that to a clock that is right; it bounds how many hours are told apart. */
const OLDEST_HOURS = 20 * 365 * 24;
const TOGETHER = 64;

export interface PruneRequest {
  /** Bytes that may stay, or null to go by age alone. */
  readonly budget: number | null;
  /** What was not used since (ms since the epoch) goes whatever the budget, or null. */
  readonly unusedSince: number | null;
  readonly dryRun: boolean;
  readonly now: number;
  /** Asked now and then: whether to leave the rest for another time. */
  readonly enough?: () => boolean;
}

export interface Pruned {
  readonly removed: { readonly count: number; readonly bytes: number };
  /** Bytes that are left. */
  readonly left: number;
  /** What would have gone, but may be in use by a run. */
  readonly inUse: { readonly count: number; readonly bytes: number };
}

/** Prunes the store in `directory`; `runs` looks who is at work. What can't be removed is left, and counted as left. */
export async function pruneStore(
  files: Files,
  directory: string,
  runs: () => Promise<Runs>,
  request: PruneRequest,
): Promise<Pruned> {
  const { hours, bytes } = await countByHour(files, directory, request.now);
  const choice = choose(hours, bytes, request);
  let usingSince = (await runs()).usingSince ?? Number.POSITIVE_INFINITY;
  const inUse = { count: 0, bytes: 0 };
  const removed = { count: 0, bytes: 0 };
  const add = (sum: { count: number; bytes: number }, entry: StoreEntry): void => {
    sum.count += 1;
    sum.bytes += entry.size;
  };
  for await (const group of walkStore(files, directory)) {
    if (request.enough?.() === true) break;
    if (!request.dryRun) await removeUnfinished(files, group.unfinished, request.now);
    const chosen = group.entries.filter((entry) => choice.takes(entry));
    for (const entry of chosen.filter((entry) => entry.usedAt >= usingSince)) add(inUse, entry);
    const unused = chosen.filter((entry) => entry.usedAt < usingSince);
    for (let at = 0; at < unused.length; at += TOGETHER) {
      const some = unused.slice(at, at + TOGETHER);
      if (request.dryRun) for (const entry of some) add(removed, entry);
      else {
        const { gone, used, since } = await removeUnused(files, directory, runs, some);
        for (const entry of gone) add(removed, entry);
        for (const entry of used) add(inUse, entry);
        usingSince = since;
      }
    }
  }
  return { removed, inUse, left: bytes - removed.bytes };
}

/** So few in a sixteenth say nothing of the others; then all are counted, which takes no time. */
const TELLING = 100;

/** The bytes of the store, judged by one sixteenth of a large one: for whoever asks often, and needs no exact answer. */
export async function estimateBytes(files: Files, directory: string, sixteenth: number): Promise<number> {
  let bytes = 0;
  let count = 0;
  for await (const { entries } of walkStore(files, directory, { sixteenth })) {
    count += entries.length;
    for (const { size } of entries) bytes += size;
  }
  return count < TELLING ? (await countByHour(files, directory, 0)).bytes : bytes * 16;
}

async function countByHour(files: Files, directory: string, now: number) {
  const hours = new Map<number, number>();
  let bytes = 0;
  for await (const { entries } of walkStore(files, directory)) {
    for (const entry of entries) {
      bytes += entry.size;
      const hour = hourOf(entry, now);
      hours.set(hour, (hours.get(hour) ?? 0) + entry.size);
    }
  }
  return { hours, bytes };
}

/** Hours since the last use; never negative, whatever a clock once said. */
function hourOf({ usedAt }: Pick<StoreEntry, "usedAt">, now: number): number {
  return Math.min(OLDEST_HOURS, Math.max(0, Math.floor((now - usedAt) / HOUR_MS)));
}

/** Whole hours go, oldest first; of the last one, as much as is still needed. */
function choose(hours: ReadonlyMap<number, number>, bytes: number, { budget, unusedSince, now }: PruneRequest) {
  let excess = budget === null ? 0 : bytes - budget;
  let last = Number.POSITIVE_INFINITY;
  let ofLast = 0;
  for (const [hour, size] of [...hours].sort(([a], [b]) => b - a)) {
    if (excess <= 0) break;
    last = hour;
    ofLast = excess;
    excess -= size;
  }
  return {
    takes: (entry: StoreEntry): boolean => {
      if (unusedSince !== null && entry.usedAt < unusedSince) return true;
      const hour = hourOf(entry, now);
      if (hour !== last) return hour > last;
      if (ofLast <= 0) return false;
      ofLast -= entry.size;
      return true;
    },
  };
}

async function removeUnused(
  files: Files,
  directory: string,
  runs: () => Promise<Runs>,
  entries: readonly StoreEntry[],
) {
  const aside = await Promise.all(
    entries.map(async (entry) => ({ entry, file: await putAside(files, directory, entry) })),
  );
  const since = (await runs()).usingSince ?? Number.POSITIVE_INFINITY;
  const gone: StoreEntry[] = [];
  const used: StoreEntry[] = [];
  await Promise.all(
    aside.map(async ({ entry, file }) => {
      if (file === null) return;
      const status = await files.status(file);
      const isUsed = status !== null && Math.max(status.mtimeMs, entry.usedAt) >= since;
      (isUsed ? used : gone).push(entry);
      // Where the same bytes have come anew in the meantime, either copy will do.
      await (isUsed ? files.rename(file, entry.file) : files.remove(file)).catch(() => {});
    }),
  );
  return { gone, used, since };
}

/** Where it lies now; null where somebody was faster, or (on Windows) has it open. */
async function putAside(files: Files, directory: string, entry: StoreEntry): Promise<string | null> {
  const file = path.join(directory, PARTS.arriving, `.new.${randomBytes(9).toString("hex")}.tmp`);
  return files.rename(entry.file, file).then(
    () => file,
    () => null,
  );
}

async function removeUnfinished(files: Files, unfinished: readonly { file: string; usedAt: number }[], now: number) {
  for (const { file, usedAt } of unfinished) if (usedAt < now - DAY_MS) await files.remove(file).catch(() => {});
}
