/** `--quiet` for what others say: npm's output is kept back, and shown only where it has ended badly. */
import type { Processes, World } from "../model/world.js";

/** Bytes of output that are kept; npm's errors have some kilobytes. */
const KEPT = 1024 * 1024;

/** The same world; where `quiet` holds, commands in it speak only when they fail. */
export function quietly(world: World, quiet: boolean): World {
  if (!quiet) return world;
  const { processes, terminal } = world;
  const run: Processes["run"] = async (command, how) => {
    if (typeof how.output !== "string") return processes.run(command, how);
    const ended = await processes.run(command, { ...how, output: { keep: KEPT } });
    if (ended.status !== 0) terminal.err(ended.output);
    return ended;
  };
  return { ...world, processes: { ...processes, run } };
}
