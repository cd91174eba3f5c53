import assert from "node:assert/strict";
import test from "node:test";
import { at, codes, entry, lock, read, SHA512, tarball } from "./make.js";

function said(
  location: string,
  fields: Record<string, unknown>,
  root: Record<string, unknown>,
  more: Record<string, unknown> = {},
) {
  return codes(read(lock(root, { [location]: fields, ...more })), location);
}

const ASKED = { dependencies: { lodash: "^4.0.0" } };

test("LOCKFILE_NAME_MISMATCH: another package's address under a trusted name", () => {
  for (const resolved of [
    tarball("evil", "4.17.21"),
    tarball("@evil/lodash", "4.17.21"),
    tarball("lodash", "4.17.20"),
    "https://registry.example/lodash/-/evil-4.17.21.tgz",
    "https://registry.example/evil/-/lodash-4.17.21.tgz",
    "https://registry.example/lodash/-/..%2f..%2fevil/-/evil-4.17.21.tgz",
    "https://registry.example/lodash/-/../../evil/-/evil-4.17.21.tgz",
    "https://registry.example/Lodash/-/Lodash-4.17.21.tgz",
    `https://registry.example/download/@evil/x/4.17.21/${"0".repeat(64)}`,
  ]) {
    const found = said("node_modules/lodash", entry("lodash", "4.17.21", { resolved }), ASKED);
    assert.ok(found.includes("LOCKFILE_NAME_MISMATCH"), resolved);
  }
});

test("LOCKFILE_NAME_MISMATCH: the swap of resolved with integrity removed", () => {
  const swapped = entry("lodash", "4.17.21", { resolved: tarball("evil", "1.0.0"), integrity: undefined });
  assert.deepEqual(said("node_modules/lodash", swapped, ASKED), [
    "LOCKFILE_NAME_MISMATCH",
    "LOCKFILE_INTEGRITY_ABSENT",
  ]);
});

test("an address may have any base, and either spelling of a scope", () => {
  for (const resolved of [
    "https://host.example/api/npm/repo/@s/n/-/@s/n-1.0.0.tgz",
    "https://host.example/api/npm/repo/@s%2fn/-/n-1.0.0.tgz",
    "https://host.example/@s%2Fn/-/n-1.0.0.tgz",
  ]) {
    assert.deepEqual(
      said("node_modules/@s/n", entry("@s/n", "1.0.0", { resolved }), { dependencies: { "@s/n": "1" } }),
      [],
    );
  }
});

test("a version with build metadata is found in its address, encoded or not", () => {
  for (const resolved of ["https://r.example/a/-/a-1.0.0+b.1.tgz", "https://r.example/a/-/a-1.0.0%2Bb.1.tgz"]) {
    const fields = { version: "1.0.0+b.1", resolved, integrity: SHA512 };
    assert.deepEqual(said("node_modules/a", fields, { dependencies: { a: "1" } }), []);
  }
});

test("an alias that the root or a dependent declares is one", () => {
  const fields = entry("real", "1.0.0", { name: "real" });
  assert.deepEqual(said("node_modules/alias", fields, { dependencies: { alias: "npm:real@^1.0.0" } }), []);
  const dependent = { "node_modules/a": entry("a", "1.0.0", { optionalDependencies: { alias: "npm:real@1" } }) };
  const lockfile = read(lock({ dependencies: { a: "*" } }, { "node_modules/alias": fields, ...dependent }));
  assert.deepEqual(codes(lockfile, "node_modules/alias"), []);
  assert.deepEqual(at(lockfile, "node_modules/alias").paths, ["a > alias (npm:real)"]);
  assert.equal(at(lockfile, "node_modules/alias").name, "real");
});

test("an override of the root may put a package under another name", () => {
  const packages = {
    "node_modules/a": entry("a", "1.0.0", { dependencies: { b: "1" } }),
    "node_modules/b": entry("mine", "1.0.0", { name: "mine" }),
  };
  const root = { dependencies: { a: "*" } };
  assert.deepEqual(
    codes(read(lock(root, packages), { ...root, overrides: { a: { b: "npm:mine@1.0.0" } } }), "node_modules/b"),
    [],
  );
  const viaReference = { dependencies: { a: "*" }, devDependencies: { b: "npm:mine@1.0.0" }, overrides: { b: "$b" } };
  assert.deepEqual(codes(read(lock(viaReference, packages), viaReference), "node_modules/b"), []);
  assert.deepEqual(codes(read(lock(root, packages), root), "node_modules/b"), ["LOCKFILE_NAME_MISMATCH"]);
});

test("LOCKFILE_NAME_MISMATCH: an alias that nobody declares", () => {
  const fields = entry("evil", "4.17.21", { name: "evil" });
  assert.deepEqual(said("node_modules/lodash", fields, ASKED), ["LOCKFILE_NAME_MISMATCH"]);
  assert.deepEqual(said("node_modules/lodash", fields, { dependencies: { lodash: "npm:other@1" } }), [
    "LOCKFILE_NAME_MISMATCH",
  ]);
  // Declared for another place: what lies in a's own node_modules is not what the root asks for.
  const nested = {
    "node_modules/a": entry("a", "1.0.0", { dependencies: { lodash: "npm:evil@4" } }),
    "node_modules/a/node_modules/lodash": fields,
  };
  assert.deepEqual(said("node_modules/lodash", fields, { dependencies: { lodash: "^4", a: "*" } }, nested), [
    "LOCKFILE_NAME_MISMATCH",
  ]);
});

test("LOCKFILE_NAME_MISMATCH: an alias dropped, so that a squatted name is taken for the real package", () => {
  const dependent = {
    "node_modules/cliui": entry("cliui", "8.0.0", { dependencies: { "string-width-cjs": "npm:string-width@^4" } }),
  };
  const root = { dependencies: { cliui: "*" } };
  const squatted = entry("string-width-cjs", "4.2.0");
  assert.deepEqual(said("node_modules/string-width-cjs", squatted, root, dependent), ["LOCKFILE_NAME_MISMATCH"]);
  const honest = entry("string-width", "4.2.0", { name: "string-width" });
  assert.deepEqual(said("node_modules/string-width-cjs", honest, root, dependent), []);
});

test("what is asked for by address may be called as it likes, and is refused for the address alone", () => {
  const fields = { name: "fork", version: "1.0.0", resolved: "git+ssh://git@host.example/fork.git#main" };
  assert.deepEqual(
    said("node_modules/lodash", fields, { dependencies: { lodash: "git+ssh://git@host.example/fork.git" } }),
    ["LOCKFILE_SOURCE_UNSUPPORTED"],
  );
  assert.deepEqual(said("node_modules/lodash", fields, ASKED), [
    "LOCKFILE_SOURCE_UNSUPPORTED",
    "LOCKFILE_NAME_MISMATCH",
  ]);
});

test("LOCKFILE_NAME_INVALID: names and versions that no registry can hold", () => {
  for (const name of ["../evil", "a b", "@s", "@s/a/b", "node_modules", "\u0430bc", "a\u202eb", "x".repeat(300)]) {
    const found = said("node_modules/lodash", { name, version: "1.0.0", integrity: SHA512 }, ASKED);
    assert.ok(found.includes("LOCKFILE_NAME_INVALID"), name);
  }
  for (const version of [
    "",
    undefined,
    "v1.0.0",
    "=1.0.0",
    "1",
    "^1.0.0",
    "latest",
    "1.0.0 ",
    "../1.0.0",
    "1.0.0\n",
    "\ud800",
  ]) {
    const found = said("node_modules/lodash", { version, integrity: SHA512 }, ASKED);
    assert.ok(found.includes("LOCKFILE_NAME_INVALID"), String(version));
  }
});

test("LOCKFILE_NAME_INVALID: locations that are no proper path, or in no folder of the project", () => {
  for (const location of [
    "../outside",
    "node_modules/../../outside",
    "/node_modules/a",
    "node_modules\\a",
    "C:\\a",
    "node_modules/a/../b",
    "node_modules/.bin/a",
    "node_modules/a/src",
    "packages/undeclared",
    "packages/undeclared/node_modules/a",
  ]) {
    const found = said(location, entry("a", "1.0.0"), ASKED);
    assert.ok(found.includes("LOCKFILE_NAME_INVALID"), location);
  }
});

test("LOCKFILE_NAME_INVALID: a folder of the project that would be fetched", () => {
  const found = said("packages/a", entry("a", "1.0.0"), { workspaces: ["packages/*"] });
  assert.deepEqual(found, ["LOCKFILE_NAME_INVALID"]);
});

test("every artifact has a package URL, whatever its name", () => {
  const lockfile = read(lock({}, { "node_modules/a": { name: "x y/\ud800?", version: "1 2" }, "../b": {} }));
  assert.deepEqual(
    lockfile.artifacts.map(({ purl }) => purl),
    ["pkg:npm/x%20y/%EF%BF%BD%3F@1%202", "pkg:npm/b"],
  );
});

const SWAP = {
  "node_modules/left-pad": entry("pad-left", "1.3.0", { name: "pad-left" }),
  "node_modules/app": { resolved: "packages/app", link: true },
  "packages/app": { name: "app", version: "1.0.0", dependencies: { "left-pad": "npm:pad-left@1.3.0" } },
};
const SWAP_ROOT = { workspaces: ["packages/*"], dependencies: { "left-pad": "^1.0.0" } };

test("LOCKFILE_NAME_MISMATCH: an alias that only the lockfile's own copy of a workspace asks for", () => {
  const text = lock(SWAP_ROOT, SWAP);
  const onDisk = { name: "app", version: "1.0.0", dependencies: { "left-pad": "^1.0.0" } };
  for (const folders of [{ "packages/app": onDisk }, { "packages/app": { name: "app" } }, {}]) {
    const found = codes(read(text, SWAP_ROOT, folders), "node_modules/left-pad");
    assert.deepEqual(found, ["LOCKFILE_NAME_MISMATCH"]);
  }
});

test("an alias that a workspace's own package.json asks for is one, and so it is where no package.json is at hand", () => {
  const root = { workspaces: ["packages/*"] };
  const text = lock(root, SWAP);
  const folders = { "packages/app": { name: "app", dependencies: { "left-pad": "npm:pad-left@1.3.0" } } };
  assert.deepEqual(codes(read(text, root, folders), "node_modules/left-pad"), []);
  assert.deepEqual(codes(read(text), "node_modules/left-pad"), []);
});

test("LOCKFILE_NAME_MISMATCH: an alias or an address that only a package from git asks for, whose bytes nobody sees", () => {
  const git = `git+https://git.example/g.git#${"0".repeat(40)}`;
  for (const text of ["npm:pad-left@1.3.0", "https://elsewhere.example/pad-left.tgz"]) {
    const packages = {
      "node_modules/left-pad": entry("pad-left", "1.3.0", { name: "pad-left" }),
      "node_modules/g": { version: "1.0.0", resolved: git, dependencies: { "left-pad": text } },
    };
    const lockfile = read(lock({ dependencies: { g: git, "left-pad": "^1.0.0" } }, packages));
    assert.ok(codes(lockfile, "node_modules/left-pad").includes("LOCKFILE_NAME_MISMATCH"), text);
  }
});

/** What is said of `lodash`, whose place holds `name`, where these ask for it. */
function placed(name: string, root: object, packages: Record<string, object>, more: object = {}, folders: object = {}) {
  const place = entry(name, "4.17.21", name === "lodash" ? {} : { name });
  const text = lock(root as Record<string, unknown>, { "node_modules/lodash": place, ...packages });
  return codes(read(text, { ...root, ...more }, folders as Record<string, unknown>), "node_modules/lodash");
}

const ALIASING = { "node_modules/p": entry("p", "1.0.0", { dependencies: { lodash: "npm:evil@4.17.21" } }) };
const PLAIN = { "node_modules/q": entry("q", "1.0.0", { dependencies: { lodash: "^4.0.0" } }) };

test("LOCKFILE_NAME_MISMATCH: a published package's alias stands for itself alone, asked for or not", () => {
  const both = { dependencies: { p: "1", q: "1" } };
  assert.deepEqual(placed("evil", { dependencies: { lodash: "^4.0.0", p: "1" } }, ALIASING), [
    "LOCKFILE_NAME_MISMATCH",
  ]);
  assert.deepEqual(placed("evil", { dependencies: { lodash: "^4.0.0" } }, ALIASING), ["LOCKFILE_NAME_MISMATCH"]);
  assert.deepEqual(placed("evil", both, { ...ALIASING, ...PLAIN }), ["LOCKFILE_NAME_MISMATCH"]);
  assert.deepEqual(placed("lodash", both, { ...ALIASING, ...PLAIN }), ["LOCKFILE_NAME_MISMATCH"]);
  assert.deepEqual(placed("evil", { dependencies: { p: "1" } }, ALIASING), []);
  assert.deepEqual(placed("lodash", { dependencies: { q: "1" } }, PLAIN), []);
});

test("the project's own alias counts for all who find it there", () => {
  const root = { dependencies: { lodash: "npm:lodash-es@^4.0.0", q: "1" } };
  assert.deepEqual(placed("lodash-es", root, PLAIN), []);
  assert.deepEqual(placed("lodash", root, PLAIN), ["LOCKFILE_NAME_MISMATCH"]);
  assert.deepEqual(placed("evil", root, { ...PLAIN, ...ALIASING }), ["LOCKFILE_NAME_MISMATCH"]);
});

test("LOCKFILE_NAME_MISMATCH: an override counts below the package that it is for, and nowhere else", () => {
  const root = { dependencies: { q: "1" } };
  const override = (rule: object) => placed("lodash-es", root, PLAIN, { overrides: rule });
  assert.deepEqual(override({ lodash: "npm:lodash-es@4" }), []);
  assert.deepEqual(override({ q: { lodash: "npm:lodash-es@4" } }), []);
  assert.deepEqual(override({ lodash: { ".": "npm:lodash-es@4" } }), []);
  assert.deepEqual(override({ other: { lodash: "npm:lodash-es@4" } }), ["LOCKFILE_NAME_MISMATCH"]);
});

test("an override that is not for the asker does not hide an address that it asks for", () => {
  const address = "https://elsewhere.example/evil.tgz";
  const asker = { "node_modules/q": entry("q", "1.0.0", { dependencies: { lodash: address } }) };
  const root = { dependencies: { q: "1" } };
  const said = (overrides: object) => placed("lodash", root, asker, { overrides });
  assert.deepEqual(said({ lodash: "4.17.21" }), []);
  assert.deepEqual(said({ q: { lodash: "4.17.21" } }), []);
  for (const rule of [{}, { nothing: { lodash: "4.17.21" } }]) {
    assert.deepEqual(said(rule), ["LOCKFILE_SOURCE_UNSUPPORTED", "LOCKFILE_NAME_MISMATCH"]);
  }
});
