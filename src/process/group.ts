/** Ending a command together with all that it has started. */
import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import type { Environment } from "../model/world.js";

/** How long a command may take to end in good order before it is killed. */
const GRACE_MS = 2000;

/**
 * Asks the child's whole process group to end, and kills what is left of it when the child has ended, or after two
 * seconds. The child must have been started as the leader of its group (`detached`). Windows knows no groups; there `taskkill /T` ends the
 * child and its descendants.
 */
export function endGroup(child: ChildProcess, environment: Pick<Environment, "platform" | "variables">): void {
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  if (environment.platform === "win32") {
    const taskkill = path.win32.join(environment.variables.SystemRoot ?? "C:\\Windows", "System32", "taskkill.exe");
    spawn(taskkill, ["/PID", String(pid), "/T", "/F"], { stdio: "ignore", windowsHide: true }).on("error", () => {
      child.kill("SIGKILL");
    });
    return;
  }
  signalGroup(child, "SIGTERM");
  const timer = setTimeout(() => signalGroup(child, "SIGKILL"), GRACE_MS);
  child.once("exit", () => {
    clearTimeout(timer);
    // Others of its group may go on without it.
    signalGroup(child, "SIGKILL");
  });
}

/** Sends a signal to the child and all of its group; nothing happens where the group has ended. */
export function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
