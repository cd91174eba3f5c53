import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";
import { LIMITS } from "../../src/model/limits.js";
import { allCodes, at, bytes, entry, lock, read, SHA512, tarball, unreadable } from "./make.js";

const SOUND = lock(
  { name: "project", version: "1.0.0", dependencies: { a: "^1.0.0" }, devDependencies: { "@s/b": "2.0.0" } },
  {
    "node_modules/a": entry("a", "1.2.0", {
      dependencies: { c: "1" },
      peerDependencies: { p: "*" },
      peerDependenciesMeta: { p: { optional: true } },
      bin: { a: "cli.js" },
      engines: { node: ">=18" },
      os: ["!win32"],
      cpu: "x64",
      hasInstallScript: true,
      hasShrinkwrap: true,
    }),
    "node_modules/@s/b": entry("@s/b", "2.0.0", { dev: true }),
    "node_modules/c": entry("c", "1.0.0", { engines: ["node >= 0.8"], bin: "./c.js" }),
  },
);

test("a sound lockfile gives one artifact for every entry, and nothing against any", () => {
  const lockfile = read(SOUND);
  assert.deepEqual(allCodes(lockfile), []);
  assert.equal(lockfile.format, "npm");
  assert.equal(lockfile.lockfileVersion, 3);
  assert.equal(lockfile.digest, createHash("sha256").update(SOUND).digest("hex"));
  assert.equal(lockfile.namesResolved, true);
  assert.deepEqual(
    lockfile.artifacts.map(({ purl, location, filename }) => [purl, location, filename]),
    [
      ["pkg:npm/a@1.2.0", "node_modules/a", "a-1.2.0.tgz"],
      ["pkg:npm/%40s/b@2.0.0", "node_modules/@s/b", "b-2.0.0.tgz"],
      ["pkg:npm/c@1.0.0", "node_modules/c", "c-1.0.0.tgz"],
    ],
  );
  assert.deepEqual({ ...lockfile.root.dependencies }, { a: "^1.0.0" });
  assert.deepEqual({ ...lockfile.root.devDependencies }, { "@s/b": "2.0.0" });
});

test("an artifact carries what the entry says", () => {
  const artifact = at(read(SOUND), "node_modules/a");
  assert.deepEqual(artifact.source, { type: "registry", url: tarball("a", "1.2.0") });
  assert.deepEqual(artifact.locked, { sha512: "07".repeat(64) });
  assert.equal(artifact.npm?.hasInstallScript, true);
  assert.equal(artifact.npm?.hasShrinkwrap, true);
  assert.equal(artifact.npm?.dev, false);
  const facts = artifact.npm?.facts;
  assert.ok(facts);
  assert.deepEqual({ ...facts.dependencies }, { c: "1" });
  assert.deepEqual(facts.optionalPeers, ["p"]);
  assert.deepEqual({ ...facts.bin }, { a: "cli.js" });
  assert.deepEqual({ ...facts.engines }, { node: ">=18" });
  assert.deepEqual(facts.os, ["!win32"]);
  assert.deepEqual(facts.cpu, ["x64"]);
  assert.deepEqual(facts.libc, []);
});

test("old spellings are read: engines as a list, bin as a text", () => {
  const facts = at(read(SOUND), "node_modules/c").npm?.facts;
  assert.deepEqual({ ...facts?.engines }, {});
  assert.deepEqual({ ...facts?.bin }, { c: "./c.js" });
});

test("no map of an entry knows a name that was not put in", () => {
  const lockfile = read(SOUND);
  const facts = at(lockfile, "node_modules/a").npm?.facts;
  for (const map of [
    facts?.dependencies,
    facts?.bin,
    facts?.engines,
    facts?.optionalDependencies,
    lockfile.root.dependencies,
  ]) {
    assert.equal(map?.constructor, undefined);
  }
});

test("names that every object has are ordinary names", () => {
  const lockfile = read(
    lock(
      { dependencies: { constructor: "*" } },
      {
        "node_modules/constructor": entry("constructor", "1.0.0", { dependencies: { "has-own-property": "1" } }),
        "node_modules/tostring": entry("tostring", "1.0.0"),
      },
    ),
  );
  assert.deepEqual(allCodes(lockfile), []);
  assert.deepEqual(at(lockfile, "node_modules/constructor").paths, ["constructor"]);
  assert.deepEqual(at(lockfile, "node_modules/tostring").paths, []);
});

test("without resolved, each is still an artifact of a registry, and the lockfile says so", () => {
  const lockfile = read(
    lock({ dependencies: { a: "*" } }, { "node_modules/a": { version: "1.0.0", integrity: SHA512 } }),
  );
  assert.deepEqual(allCodes(lockfile), []);
  assert.deepEqual(at(lockfile, "node_modules/a").source, { type: "registry", url: null });
  assert.equal(lockfile.namesResolved, false);
});

test("LOCKFILE_EMPTY: an empty lockfile is remarked upon", () => {
  for (const packages of [{}, { "": { name: "project" } }]) {
    const lockfile = read(bytes({ lockfileVersion: 3, packages }));
    assert.deepEqual(allCodes(lockfile), ["LOCKFILE_EMPTY"]);
    assert.deepEqual(lockfile.artifacts, []);
  }
  assert.deepEqual(allCodes(read(bytes({ lockfileVersion: 1 }))), ["LOCKFILE_EMPTY"]);
});

test("LOCKFILE_UNREADABLE: what is no lockfile of a known version", () => {
  for (const value of [
    [],
    "x",
    null,
    1,
    {},
    { lockfileVersion: 0 },
    { lockfileVersion: 4, packages: {} },
    { lockfileVersion: "3", packages: {} },
    { lockfileVersion: 1.5 },
    { lockfileVersion: 3 },
    { lockfileVersion: 2, dependencies: {} },
    { lockfileVersion: 3, packages: [] },
    { lockfileVersion: 3, packages: { "": "x" } },
    { lockfileVersion: 1, packages: {} },
    { lockfileVersion: 1, dependencies: [] },
  ]) {
    unreadable(bytes(value));
  }
});

test("LOCKFILE_UNREADABLE: a field of a type that npm never writes, and where it stands", () => {
  for (const more of [
    { version: 1 },
    { version: ["1.0.0"] },
    { resolved: {} },
    { resolved: true },
    { integrity: [SHA512] },
    { name: 1 },
    { link: "true" },
    { link: 1 },
    { inBundle: "false" },
    { hasShrinkwrap: 1 },
    { dev: "true" },
    { dependencies: [] },
    { dependencies: { b: 1 } },
    { bin: { a: ["x"] } },
    { os: { 0: "linux" } },
    { os: [1] },
    { engines: "node" },
  ]) {
    const error = unreadable(lock({ dependencies: { a: "*" } }, { "node_modules/a": entry("a", "1.0.0", more) }));
    const [field = ""] = Object.keys(more);
    assert.ok(error.at?.includes(`packages["node_modules/a"].${field}`), error.at ?? "");
  }
  unreadable(lock({}, { "node_modules/a": null }));
  unreadable(lock({}, { "node_modules/a": "1.0.0" }));
});

test("LOCKFILE_UNREADABLE: one key twice, where two readers would see two lockfiles", () => {
  const text = Buffer.from(SOUND).toString();
  const twice = text.replace('"node_modules/c": {', '"node_modules/a": {');
  assert.notEqual(twice, text);
  const error = unreadable(Buffer.from(twice));
  assert.match(error.message, /second time/);
  assert.match(error.at ?? "", /^package-lock\.json:\d+:\d+$/);
  unreadable(Buffer.from(text.replace('"node_modules/c"', '"node_modules\\u002fa"')));
  unreadable(Buffer.from(text.replace('"node_modules/c"', '"__proto__"')));
});

test("LOCKFILE_UNREADABLE: too many entries", () => {
  const packages: Record<string, unknown> = {};
  for (let index = 0; index <= LIMITS.lockfileEntries; index += 1) packages[`node_modules/p${index}`] = {};
  assert.match(unreadable(lock({}, packages)).message, /100001 entries/);
});

test("a hundred thousand entries are read in a few seconds", () => {
  const packages: Record<string, unknown> = {};
  const count = LIMITS.lockfileEntries;
  for (let index = 0; index < count; index += 1) {
    const dependencies: Record<string, string> = {};
    for (let next = index * 3 + 1; next < Math.min(index * 3 + 5, count); next += 1)
      dependencies[`p${next}`] = `^${next}.0.0`;
    packages[`node_modules/p${index}`] = { ...entry(`p${index}`, `${index}.0.0`), dependencies };
  }
  const lockfile = lock({ dependencies: { p0: "*" } }, packages);
  const before = process.cpuUsage();
  const { artifacts } = read(lockfile);
  const { user } = process.cpuUsage(before);
  assert.equal(artifacts.length, count);
  assert.equal(
    artifacts.every(({ paths }) => paths.length === 1),
    true,
  );
  assert.ok(user < 15_000_000, `${user / 1e6} s of one core`);
});
