import assert from "node:assert/strict";
import test from "node:test";
import { declaredWorkspaces } from "../../src/lockfile/npm-workspaces.js";
import { StopError } from "../../src/model/finding.js";
import { lock, read, unreadable } from "./make.js";

function declares(patterns: string[], folder: string): boolean {
  return declaredWorkspaces(patterns, "package-lock.json")(folder);
}

test("understands the patterns that people write", () => {
  for (const [pattern, folder] of [
    ["packages/*", "packages/a"],
    ["./packages/*/", "packages/a"],
    ["/packages/a", "packages/a"],
    ["packages/a", "packages/a"],
    ["packages/**", "packages/a/b/c"],
    ["**/lib", "packages/a/lib"],
    ["packages/@s/*", "packages/@s/a"],
    ["packages/{a,b}", "packages/b"],
    ["packages/a?c", "packages/abc"],
    ["packages/*-plugin", "packages/x-y-plugin"],
    ["packages/.hidden", "packages/.hidden"],
  ] as const) {
    assert.equal(declares([pattern], folder), true, `${pattern} ${folder}`);
  }
});

test("declares nothing beyond them", () => {
  for (const [pattern, folder] of [
    ["packages/*", "packages"],
    ["packages/*", "packages/a/b"],
    ["packages/*", "packages/.hidden"],
    ["packages/**", "packages/.hidden/a"],
    ["packages/a", "packages/A"],
    ["packages/a", "packages/ab"],
    ["packages/*-plugin", "packages/plugin"],
    ["", ""],
    ["*", ""],
    ["packages/[ab]", "packages/a"],
    ["packages/+(a)", "packages/a"],
    ["packages/{a", "packages/a"],
  ] as const) {
    assert.equal(declares([pattern], folder), false, `${pattern} ${folder}`);
  }
});

test("an exclusion holds unless a later pattern takes it back", () => {
  assert.equal(declares(["packages/*", "!packages/b"], "packages/b"), false);
  assert.equal(declares(["!packages/b", "packages/*"], "packages/b"), false);
  assert.equal(declares(["packages/*", "!packages/b", "packages/b"], "packages/b"), true);
  assert.equal(declares(["packages/*", "!packages/b"], "packages/a"), true);
});

test("patterns made to be slow are bounded", () => {
  const slow = `${"*a".repeat(400)}b`;
  assert.equal(declares([slow], "a".repeat(1000)), false);
  assert.equal(declares([Array.from({ length: 400 }, () => "**").join("/")], "a/".repeat(400)), false);
  assert.equal(declares(["{a,b}".repeat(100)], "a".repeat(100)), false);
  assert.throws(
    () =>
      declares(
        Array.from({ length: 101 }, (_, index) => `*${index}`),
        "a",
      ),
    (error) => error instanceof StopError && error.code === "LOCKFILE_UNREADABLE",
  );
});

test("many deep folders under many long patterns end in bounded time", () => {
  const deep = (index: number): string => `${"a/".repeat(400)}${index}`;
  const packages = Object.fromEntries(Array.from({ length: 400 }, (_, index) => [deep(index), { version: "1.0.0" }]));
  const workspaces = Array.from({ length: 90 }, (_, index) => `${"**/*a*/".repeat(100)}${index}`);
  const before = performance.now();
  const stopped = unreadable(lock({ workspaces }, packages));
  assert.match(stopped.message, /more patterns and folders than can be compared/);
  assert.ok(performance.now() - before < 20_000);
  const plain = Array.from({ length: 90 }, (_, index) => `${"*/".repeat(400)}${index}`);
  assert.equal(read(lock({ workspaces: plain }, packages)).artifacts.length, 400);
});

test("an exclusion that is not understood stops the run: for npm it may exclude a folder", () => {
  for (const pattern of ["!packages/[b]", "!packages/@(b)", "!packages/{a..b}", `!${"a".repeat(2000)}`]) {
    assert.throws(() => declaredWorkspaces(["packages/*", pattern], "x"), /exclusion that is not understood/, pattern);
  }
  assert.equal(declares(["packages/[ab]"], "packages/a"), false);
});

test("a pattern of very many slashes costs nothing", () => {
  const before = performance.now();
  assert.equal(declares([`a${"/".repeat(2_000_000)}b`], "a/b"), false);
  assert.ok(performance.now() - before < 2_000);
});
