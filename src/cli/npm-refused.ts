/** Flags of npm's that mean something else here, each with what to do instead. Others are unknown, or taken. */
import { StopError } from "../model/finding.js";

/** npm's commands that bring something in, or run it. */
export type Wrapped = "install" | "ci" | "update" | "uninstall" | "exec";

const TREE = "what is installed is proven against the lockfile that was verified";

const ALWAYS: Readonly<Record<string, string>> = {
  "--registry": "Where packages come from belongs into .npmrc, and the registry into trust.json.",
  "--no-save": `Leave it out: ${TREE}, so it is written down.`,
  "--no-package-lock": `Leave it out: ${TREE}.`,
  "--package-lock-only": "Lock with npm itself, then run secure-install gate.",
  "--dry-run": "secure-install gate says what would be refused, and installs nothing.",
  "--force": "Nothing is forced past a verdict. For peers that do not fit, there is --legacy-peer-deps.",
  "-f": "Nothing is forced past a verdict. For peers that do not fit, there is --legacy-peer-deps.",
  "--production": "Write --omit=dev.",
  "--prod": "Write --omit=dev.",
  "--only": "Write --omit=dev.",
  "--no-optional": "Write --omit=optional.",
  "--cache": "Bytes come from the store of secure-install; see secure-install store status.",
  "--userconfig": "Settings are read from where npm keeps them.",
  "--globalconfig": "Settings are read from where npm keeps them.",
  "-C": "Go to the folder first.",
  "--install-links": "Set it in .npmrc, where the lockfile is made by it as well.",
  "--install-strategy": "Set it in .npmrc, where the lockfile is made by it as well.",
  "--foreground-scripts": 'Scripts run in the foreground, those that "scripts" in trust.json allows.',
  "--allow-scripts": 'Which scripts may run is said under "scripts" in trust.json.',
  "--dangerously-allow-all-scripts": 'Which scripts may run is said under "scripts" in trust.json.',
  "--no-ignore-scripts": 'Which scripts may run is said under "scripts" in trust.json.',
};

const PARTLY = "Leave it out: the whole tree is installed and proven, never a part of it.";
const NPMS_OWN = "That brings nothing in: run npm itself.";

const OF_COMMAND: Readonly<Record<Wrapped, Readonly<Record<string, string>>>> = {
  install: {},
  ci: Object.fromEntries(
    ["-w", "--workspace", "-ws", "--workspaces", "-iwr", "--include-workspace-root", "-g", "--global"].map((flag) => [
      flag,
      flag === "-g" || flag === "--global" ? "npm ci knows no global packages; there is npm install -g." : PARTLY,
    ]),
  ),
  update: globally("Name the version: secure-install npm install -g <package>@latest."),
  uninstall: globally(NPMS_OWN),
  exec: {
    "-c": "Name the command and its arguments: secure-install npm exec <command> …",
    "--call": "Name the command and its arguments: secure-install npm exec <command> …",
    "-w": "Go to the workspace's folder first.",
    "--workspace": "Go to the workspace's folder first.",
    "-ws": "Go to each workspace's folder.",
    "--workspaces": "Go to each workspace's folder.",
  },
};

function globally(help: string): Readonly<Record<string, string>> {
  return { "-g": help, "--global": help, "--location": help };
}

/** Throws StopError USAGE for the first word that is such a flag. */
export function refuseFlags(command: Wrapped, words: readonly string[]): void {
  const wider = OF_COMMAND[command];
  for (const word of words) {
    const form = word.replace(/=.*$/s, "");
    const table = Object.hasOwn(wider, form) ? wider : ALWAYS;
    if (!Object.hasOwn(table, form) || !form.startsWith("-")) continue;
    throw new StopError("USAGE", `npm ${command} ${form} is not taken here`, { at: form, help: table[form] ?? "" });
  }
}
