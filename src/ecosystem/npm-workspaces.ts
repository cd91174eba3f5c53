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
  refuseWidePatterns(directory, manifest.workspaces);
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

const MOST_PATTERNS = 100;
const LONGEST_PATTERN = 1024;

/** A pattern that leads out of the project, or searches it many times over, would have us look at the whole disk. */
function refuseWidePatterns(directory: string, workspaces: unknown): void {
  const listed = Array.isArray(workspaces) ? workspaces : (workspaces as { packages?: unknown } | null)?.packages;
  const patterns: unknown[] = Array.isArray(listed) ? listed : [];
  const isWide = (pattern: unknown): boolean => {
    if (typeof pattern !== "string" || pattern.length > LONGEST_PATTERN || path.isAbsolute(pattern)) return true;
    const segments = pattern.replace(/^!/, "").split(/[/\\]/);
    return (
      segments.includes("..") ||
      segments.filter((segment) => segment.includes("**")).length > 1 ||
      /^[/\\]/.test(pattern)
    );
  };
  if (patterns.length <= MOST_PATTERNS && !patterns.some(isWide)) return;
  const file = path.join(directory, "package.json");
  const says = `the workspaces in ${file} lead out of the project, or are more than can be searched`;
  throw new StopError("LOCKFILE_UNREADABLE", says, {
    at: file,
    help: "Name the workspaces' folders, at most with one **.",
  });
}
