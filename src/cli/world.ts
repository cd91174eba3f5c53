/** The outside world, built once. Everything below is given it, and reaches out only through it. */
import { availableParallelism, homedir } from "node:os";
import { diskFiles } from "../files/disk.js";
import { EXIT } from "../model/codes.js";
import type { Environment, Terminal, World } from "../model/world.js";
import { workerPool } from "../parallel/pool.js";
import { systemProcesses } from "../process/system.js";

/** The world as this process sees it. `NO_COLOR` and `FORCE_COLOR` are honoured (https://no-color.org). */
export function realWorld(): World {
  const environment = realEnvironment();
  const files = diskFiles();
  return {
    files,
    environment,
    clock: { now: () => Date.now(), elapsed: () => performance.now() },
    terminal: realTerminal(environment),
    processes: systemProcesses(environment, files),
    workers: workerPool(new URL("../worker.js", import.meta.url), Math.max(2, environment.cores)),
  };
}

function realEnvironment(): Environment {
  return {
    variables: { ...process.env },
    platform: process.platform,
    arch: process.arch,
    // Found out only when asked for: node's report takes its time.
    get libc() {
      return libc();
    },
    homeDirectory: homedir(),
    workingDirectory: process.cwd(),
    node: process.execPath,
    cores: availableParallelism(),
  };
}

/** As npm finds it (npm-install-checks): the report names glibc's version where node is linked with it. */
function libc(): string | null {
  if (process.platform !== "linux") return null;
  // Newer than the types of the oldest node here; without it the report looks up every network interface.
  Object.assign(process.report, { excludeNetwork: true });
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string }; sharedObjects?: string[] };
  if (report.header?.glibcVersionRuntime !== undefined) return "glibc";
  const isMusl = report.sharedObjects?.some((name) => name.includes("libc.musl-") || name.includes("ld-musl-"));
  return isMusl === true ? "musl" : null;
}

function realTerminal(environment: Environment): Terminal {
  const { NO_COLOR, FORCE_COLOR } = environment.variables;
  const forced = FORCE_COLOR !== undefined && FORCE_COLOR !== "0";
  const isTTY = process.stderr.isTTY === true;
  process.stdout.on("error", unwritable);
  // What can't be said on stderr can't be said at all.
  process.stderr.on("error", () => {});
  return {
    isTTY,
    columns: process.stderr.columns ?? 80,
    color: !NO_COLOR && (forced || process.stdout.isTTY === true),
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
  };
}

/**
 * A reader that has heard enough (`| head`), or a terminal that was closed, is no error: it must not change the exit
 * status, nor keep us from putting things back. A report that is lost for another reason must not pass unremarked.
 */
function unwritable(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE" || error.code === "EIO") return;
  if (!process.exitCode) process.exitCode = EXIT.config;
  process.stderr.write(`secure-install: the report can't be written: ${error.message}\n`);
}
