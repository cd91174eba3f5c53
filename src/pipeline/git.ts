/**
 * What a repository holds at a commit: no checkout, no hook, no filter, no attribute, no fetch. Names of objects are
 * digests, and what is read is held against them.
 */
import { createHash } from "node:crypto";
import { StopError } from "../model/finding.js";
import { LIMITS } from "../model/limits.js";
import type { World } from "../model/world.js";
import { type Git, openGit } from "./git-open.js";
import { baseMissing, commitOf } from "./git-ref.js";

const MOST_FILES = 5_000;
const MOST_LISTING = 4 * 1024 * 1024;

/**
 * The files below `folder` (its path in the repository, with `/`; "" for the whole of it) as they stand at the commit
 * that `ref` names, by their path below it. Null where there is no such folder. Throws StopError TRUST_BASE_MISSING
 * where the commit, or a part of it, can't be had, and TRUST_MALFORMED where the folder is a link or holds one.
 */
export async function filesAt(
  world: World,
  repository: string,
  ref: string,
  folder: string,
): Promise<ReadonlyMap<string, Uint8Array> | null> {
  const git = await openGit(world, repository);
  const commit = await commitOf(git, ref);
  if (commit === null) throw baseMissing([ref], "it is not in this clone");
  return readFolder(git, commit, folder);
}

interface Entry {
  readonly mode: string;
  readonly id: string;
  /** Bytes; NaN for what is no file. */
  readonly size: number;
  readonly path: string;
}

/** Whether there is anything, of whatever kind, at one of these paths. */
export async function hasAny(git: Git, commit: string, paths: readonly string[]): Promise<boolean> {
  return paths.length > 0 && (await entriesAt(git, commit, paths)).length > 0;
}

/** As `filesAt`, for a commit's full id. */
export async function readFolder(
  git: Git,
  commit: string,
  folder: string,
): Promise<ReadonlyMap<string, Uint8Array> | null> {
  const entries = await entriesAt(git, commit, folder === "" ? [] : [folder]);
  const [first] = entries;
  if (first === undefined) return null;
  const prefix = folder === "" ? "" : `${folder}/`;
  for (const { mode, path: name } of entries) {
    if ((mode === "100644" || mode === "100755") && name.startsWith(prefix)) continue;
    const what = mode === "120000" ? "a symbolic link" : mode === "160000" ? "a submodule" : "not a folder of files";
    throw new StopError(
      "TRUST_MALFORMED",
      `${name} is ${what} at commit ${commit}: what it leads to is not reviewed.`,
      {
        at: name,
        help: "Put the real folder or file in its place.",
      },
    );
  }
  if (entries.length > MOST_FILES) throw tooMuch(folder, `more than ${MOST_FILES} files`);
  const size = entries.reduce((sum, entry) => sum + entry.size, 0);
  if (!(size <= 2 * LIMITS.lockfileBytes)) throw tooMuch(folder, `more than ${2 * LIMITS.lockfileBytes} bytes`);
  const contents = await blobs(git, commit, entries, size);
  return new Map(entries.map((entry, index) => [entry.path.slice(prefix.length), contents[index] ?? new Uint8Array()]));
}

async function entriesAt(git: Git, commit: string, paths: readonly string[]): Promise<readonly Entry[]> {
  const listing = await git.read(["ls-tree", "-r", "-l", "-z", "--full-tree", commit, "--", ...paths], MOST_LISTING);
  if (listing === null) throw baseMissing([commit], "a part of it is not in this clone");
  return listing
    .split("\0")
    .slice(0, -1)
    .map((line) => {
      const [, mode, id = "", size = "", name = ""] = /^(\d{6}) \w+ ([0-9a-f]+) +(\d+|-)\t(.+)$/s.exec(line) ?? [];
      if (mode === undefined) throw baseMissing([commit], "a part of it is not in this clone");
      return { mode, id, size: Number(size), path: Buffer.from(name, "latin1").toString("utf8") };
    });
}

/** The contents of files, in their order. An id is the digest of a header and the bytes, so nothing can be foisted. */
async function blobs(git: Git, commit: string, entries: readonly Entry[], size: number): Promise<Uint8Array[]> {
  const asked = entries.map(({ id }) => `${id}\n`).join("");
  const answer = await git.read(["cat-file", "--batch"], size + entries.length * 256, asked);
  const bytes = Buffer.from(answer ?? "", "latin1");
  let at = 0;
  return entries.map((entry) => {
    const header = `${entry.id} blob ${entry.size}\n`;
    const content = bytes.subarray(at + header.length, at + header.length + entry.size);
    const hash = createHash(entry.id.length === 64 ? "sha256" : "sha1")
      .update(`blob ${entry.size}\0`)
      .update(content);
    if (bytes.toString("latin1", at, at + header.length) !== header || hash.digest("hex") !== entry.id) {
      throw baseMissing([commit], `${entry.path} of it is not in this clone`);
    }
    at += header.length + entry.size + 1;
    return content;
  });
}

function tooMuch(folder: string, what: string): StopError {
  return new StopError("TRUST_MALFORMED", `${folder} holds ${what}.`, { at: folder });
}
