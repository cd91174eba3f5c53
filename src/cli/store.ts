/** `secure-install store status|prune`: the store's size and its budget. */

import { storeDirectory } from "../fetch/store-directory.js";
import { prepareStore } from "../fetch/store-folder.js";
import { pruneStore } from "../fetch/store-prune.js";
import { runsAtWork } from "../fetch/store-runs.js";
import { brokenIn } from "../fetch/store-upkeep.js";
import { walkStore } from "../fetch/store-walk.js";
import { DAY_MS } from "../model/day.js";
import type { World } from "../model/world.js";
import { forJson } from "../report/escape.js";
import { pruneLines, type Stored, statusLines } from "../report/store.js";
import { progressDisplay } from "./progress.js";
import { defaultBudget, type StoreFlags } from "./store-budget.js";

/**
 * Prints what the store holds, or prunes it. A store that is not there is an empty one. Throws StopError
 * ENVIRONMENT_UNSAFE where it is not private, ENVIRONMENT_UNUSABLE where the budget in the environment is none.
 */
export async function store(world: World, command: "status" | "prune", flags: StoreFlags): Promise<number> {
  const directory = storeDirectory(world.environment);
  const { files, clock } = world;
  const asked = flags.budget ?? defaultBudget(world.environment.variables);
  const budget = Number.isFinite(asked) ? asked : null;
  const there = (await files.status(directory)) !== null;
  if (there) await prepareStore(files, directory, world.environment.platform);
  const broken = flags.verify === true && there ? await findBroken(world, directory, flags) : null;
  const now = clock.now();
  if (command === "status") {
    const stored = await measure(world, directory);
    const body = { directory, ...stored, budget, broken };
    print(world, flags, { command: "store status", ...body }, () => statusLines(body, now));
    return 0;
  }
  const dryRun = flags.dryRun === true;
  if (!dryRun) for (const file of broken ?? []) await files.remove(file);
  const byAgeAlone = flags.olderThan !== undefined && flags.budget === undefined;
  const pruned = await pruneStore(files, directory, () => runsAtWork(world, directory), {
    budget: byAgeAlone ? null : budget,
    unusedSince: flags.olderThan === undefined ? null : now - flags.olderThan * DAY_MS,
    dryRun,
    now,
  });
  const body = { directory, dryRun, ...pruned, budget: byAgeAlone ? null : budget, broken };
  print(world, flags, { command: "store prune", ...body }, () => pruneLines(body, flags.quiet === true));
  return 0;
}

async function measure(world: World, directory: string): Promise<Stored> {
  const sums = { blobs: { count: 0, bytes: 0 }, claims: { count: 0, bytes: 0 }, unfinished: { count: 0, bytes: 0 } };
  const strange: string[] = [];
  let oldest = Number.POSITIVE_INFINITY;
  const add = (sum: { count: number; bytes: number }, bytes: number): void => {
    sum.count += 1;
    sum.bytes += bytes;
  };
  for await (const group of walkStore(world.files, directory)) {
    for (const { type, size, usedAt } of group.entries) {
      add(type === "blob" ? sums.blobs : sums.claims, size);
      oldest = Math.min(oldest, usedAt);
    }
    for (const { size } of group.unfinished) add(sums.unfinished, size);
    strange.push(...group.strange.slice(0, Math.max(0, MOST_NAMED - strange.length)));
  }
  return {
    ...sums,
    bytes: sums.blobs.bytes + sums.claims.bytes + sums.unfinished.bytes,
    oldestUse: Number.isFinite(oldest) ? new Date(oldest).toISOString() : null,
    runs: (await runsAtWork(world, directory)).count,
    strange,
  };
}

const MOST_NAMED = 20;

async function findBroken(world: World, directory: string, flags: StoreFlags): Promise<string[]> {
  const progress = progressDisplay(world.terminal, flags.quiet === true);
  const total = (await measure(world, directory)).blobs.count;
  progress.stage("hashing the store", total);
  const holds = (path: string, sha512: string) => world.workers.run<boolean>("holds", { path, sha512 });
  const broken: string[] = [];
  try {
    const seen = (entry: { readonly type: string }) => entry.type === "blob" && progress.step(0);
    for await (const { file } of brokenIn(world.files, directory, holds, seen)) broken.push(file);
  } finally {
    progress.clear();
  }
  return broken;
}

function print(world: World, flags: StoreFlags, object: object, lines: () => readonly string[]): void {
  if (flags.json === true) world.terminal.out(`${forJson({ format: 1, ...object }, 2)}\n`);
  else
    world.terminal.out(
      lines()
        .map((line) => `${line}\n`)
        .join(""),
    );
}
