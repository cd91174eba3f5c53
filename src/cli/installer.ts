/** The installer and the folder that an installation is about, and what every installation into a project shares. */
import { findNpm, type Npm } from "../installer/npm-find.js";
import type { World } from "../model/world.js";
import type { Installation } from "../pipeline/installation.js";
import type { River } from "../pipeline/river.js";
import type { Session } from "../pipeline/session.js";
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

/** The user's own npm, outside the project. Throws StopError INSTALLER_ABSENT. */
export async function findInstaller(world: World, project: string): Promise<Npm> {
  const { node, platform } = world.environment;
  const found = await world.processes.find("npm", project);
  return findNpm(world.files, { found, node, project, platform });
}

/** How npm is to install. */
export function installationBy(npm: Npm, flags: InstallFlags, extra: readonly string[]): Installation {
  const output = formatOf(flags) === "json" ? "stderr" : "inherit";
  return { npm, extra, output, ignoreScripts: flags.ignoreScripts === true };
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
    const outcome = await work(session.river, project, installationBy(npm, flags, extra));
    const installer = `npm ${npm.version}`;
    return conclude(world, { command, flags, session, outcomes: [outcome], installer, startedAt });
  };
  // What the run before left is what this one reads.
  return inTurn(world, project, () => withSession({ world, flags, project, thisPlatform: true, installs: true }, run));
}
