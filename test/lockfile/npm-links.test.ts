import assert from "node:assert/strict";
import test from "node:test";
import { allCodes, at, codes, entry, lock, lockV1, read } from "./make.js";

const LINK = (resolved: string) => ({ resolved, link: true });
const WORKSPACES = { workspaces: ["packages/*"] };

test("declared workspaces, with what they ask of each other and of registries", () => {
  const lockfile = read(
    lock(
      { ...WORKSPACES, dependencies: { "@acme/a": "*" } },
      {
        "node_modules/@acme/a": LINK("packages/a"),
        "node_modules/b": LINK("packages/b"),
        "node_modules/c": entry("c", "1.0.0", { dependencies: { b: "^1.0.0" } }),
        "packages/a": { name: "@acme/a", version: "2.0.0", dependencies: { b: "^1.2.0", c: "1" } },
        "packages/a/node_modules/c": entry("c", "1.5.0"),
        "packages/b": { version: "1.3.0", devDependencies: { c: "1" } },
      },
    ),
  );
  assert.deepEqual(allCodes(lockfile), []);
  assert.deepEqual(at(lockfile, "node_modules/b").source, { type: "link", target: "packages/b" });
  assert.deepEqual(at(lockfile, "packages/b").source, { type: "workspace", path: "packages/b" });
  assert.equal(at(lockfile, "packages/a").name, "@acme/a");
  assert.deepEqual(at(lockfile, "packages/a/node_modules/c").paths, ["@acme/a > c"]);
  assert.deepEqual(at(lockfile, "node_modules/c").paths, ["b > c"]);
});

test("a file: dependency of the project itself, and the project as its own", () => {
  const lockfile = read(
    lock(
      { dependencies: { fork: "file:./vendor/fork", project: "file:." } },
      {
        "node_modules/fork": LINK("vendor/fork"),
        "node_modules/project": LINK(""),
        "vendor/fork": { version: "1.0.0", dependencies: { c: "1" } },
        "vendor/fork/node_modules/c": entry("c", "1.0.0"),
      },
    ),
  );
  assert.deepEqual(allCodes(lockfile), []);
  assert.deepEqual(at(lockfile, "vendor/fork/node_modules/c").paths, ["fork > c"]);
});

test("LOCKFILE_LINK: a link in the place of a registry package", () => {
  const lockfile = read(lock({ dependencies: { bar: "^1.0.0" } }, { "node_modules/bar": LINK("docs/fixtures/bar") }));
  assert.deepEqual(codes(lockfile, "node_modules/bar"), ["LOCKFILE_LINK"]);
});

test("LOCKFILE_LINK: a target outside the project, or not plainly inside", () => {
  for (const target of [
    "../bar",
    "/etc",
    "packages/../../bar",
    "C:\\bar",
    "packages\\bar",
    "node_modules/baz",
    "./packages/bar",
    "packages/bar/",
  ]) {
    const root = { workspaces: ["*", "**", "../*", "packages/*"], dependencies: { bar: `file:${target}` } };
    const lockfile = read(
      lock(root, { "node_modules/bar": LINK(target), [target]: { name: "bar", version: "1.0.0" } }),
    );
    assert.ok(codes(lockfile, "node_modules/bar").includes("LOCKFILE_LINK"), target);
  }
  const missing = read(lock({ dependencies: { bar: "*" } }, { "node_modules/bar": { link: true } }));
  assert.deepEqual(codes(missing, "node_modules/bar"), ["LOCKFILE_LINK"]);
});

test("LOCKFILE_LINK: a workspace under another package's name", () => {
  const lockfile = read(
    lock(
      { ...WORKSPACES, dependencies: { lodash: "^1.0.0" } },
      {
        "node_modules/lodash": LINK("packages/a"),
        "packages/a": { name: "a", version: "1.0.0" },
      },
    ),
  );
  assert.deepEqual(codes(lockfile, "node_modules/lodash"), ["LOCKFILE_LINK"]);
});

test("LOCKFILE_LINK: a workspace that is not described, or not in a version that is asked for", () => {
  const root = { ...WORKSPACES, dependencies: { a: "^2.0.0" } };
  const link = { "node_modules/a": LINK("packages/a") };
  assert.deepEqual(codes(read(lock(root, link)), "node_modules/a"), ["LOCKFILE_LINK"]);
  for (const version of ["1.0.0", undefined]) {
    const lockfile = read(lock(root, { ...link, "packages/a": { version } }));
    assert.deepEqual(codes(lockfile, "node_modules/a"), ["LOCKFILE_LINK"]);
  }
  assert.deepEqual(allCodes(read(lock(root, { ...link, "packages/a": { version: "2.1.0" } }))), []);
});

test("LOCKFILE_LINK: a file: folder of the project, where a package asks a registry for that name", () => {
  const packages = {
    "node_modules/fork": LINK("fork"),
    fork: { version: "1.0.0" },
    "node_modules/c": entry("c", "1.0.0", { dependencies: { fork: "^1.0.0" } }),
  };
  const lockfile = read(lock({ dependencies: { fork: "file:fork", c: "*" } }, packages));
  assert.deepEqual(codes(lockfile, "node_modules/fork"), ["LOCKFILE_LINK"]);
});

test("LOCKFILE_LINK: more ranges for one workspace than anyone writes", () => {
  const packages: Record<string, unknown> = {
    "node_modules/a": LINK("packages/a"),
    "packages/a": { version: "1.0.0" },
  };
  for (let index = 0; index <= 1000; index += 1) {
    packages[`node_modules/p${index}`] = entry(`p${index}`, "1.0.0", { dependencies: { a: `>=0.0.${index}` } });
  }
  assert.deepEqual(codes(read(lock(WORKSPACES, packages)), "node_modules/a"), ["LOCKFILE_LINK"]);
});

test("LOCKFILE_LINK: a link below another package's node_modules", () => {
  const lockfile = read(
    lock(
      { ...WORKSPACES, dependencies: { c: "*" } },
      {
        "node_modules/c": entry("c", "1.0.0", { dependencies: { a: "*" } }),
        "node_modules/c/node_modules/a": LINK("packages/a"),
        "packages/a": { version: "1.0.0" },
      },
    ),
  );
  assert.deepEqual(codes(lockfile, "node_modules/c/node_modules/a"), ["LOCKFILE_LINK"]);
});

test("LOCKFILE_LINK: what only the lockfile's own copy of the project declares", () => {
  const packages = { "node_modules/a": LINK("packages/a"), "packages/a": { version: "1.0.0" } };
  const lockfile = read(lock(WORKSPACES, packages), { name: "project", dependencies: { a: "^1.0.0" } });
  assert.deepEqual(codes(lockfile, "node_modules/a"), ["LOCKFILE_LINK"]);
  assert.deepEqual(codes(lockfile, "packages/a"), ["LOCKFILE_NAME_INVALID"]);
  assert.ok(lockfile.findings.some(({ code, severity }) => code === "LOCKFILE_OUT_OF_DATE" && severity === "refuse"));
});

test("version 1: a folder is a link, admitted where package.json asks for it", () => {
  const bytes = lockV1({
    etag: {
      version: "file:deps/etag",
      requires: { ms: "1" },
      dependencies: { ms: { version: "1.0.0", integrity: "sha1-x" } },
    },
  });
  const declared = read(bytes, { devDependencies: { etag: "file:./deps/etag" } });
  assert.deepEqual(codes(declared, "node_modules/etag"), []);
  assert.deepEqual(at(declared, "node_modules/etag").source, { type: "link", target: "deps/etag" });
  assert.deepEqual(at(declared, "deps/etag/node_modules/ms").paths, ["etag > ms"]);
  assert.deepEqual(codes(read(bytes, { devDependencies: { etag: "^1.0.0" } }), "node_modules/etag"), ["LOCKFILE_LINK"]);
  assert.deepEqual(codes(read(bytes), "node_modules/etag"), ["LOCKFILE_LINK"]);
});

test("a file: dependency of a workspace, and of the folder behind it, wherever npm puts the link", () => {
  const packages = {
    "node_modules/w": LINK("packages/w"),
    "packages/w": { name: "w", version: "1.0.0", dependencies: { lib: "file:../../libs/lib" } },
    "node_modules/lib": LINK("libs/lib"),
    "libs/lib": { version: "1.0.0", dependencies: { deeper: "file:../deeper" } },
    "libs/deeper": { version: "1.0.0" },
  };
  const folders = {
    "packages/w": { name: "w", version: "1.0.0", dependencies: { lib: "file:../../libs/lib" } },
    "libs/lib": { name: "lib", version: "1.0.0", dependencies: { deeper: "file:../deeper" } },
    "libs/deeper": { name: "deeper", version: "1.0.0" },
  };
  for (const place of ["node_modules/deeper", "libs/lib/node_modules/deeper"]) {
    const text = lock(WORKSPACES, { ...packages, [place]: LINK("libs/deeper") });
    assert.deepEqual(allCodes(read(text)), []);
    assert.deepEqual(allCodes(read(text, WORKSPACES, folders)), []);
    // By the lockfile's word alone none of them may be there.
    const [found] = codes(read(text, WORKSPACES, { ...folders, "packages/w": { name: "w" } }), "node_modules/lib");
    assert.equal(found, "LOCKFILE_LINK");
  }
  const elsewhere = lock(WORKSPACES, { ...packages, "packages/w/node_modules/deeper": LINK("libs/deeper") });
  assert.deepEqual(codes(read(elsewhere, WORKSPACES, folders), "packages/w/node_modules/deeper"), ["LOCKFILE_LINK"]);
});

test("a file: dependency may be another's folder by name; a workspace's link may not", () => {
  const own = lock(
    { dependencies: { f: "file:vendor/x" } },
    { "node_modules/f": LINK("vendor/x"), "vendor/x": { name: "y" } },
  );
  const root = { dependencies: { f: "file:vendor/x" } };
  assert.deepEqual(allCodes(read(own, root, { "vendor/x": { name: "y" } })), []);
  const text = lock(WORKSPACES, { "node_modules/lodash": LINK("packages/w"), "packages/w": { name: "lodash" } });
  assert.ok(
    codes(read(text, WORKSPACES, { "packages/w": { name: "w" } }), "node_modules/lodash").includes("LOCKFILE_LINK"),
  );
});

test("a workspace's version is that of its package.json", () => {
  const packages = {
    "node_modules/a": LINK("packages/a"),
    "packages/a": { name: "a", version: "1.0.0" },
    "node_modules/b": LINK("packages/b"),
    "packages/b": { name: "b", version: "1.0.0", dependencies: { a: "^2.0.0" } },
  };
  const manifests = {
    "packages/a": { name: "a", version: "2.0.0" },
    "packages/b": { name: "b", dependencies: { a: "^2.0.0" } },
  };
  assert.deepEqual(codes(read(lock(WORKSPACES, packages), WORKSPACES, manifests), "node_modules/a"), []);
  assert.deepEqual(codes(read(lock(WORKSPACES, packages)), "node_modules/a"), ["LOCKFILE_LINK"]);
});
