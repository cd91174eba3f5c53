/** The folders of a project, by its manifests: before there is a lockfile that names them. */
import path from "node:path";
import { workspaceFolders } from "../ecosystem/npm-workspaces.js";
import { folderTargets } from "../lockfile/npm-folders.js";
import { readRoot } from "../lockfile/npm-root.js";
import { StopError } from "../model/finding.js";
import { LIMITS } from "../model/limits.js";
import type { World } from "../model/world.js";
import { folderReader, readPackageJson } from "./project.js";

/**
 * Workspaces, and what `file:` leads to from the project and from each folder found so far; relative to the project,
 * sorted. What leads out of the project is not among them: it is refused where a lockfile speaks of it.
 */
export async function projectFolders(world: World, directory: string): Promise<string[]> {
  const manifest = await readPackageJson(world, directory);
  if (manifest === null) return [];
  const found = new Set(await workspaceFolders(directory, manifest));
  for (const folder of folderTargets(readRoot(manifest), "")) found.add(folder);
  const read = folderReader(world, directory);
  for (const folder of found) {
    const below = await read(folder);
    for (const target of below === null ? [] : folderTargets(below, folder)) found.add(target);
    if (found.size > LIMITS.projectFolders) {
      const says = `${directory} has more than ${LIMITS.projectFolders} folders of its own`;
      throw new StopError("LOCKFILE_UNREADABLE", says, { at: path.join(directory, "package.json") });
    }
  }
  return [...found].sort();
}
