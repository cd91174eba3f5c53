/**
 * npm puts every node_modules/.bin on the way up before PATH when it runs a script: a command called `node` there
 * runs in the place of node, although no script of the package that brings it was allowed.
 */
import path from "node:path";
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
 * A finding where a script at one of `locations` would find another command under such a name: on the way from its
 * folder up to the root of the disk, whoever put it there (a package, a workspace, a folder above the project).
 */
export async function shadowing(
  river: River,
  project: string,
  admitted: readonly Admitted[],
  locations: readonly string[],
): Promise<Finding[]> {
  const known = expectedCommands(river, admitted);
  const found: string[] = [];
  for (const bin of binFolders(project, locations)) {
    for (const { name } of (await river.world.files.list(bin)) ?? []) {
      const command = name.replace(/\.(?:cmd|ps1|exe|bat|com)$/i, "").toLowerCase();
      if (TAKEN_FOR_GRANTED.has(command) && !known.has(command)) found.push(path.join(bin, name));
    }
  }
  if (found.length === 0) return [];
  const says = `install scripts would run ${found.slice(0, 5).join(", ")} in the place of the system's own; none was run`;
  const help = 'Remove what brings it, or read that package, and allow it under "scripts" in trust.json.';
  return [finding("HANDOFF_UNSEALED", { says, help })];
}

/** A package called like its command is what it says (`node-gyp`, `which`); one whose scripts are allowed runs anyway. */
function expectedCommands(river: River, admitted: readonly Admitted[]): ReadonlySet<string> {
  const commands = admitted.flatMap((one) => {
    const isAllowed = scriptAllowance(river.trust, one.artifact) !== null;
    return Object.keys(linkedCommands(one)).filter((command) => isAllowed || command === one.artifact.name);
  });
  const brought = admitted.flatMap((one) => (scriptAllowance(river.trust, one.artifact) === null ? foreign(one) : []));
  return new Set(commands.filter((command) => !brought.includes(command)));
}

/** Commands under another name than the package's own. */
function foreign(one: Admitted): string[] {
  return Object.keys(linkedCommands(one)).filter((command) => command !== one.artifact.name);
}

function binFolders(project: string, locations: readonly string[]): string[] {
  const folders = new Set<string>();
  for (const location of locations) {
    for (let at = path.join(project, location); !folders.has(at); at = path.dirname(at)) folders.add(at);
  }
  return [...folders].map((folder) => path.join(folder, "node_modules", ".bin"));
}
