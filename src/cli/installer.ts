/** The installer and the folder that an installation is about. */
import { findNpm, type Npm } from "../installer/npm-find.js";
import type { World } from "../model/world.js";

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
