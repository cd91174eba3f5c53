/** What a run does for the store besides its work: it announces itself, and once a day keeps the budget. */
import { storeDirectory } from "../fetch/store-directory.js";
import { announceRun } from "../fetch/store-runs.js";
import { pruneWhenDue } from "../fetch/store-upkeep.js";
import type { World } from "../model/world.js";
import { budgetOfRuns } from "./store-budget.js";

/** Does `work`, which uses the store, as a run that pruning heeds; then prunes the store if it is due. */
export async function usingStore<Result>(world: World, work: () => Promise<Result>): Promise<Result> {
  const directory = storeDirectory(world.environment);
  const leave = await announceRun(world, directory);
  try {
    const result = await work();
    await pruneWhenDue(world, directory, budgetOfRuns(world.environment.variables));
    return result;
  } finally {
    await leave();
  }
}
