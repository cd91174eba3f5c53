/**
 * npm's lockfiles: package-lock.json and npm-shrinkwrap.json of lockfileVersion 1, 2 and 3.
 * Nothing here is verified; every entry becomes exactly one artifact, with what is wrong with it beside it.
 */
import { createHash } from "node:crypto";
import type { Artifact } from "../model/artifact.js";
import { type Finding, finding, StopError } from "../model/finding.js";
import { LIMITS } from "../model/limits.js";
import { parseBoundedJson } from "./bounded-json.js";
import { toArtifact } from "./npm-artifact.js";
import { type LockedEntry, readEntries } from "./npm-entries.js";
import { asOnDisk, type FolderManifests, fileFolders, foldersIn } from "./npm-folders.js";
import { legacyFindings } from "./npm-legacy.js";
import { readOverrides } from "./npm-overrides.js";
import { asObject, type NpmRoot, readRoot } from "./npm-root.js";
import { readSpec } from "./npm-source.js";
import { syncFindings } from "./npm-sync.js";
import { buildTree, type Tree } from "./npm-tree.js";
import { readNested } from "./npm-v1.js";
import { declaredWorkspaces } from "./npm-workspaces.js";

export interface NpmLockfileContext {
  /** The lockfile's path, for messages and reports. */
  readonly path: string;
  /**
   * The project's package.json, parsed, or null where there is none at hand. It is what people wrote and reviewed, so
   * its workspaces, `file:` dependencies, aliases and overrides count, not the lockfile's copy of them.
   */
  readonly packageJson: unknown;
  /** The parsed package.json of each of the lockfile's folders that has one. Without a project's own they do not count. */
  readonly folders: FolderManifests;
}

export interface NpmLockfile {
  readonly path: string;
  readonly format: "npm";
  readonly lockfileVersion: 1 | 2 | 3;
  /** The lockfile's own copy of the project; version 1 has only name and version. */
  readonly root: NpmRoot;
  /** As many as there are entries, in their order. */
  readonly artifacts: readonly Artifact[];
  /** About the lockfile as a whole. */
  readonly findings: readonly Finding[];
  /** SHA-256 of the bytes, lowercase hex. */
  readonly digest: string;
  /**
   * Whether every artifact of a registry names its tarball's address (`resolved`). Where it does not, npm asks the
   * registry for each package before it looks into its own cache.
   */
  readonly namesResolved: boolean;
}

/** A lockfile's text, taken in: what it says, before it is held against the project. */
export interface ParsedNpmLockfile {
  readonly path: string;
  readonly lockfileVersion: 1 | 2 | 3;
  readonly body: Body;
  /** SHA-256 of the bytes, lowercase hex. */
  readonly digest: string;
  /** Folders of the project that it speaks of, relative to it: their package.json belongs to the context. */
  readonly folders: readonly string[];
}

/**
 * Takes a lockfile in. Throws StopError LOCKFILE_UNREADABLE for what is not one: not sound JSON, too large, too deep,
 * too many entries, of an unknown version, or with fields of types that npm never writes.
 */
export function parseNpmLockfile(bytes: Uint8Array, path: string): ParsedNpmLockfile {
  const { lockfileVersion, document } = readDocument(bytes, path);
  const body = readBody(document, lockfileVersion, path);
  if (body.entries.length > LIMITS.lockfileEntries) {
    throw unreadable(path, `has ${body.entries.length} entries; at most ${LIMITS.lockfileEntries} are read`);
  }
  const digest = createHash("sha256").update(bytes).digest("hex");
  return { path, lockfileVersion, body, digest, folders: foldersIn(body.entries, path) };
}

/** Reads a lockfile by the project that it belongs to. Throws StopError LOCKFILE_UNREADABLE as `parseNpmLockfile`. */
export function readNpmLockfile(parsed: ParsedNpmLockfile, context: NpmLockfileContext): NpmLockfile {
  const { path, lockfileVersion, digest } = parsed;
  const { copy, legacy } = parsed.body;
  const known = context.packageJson !== null;
  const manifests = known ? context.folders : new Map<string, NpmRoot>();
  const entries = parsed.body.entries.map((entry) => asOnDisk(entry, manifests));

  const project = known ? readRoot(context.packageJson) : copy;
  const isWorkspace = declaredWorkspaces(project.workspaces, path);
  const overrides = readOverrides(context.packageJson, project);
  const rootKnown = known || lockfileVersion > 1;
  const isBelieved = (entry: LockedEntry): boolean => standsBehind(entry, known, manifests);
  const tree = buildTree({ entries, root: project, overrides, rootKnown, isWorkspace, isBelieved, path });

  const describesFolders = lockfileVersion > 1;
  const folders = fileFolders(project, entries, isWorkspace);
  const links = { tree, isWorkspace, fileFolders: folders, describesFolders, manifests, known };
  const artifacts = entries.map((entry, index) => {
    const disagreement = legacy.byLocation.get(entry.location) ?? repeated(entry, index, tree);
    return toArtifact(index, entry, links, disagreement === null ? [] : [disagreement]);
  });
  return {
    path,
    format: "npm",
    lockfileVersion,
    root: copy,
    artifacts,
    findings: [
      ...(artifacts.length === 0 ? [empty(path)] : []),
      ...syncFindings({
        project,
        copy: known && describesFolders ? copy : null,
        tree,
        isWorkspace,
        manifests,
        overrides,
      }),
      ...legacy.others,
    ],
    digest,
    namesResolved: artifacts.every(({ source }) => source.type !== "registry" || source.url !== null),
  };
}

/**
 * Whether something stands behind what an entry asks for: the package.json of a folder, or the archive of a package,
 * which is held against it before the package passes. Of git repositories we see no bytes. Where not even the
 * project is at hand, the lockfile is all there is to go by.
 */
function standsBehind(entry: LockedEntry, known: boolean, manifests: FolderManifests): boolean {
  if (entry.folder !== null) return !known || manifests.has(entry.location);
  return entry.resolved === null || readSpec(entry.resolved).kind !== "git";
}

interface Body {
  readonly entries: readonly LockedEntry[];
  readonly copy: NpmRoot;
  readonly legacy: ReturnType<typeof legacyFindings>;
}

/** The entries, from the section that npm 7 and later read. A section that does not belong to the version is refused. */
function readBody(document: Readonly<Record<string, unknown>>, lockfileVersion: 1 | 2 | 3, path: string): Body {
  const { name, version, dependencies } = document;
  if (lockfileVersion === 1) {
    if (Object.hasOwn(document, "packages")) throw unreadable(path, "is of version 1, which has no packages section");
    const entries = readNested(dependencies, path);
    return { entries, copy: readRoot({ name, version }), legacy: { byLocation: new Map(), others: [] } };
  }
  const packages = asObject(document.packages);
  if (packages === null) throw unreadable(path, `is of version ${lockfileVersion}, and has no packages section`);
  const entries = readEntries(packages, path);
  const root = asObject(packages[""] ?? {});
  if (root === null) throw unreadable(path, 'has an entry packages[""] that is no object');
  // npm leaves the section out where nothing is installed.
  const nested = lockfileVersion === 2 ? (dependencies ?? {}) : dependencies;
  return { entries, copy: readRoot({ name, version, ...root }), legacy: legacyFindings(entries, nested, path) };
}

function readDocument(
  bytes: Uint8Array,
  path: string,
): { lockfileVersion: 1 | 2 | 3; document: Readonly<Record<string, unknown>> } {
  const bounds = { path, maxBytes: LIMITS.lockfileBytes, maxDepth: LIMITS.lockfileDepth };
  const document = asObject(parseBoundedJson(bytes, bounds));
  if (document === null) throw unreadable(path, "is JSON, but no object");
  const lockfileVersion = document.lockfileVersion;
  if (lockfileVersion !== 1 && lockfileVersion !== 2 && lockfileVersion !== 3) {
    const got = lockfileVersion === undefined ? "none" : JSON.stringify(lockfileVersion);
    throw unreadable(path, `must have lockfileVersion 1, 2 or 3, and has ${got}`);
  }
  return { lockfileVersion, document };
}

/** Two nodes of version 1 can lead to one place, through a link. */
function repeated(entry: LockedEntry, index: number, tree: Tree): Finding | null {
  if (tree.byLocation.get(entry.location) === index) return null;
  return finding("LOCKFILE_AMBIGUOUS", {
    says: `the lockfile describes ${entry.location} more than once`,
    help: "Let a current npm write the lockfile anew, and review the change.",
  });
}

function empty(path: string): Finding {
  return finding("LOCKFILE_EMPTY", { says: `${path} names no packages` });
}

function unreadable(path: string, what: string): StopError {
  return new StopError("LOCKFILE_UNREADABLE", `${path} ${what}`, { at: path });
}
