import assert from "node:assert/strict";
import test from "node:test";
import { isOmitted, matchesPlatform, type Omittable } from "../../src/lockfile/npm-selection.js";
import { at, entry, lock, lockV1, read, SHA512 } from "./make.js";

const LINUX = { platform: "linux", arch: "x64", libc: "glibc" };

function matches(fields: object, on = LINUX as { platform: string; arch: string; libc: string | null }): boolean {
  const lockfile = read(lock({ dependencies: { a: "*" } }, { "node_modules/a": entry("a", "1.0.0", { ...fields }) }));
  return matchesPlatform(at(lockfile, "node_modules/a").npm?.facts ?? null, on);
}

test("takes a package for the platforms that it names, as npm does", () => {
  assert.equal(matches({}), true);
  assert.equal(matches({ os: ["linux"] }), true);
  assert.equal(matches({ os: ["darwin", "linux"] }), true);
  assert.equal(matches({ os: ["darwin"] }), false);
  assert.equal(matches({ os: ["!win32"] }), true);
  assert.equal(matches({ os: ["!linux"] }), false);
  assert.equal(matches({ os: ["linux", "!linux"] }), false);
  assert.equal(matches({ os: ["darwin", "!win32"] }), false);
  assert.equal(matches({ os: ["any"] }), true);
  assert.equal(matches({ os: ["any", "darwin"] }), false);
  assert.equal(matches({ os: "linux" }), true);
  assert.equal(matches({ cpu: ["arm64"] }), false);
  assert.equal(matches({ os: ["linux"], cpu: ["x64"], libc: ["glibc"] }), true);
});

test("a package that names a libc is for no platform without one", () => {
  assert.equal(matches({ libc: ["musl"] }), false);
  assert.equal(matches({ libc: ["!musl"] }), true);
  assert.equal(matches({ libc: ["glibc"] }, { platform: "darwin", arch: "x64", libc: null }), false);
  assert.equal(matches({ libc: ["any"] }, { platform: "darwin", arch: "x64", libc: null }), false);
  assert.equal(matchesPlatform(null, LINUX), true);
});

const ROOT = {
  dependencies: { a: "1" },
  devDependencies: { d: "1", both: "1" },
  optionalDependencies: { o: "1" },
  peerDependencies: { p: "1" },
};
const NEEDED: Record<string, object> = {
  a: { dependencies: { shared: "1" }, peerDependencies: { p2: "1", maybe: "1" }, ...optional("maybe") },
  d: { dependencies: { d2: "1", shared: "1" }, optionalDependencies: { x: "1" } },
  o: { dependencies: { both: "1", x: "1" } },
  p: {},
};
const BELOW = ["shared", "both", "d2", "x", "p2", "maybe"];

function optional(...names: string[]) {
  return { peerDependenciesMeta: Object.fromEntries(names.map((name) => [name, { optional: true }])) };
}

/** Whether `name` is left out, where the lockfile gives every flag to every entry that is not in `without`. */
function omitted(name: string, flags: object, ...omit: Omittable[]): boolean {
  const all = [...Object.keys(NEEDED), ...BELOW];
  const packages = all.map((one) => [`node_modules/${one}`, entry(one, "1.0.0", { ...NEEDED[one], ...flags })]);
  const { npm } = at(read(lock(ROOT, Object.fromEntries(packages))), `node_modules/${name}`);
  assert.ok(npm);
  return isOmitted(npm, new Set(omit));
}

test("leaves out what --omit leaves out, and devOptional only for both", () => {
  assert.equal(omitted("a", {}, "dev", "optional", "peer"), false);
  assert.equal(omitted("d", { dev: true }), false);
  assert.equal(omitted("d", { dev: true }, "dev"), true);
  assert.equal(omitted("d2", { dev: true }, "dev"), true);
  assert.equal(omitted("d", { dev: true }, "optional"), false);
  assert.equal(omitted("o", { optional: true }, "optional"), true);
  assert.equal(omitted("p", { peer: true }, "peer"), true);
  assert.equal(omitted("p2", { peer: true }, "peer"), true);
  assert.equal(omitted("maybe", { peer: true }, "peer"), true);
  assert.equal(omitted("maybe", { optional: true }, "optional"), true);
  assert.equal(omitted("both", { devOptional: true }, "dev"), false);
  assert.equal(omitted("both", { devOptional: true }, "optional"), false);
  assert.equal(omitted("both", { devOptional: true }, "dev", "optional"), true);
  assert.equal(omitted("x", { optional: true }, "optional"), true);
});

test("a flag alone leaves nothing out: what the project reaches by other ways stays in", () => {
  for (const name of ["a", "shared"]) {
    for (const flag of ["dev", "optional", "peer", "devOptional"]) {
      assert.equal(omitted(name, { [flag]: true }, "dev", "optional", "peer"), false, `${name} ${flag}`);
    }
  }
  assert.equal(omitted("d", { optional: true }, "optional"), false);
  assert.equal(omitted("o", { dev: true }, "dev"), false);
  assert.equal(omitted("p2", { optional: true }, "optional"), false);
  assert.equal(omitted("both", { dev: true }, "dev"), false);
  // And what the tree alone would show is not left out without the flag.
  assert.equal(omitted("d", {}, "dev"), false);
});

test("nothing is left out below a file: dependency, and in a workspace what only its development needs", () => {
  const inside = (root: Record<string, unknown>) => {
    const packages = {
      "node_modules/f": { resolved: "f", link: true },
      f: { version: "1.0.0", devDependencies: { d: "1" } },
      "f/node_modules/d": entry("d", "1.0.0", { dev: true }),
    };
    const { npm } = at(read(lock(root, packages)), "f/node_modules/d");
    assert.ok(npm);
    return isOmitted(npm, new Set(["dev"]));
  };
  assert.equal(inside({ dependencies: { f: "file:f" } }), false);
  assert.equal(inside({ workspaces: ["f"] }), true);
});

test("nothing is left out by a version 1 lockfile whose project is not at hand", () => {
  const { npm } = at(read(lockV1({ d: { version: "1.0.0", integrity: SHA512, dev: true } })), "node_modules/d");
  assert.ok(npm);
  assert.equal(isOmitted(npm, new Set(["dev"])), false);
});

test("nothing is left out of a folder that npm takes for no workspace: without package.json, or a name in it", () => {
  const root = { workspaces: ["packages/*"] };
  const packages = {
    "node_modules/a": { resolved: "packages/a", link: true },
    "packages/a": { version: "1.0.0", devDependencies: { d: "1" } },
    "packages/a/node_modules/d": entry("d", "1.0.0", { dev: true }),
  };
  const omittedWith = (folders: Record<string, unknown>): boolean => {
    const { npm } = at(read(lock(root, packages), root, folders), "packages/a/node_modules/d");
    assert.ok(npm);
    return isOmitted(npm, new Set(["dev"]));
  };
  const manifest = { version: "1.0.0", devDependencies: { d: "1" } };
  assert.equal(omittedWith({ "packages/a": { ...manifest, name: "a" } }), true);
  assert.equal(omittedWith({ "packages/a": manifest }), false);
  assert.equal(omittedWith({ "packages/a": { ...manifest, name: "" } }), false);
  assert.equal(omittedWith({}), false);
});

test("an empty text names no platform, as for npm", () => {
  for (const field of ["os", "cpu", "libc"]) {
    assert.equal(matches({ [field]: "" }), true, field);
    assert.equal(matches({ [field]: [""] }), false, field);
  }
});
