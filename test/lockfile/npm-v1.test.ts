import assert from "node:assert/strict";
import test from "node:test";
import { allCodes, at, codes, entry, lockV1, read, SHA1, SHA512, tarball } from "./make.js";

test("every node of the nested dependencies is one artifact, at the location that npm gives it", () => {
  const lockfile = read(
    lockV1({
      a: {
        ...entry("a", "1.0.0"),
        requires: { b: "^1.0.0" },
        dependencies: { b: { ...entry("b", "1.0.0"), dev: true } },
      },
      b: { ...entry("b", "2.0.0"), optional: true, dependencies: { "@s/c": entry("@s/c", "1.0.0") } },
    }),
    { dependencies: { a: "1", b: "2" } },
  );
  assert.deepEqual(allCodes(lockfile), []);
  assert.deepEqual(
    lockfile.artifacts.map(({ location, purl, paths }) => [location, purl, ...paths]),
    [
      ["node_modules/a", "pkg:npm/a@1.0.0", "a"],
      ["node_modules/a/node_modules/b", "pkg:npm/b@1.0.0", "a > b"],
      ["node_modules/b", "pkg:npm/b@2.0.0", "b"],
      ["node_modules/b/node_modules/@s/c", "pkg:npm/%40s/c@1.0.0"],
    ],
  );
  const { npm } = at(lockfile, "node_modules/a/node_modules/b");
  assert.equal(npm?.facts, null);
  assert.equal(npm?.dev, true);
  assert.equal(at(lockfile, "node_modules/b").npm?.optional, true);
  assert.equal(lockfile.root.name, "project");
});

test("without a package.json the root asks for what nobody else asks for", () => {
  const lockfile = read(lockV1({ a: { ...entry("a", "1.0.0"), requires: { b: "1" } }, b: entry("b", "1.0.0") }));
  assert.deepEqual(at(lockfile, "node_modules/a").paths, ["a"]);
  assert.deepEqual(at(lockfile, "node_modules/b").paths, ["a > b"]);
});

test("LOCKFILE_SOURCE_UNSUPPORTED: an address in the place of the version", () => {
  for (const [version, type] of [
    ["git+ssh://git@host.example/a.git#main", "git"],
    ["git://host.example/a.git", "git"],
    ["github:me/a#v1", "git"],
    ["me/a", "git"],
    ["https://host.example/a.tgz", "url"],
    [tarball("a", "1.0.0"), "url"],
    ["file:vendor/a.tgz", "file"],
  ] as const) {
    const lockfile = read(lockV1({ a: { version, integrity: SHA512 } }));
    assert.equal(at(lockfile, "node_modules/a").source.type, type, version);
    assert.deepEqual(codes(lockfile, "node_modules/a"), ["LOCKFILE_SOURCE_UNSUPPORTED"], version);
  }
});

test("LOCKFILE_SOURCE_UNSUPPORTED: an address in resolved, or in from where npm goes by that", () => {
  const git = read(lockV1({ a: { version: "1.0.0", resolved: "git+https://host.example/a.git", integrity: SHA512 } }));
  assert.deepEqual(codes(git, "node_modules/a"), ["LOCKFILE_SOURCE_UNSUPPORTED"]);
  const from = read(lockV1({ a: { version: "1.0.0", from: "git+https://host.example/a.git" } }));
  assert.equal(at(from, "node_modules/a").source.type, "git");
  const harmless = read(lockV1({ a: { ...entry("a", "1.0.0"), from: "a@^1.0.0" } }));
  assert.deepEqual(allCodes(harmless), []);
});

test("an alias stands in the version, and must be asked for", () => {
  const lockfile = lockV1({ alias: { ...entry("real", "1.0.0"), version: "npm:real@1.0.0" } });
  const declared = read(lockfile, { dependencies: { alias: "npm:real@^1.0.0" } });
  assert.deepEqual(allCodes(declared), []);
  assert.equal(at(declared, "node_modules/alias").name, "real");
  assert.equal(at(declared, "node_modules/alias").version, "1.0.0");
  assert.deepEqual(codes(read(lockfile, { dependencies: { alias: "^1.0.0" } }), "node_modules/alias"), [
    "LOCKFILE_NAME_MISMATCH",
  ]);
});

test("LOCKFILE_NAME_MISMATCH, LOCKFILE_INTEGRITY_ABSENT and WEAK, FETCH_INSECURE_URL hold for version 1 too", () => {
  const said = (more: Record<string, unknown>) =>
    codes(read(lockV1({ a: { ...entry("a", "1.0.0"), ...more } })), "node_modules/a");
  assert.deepEqual(said({ resolved: tarball("evil", "1.0.0") }), ["LOCKFILE_NAME_MISMATCH"]);
  assert.deepEqual(said({ integrity: undefined }), ["LOCKFILE_INTEGRITY_ABSENT"]);
  assert.deepEqual(said({ integrity: SHA1 }), ["LOCKFILE_INTEGRITY_WEAK"]);
  assert.deepEqual(said({ resolved: tarball("a", "1.0.0", "http://registry.example") }), ["FETCH_INSECURE_URL"]);
  assert.deepEqual(said({ version: "latest" }), ["LOCKFILE_NAME_INVALID", "LOCKFILE_NAME_MISMATCH"]);
  assert.deepEqual(said({ resolved: false }), []);
});

test("bundled: inside the package above; without one it is fetched", () => {
  const lockfile = read(
    lockV1({
      a: { ...entry("a", "1.0.0"), dependencies: { b: { version: "1.0.0", bundled: true } } },
      c: { version: "1.0.0", bundled: true },
    }),
  );
  assert.deepEqual(at(lockfile, "node_modules/a/node_modules/b").source, { type: "bundled", within: "node_modules/a" });
  assert.deepEqual(codes(lockfile, "node_modules/a/node_modules/b"), []);
  assert.deepEqual(codes(lockfile, "node_modules/c"), ["LOCKFILE_INTEGRITY_ABSENT"]);
});

test("LOCKFILE_NAME_INVALID: a key that would be read as a place of its own", () => {
  const lockfile = read(
    lockV1({
      "a/node_modules/b": entry("b", "1.0.0"),
      "../../evil": entry("evil", "1.0.0"),
      a: { ...entry("a", "1.0.0"), dependencies: { b: entry("b", "1.0.0") } },
    }),
  );
  assert.equal(lockfile.artifacts.length, 4);
  assert.ok(lockfile.artifacts[0]?.findings.some(({ code }) => code === "LOCKFILE_NAME_INVALID"));
  assert.ok(lockfile.artifacts[1]?.findings.some(({ code }) => code === "LOCKFILE_NAME_INVALID"));
});

test("LOCKFILE_AMBIGUOUS: two nodes at one place, by way of a link", () => {
  const lockfile = read(
    lockV1({ a: entry("a", "1.0.0"), self: { version: "file:.", dependencies: { a: entry("a", "2.0.0") } } }),
    { dependencies: { a: "1", self: "file:." } },
  );
  const places = lockfile.artifacts.filter(({ location }) => location === "node_modules/a");
  assert.equal(places.length, 2);
  assert.ok(places.some(({ findings }) => findings.some(({ code }) => code === "LOCKFILE_AMBIGUOUS")));
});
