/** Runs a program and measures it: time, CPU seconds of it and its children, and the peak memory of each of them. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Measured } from "./alternate.js";

export interface Program {
  /** Absolute path, then its arguments. */
  readonly line: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** What the system knows of a process: GNU time, not the shell's word. */
const TIME = "/usr/bin/time";
const POLL_MS = 50;
const LAST_WORDS = 2000;

export interface Ran extends Measured {
  readonly stdout: string;
}

/** Runs it to its end. Throws where it ends otherwise than with status 0: then there is nothing to compare. */
export async function timed(program: Program): Promise<Ran> {
  if (!existsSync(TIME)) return { ...(await ended(program.line, program)), cpuSeconds: null };
  const folder = mkdtempSync(join(tmpdir(), "bench-time-"));
  const told = join(folder, "told");
  try {
    const ran = await ended([TIME, "-f", "%U %S", "-o", told, ...program.line], program);
    const seconds = (readFileSync(told, "utf8").trim().split("\n").at(-1) ?? "").split(" ").map(Number);
    return { ...ran, cpuSeconds: seconds.reduce((sum, one) => sum + one, 0) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Peak resident memory in bytes; null where the system has no /proc. */
export interface Peak {
  readonly own: number | null;
  /** Of the largest of its children, and their children; null also where it had none. */
  readonly children: number | null;
}

/** Runs it to its end and watches its memory, and that of the processes it starts. */
export async function watched(program: Program): Promise<Peak> {
  let own: number | null = null;
  let children: number | null = null;
  let timer: NodeJS.Timeout | undefined;
  await ended(program.line, program, ({ pid }) => {
    if (pid === undefined) return;
    timer = setInterval(() => {
      own = larger(own, highWater(pid));
      for (const child of below(pid)) children = larger(children, highWater(child));
    }, POLL_MS);
  }).finally(() => clearInterval(timer));
  return { own, children };
}

async function ended(
  [file, ...args]: Program["line"],
  { cwd, env }: Program,
  started: (child: ChildProcess) => void = () => {},
): Promise<{ readonly wallMs: number; readonly stdout: string }> {
  const began = performance.now();
  const child = spawn(file, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  started(child);
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on("data", (piece: Buffer) => out.push(piece));
  child.stderr.on("data", (piece: Buffer) => err.push(piece));
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  const wallMs = performance.now() - began;
  const stdout = Buffer.concat(out).toString("utf8");
  if (status === 0) return { wallMs, stdout };
  const words = `${stdout.slice(-LAST_WORDS)}\n${Buffer.concat(err).toString("utf8").slice(-LAST_WORDS)}`;
  throw new Error(`${[file, ...args].join(" ")} ended with ${status}:\n${words}`);
}

function larger(one: number | null, other: number | null): number | null {
  return one === null || (other !== null && other > one) ? other : one;
}

/** The kernel keeps the peak itself (proc(5), VmHWM), so that nothing is missed between two looks but the very end. */
function highWater(pid: number): number | null {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readOrNothing(`/proc/${pid}/status`)) ?? [];
  return kilobytes === undefined ? null : Number(kilobytes) * 1024;
}

function below(pid: number): readonly number[] {
  const threads = listOrNothing(`/proc/${pid}/task`);
  const children = threads.flatMap((thread) =>
    readOrNothing(`/proc/${pid}/task/${thread}/children`).split(" ").filter(Boolean).map(Number),
  );
  return children.flatMap((child) => [child, ...below(child)]);
}

function readOrNothing(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function listOrNothing(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
