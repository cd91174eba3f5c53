/**
 * secure-install in this very process, with a world of which a test can change a part: what another process would do
 * at a moment that cannot be hit from outside, and an npm that does other things than npm.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { after } from "node:test";
import type { Project } from "../../registry-fixtures/project.js";
import { failed } from "../../src/cli/failed.js";
import { parse } from "../../src/cli/parse.js";
import { realWorld } from "../../src/cli/world.js";
import { CATALOGUE, EXIT } from "../../src/model/codes.js";
import { StopError } from "../../src/model/finding.js";
import type { Command, Ended, Environment, World } from "../../src/model/world.js";
import { systemProcesses } from "../../src/process/system.js";
import { parseReport, type ShownReport } from "../attacks/shown.js";

export interface Inside {
  readonly status: number;
  /** Without what npm prints. */
  readonly stdout: string;
  readonly stderr: string;
  readonly report: ShownReport;
}

/** Takes the place of one run of npm: `real` does what npm would do. */
export type ActAsNpm = (command: Command, real: () => Promise<Ended>) => Promise<Ended>;

export interface Changes {
  readonly caFile: string;
  /** More variables. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** For `npm ci` and `npm rebuild`, by the name of the command; others run as they are. */
  readonly npm?: Readonly<Record<string, ActAsNpm>>;
  /** Takes a part of the world away, or puts another in its place. */
  readonly world?: (world: World) => World;
  /** Called before each job for a worker, and after it: by its name, `inspect`, `holds` or `hash`. */
  readonly before?: (job: string, input: unknown) => void | Promise<void>;
  readonly after?: (job: string, input: unknown) => void | Promise<void>;
}

/** What a command line printed, npm's own words included, and how it ended. */
export interface Typed {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a command line as it is typed, in the project's folder, with its own home, store and PATH. What npm prints comes
 * to where it would: for a process of its own, this is told apart by nothing but the time it takes.
 */
export async function typeInside(
  project: Project,
  argv: readonly string[],
  env: Changes["env"] = {},
  change: (world: World) => World = (world) => world,
): Promise<Typed> {
  const printed = { out: "", err: "" };
  const environment = environmentOf(project, env);
  const processes = systemProcesses(environment, real.files);
  const world = change({
    ...real,
    environment,
    terminal: terminalTo(printed),
    processes: {
      ...processes,
      run: (command, how) =>
        typeof how.output === "string" ? overheard(command, how.output, printed) : processes.run(command, how),
    },
    workers: { ...real.workers, close: async () => {} },
  });
  const status = await parse(argv, world).catch((error: unknown) => {
    if (!(error instanceof StopError)) throw error;
    failed(world, argv, error);
    return EXIT[CATALOGUE[error.code].kind];
  });
  return { status, stdout: printed.out, stderr: printed.err };
}

/** Runs a command that would write to our own streams. */
function overheard(
  command: Command,
  output: "inherit" | "stderr",
  printed: { out: string; err: string },
): Promise<Ended> {
  const { file, args, cwd, env } = command;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd,
      env: { NODE_V8_COVERAGE: undefined, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.on("data", (piece) => {
      printed[output === "stderr" ? "err" : "out"] += piece;
    });
    child.stderr.on("data", (piece) => {
      printed.err += piece;
    });
    child.on("error", reject);
    child.on("close", (status, signal) => resolve({ status, signal, output: "" }));
  });
}

function terminalTo(printed: { out: string; err: string }): World["terminal"] {
  return {
    ...real.terminal,
    isTTY: false,
    color: false,
    out: (text) => {
      printed.out += text;
    },
    err: (text) => {
      printed.err += text;
    },
  };
}

/** One for a whole file of tests: its thread takes longer to start than most runs take, and two take twice as long. */
const real = realWorld(1);
const { platform, arch, libc, node, cores } = real.environment;
after(() => real.workers.close());

/** Runs a command line with --json in the project's folder, with its own home, store and PATH. */
export async function runInside(project: Project, args: readonly string[], changes: Changes): Promise<Inside> {
  const printed = { out: "", err: "" };
  const environment = environmentOf(project, changes.env ?? {});
  const processes = systemProcesses(environment, real.files);
  const world: World = {
    ...real,
    environment,
    terminal: terminalTo(printed),
    processes: {
      ...processes,
      run: (command, how) => {
        // What npm prints is not for this process's own output.
        const output = typeof how.output === "string" ? { keep: 100_000 } : how.output;
        const silently = () => processes.run(command, { ...how, output });
        const act = changes.npm?.[command.args[1] ?? ""];
        return act === undefined || !isNpm(command) ? silently() : act(command, silently);
      },
    },
    workers: {
      close: async () => {},
      run: async <Result>(job: string, input: unknown): Promise<Result> => {
        await changes.before?.(job, input);
        const result = await real.workers.run<Result>(job, input);
        await changes.after?.(job, input);
        return result;
      },
    },
  };
  const end = args.includes("--") ? args.indexOf("--") : args.length;
  const argv = [...args.slice(0, end), "--json", `--cafile=${changes.caFile}`, ...args.slice(end)];
  const changed = changes.world?.(world) ?? world;
  const status = await parse(argv, changed).catch((error: unknown) => {
    if (!(error instanceof StopError)) throw error;
    failed(changed, argv, error);
    return EXIT[CATALOGUE[error.code].kind];
  });
  const { out: stdout, err: stderr } = printed;
  return { status, stdout, stderr, report: parseReport(stdout, stderr) };
}

function environmentOf(project: Project, more: Changes["env"]): Environment {
  const cache = join(project.home, "cache");
  mkdirSync(cache, { recursive: true });
  const { PATH = "" } = process.env;
  const home = { HOME: project.home, USERPROFILE: project.home, XDG_CACHE_HOME: cache, LOCALAPPDATA: cache };
  const variables = { PATH, ...home, ...more };
  const places = { homeDirectory: project.home, workingDirectory: project.directory };
  return { variables, platform, arch, libc, node, cores, ...places };
}

/** The npm that is said to have ended so, and did nothing. */
export const endedWith = (status: number): Ended => ({ status, signal: null, output: "" });

/** Whether anything was installed. */
export function hasTree(project: Project): boolean {
  return existsSync(join(project.directory, "node_modules"));
}

function isNpm(command: Command): boolean {
  return command.args[0]?.endsWith("npm-cli.js") === true;
}
