/**
 * What a change makes of the trust store: not how the two differ, but what a merge would do. A branch that forked off
 * earlier lacks what the base has come to since, and would undo none of it.
 */
import { StopError } from "../model/finding.js";
import type { TrustStore } from "../model/policy.js";
import { readStore, type StoreFiles } from "../trust/store.js";
import { type Base, storeFilesAt } from "./base-store.js";
import { forkOf } from "./git-ref.js";
import type { StoreState } from "./owners.js";
import { readCertificate } from "./trust.js";

/**
 * The store as it would be after a merge, file by file; of observed.lock line by line. A file that both sides have
 * changed counts as the change has it. Where it can't be told what a merge would do, the store as the change has it.
 */
export async function mergedStore(base: Base, before: StoreState, after: StoreState, now: number): Promise<TrustStore> {
  const fork = await filesAtFork(base);
  if (fork === null) return after.store;
  const files = new Map<string, Uint8Array>();
  for (const name of new Set([...before.files.keys(), ...after.files.keys()])) {
    const sides = { fork: fork.get(name), ours: before.files.get(name), theirs: after.files.get(name) };
    const bytes = name === "observed.lock" ? mergedLines(sides) : mergedFile(sides);
    if (bytes !== undefined) files.set(name, bytes);
  }
  try {
    return await readStore(files, { directory: base.directory, now }, readCertificate);
  } catch (error) {
    // Each side is well formed by itself; what they are together is for whoever merges them.
    if (error instanceof StopError) return after.store;
    throw error;
  }
}

/** Whether there was no store yet where the change forked off: then it has deleted none. */
export async function forkedBefore(base: Base): Promise<boolean> {
  return (await filesAtFork(base))?.size === 0;
}

/** Null where the change contains the base, and where the fork can't be found or its store can't be read. */
async function filesAtFork({ git, commit, folder }: Base): Promise<StoreFiles | null> {
  const fork = await forkOf(git, commit, "HEAD");
  if (fork === null || fork === commit) return null;
  try {
    return (await storeFilesAt(git, fork, folder)) ?? new Map();
  } catch (error) {
    if (error instanceof StopError) return null;
    throw error;
  }
}

interface Sides {
  readonly fork: Uint8Array | undefined;
  readonly ours: Uint8Array | undefined;
  readonly theirs: Uint8Array | undefined;
}

function mergedFile({ fork, ours, theirs }: Sides): Uint8Array | undefined {
  const isSame = fork === undefined || theirs === undefined ? fork === theirs : Buffer.compare(fork, theirs) === 0;
  return isSame ? ours : theirs;
}

function mergedLines(sides: Sides): Uint8Array | undefined {
  const [fork, theirs] = [linesOf(sides.fork), linesOf(sides.theirs)];
  const kept = [...linesOf(sides.ours)].filter((line) => !fork.has(line) || theirs.has(line));
  const added = [...theirs].filter((line) => !fork.has(line));
  const lines = new Set([...kept, ...added]);
  return lines.size === 0 ? undefined : Buffer.from([...lines].map((line) => `${line}\n`).join(""));
}

function linesOf(bytes: Uint8Array | undefined): Set<string> {
  const lines = Buffer.from(bytes ?? [])
    .toString("utf8")
    .split(/\r?\n/);
  return new Set(lines.filter((line) => line !== ""));
}
