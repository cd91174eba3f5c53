/** Runs secure-install itself in a temporary project, as a user would: another process, its own home, nothing of ours. */
import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Project } from "./project.js";

export interface Run {
  /** Exit status; null if it was killed for taking too long. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** The authority that the server's certificate is from; given by --cafile. */
  readonly caFile?: string;
  /** More variables; one that is undefined is left out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Where to stand; the project's folder unless given. */
  readonly cwd?: string;
  /** Milliseconds. */
  readonly timeout?: number;
}

const KEPT_VARIABLES = ["PATH", "Path", "PATHEXT", "SystemRoot", "ComSpec", "TEMP", "TMP", "TMPDIR"];
/** Commands that know no --cafile. */
const ASKS_NOBODY = new Set(["explain", "trust", "store", "completion"]);
const TIMEOUT_MS = 120_000;

/** The compiled program beside this file, wherever it was compiled to. */
export const MAIN = join(dirname(fileURLToPath(import.meta.url)), "..", "src", "main.js");

/** Runs `secure-install <args>`. Its store is in the project's home. Never rejects for a status other than 0. */
export async function secureInstall(project: Project, args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const kept = KEPT_VARIABLES.map((name) => [name, process.env[name]]).filter(([, value]) => value !== undefined);
  const cache = join(project.home, "cache");
  mkdirSync(cache, { recursive: true });
  const env = { ...Object.fromEntries(kept), HOME: project.home, USERPROFILE: project.home, XDG_CACHE_HOME: cache };
  const given = options.caFile === undefined || ASKS_NOBODY.has(args[0] ?? "") ? [] : [`--cafile=${options.caFile}`];
  const split = args.includes("--") ? args.indexOf("--") : args.length;
  const line = [...args.slice(0, split), ...given, ...args.slice(split)];
  return await new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [MAIN, ...line],
      {
        cwd: options.cwd ?? project.directory,
        env: { ...env, LOCALAPPDATA: cache, ...options.env },
        timeout: options.timeout ?? TIMEOUT_MS,
        maxBuffer: 64 * 1024 * 1024,
      },
      (_error, stdout, stderr) => resolve({ status: child.exitCode, stdout, stderr }),
    );
  });
}
