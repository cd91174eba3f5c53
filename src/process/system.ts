/** Running other programs. This folder is the only importer of node:child_process. */
import { hostname } from "node:os";
import type { Environment, Files, Processes } from "../model/world.js";
import { findExecutable } from "./find.js";
import { onInterrupt } from "./interrupt.js";
import { runCommand } from "./run.js";

/** The processes of this machine. `environment` gives the PATH to search; a command's own environment is its own. */
export function systemProcesses(environment: Environment, files: Files): Processes {
  return {
    find: (name, outside) => findExecutable(environment, files, name, outside),
    run: (command, how) => runCommand(command, how, environment),
    onInterrupt,
    self: { host: hostname(), pid: process.pid },
    isRunning,
  };
}

/** Signal 0 is delivered to nobody, and only asks. EPERM comes from a process of somebody else, which is there. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
