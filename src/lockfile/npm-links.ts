/**
 * Folders of the project in the place of packages. A link is admitted as a declared workspace under its own name, or
 * as the root's own `file:` dependency, and nowhere else: a lockfile that points `node_modules/lodash` at any folder
 * would have it loaded, and its scripts run (measured with npm 11).
 */
import semver from "semver";
import { type Finding, finding } from "../model/finding.js";
import type { LockedEntry } from "./npm-entries.js";
import type { FileFolders, FolderManifests } from "./npm-folders.js";
import { folderProblem } from "./npm-place.js";
import { folderName } from "./npm-root.js";
import type { Tree } from "./npm-tree.js";
import type { IsWorkspace } from "./npm-workspaces.js";

/** Different ranges for one name, each of which costs time to compare. */
const MAX_RANGES = 1000;

export interface LinkContext {
  readonly tree: Tree;
  readonly isWorkspace: IsWorkspace;
  readonly fileFolders: FileFolders;
  /** Whether the lockfile has entries for folders, with their names and versions: version 1 has not. */
  readonly describesFolders: boolean;
  readonly manifests: FolderManifests;
  /** Whether the project itself is at hand, and so its folders should be. */
  readonly known: boolean;
}

/** Why this link may not be, or null if it may. Where the folder really leads, only the disk can say. */
export function linkFinding(entry: LockedEntry, index: number, context: LinkContext): Finding | null {
  const target = entry.resolved ?? "";
  const refuse = (why: string, expected?: string): Finding =>
    finding("LOCKFILE_LINK", {
      says: `${entry.location} is a link to "${target}", ${why}`,
      expected: expected ?? "a declared workspace, or a file: dependency of the project itself",
      got: target,
    });
  const problem = folderProblem(target);
  if (problem !== null) return refuse(`which is not a folder inside the project: it ${problem}`);
  if (!entry.place.ok || entry.place.place.type !== "package") return refuse("and only node_modules may hold links");
  const { name, inside } = entry.place.place;
  const askers = context.fileFolders.byName.get(name)?.get(target);
  if (inside !== "" && askers?.has(inside) !== true) {
    return refuse("and only the node_modules of the project, or of the folder that asks for it by file:, may hold it");
  }
  if (askers === undefined) {
    if (!context.isWorkspace(target)) return refuse("which the project declares neither as a workspace nor as file:");
    const other = otherName(name, target, context);
    if (other !== null) return refuse("which is a workspace of another name", other);
  }
  return wantedFinding(name, target, askers !== undefined, index, context, refuse);
}

/** The name of the package in the folder, by the lockfile and by the disk, where it is not `name`. */
function otherName(name: string, target: string, context: LinkContext): string | null {
  const called = context.manifests.get(target)?.name ?? null;
  if (called !== null && called !== name) return called;
  if (!context.describesFolders) return null;
  const behind = folderEntry(context.tree, target);
  if (behind === null) return "a workspace that the lockfile describes";
  const written = folderName(behind.name, target);
  return written === name ? null : written;
}

/** The link must also be what dependents mean: nobody who asks a registry for that name may be given a folder. */
function wantedFinding(
  name: string,
  target: string,
  own: boolean,
  index: number,
  context: LinkContext,
  refuse: (why: string, expected?: string) => Finding,
): Finding | null {
  const version = folderEntry(context.tree, target)?.version ?? null;
  const seen = new Set<string>();
  for (const { range, by } of context.tree.asked(index)?.ranges ?? []) {
    if (!own && seen.has(range)) continue;
    seen.add(range);
    if (seen.size > MAX_RANGES) return refuse(`for which more than ${MAX_RANGES} ranges are asked`);
    const who = by?.location ?? "the project";
    if (own) {
      if (isOfProject(by)) continue;
      return refuse(`while ${who} asks a registry for ${name}@${range}`, `${name}@${range} from its registry`);
    }
    // What npm itself takes a workspace for (arborist's dep-valid.js).
    const satisfied = range === "" || range === "*" || (version !== null && semver.satisfies(version, range, true));
    if (!satisfied) {
      return refuse(`version ${version ?? "unknown"}, while ${who} asks for ${name}@${range}`, `${name}@${range}`);
    }
  }
  return null;
}

/** Whether a folder entry stands for a folder that the project declares. */
export function isDeclaredFolder(folder: string, context: LinkContext): boolean {
  return context.isWorkspace(folder) || context.fileFolders.paths.has(folder);
}

function folderEntry(tree: Tree, folder: string): LockedEntry | null {
  const index = tree.byLocation.get(folder);
  return index === undefined ? null : (tree.entries[index] ?? null);
}

function isOfProject(by: LockedEntry | null): boolean {
  return by === null || (by.place.ok && by.place.place.type === "folder");
}
