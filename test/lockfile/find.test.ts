import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import test from "node:test";
import { findNpmLockfile, readLockfileBytes } from "../../src/lockfile/find.js";
import { StopError } from "../../src/model/finding.js";
import { LIMITS } from "../../src/model/limits.js";
import type { EntryType, FileStatus, Files } from "../../src/model/world.js";

const PROJECT = resolve("/project");

/** A folder with these names in it; only what the search may use. */
function folder(entries: Record<string, EntryType>): Files {
  const status = async (path: string): Promise<FileStatus | null> => {
    const name = Object.keys(entries).find((name) => join(PROJECT, name) === path);
    const type = name === undefined ? undefined : entries[name];
    return type === undefined ? null : { type, size: 1, mode: 0o644, mtimeMs: 0 };
  };
  return { status } as Files;
}

async function found(entries: Record<string, EntryType>): Promise<[string, ...string[]]> {
  const { path, name, findings } = await findNpmLockfile(folder(entries), PROJECT);
  assert.equal(path, join(PROJECT, name));
  return [name, ...findings.map(({ code }) => code)];
}

const unreadable = (error: unknown): boolean => error instanceof StopError && error.code === "LOCKFILE_UNREADABLE";

test("finds the lockfile that npm would read", async () => {
  assert.deepEqual(await found({ "package-lock.json": "file" }), ["package-lock.json"]);
  assert.deepEqual(await found({ "npm-shrinkwrap.json": "file" }), ["npm-shrinkwrap.json"]);
});

test("LOCKFILE_AMBIGUOUS: npm-shrinkwrap.json beside package-lock.json", async () => {
  assert.deepEqual(await found({ "package-lock.json": "file", "npm-shrinkwrap.json": "file" }), [
    "npm-shrinkwrap.json",
    "LOCKFILE_AMBIGUOUS",
  ]);
});

test("LOCKFILE_AMBIGUOUS: another installer's lockfile beside npm's", async () => {
  for (const other of ["yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb"]) {
    assert.deepEqual(await found({ "package-lock.json": "file", [other]: "link" }), [
      "package-lock.json",
      "LOCKFILE_AMBIGUOUS",
    ]);
  }
});

test("TREE_SYMLINK: a lockfile that is a symbolic link", async () => {
  assert.deepEqual(await found({ "package-lock.json": "link" }), ["package-lock.json", "TREE_SYMLINK"]);
});

test("LOCKFILE_UNREADABLE: no lockfile, only another installer's, or a folder of that name", async () => {
  await assert.rejects(findNpmLockfile(folder({}), PROJECT), (error) => {
    assert.ok(unreadable(error) && error instanceof StopError);
    assert.match(error.help, /npm install --package-lock-only/);
    return true;
  });
  await assert.rejects(findNpmLockfile(folder({ "yarn.lock": "file" }), PROJECT), /only yarn\.lock/);
  await assert.rejects(findNpmLockfile(folder({ "package-lock.json": "directory" }), PROJECT), unreadable);
  await assert.rejects(findNpmLockfile(folder({ "package-lock.json": "other" }), PROJECT), unreadable);
});

test("LOCKFILE_UNREADABLE: a lockfile that is gone, or larger than what is read", async () => {
  const files = (read: Files["read"]) => ({ read }) as Files;
  const path = join(PROJECT, "package-lock.json");
  const bytes = await readLockfileBytes(
    files(async (_, maxBytes) => Buffer.alloc(maxBytes === LIMITS.lockfileBytes ? 3 : 0)),
    path,
  );
  assert.equal(bytes.length, 3);
  await assert.rejects(
    readLockfileBytes(
      files(async () => null),
      path,
    ),
    unreadable,
  );
  await assert.rejects(
    readLockfileBytes(
      files(async () => Promise.reject(new RangeError("too large"))),
      path,
    ),
    unreadable,
  );
  await assert.rejects(
    readLockfileBytes(
      files(async () => Promise.reject(new Error("EIO"))),
      path,
    ),
    /EIO/,
  );
});
