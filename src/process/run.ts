/** Running one command to its end. */
import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import path from "node:path";
import { isatty } from "node:tty";
import { StopError } from "../model/finding.js";
import type { Command, Ended, Environment, Processes } from "../model/world.js";
import { endGroup, signalGroup } from "./group.js";
import { onInterrupt } from "./interrupt.js";

/** A program that has ended may leave another behind which holds its pipes open. It is not waited for any longer. */
const PIPES_MS = 1000;
/** How long a child may take to end after the first interrupt, and with which one it is ended at once. */
const STUBBORN_MS = 30_000;
const STUBBORN_TIMES = 3;
/** What a terminal sends to all programs that share it. */
const OF_THE_TERMINAL: ReadonlySet<string> = new Set(["SIGINT", "SIGQUIT", "SIGBREAK"]);

/**
 * Starts `command` without a shell, with exactly its environment, and waits for its end.
 *
 * On Windows a `.cmd` or `.bat` file runs in a shell whatever one does, and cmd.exe reads arguments anew
 * (CVE-2024-27980), so such files are refused: npm.cmd is run as `node npm-cli.js` by whoever makes the command.
 *
 * A command that may be timed out, or whose output is kept, gets a process group of its own, and the timeout ends
 * the whole group. One that shares our terminal stays in our group, or it could not read from the terminal.
 *
 * Throws StopError HANDOFF_FAILED where the command can't be started. Ending badly is no error: see `Ended`.
 */
export async function runCommand(
  command: Command,
  how: Parameters<Processes["run"]>[1],
  environment: Pick<Environment, "platform" | "variables">,
): Promise<Ended> {
  const windows = environment.platform === "win32";
  if (!path.isAbsolute(command.file)) throw new Error(`the path of a command must be absolute: ${command.file}`);
  if (windows && /\.(cmd|bat)$/i.test(command.file)) {
    throw new StopError("HANDOFF_FAILED", `${command.file} would run in a shell, which reads its arguments anew`);
  }
  const shares = how.timeoutMs === undefined && typeof how.output === "string";
  const grouped = !shares && !windows;
  const child = spawn(command.file, command.args, {
    cwd: command.cwd,
    // Without the first entry, Node adds its own NODE_V8_COVERAGE to what was given.
    env: { NODE_V8_COVERAGE: undefined, ...command.env },
    stdio: stdioOf(how.output),
    detached: grouped,
    windowsHide: true,
    shell: false,
  });
  const stopPassing = passSignals(child, grouped, shares && isatty(0));
  const output = typeof how.output === "string" ? () => "" : keepOutput(child, how.output);
  if (typeof how.output !== "string" && how.output.input !== undefined) give(child, how.output.input);
  const timer = how.timeoutMs === undefined ? null : setTimeout(() => endGroup(child, environment), how.timeoutMs);
  try {
    const ended = await endOf(child, command.file);
    return { ...ended, output: output() };
  } finally {
    if (timer !== null) clearTimeout(timer);
    stopPassing();
  }
}

function stdioOf(output: Parameters<Processes["run"]>[1]["output"]): StdioOptions {
  if (output === "inherit") return "inherit";
  if (output === "stderr") return ["inherit", 2, "inherit"];
  return [output.input === undefined ? "ignore" : "pipe", "pipe", "pipe"];
}

/** What a program leaves unread is nobody's loss: how it ended says whether it had what it needed. */
function give(child: ChildProcess, input: Uint8Array): void {
  child.stdin?.on("error", () => {});
  child.stdin?.end(input);
}

/** Collects both streams as they come, up to a bound. What is beyond it is read and dropped, so nothing gets stuck. */
function keepOutput(child: ChildProcess, { keep, binary = false }: { keep: number; binary?: boolean }): () => string {
  const pieces: Buffer[] = [];
  let left = keep;
  const take = (piece: Buffer): void => {
    if (left <= 0) return;
    pieces.push(piece.subarray(0, left));
    left -= piece.length;
  };
  child.stdout?.on("data", take);
  child.stderr?.on("data", binary ? () => {} : take);
  return () => Buffer.concat(pieces).toString(binary ? "latin1" : "utf8");
}

/**
 * Hands our signals on to the child, and outlives them to see how it ends. A Ctrl-C on a terminal that we share
 * reaches the child without us: passed on, it would come twice, which some programs take as an order to drop all.
 * A child that does not end for it is ended: after a while, or when somebody insists.
 */
function passSignals(child: ChildProcess, grouped: boolean, terminal: boolean): () => void {
  let times = 0;
  let timer: NodeJS.Timeout | null = null;
  const kill = (): void => {
    if (grouped) signalGroup(child, "SIGKILL");
    else child.kill("SIGKILL");
  };
  const stop = onInterrupt((signal) => {
    times += 1;
    timer ??= setTimeout(kill, STUBBORN_MS);
    if (times >= STUBBORN_TIMES) kill();
    else if (grouped) signalGroup(child, signal);
    else if (!(terminal && OF_THE_TERMINAL.has(signal))) child.kill(signal);
  });
  return () => {
    stop();
    if (timer !== null) clearTimeout(timer);
  };
}

function endOf(child: ChildProcess, file: string): Promise<Pick<Ended, "status" | "signal">> {
  return new Promise((resolve, reject) => {
    child.once("error", (error) => {
      if (child.pid === undefined) reject(new StopError("HANDOFF_FAILED", `${file} did not start: ${error.message}`));
    });
    child.once("exit", (status, signal) => {
      const give = (): void => {
        child.stdout?.destroy();
        child.stderr?.destroy();
        resolve({ status, signal });
      };
      const timer = setTimeout(give, PIPES_MS);
      child.once("close", () => {
        clearTimeout(timer);
        give();
      });
    });
  });
}
