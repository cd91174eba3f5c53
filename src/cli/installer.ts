/** The installer and the folder that an installation is about, and what every installation into a project shares. */
import path from "node:path";
import { findNpm, type Npm } from "../installer/npm-find.js";
import type { World } from "../model/world.js";
import type { Installation } from "../pipeline/installation.js";
import type { River } from "../pipeline/river.js";
import type { Session } from "../pipeline/session.js";
import { repositoryRoot } from "../pipeline/trust.js";
import { inTurn } from "../pipeline/turn.js";
import type { Outcome } from "../pipeline.js";
import { conclude } from "./conclude.js";
import { formatOf, type InstallFlags } from "./flags.js";
import { withSession } from "./session.js";

/** This folder with its links resolved: where npm will write. */
export async function realFolder(world: World): Promise<string> {
  const { workingDirectory } = world.environment;
  return (await world.files.realPath(workingDirectory)) ?? workingDirectory;
}

/**
 * The user's own npm, outside the project and the repository that holds it: a folder of either in PATH must not bring its
 * own. A repository around the user's home (of settings, say) holds their programs as well. Throws StopError
 * INSTALLER_ABSENT.
 */
export async function findInstaller(world: World, project: string): Promise<Npm> {
  const { node, platform, homeDirectory } = world.environment;
  const root = await repositoryRoot(world, project);
  const outside = root === null || `${homeDirectory}${path.sep}`.startsWith(`${root}${path.sep}`) ? project : root;
  const found = await world.processes.find("npm", outside);
  return findNpm(world.files, { found, node, project: outside, platform });
}

/** How npm is to install. */
export function installationBy(npm: Npm, flags: InstallFlags, extra: readonly string[]): Installation {
  const output = formatOf(flags) === "json" ? "stderr" : "inherit";
  return { npm, extra, output, ignoreScripts: flags.ignoreScripts === true };
}

/** What a person brings into the project by hand is remembered; a frozen install only reads what was. */
const BRINGING = new Set(["install", "update"]);

async function remembered(
  command: string,
  river: River,
  outcome: Outcome,
): Promise<{ outcome: Outcome; river: River }> {
  if (!BRINGING.has(command) || !outcome.handOff.complete) return { outcome, river };
  const { observeInstalled } = await import("../pipeline/observe.js");
  const { findings, observations } = await observeInstalled(river, outcome.judged);
  return {
    outcome: { ...outcome, findings: [...outcome.findings, ...findings] },
    river: { ...river, trust: { ...river.trust, observations } },
  };
}

/** Does `work` in the project of this folder, when no other run is at work there, and reports under the name `command`. */
export async function withNpm(
  world: World,
  command: string,
  flags: InstallFlags,
  extra: readonly string[],
  work: (river: River, project: string, how: Installation) => Promise<Outcome>,
): Promise<number> {
  const startedAt = world.clock.elapsed();
  const project = await realFolder(world);
  const run = async (session: Session): Promise<number> => {
    const npm = await findInstaller(world, project);
    const done = await work(session.river, project, installationBy(npm, flags, extra));
    const { outcome, river } = await remembered(command, session.river, done);
    const common = { command, flags, session: { ...session, river }, installer: `npm ${npm.version}`, startedAt };
    return conclude(world, { ...common, outcomes: [outcome] });
  };
  // What the run before left is what this one reads.
  return inTurn(world, project, () => withSession({ world, flags, project, thisPlatform: true, installs: true }, run));
}
