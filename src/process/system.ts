/** Running other programs. This folder is the only importer of node:child_process. */
import type { Environment, Files, Processes } from "../model/world.js";
import { findExecutable } from "./find.js";
import { runCommand } from "./run.js";

/** The processes of this machine. `environment` gives the PATH to search; a command's own environment is its own. */
export function systemProcesses(environment: Environment, files: Files): Processes {
  return {
    find: (name, outside) => findExecutable(environment, files, name, outside),
    run: (command, how) => runCommand(command, how, environment),
  };
}
