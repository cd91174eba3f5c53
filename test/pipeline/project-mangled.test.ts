/** The project's own package.json, mangled: whoever may change it must not thereby hide an entry of the lockfile. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseNpmLockfile, readNpmLockfile } from "../../src/lockfile/npm.js";
import { readRoot } from "../../src/lockfile/npm-root.js";
import { StopError } from "../../src/model/finding.js";
import type { World } from "../../src/model/world.js";
import { readPackageJson } from "../../src/pipeline/project.js";
import { entry, lock } from "../lockfile/make.js";

const ROOT = {
  name: "project",
  workspaces: ["packages/*"],
  dependencies: { a: "^1.0.0" },
  overrides: { a: { b: "1.0.0" } },
};
const LOCKFILE = parseNpmLockfile(
  lock(ROOT, {
    "node_modules/a": entry("a", "1.0.0"),
    "node_modules/mine": { resolved: "packages/mine", link: true },
    "packages/mine": { version: "1.0.0" },
  }),
  "package-lock.json",
);

/** What is read is an object, and the lockfile still answers for each of its entries; else it is refused by name. */
async function survives(content: Uint8Array): Promise<boolean> {
  const files = { read: async () => Buffer.from(content) };
  const read = readPackageJson({ files } as unknown as World, "/project");
  const packageJson = await read.catch((error: unknown) => {
    assert.ok(error instanceof StopError && error.code === "LOCKFILE_UNREADABLE", String(error));
    return null;
  });
  if (packageJson === null) return false;
  const folders = new Map([["packages/mine", readRoot(packageJson)]]);
  const { artifacts } = readNpmLockfile(LOCKFILE, { path: "package-lock.json", packageJson, folders });
  assert.equal(artifacts.length, 3);
  return true;
}

const SAMPLE = Buffer.from(JSON.stringify(ROOT));

test("no prefix of it is read", async () => {
  assert.ok(await survives(SAMPLE));
  for (let length = 0; length < SAMPLE.length; length++) assert.ok(!(await survives(SAMPLE.subarray(0, length))));
});

test("whatever octet is changed: refused, or as many artifacts as entries", async () => {
  for (let at = 0; at < SAMPLE.length; at++) {
    for (const mask of [0x01, 0x20, 0x80]) {
      const bent = Buffer.from(SAMPLE);
      bent[at] = (bent[at] ?? 0) ^ mask;
      await survives(bent);
    }
  }
});

test("every part of it replaced by every other kind of value, nested a hundred thousand levels deep among them", async () => {
  const deep = `${'{"a":['.repeat(50_000)}${"]}".repeat(50_000)}`;
  for (const key of [
    ...Object.keys(ROOT),
    "devDependencies",
    "optionalDependencies",
    "peerDependencies",
    "__proto__",
  ]) {
    for (const value of [
      "null",
      "0",
      "true",
      '""',
      "[]",
      "{}",
      "[[]]",
      '{"":1}',
      '{"a":{}}',
      '{"__proto__":1}',
      deep,
    ]) {
      assert.ok(await survives(Buffer.from(`{"name":"project","${key}":${value}}`)), `${key}: ${value.slice(0, 20)}`);
    }
  }
});
