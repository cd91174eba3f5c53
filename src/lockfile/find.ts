/**
 * Which lockfile npm would read in a folder, and what lies beside it that would make another one count.
 *
 * - npm-shrinkwrap.json beside package-lock.json: npm 11 reads the first, npm 12 the second (measured).
 * - yarn.lock beside either: npm takes addresses and digests from it for entries that have none (arborist's
 *   Shrinkwrap.addEdge), and Yarn would install by it.
 * - The lockfile of pnpm or Bun: npm does not read it, but whoever runs those installs what was never verified here.
 *
 * So each of them is LOCKFILE_AMBIGUOUS: what is verified must be the only thing that can be installed by.
 */
import { join } from "node:path";
import { type Finding, finding, StopError } from "../model/finding.js";
import { LIMITS } from "../model/limits.js";
import type { Files } from "../model/world.js";

/** In the order in which npm 11 takes them. */
const OF_NPM = ["npm-shrinkwrap.json", "package-lock.json"] as const;
const OF_OTHERS = ["yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb"] as const;

export interface FoundLockfile {
  /** Absolute. */
  readonly path: string;
  readonly name: (typeof OF_NPM)[number];
  readonly findings: readonly Finding[];
}

/**
 * Finds npm's lockfile in a folder (an absolute path). Findings: LOCKFILE_AMBIGUOUS, and TREE_SYMLINK for a lockfile
 * that is a symbolic link (do not read through it). Throws StopError LOCKFILE_UNREADABLE where there is none.
 */
export async function findNpmLockfile(files: Files, directory: string): Promise<FoundLockfile> {
  const present = await existing(files, directory, OF_NPM);
  const others = await existing(files, directory, OF_OTHERS);
  const name = present[0];
  if (name === undefined) throw none(directory, others);
  const path = join(directory, name);
  const type = (await files.status(path))?.type;
  if (type !== "file" && type !== "link") {
    throw new StopError("LOCKFILE_UNREADABLE", `${path} is not a file`, { at: path });
  }
  const beside = [...present.slice(1), ...others];
  return {
    path,
    name,
    findings: [
      ...(type === "link" ? [symbolic(name)] : []),
      ...(beside.length > 0 ? [ambiguous([name, ...beside])] : []),
    ],
  };
}

/** LOCKFILE_AMBIGUOUS where npm's lockfile, which is yet to be made perhaps, would lie beside another; else null. */
export async function lockfilesBeside(files: Files, directory: string): Promise<Finding | null> {
  const present = await existing(files, directory, OF_NPM);
  const others = await existing(files, directory, OF_OTHERS);
  const all = [...(present.length === 0 ? ["package-lock.json"] : present), ...others];
  return all.length > 1 ? ambiguous(all) : null;
}

/** The bytes of a lockfile. Throws StopError LOCKFILE_UNREADABLE if it is gone, or larger than what is read. */
export async function readLockfileBytes(files: Files, path: string): Promise<Uint8Array> {
  let bytes: Uint8Array | null;
  try {
    bytes = await files.read(path, LIMITS.lockfileBytes);
  } catch (error) {
    if (!(error instanceof RangeError)) throw cannotRead(path, error);
    const most = `${LIMITS.lockfileBytes} bytes`;
    throw new StopError("LOCKFILE_UNREADABLE", `${path} is larger than the ${most} that are read`, { at: path });
  }
  if (bytes === null) {
    const help = "Give the path of a lockfile, or of a folder that has one.";
    throw new StopError("LOCKFILE_UNREADABLE", `${path} does not exist`, { at: path, help });
  }
  return bytes;
}

/** Whatever keeps us from reading a file: no permission, or a folder, a pipe or a device in its place. */
export function cannotRead(file: string, error: unknown): StopError {
  const says = `${file} can't be read: ${error instanceof Error ? error.message : String(error)}`;
  const help = "Put a plain file in its place that you may read.";
  return new StopError("LOCKFILE_UNREADABLE", says, { at: file, help });
}

async function existing<Name extends string>(
  files: Files,
  directory: string,
  names: readonly Name[],
): Promise<readonly Name[]> {
  const found = await Promise.all(names.map((name) => files.status(join(directory, name))));
  return names.filter((_, index) => found[index] !== null);
}

function none(directory: string, others: readonly string[]): StopError {
  const but = others.length > 0 ? `, only ${others.join(", ")}, which npm does not install by` : "";
  return new StopError("LOCKFILE_UNREADABLE", `${directory} has no package-lock.json${but}`, {
    at: directory,
    help: "Go to the project's folder, or write one with `npm install --package-lock-only --ignore-scripts`, review it, and commit it.",
  });
}

function symbolic(name: string): Finding {
  return finding("TREE_SYMLINK", { says: `${name} is a symbolic link`, expected: "a file", got: "a symbolic link" });
}

function ambiguous(names: readonly string[]): Finding {
  return finding("LOCKFILE_AMBIGUOUS", {
    says: `lockfiles that an installer could choose between lie side by side: ${names.join(", ")}`,
    expected: "one lockfile",
    got: names.join(", "),
    help: "Keep the one that you install by, and delete the others.",
  });
}
