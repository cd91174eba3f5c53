/** `store status|prune` on the command line. */
import { type Command, InvalidArgumentError } from "commander";
import type { World } from "../model/world.js";
import { budgetOf, type StoreFlags } from "./store-budget.js";

const MOST_DAYS = 36_500;

/** Adds the command; `done` is told its exit status. */
export function addStore(program: Command, world: World, done: (status: number) => void): void {
  const store = program.command("store").description("the store of verified bytes: its size and its budget");
  const budget = "bytes that the store may hold, such as 500MB, 5GB or none";
  const status = store.command("status").description("where it is, how much it holds, and since when");
  const prune = store.command("prune").description("remove what was used least recently, until the budget is kept");
  for (const command of [status, prune]) {
    command
      .option("--json", "as JSON")
      .option("--budget <size>", budget, size)
      .option("--verify", "hash every file again; broken ones are named, and prune removes them");
  }
  prune
    .option("--older-than <days>", "remove what was not used for so long, whatever the budget", days)
    .option("--dry-run", "say what would be removed, and remove nothing")
    .option("--quiet", "say nothing when all is well");
  for (const command of [status, prune])
    command.action(async () => {
      const { store: run } = await import("./store.js");
      done(await run(world, command.name() as "status" | "prune", command.opts<StoreFlags>()));
    });
}

function size(text: string): number {
  const value = budgetOf(text);
  if (value === null) throw new InvalidArgumentError("It must be a size such as 500MB or 5GB, or none.");
  return value;
}

function days(text: string): number {
  const value = Number(text);
  if (/^\d{1,5}$/.test(text) && value <= MOST_DAYS) return value;
  throw new InvalidArgumentError(`It must be a whole number of days, at most ${MOST_DAYS}.`);
}
