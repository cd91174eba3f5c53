/**
 * The folders of a project that a lockfile speaks of: workspaces, and what `file:` leads to. Where they are at hand,
 * their package.json counts, which people wrote and reviewed, and not what the lockfile says of them.
 */
import { posix } from "node:path";
import { StopError } from "../model/finding.js";
import { LIMITS } from "../model/limits.js";
import type { LockedEntry } from "./npm-entries.js";
import { folderProblem } from "./npm-place.js";
import type { NpmRoot } from "./npm-root.js";
import { readSpec } from "./npm-source.js";

/** The package.json of folders, by folder; none of those that could not be looked at. */
export type FolderManifests = ReadonlyMap<string, NpmRoot>;

/** The folders that entries stand for, or link to, as plain paths relative to the project. Throws StopError if too many. */
export function foldersIn(entries: readonly LockedEntry[], path: string): readonly string[] {
  const folders = new Set<string>();
  for (const { place, link, resolved } of entries) {
    const folder = place.ok && place.place.type === "folder" ? place.place.folder : link ? (resolved ?? "") : "";
    if (folder !== "" && folderProblem(folder) === null) folders.add(folder);
  }
  if (folders.size > LIMITS.projectFolders) {
    throw new StopError("LOCKFILE_UNREADABLE", `${path} speaks of more than ${LIMITS.projectFolders} folders`, {
      at: path,
    });
  }
  return [...folders];
}

/** The entry of a folder as its own package.json has it; other entries, and folders that are not at hand, as they are. */
export function asOnDisk(entry: LockedEntry, manifests: FolderManifests): LockedEntry {
  const manifest = entry.folder === null ? undefined : manifests.get(entry.location);
  if (manifest === undefined) return entry;
  return { ...entry, version: manifest.version ?? entry.version, needs: manifest.needs };
}

/** The `file:` dependencies on folders of the project. */
export interface FileFolders {
  /** The folders that a name may lead to, and the folders that say so ("" is the project). */
  readonly byName: ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>;
  readonly paths: ReadonlySet<string>;
}

/** Collects them: those of the project and its workspaces, and those of the folders that these lead to. */
export function fileFolders(
  root: NpmRoot,
  entries: readonly LockedEntry[],
  isWorkspace: (folder: string) => boolean,
): FileFolders {
  const folders = new Map(
    entries.flatMap((entry) => (entry.folder === null ? [] : [[entry.location, entry] as const])),
  );
  const byName = new Map<string, Map<string, Set<string>>>();
  const paths = new Set<string>();
  const waiting: { at: string; needs: NpmRoot["needs"] }[] = [{ at: "", needs: root.needs }];
  for (const [at, { needs }] of folders) if (isWorkspace(at)) waiting.push({ at, needs });
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { at, needs } = next;
    for (const [name, text] of needs.flatMap(({ names }) => Object.entries(names))) {
      const folder = folderAsked(text, at);
      if (folder === null) continue;
      const targets = byName.get(name) ?? new Map<string, Set<string>>();
      byName.set(name, targets.set(folder, (targets.get(folder) ?? new Set()).add(at)));
      const entry = folders.get(folder);
      if (!paths.has(folder) && entry !== undefined && !isWorkspace(folder))
        waiting.push({ at: folder, needs: entry.needs });
      paths.add(folder);
    }
  }
  return { byName, paths };
}

/** The folders, never the project itself, that a package.json in the folder `at` asks for by `file:`. */
export function folderTargets(manifest: NpmRoot, at: string): readonly string[] {
  const texts = manifest.needs.flatMap(({ names }) => Object.values(names));
  return texts.flatMap((text) => folderAsked(text, at) || []);
}

/** The folder of the project that a text asks for from `at`, or null if it asks for something else. */
function folderAsked(text: string, at: string): string | null {
  const spec = readSpec(text);
  if (spec.kind !== "folder") return null;
  const written = spec.text.replace(/^file:/i, "");
  if (written.startsWith("/") || written.includes("%")) return null;
  const folder = posix.join(at, written).replace(/\/+$/, "").replace(/^\.$/, "");
  return folderProblem(folder) === null ? folder : null;
}
