/** The outside world, built once. Everything below is given it, and reaches out only through it. */
import { availableParallelism, homedir } from "node:os";
import { diskFiles } from "../files/disk.js";
import { EXIT } from "../model/codes.js";
import type { Environment, Terminal, World } from "../model/world.js";
import { workerPool } from "../parallel/pool.js";
import { systemProcesses } from "../process/system.js";

/** The world as this process sees it, with so many threads for the work that needs them. */
export function realWorld(threads = Math.max(2, availableParallelism())): World {
  const environment = realEnvironment();
  const files = diskFiles();
  return {
    files,
    environment,
    clock: { now: () => Date.now(), elapsed: () => performance.now() },
    terminal: realTerminal(environment),
    processes: systemProcesses(environment, files),
    workers: workerPool(new URL("../worker.js", import.meta.url), threads),
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

/**
 * Both streams by themselves: a log to which one of them goes gets no colour from the other. A terminal that calls
 * itself dumb can't take back what it shows, and gets no progress.
 */
function realTerminal(environment: Environment): Terminal {
  const { variables } = environment;
  const { stdout, stderr } = process;
  stdout.on("error", unwritable);
  // What can't be said on stderr can't be said at all.
  stderr.on("error", () => {});
  const plain = !isColored(variables, stderr.isTTY === true);
  return {
    isTTY: stderr.isTTY === true && variables.TERM !== "dumb",
    // It changes with the window.
    get columns() {
      return stderr.columns ?? 0;
    },
    color: isColored(variables, stdout.isTTY === true),
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(plain ? text.replace(COLOR, "") : text),
  };
}

const COLOR = /\u001b\[\d*m/g;

/** https://no-color.org first, then https://force-color.org, then whether anybody sees it. */
function isColored({ NO_COLOR, FORCE_COLOR, TERM }: Environment["variables"], isTTY: boolean): boolean {
  if (NO_COLOR) return false;
  if (FORCE_COLOR) return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
  return isTTY && TERM !== "dumb";
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
