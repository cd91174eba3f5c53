/** The command line: what was asked for, handed to the file of that command. Each is loaded only when it is run. */

import { CATALOGUE, EXIT } from "../model/codes.js";
import { StopError } from "../model/finding.js";

/** What a command gives back: its exit status. */
export type Status = number;

/** Runs one command line. Never throws for what a user can cause. */
export async function run(argv: readonly string[]): Promise<Status> {
  if (argv.length === 1 && (argv[0] === "--version" || argv[0] === "-V")) return printVersion();
  const [{ parse }, { realWorld }] = await Promise.all([import("./parse.js"), import("./world.js")]);
  const world = realWorld();
  try {
    return await parse(argv, world);
  } catch (error) {
    const stop = error instanceof StopError ? error : (refusedBySystem(error) ?? internal(error));
    const { failed } = await import("./failed.js");
    if (stop.code === "INTERNAL" && argv.includes("--verbose")) world.terminal.err(await stackOf(error));
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

/** Errors of the disk or the system that no program can help. */
const OF_THE_SYSTEM = new Set([
  ...["EACCES", "EPERM", "EROFS", "ENOSPC", "EDQUOT", "EIO", "EMFILE", "ENFILE", "ENOMEM"],
  ...["ENOTDIR", "ELOOP", "ENAMETOOLONG", "EBUSY", "EXDEV", "EISDIR", "ENOTEMPTY", "ETXTBSY"],
]);

function refusedBySystem(error: unknown): StopError | null {
  if (!(error instanceof Error)) return null;
  const { code = "", syscall, path: source, message }: NodeJS.ErrnoException = error;
  // Where something is copied, it is mostly the target that has no room.
  const path = "dest" in error && typeof error.dest === "string" ? error.dest : source;
  if (syscall === undefined || !OF_THE_SYSTEM.has(code)) return null;
  return new StopError("ENVIRONMENT_UNUSABLE", message, path === undefined ? {} : { at: path });
}

function internal(error: unknown): StopError {
  return new StopError("INTERNAL", error instanceof Error ? `${error.name}: ${error.message}` : String(error));
}

/** Lines of our own code, by which the place is found. */
async function stackOf(error: unknown): Promise<string> {
  const { forTerminal } = await import("../report/escape.js");
  const lines = String(error instanceof Error ? (error.stack ?? error.message) : error).split("\n");
  return lines.map((line) => `${forTerminal(line)}\n`).join("");
}
