import assert from "node:assert/strict";
import test from "node:test";
import { entry, lock, lockV1, read } from "./make.js";

type Json = Record<string, unknown>;
const PACKAGES = { "node_modules/a": entry("a", "1.2.0"), "node_modules/b": entry("b", "2.0.0", { dev: true }) };
const COPY = { dependencies: { a: "^1.0.0" }, devDependencies: { b: "2.x" } };

/** What is said of the lockfile as a whole when package.json is this. */
function said(packageJson: unknown, copy: Json = COPY, packages: Json = PACKAGES): string[] {
  return read(lock(copy, packages), packageJson).findings.map(({ code, severity }) => `${code} ${severity}`);
}

const REFUSED = ["LOCKFILE_OUT_OF_DATE refuse"];

test("a package.json that asks for the same is in step, whatever else it says and however it is ordered", () => {
  assert.deepEqual(said(null), []);
  assert.deepEqual(said({ ...COPY, name: "x", scripts: { test: "x" }, dependencies: { a: "^1.0.0" } }), []);
  const optional = {
    dependencies: { a: "^1.0.0", o: "1" },
    optionalDependencies: { o: "1" },
    devDependencies: { b: "2.x" },
  };
  assert.deepEqual(said(optional, { ...COPY, optionalDependencies: { o: "1" } }), []);
  assert.deepEqual(
    said({ ...COPY, workspaces: { packages: ["y/*", "x/*"] } }, { ...COPY, workspaces: ["x/*", "y/*"] }),
    [],
  );
});

test("LOCKFILE_OUT_OF_DATE: a dependency that is new, gone, or of another kind", () => {
  assert.deepEqual(said({ ...COPY, dependencies: { a: "^1.0.0", c: "1" } }), REFUSED);
  assert.deepEqual(said({ devDependencies: { b: "2.x" } }), REFUSED);
  assert.deepEqual(said({ dependencies: { a: "^1.0.0", b: "2.x" } }), REFUSED);
  assert.deepEqual(said({ ...COPY, optionalDependencies: { c: "1" } }), REFUSED);
  assert.deepEqual(said({ ...COPY, peerDependencies: { c: "1" } }), REFUSED);
  assert.deepEqual(said({}), REFUSED);
  assert.deepEqual(said([]), REFUSED);
  assert.deepEqual(said(COPY, {}), REFUSED);
});

test("LOCKFILE_OUT_OF_DATE: a range that what is locked does not satisfy", () => {
  assert.deepEqual(said({ ...COPY, dependencies: { a: "^2.0.0" } }), REFUSED);
  assert.deepEqual(said({ ...COPY, dependencies: { a: "npm:c@^1.0.0" } }), REFUSED);
  assert.deepEqual(said({ ...COPY, devDependencies: { b: "1.x" } }), REFUSED);
});

test("a range in other words that what is locked satisfies is a warning, as npm ci lets it pass", () => {
  assert.deepEqual(said({ ...COPY, dependencies: { a: "~1.2.0" } }), ["LOCKFILE_OUT_OF_DATE warn"]);
});

test("LOCKFILE_OUT_OF_DATE: what is asked for on both sides, and locked in another version or not at all", () => {
  assert.deepEqual(said(COPY, COPY, { ...PACKAGES, "node_modules/a": entry("a", "0.9.0") }), REFUSED);
  assert.deepEqual(said(COPY, COPY, { "node_modules/a": entry("a", "1.2.0") }), REFUSED);
  assert.deepEqual(said(null, COPY, { "node_modules/a": entry("a", "1.2.0") }), REFUSED);
});

test("LOCKFILE_OUT_OF_DATE: other workspaces", () => {
  assert.deepEqual(said({ ...COPY, workspaces: ["packages/*"] }), REFUSED);
  assert.deepEqual(said({ ...COPY, workspaces: ["y", "!x"] }, { ...COPY, workspaces: ["!x", "y"] }), REFUSED);
});

test("LOCKFILE_OUT_OF_DATE: a registry's package in the place of a workspace", () => {
  const root = { workspaces: ["w"] };
  const packages = { w: { name: "@acme/w", version: "1.0.0" }, "node_modules/@acme/w": entry("@acme/w", "9.0.0") };
  assert.deepEqual(said(null, root, packages), REFUSED);
  assert.deepEqual(said(null, root, { ...packages, "node_modules/@acme/w": { resolved: "w", link: true } }), []);
});

test("LOCKFILE_OUT_OF_DATE: version 1 is held against names and ranges", () => {
  const lockfile = lockV1({ a: { version: "1.2.0", integrity: "sha1-x" } });
  const said = (packageJson: unknown) => read(lockfile, packageJson).findings.map(({ code }) => code);
  assert.deepEqual(said(null), []);
  assert.deepEqual(said({ dependencies: { a: "^1.0.0" } }), []);
  assert.deepEqual(said({ dependencies: { a: "^1.0.0" }, optionalDependencies: { o: "1" } }), []);
  assert.deepEqual(said({ dependencies: { a: "^2.0.0" } }), ["LOCKFILE_OUT_OF_DATE"]);
  assert.deepEqual(said({ dependencies: { a: "^1.0.0" }, devDependencies: { b: "1" } }), ["LOCKFILE_OUT_OF_DATE"]);
});

test("many differences are told in one finding, the first of them by name", () => {
  const dependencies = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`p${index}`, "1"]));
  const { findings } = read(lock(COPY, PACKAGES), { ...COPY, dependencies: { a: "^1.0.0", ...dependencies } });
  assert.equal(findings.length, 1);
  assert.match(findings[0]?.says ?? "", /p0 is not locked.*and \d+ more/);
});

const WORKSPACE = { workspaces: ["w"] };
const WITH_FOLDER = {
  "node_modules/w": { resolved: "w", link: true },
  w: { version: "1.0.0", dependencies: { a: "^1.0.0" }, bin: { tool: "cli.js" } },
  "node_modules/a": entry("a", "1.2.0"),
};

/** What is said of a workspace `w` whose package.json holds `manifest`. */
function saidOfFolder(manifest: object) {
  const lockfile = read(lock(WORKSPACE, WITH_FOLDER), WORKSPACE, { w: manifest });
  return lockfile.findings.map(({ code, severity, says }) => `${severity ?? "refuse"} ${code} ${says}`);
}

test("a workspace that is as the lockfile has it, or of another version, is in step", () => {
  for (const more of [{}, { version: "2.0.0" }, { bin: { tool: "./cli.js" } }, { scripts: { build: "x" } }]) {
    const manifest = { name: "w", version: "1.0.0", dependencies: { a: "^1.0.0" }, bin: { tool: "cli.js" }, ...more };
    assert.deepEqual(saidOfFolder(manifest), []);
  }
});

test("LOCKFILE_OUT_OF_DATE: a workspace's package.json asks for more, less or other things than the lockfile", () => {
  const base = { name: "w", dependencies: { a: "^1.0.0" }, bin: { tool: "cli.js" } };
  const cases: [object, RegExp][] = [
    [{ ...base, dependencies: {} }, /a is no longer under dependencies of w\/package\.json/],
    [{ ...base, dependencies: { a: "^1.0.0", b: "1" } }, /b is not locked/],
    [{ ...base, dependencies: {}, devDependencies: { a: "^1.0.0" } }, /a is new under devDependencies of w/],
    [{ ...base, dependencies: { a: "^2.0.0" } }, /a is locked as a@1\.2\.0, not as "\^2\.0\.0"/],
    [{ ...base, name: "other" }, /w is called other, in the lockfile w/],
    [{ ...base, bin: { other: "cli.js" } }, /w has other commands/],
    [{ ...base, bin: { tool: "evil.js" } }, /w has other commands/],
    [{ ...base, bin: "cli.js" }, /w has other commands/],
  ];
  for (const [manifest, words] of cases) {
    const [said = ""] = saidOfFolder(manifest);
    assert.match(said, /^refuse LOCKFILE_OUT_OF_DATE/);
    assert.match(said, words);
  }
});

test("another range in a workspace that what is locked satisfies is a warning", () => {
  const [said = ""] = saidOfFolder({ name: "w", dependencies: { a: "^1.1.0" }, bin: { tool: "cli.js" } });
  assert.match(
    said,
    /^warn LOCKFILE_OUT_OF_DATE.*a is "\^1\.1\.0" in w\/package\.json and "\^1\.0\.0" in the lockfile/,
  );
});

test("LOCKFILE_OUT_OF_DATE: another address or alias in the lockfile's copy, on which npm may act", () => {
  const addresses = ["npm:b@1.2.0", "https://elsewhere.example/a.tgz", "github:some/one"];
  for (const text of addresses) {
    const packages = { ...WITH_FOLDER, w: { ...WITH_FOLDER.w, dependencies: { a: text } } };
    const disk = { w: { name: "w", dependencies: { a: "^1.0.0" }, bin: { tool: "cli.js" } } };
    const [found] = read(lock(WORKSPACE, packages), WORKSPACE, disk).findings;
    assert.deepEqual([found?.code, found?.severity], ["LOCKFILE_OUT_OF_DATE", "refuse"], text);
  }
});

test("what a workspace asks for and the project overrides is npm's to compare", () => {
  const manifest = { name: "w", dependencies: { a: "^2.0.0" }, bin: { tool: "cli.js" } };
  const packages = { ...WITH_FOLDER, w: { ...WITH_FOLDER.w, dependencies: { a: "^2.0.0" } } };
  const said = (root: object) => read(lock(WORKSPACE, packages), { ...WORKSPACE, ...root }, { w: manifest }).findings;
  assert.equal(said({})[0]?.code, "LOCKFILE_OUT_OF_DATE");
  assert.deepEqual(said({ overrides: { a: "1.2.0" } }), []);
});

test("a folder that asks for very much, deep in the project, is compared in bounded time", () => {
  const deep = Array.from({ length: 500 }, () => "d").join("/");
  const needs = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`n${index}`, "1"]));
  const root = { dependencies: { deep: `file:${deep}` } };
  const text = lock(root, { "node_modules/deep": { resolved: deep, link: true }, [deep]: { dependencies: needs } });
  const before = performance.now();
  assert.equal(read(text, root, { [deep]: { dependencies: needs } }).findings[0]?.code, "LOCKFILE_OUT_OF_DATE");
  assert.ok(performance.now() - before < 10_000);
});
