import assert from "node:assert/strict";
import test from "node:test";
import { allCodes, at, codes, entry, lock, OTHER_SHA512, read, SHA512, tarball } from "./make.js";

type Json = Record<string, unknown>;

const ROOT = { dependencies: { a: "1", alias: "npm:real@1", fork: "file:fork" } };
const PACKAGES = {
  "node_modules/a": entry("a", "1.0.0", { dependencies: { b: "1" } }),
  "node_modules/a/node_modules/b": entry("b", "1.0.0"),
  "node_modules/alias": entry("real", "1.0.0", { name: "real" }),
  "node_modules/fork": { resolved: "fork", link: true },
  fork: { version: "1.0.0", dependencies: { c: "1" } },
  "fork/node_modules/c": entry("c", "1.0.0"),
};
const NESTED: Record<string, Json> = {
  a: { ...entry("a", "1.0.0"), requires: { b: "1" }, dependencies: { b: entry("b", "1.0.0") } },
  alias: { ...entry("real", "1.0.0"), version: "npm:real@1.0.0" },
  fork: { version: "file:fork", requires: { c: "1" }, dependencies: { c: entry("c", "1.0.0") } },
};

function both(nested: unknown, lockfileVersion = 2) {
  return read(lock(ROOT, PACKAGES, { lockfileVersion, dependencies: nested }));
}

test("two halves that agree", () => {
  const lockfile = both(NESTED);
  assert.equal(lockfile.lockfileVersion, 2);
  assert.deepEqual(allCodes(lockfile), []);
  assert.equal(lockfile.artifacts.length, 6);
});

test("LOCKFILE_AMBIGUOUS: old npm would install other bytes than those that are verified", () => {
  for (const more of [
    { integrity: OTHER_SHA512 },
    { integrity: undefined },
    { version: "0.9.0" },
    { resolved: tarball("a", "1.0.0", "https://evil.example") },
    { resolved: undefined },
    { version: "git+ssh://git@host.example/a.git#main" },
    { version: "npm:evil@1.0.0" },
    { version: "https://evil.example/a.tgz" },
    { version: "file:evil" },
  ]) {
    const lockfile = both({ ...NESTED, a: { ...NESTED.a, ...more } });
    assert.ok(codes(lockfile, "node_modules/a").includes("LOCKFILE_AMBIGUOUS"), JSON.stringify(more));
  }
  const fork = both({ ...NESTED, fork: { ...NESTED.fork, version: "file:docs" } });
  assert.ok(codes(fork, "node_modules/fork").includes("LOCKFILE_AMBIGUOUS"));
  const deep = both({ ...NESTED, a: { ...NESTED.a, dependencies: { b: entry("b", "1.0.1") } } });
  assert.deepEqual(codes(deep, "node_modules/a/node_modules/b"), ["LOCKFILE_AMBIGUOUS"]);
});

test("LOCKFILE_AMBIGUOUS: what only one half has", () => {
  const { a, ...without } = NESTED;
  assert.deepEqual(codes(both(without), "node_modules/a"), ["LOCKFILE_AMBIGUOUS"]);
  const more = both({ ...NESTED, evil: entry("evil", "1.0.0") });
  assert.equal(more.artifacts.length, 6);
  assert.deepEqual(
    more.findings.map(({ code, severity }) => [code, severity]),
    [["LOCKFILE_AMBIGUOUS", "refuse"]],
  );
  assert.match(more.findings[0]?.says ?? "", /node_modules\/evil/);
  assert.equal(allCodes(both(undefined)).filter((code) => code === "LOCKFILE_AMBIGUOUS").length, 4);
});

test("version 3 needs no second half, and is held to one that is there", () => {
  assert.deepEqual(allCodes(both(undefined, 3)), []);
  assert.deepEqual(allCodes(both(NESTED, 3)), []);
  assert.deepEqual(codes(both({ ...NESTED, a: { ...NESTED.a, integrity: OTHER_SHA512 } }, 3), "node_modules/a"), [
    "LOCKFILE_AMBIGUOUS",
  ]);
});

test("version 2 is read from packages", () => {
  const lockfile = both({ ...NESTED, a: { ...NESTED.a, version: "9.9.9", integrity: OTHER_SHA512 } });
  assert.equal(at(lockfile, "node_modules/a").version, "1.0.0");
  assert.deepEqual(at(lockfile, "node_modules/a").locked, {
    sha512: Buffer.from(SHA512.slice(7), "base64").toString("hex"),
  });
});
