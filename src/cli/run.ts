/** The command line: what was asked for, handed to the file of that command. Each is loaded only when it is run. */

import { CATALOGUE, EXIT } from "../model/codes.js";
import { StopError } from "../model/finding.js";

/** What a command gives back: its exit status. */
export type Status = number;

/** Runs one command line. Never throws for what a user can cause. */
export async function run(argv: readonly string[]): Promise<Status> {
  if (argv.length === 1 && (argv[0] === "--version" || argv[0] === "-V")) return printVersion();
  const { parse } = await import("./parse.js");
  const { realWorld } = await import("./world.js");
  const world = realWorld();
  try {
    return await parse(argv, world);
  } catch (error) {
    const stop = error instanceof StopError ? error : internal(error);
    const { failed } = await import("./failed.js");
    failed(world, argv, stop);
    return EXIT[CATALOGUE[stop.code].kind];
  } finally {
    await world.workers.close();
  }
}

async function printVersion(): Promise<Status> {
  const { version } = await import("./version.js");
  process.stdout.write(`${version()}\n`);
  return 0;
}

function internal(error: unknown): StopError {
  const says = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new StopError("INTERNAL", says);
}
