/** The workspaces of a project, as npm finds them: by the patterns in package.json, on disk. */
import path from "node:path";
import { StopError } from "../model/finding.js";

/**
 * Folders of all workspaces, relative to the project, with `/`, sorted.
 * Throws StopError LOCKFILE_UNREADABLE for patterns that npm would not take either.
 */
export async function workspaceFolders(
  directory: string,
  manifest: Readonly<Record<string, unknown>>,
): Promise<string[]> {
  if (manifest.workspaces === undefined) return [];
  const { default: mapWorkspaces } = await import("@npmcli/map-workspaces");
  try {
    const found = await mapWorkspaces({ cwd: directory, pkg: manifest });
    return [...found.values()].map((folder) => path.relative(directory, folder).split(path.sep).join("/")).sort();
  } catch (error) {
    const file = path.join(directory, "package.json");
    throw new StopError(
      "LOCKFILE_UNREADABLE",
      `the workspaces in ${file} can't be found: ${(error as Error).message}`,
      { at: file },
    );
  }
}
