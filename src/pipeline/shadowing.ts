/**
 * npm puts every node_modules/.bin on the way up before PATH when it runs a script: a command called `node` there
 * runs in the place of node, although no script of the package that brings it was allowed.
 */
import { type Finding, finding } from "../model/finding.js";
import { scriptAllowance } from "../trust/lookup.js";
import { type Admitted, linkedCommands } from "./plan.js";
import type { River } from "./river.js";

/** What install scripts, and the first lines of what they call, take for the system's own. */
const TAKEN_FOR_GRANTED = new Set([
  ...["node", "node-gyp", "npm", "npx", "corepack", "sh", "bash", "dash", "zsh", "env", "cmd", "powershell", "pwsh"],
  ...["python", "python2", "python3", "perl", "make", "gmake", "cmake", "cc", "c++", "gcc", "g++", "clang", "clang++"],
  ...[
    "ar",
    "ld",
    "pkg-config",
    "git",
    "curl",
    "wget",
    "tar",
    "unzip",
    "cp",
    "mv",
    "rm",
    "ln",
    "mkdir",
    "chmod",
    "which",
  ],
]);

/**
 * A finding for each package that would put such a command before the system's own. One that is called like its
 * command is what it says (`node-gyp`, `which`), and one whose scripts are allowed runs anyway.
 */
export function shadowing(river: River, admitted: readonly Admitted[]): Finding[] {
  return admitted.flatMap((one) => {
    const { artifact } = one;
    if (scriptAllowance(river.trust, artifact) !== null) return [];
    const commands = Object.keys(linkedCommands(one)).filter(
      (command) => TAKEN_FOR_GRANTED.has(command.toLowerCase()) && command !== artifact.name,
    );
    if (commands.length === 0) return [];
    const says = `${artifact.name}@${artifact.version} brings a command called ${commands.join(", ")}, which install scripts would run in the place of the system's own; no script was run`;
    const help = 'Take the package out, or read it, and allow it under "scripts" in trust.json.';
    return [finding("HANDOFF_UNSEALED", { says, help })];
  });
}
