/** Finds the trust store of a project and reads its files from disk. */
import { basename, dirname, join, relative, sep } from "node:path";
import { StopError } from "../model/finding.js";
import type { TrustStore } from "../model/policy.js";
import type { EntryType, Files } from "../model/world.js";
import { malformed } from "./json.js";
import { builtinStore, FOLDERS, type ReadCertificate, readStore, type StoreFiles, storeFileLimit } from "./store.js";

export const STORE_FOLDER = ".secure-install";

const MOST_FILES = 1_000;

export interface Where {
  /** Absolute path of the project's folder. */
  readonly project: string;
  /** Absolute path of the repository that holds it, or null outside of one. */
  readonly repositoryRoot: string | null;
  /** Absolute path of the store that `--trust` names, or null. */
  readonly directory: string | null;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * Loads the store of a project: the one that `--trust` names, else `.secure-install` at the repository's root,
 * else in the project's folder outside of a repository. Without a store the built-in floor applies. Throws
 * StopError: TRUST_NESTED where another store lies between project and root, TRUST_MALFORMED for a named store
 * that is missing, a symbolic link, a file that can't be read, or content that is not what it must be.
 */
export async function loadTrust(files: Files, where: Where, readCertificate: ReadCertificate): Promise<TrustStore> {
  const directory = where.directory ?? (await findStore(files, where));
  if (directory === null) return builtinStore();
  const contents = await readStoreFiles(files, directory);
  return readStore(contents, { directory, now: where.now }, readCertificate);
}

/** The store's folder at the root, or null if there is none there. Throws StopError TRUST_NESTED. */
export async function findStore(
  files: Files,
  where: Pick<Where, "project" | "repositoryRoot">,
): Promise<string | null> {
  const root = where.repositoryRoot ?? where.project;
  for (const folder of await foldersBelow(files, root, where.project)) {
    const nested = join(folder, STORE_FOLDER);
    if ((await readable(nested, () => files.status(nested))) !== null) {
      throw new StopError("TRUST_NESTED", `${nested} lies below the repository's root, ${root}.`, { at: nested });
    }
  }
  const directory = join(root, STORE_FOLDER);
  return (await readable(STORE_FOLDER, () => files.status(directory))) === null ? null : directory;
}

/** The folders from the project up to, and without, the root. By real paths, since either may come through a link. */
async function foldersBelow(files: Files, root: string, project: string): Promise<readonly string[]> {
  const top = (await files.realPath(root)) ?? root;
  const folders: string[] = [];
  for (let folder = (await files.realPath(project)) ?? project; folder !== top; folder = dirname(folder)) {
    if (relative(top, folder).split(sep)[0] === ".." || dirname(folder) === folder) {
      throw new StopError("INTERNAL", `the project ${project} does not lie in the repository ${root}`);
    }
    folders.push(folder);
  }
  return folders;
}

/**
 * The bytes of every file of the store in `directory` (absolute) that has a meaning. Throws StopError TRUST_MALFORMED.
 */
export async function readStoreFiles(files: Files, directory: string): Promise<StoreFiles> {
  const names: { readonly name: string; readonly type: EntryType }[] = [];
  for (const entry of await listFolder(files, directory, basename(directory))) {
    if (!FOLDERS.some((folder) => folder === entry.name)) {
      names.push(entry);
      continue;
    }
    const inside = await listFolder(files, join(directory, entry.name), entry.name);
    if (inside.length > MOST_FILES) throw malformed(entry.name, `${entry.name}/ holds more than ${MOST_FILES} files.`);
    names.push(...inside.map(({ name, type }) => ({ name: `${entry.name}/${name}`, type })));
  }
  const contents = new Map<string, Uint8Array>();
  for (const { name, type } of names) {
    const limit = storeFileLimit(name);
    if (limit !== null) contents.set(name, await readFile(files, join(directory, name), name, type, limit));
  }
  return contents;
}

type Entries = NonNullable<Awaited<ReturnType<Files["list"]>>>;

async function listFolder(files: Files, path: string, name: string): Promise<Entries> {
  const status = await readable(name, () => files.status(path));
  if (status === null) throw malformed(name, `The trust store ${path} does not exist.`);
  if (status.type === "link") throw linked(name);
  if (status.type !== "directory") throw malformed(name, `${name} must be a folder.`);
  return (await readable(name, () => files.list(path))) ?? [];
}

async function readFile(files: Files, path: string, name: string, type: EntryType, limit: number): Promise<Uint8Array> {
  if (type === "link") throw linked(name);
  if (type !== "file") throw malformed(name, `${name} must be a file.`);
  const bytes = await readable(name, () => files.read(path, limit));
  if (bytes === null) throw malformed(name, `${name} was there, and then it was not.`);
  return bytes;
}

function linked(name: string): StopError {
  return malformed(
    name,
    `${name} is a symbolic link: what lies behind it is not what was reviewed.`,
    "Put the real folder or file in its place.",
  );
}

/** What is there and can't be read must stop the run: a store that silently counts as missing protects nobody. */
async function readable<Value>(name: string, read: () => Promise<Value>): Promise<Value> {
  try {
    return await read();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const says = error instanceof RangeError ? `${name} is too large.` : `${name} can't be read: ${why}`;
    throw malformed(name, says, "See that it is a plain file that you may read.");
  }
}
