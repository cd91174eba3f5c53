/** A project as an installer will read it: its lockfile, its package.json, its folders. */
import path from "node:path";
import { cannotRead, findNpmLockfile, readLockfileBytes } from "../lockfile/find.js";
import { type NpmLockfile, parseNpmLockfile, readNpmLockfile } from "../lockfile/npm.js";
import { type NpmRoot, readRoot } from "../lockfile/npm-root.js";
import type { Artifact } from "../model/artifact.js";
import { type Finding, StopError } from "../model/finding.js";
import { LIMITS } from "../model/limits.js";
import type { World } from "../model/world.js";
import { mapConcurrent } from "./concurrent.js";

const FOLDERS_AT_ONCE = 16;

export interface Project {
  /** Absolute. */
  readonly directory: string;
  readonly lockfile: NpmLockfile;
  /** Of the lockfile and of what lies beside it. */
  readonly findings: readonly Finding[];
}

/** Reads the lockfile that npm would read in `directory`. Throws StopError LOCKFILE_UNREADABLE. */
export async function readProject(world: World, directory: string): Promise<Project> {
  const found = await findNpmLockfile(world.files, directory);
  const lockfile = await readLockfileAt(world, found.path);
  return { directory, lockfile, findings: [...found.findings, ...lockfile.findings] };
}

/** The project of a folder, or of a lockfile wherever it lies (an absolute path). Throws StopError LOCKFILE_UNREADABLE. */
export async function projectAt(world: World, place: string): Promise<Project> {
  if ((await world.files.status(place))?.type === "directory") return readProject(world, place);
  const lockfile = await readLockfileAt(world, place);
  return { directory: path.dirname(place), lockfile, findings: lockfile.findings };
}

/** The project of a folder, or null where no lockfile can be read there. */
export async function lockedProject(world: World, directory: string): Promise<Project | null> {
  try {
    return await readProject(world, directory);
  } catch (error) {
    if (error instanceof StopError && error.code === "LOCKFILE_UNREADABLE") return null;
    throw error;
  }
}

/** Reads one lockfile, wherever it lies; the package.json beside it, and those of its folders, are what people wrote. */
export async function readLockfileAt(world: World, file: string): Promise<NpmLockfile> {
  const parsed = parseNpmLockfile(await readLockfileBytes(world.files, file), file);
  const project = path.dirname(file);
  const packageJson = await readPackageJson(world, project);
  const read = folderReader(world, project);
  const folders = new Map<string, NpmRoot>();
  if (packageJson !== null) {
    await mapConcurrent(parsed.folders, FOLDERS_AT_ONCE, async (folder) => {
      const manifest = await read(folder);
      if (manifest !== null) folders.set(folder, manifest);
    });
  }
  return readNpmLockfile(parsed, { path: file, packageJson, folders });
}

/**
 * What reads the package.json of a project's folders, each by its path relative to the project; null where there is
 * none. Throws StopError LOCKFILE_UNREADABLE for what is no JSON object, and where all together are too large.
 */
export function folderReader(world: World, project: string): (folder: string) => Promise<NpmRoot | null> {
  let left = LIMITS.folderManifestsBytes;
  return async (folder) => {
    const manifest = await readManifest(world, path.join(project, folder));
    left -= manifest?.size ?? 0;
    if (left >= 0) return manifest === null ? null : readRoot(manifest.content);
    const says = `the package.json files of the folders of ${project} are larger than can be read`;
    throw new StopError("LOCKFILE_UNREADABLE", says, { at: project });
  };
}

/** The project's package.json, parsed, or null if there is none. Throws StopError LOCKFILE_UNREADABLE. */
export async function readPackageJson(world: World, directory: string): Promise<Record<string, unknown> | null> {
  return (await readManifest(world, directory))?.content ?? null;
}

/** The same, with its size in bytes. */
async function readManifest(
  world: World,
  directory: string,
): Promise<{ content: Record<string, unknown>; size: number } | null> {
  const file = path.join(directory, "package.json");
  try {
    const bytes = await world.files.read(file, LIMITS.packageJsonBytes);
    if (bytes === null) return null;
    const parsed: unknown = JSON.parse(bytes.toString("utf8").replace(/^\ufeff/, ""));
    if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed))
      return { content: parsed as Record<string, unknown>, size: bytes.length };
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw cannotRead(file, error);
  }
  throw new StopError("LOCKFILE_UNREADABLE", `${file} is not a JSON object`, { at: file, help: "Correct it first." });
}

/** Throws StopError LOCKFILE_UNREADABLE where there is no package.json: npm would install nothing by a lockfile alone. */
export async function requirePackageJson(world: World, directory: string): Promise<void> {
  if ((await readPackageJson(world, directory)) !== null) return;
  const help = "Go to the project's folder, or bring its package.json back.";
  throw new StopError("LOCKFILE_UNREADABLE", `${directory} has a lockfile and no package.json`, {
    at: directory,
    help,
  });
}

/** The folders of workspaces and of root `file:` dependencies, relative to the project. */
export function localFolders(artifacts: readonly Artifact[]): string[] {
  const folders = artifacts.flatMap(({ source, findings }) => {
    // A link that was objected to may lead anywhere.
    if (findings.length > 0) return [];
    if (source.type === "workspace") return [source.path];
    return source.type === "link" ? [source.target] : [];
  });
  return [...new Set(folders)].sort();
}
