/** The trust store as it stands at a commit. */
import { StopError } from "../model/finding.js";
import { FOLDERS, readStore, type StoreFiles, storeFileLimit } from "../trust/store.js";
import { hasAny, readFolder } from "./git.js";
import type { Git } from "./git-open.js";
import type { StoreState } from "./owners.js";
import { readCertificate } from "./trust.js";

/** A base that was named: the commit, and where in the repository the store lies. */
export interface Base {
  readonly git: Git;
  readonly commit: string;
  /** How it was named: `origin/main`, or `refs/remotes/origin/main (GitLab CI)`. */
  readonly name: string;
  /** Absolute path of the store's folder. */
  readonly directory: string;
  /** The same as a path in the repository, with `/`. */
  readonly folder: string;
  /** Where no store may lie; paths in the repository. */
  readonly nested: readonly string[];
}

/**
 * Reads the store at the base's commit; null where there is none yet. Throws StopError TRUST_NESTED and
 * TRUST_MALFORMED, whose messages say that it is the base's store that is wrong.
 */
export async function storeAt(base: Base, now: number): Promise<StoreState | null> {
  const { git, commit, directory, folder, nested } = base;
  if (await hasAny(git, commit, nested)) {
    const says = `At ${base.name} (${commit}) a trust store lies below the repository's root, in ${nested.join(" or ")}.`;
    throw new StopError("TRUST_NESTED", says, { at: base.name });
  }
  try {
    const files = await storeFilesAt(git, commit, folder);
    return files === null ? null : { files, store: await readStore(files, { directory, now }, readCertificate) };
  } catch (error) {
    if (!(error instanceof StopError) || error.code !== "TRUST_MALFORMED") throw error;
    const at = `${commit.slice(0, 12)}:${error.at ?? folder}`;
    throw new StopError(error.code, `At ${base.name}: ${error.message}`, { at, help: error.help });
  }
}

/** The files of a store that have a meaning, as they stand at a commit. Throws StopError TRUST_MALFORMED. */
export async function storeFilesAt(git: Git, commit: string, folder: string): Promise<StoreFiles | null> {
  const all = await readFolder(git, commit, folder);
  return all === null ? null : withMeaning(all);
}

/**
 * As for files on the disk: README.md, and what begins with a dot, are passed over. Throws StopError TRUST_MALFORMED for
 * what does not belong into a store.
 */
export function withMeaning(files: StoreFiles): StoreFiles {
  return new Map([...files].filter(([name]) => hasMeaning(name)));
}

function hasMeaning(name: string): boolean {
  const [first = "", second] = name.split("/");
  const inside = second !== undefined && FOLDERS.some((folder) => folder === first);
  return storeFileLimit(inside ? `${first}/${second}` : first) !== null;
}
