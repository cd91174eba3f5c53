import assert from "node:assert/strict";
import test from "node:test";
import { at, codes, entry, lock, OTHER_SHA512, read, SHA1, SHA512, tarball } from "./make.js";

/** What is said of `node_modules/a` with these fields over those of a sound entry. */
function said(more: Record<string, unknown>, root: Record<string, unknown> = { dependencies: { a: "*" } }) {
  const lockfile = read(lock(root, { "node_modules/a": entry("a", "1.0.0", more) }));
  return { source: at(lockfile, "node_modules/a").source, codes: codes(lockfile, "node_modules/a"), lockfile };
}

test("LOCKFILE_SOURCE_UNSUPPORTED: git, in every spelling", () => {
  for (const resolved of [
    `git+ssh://git@host.example/a.git#${"a".repeat(40)}`,
    "git://host.example/a.git",
    "git+https://host.example/a.git#main",
    "git@host.example:me/a.git",
    "github:me/a",
    "gitlab:me/a",
    "https://github.com/me/a.git",
  ]) {
    const { source, codes } = said({ resolved, integrity: undefined });
    assert.equal(source.type, "git", resolved);
    assert.deepEqual(codes, ["LOCKFILE_SOURCE_UNSUPPORTED"]);
  }
});

test("LOCKFILE_SOURCE_UNSUPPORTED: an address of no registry's form, a file, and what is no address at all", () => {
  for (const [resolved, type] of [
    ["https://host.example/a-1.0.0.tgz", "url"],
    ["https://codeload.host.example/me/a/tar.gz/main", "url"],
    ["file:vendor/a-1.0.0.tgz", "file"],
    ["file:../a-1.0.0.tgz", "file"],
    ["file:packages/a", "file"],
    ["npm:evil@1.0.0", "url"],
    ["evil@1.0.0", "url"],
    ["latest", "url"],
  ] as const) {
    const { source, codes } = said({ resolved });
    assert.equal(source.type, type, resolved);
    assert.deepEqual(codes, ["LOCKFILE_SOURCE_UNSUPPORTED"]);
  }
});

test("no password and no token in an address comes into a report", () => {
  for (const resolved of [
    "https://me:hunter2@host.example/a-1.0.0.tgz",
    "http://hunter2@host.example/a-1.0.0.tgz",
    "git+https://hunter2@host.example/a.git",
    "git+ssh://git:hunter2@host.example/a.git",
  ]) {
    const { findings } = at(said({ resolved }).lockfile, "node_modules/a");
    assert.ok(findings.length > 0);
    assert.doesNotMatch(JSON.stringify(findings), /hunter2/);
    assert.match(JSON.stringify(findings), /host\.example/);
  }
});

test("LOCKFILE_SOURCE_UNSUPPORTED: a registry's address, where a dependent asks for an address", () => {
  for (const [wish, type] of [
    [tarball("a", "1.0.0"), "url"],
    ["github:me/a", "git"],
    ["file:vendor/a.tgz", "file"],
  ] as const) {
    const { source, codes, lockfile } = said({}, { dependencies: { a: wish } });
    assert.equal(source.type, type);
    assert.deepEqual(codes, ["LOCKFILE_SOURCE_UNSUPPORTED"]);
    assert.match(at(lockfile, "node_modules/a").findings[0]?.says ?? "", /asked for by package\.json/);
  }
});

test("an override takes the place of what a dependent asks for", () => {
  const packages = {
    "node_modules/a": entry("a", "1.0.0", { dependencies: { b: "github:me/b" } }),
    "node_modules/b": entry("b", "2.0.0"),
  };
  const root = { dependencies: { a: "*" } };
  assert.deepEqual(codes(read(lock(root, packages)), "node_modules/b"), ["LOCKFILE_SOURCE_UNSUPPORTED"]);
  for (const overrides of [{ b: "2.0.0" }, { a: { b: "2.0.0" } }, { "b@*": { ".": "2.0.0" } }]) {
    assert.deepEqual(codes(read(lock(root, packages), { ...root, overrides }), "node_modules/b"), []);
  }
});

test("FETCH_INSECURE_URL: plain HTTP", () => {
  assert.deepEqual(said({ resolved: tarball("a", "1.0.0", "http://registry.example") }).codes, ["FETCH_INSECURE_URL"]);
  assert.deepEqual(said({ resolved: "HTTP://registry.example/a/-/a-1.0.0.tgz" }).codes, ["FETCH_INSECURE_URL"]);
  assert.deepEqual(said({ resolved: "http://host.example/a.tgz" }).codes, [
    "LOCKFILE_SOURCE_UNSUPPORTED",
    "FETCH_INSECURE_URL",
  ]);
});

test("LOCKFILE_INTEGRITY_ABSENT: removing the digest is the first step of a swap", () => {
  for (const integrity of [undefined, "", null]) {
    assert.deepEqual(said({ integrity }).codes, ["LOCKFILE_INTEGRITY_ABSENT"]);
    assert.deepEqual(said({ integrity, resolved: undefined }).codes, ["LOCKFILE_INTEGRITY_ABSENT"]);
  }
});

test("LOCKFILE_INTEGRITY_WEAK: SHA-1 and MD5 alone satisfy nothing; beside SHA-512 they do not count", () => {
  assert.deepEqual(said({ integrity: SHA1 }).codes, ["LOCKFILE_INTEGRITY_WEAK"]);
  assert.deepEqual(said({ integrity: "md5-1B2M2Y8AsgTpgAmY7PhCfg==" }).codes, ["LOCKFILE_INTEGRITY_WEAK"]);
  const { codes, lockfile } = said({ integrity: `${SHA1} ${SHA512}` });
  assert.deepEqual(codes, []);
  assert.deepEqual(Object.keys(at(lockfile, "node_modules/a").locked), ["sha512"]);
});

test("LOCKFILE_INTEGRITY_AMBIGUOUS: two digests of one algorithm, of which npm takes either", () => {
  for (const integrity of [
    `${SHA512} ${OTHER_SHA512}`,
    `${SHA512} ${SHA512}`,
    `${SHA1} ${SHA1}`,
    `${SHA512}?x`,
    "sha512-AAAA",
    "sha513-AAAA",
    "x",
    `${SHA512} `.repeat(100),
  ]) {
    const { codes, lockfile } = said({ integrity });
    assert.deepEqual(codes, ["LOCKFILE_INTEGRITY_AMBIGUOUS"], integrity.slice(0, 40));
    assert.deepEqual(at(lockfile, "node_modules/a").locked, {});
  }
});

test("bundled: inside the nearest package above that is not itself bundled", () => {
  const bundled = { version: "1.0.0", inBundle: true };
  const lockfile = read(
    lock(
      { dependencies: { a: "*" } },
      {
        "node_modules/a": entry("a", "1.0.0", { dependencies: { b: "1" } }),
        "node_modules/a/node_modules/b": { ...bundled, dependencies: { c: "1" } },
        "node_modules/a/node_modules/b/node_modules/c": bundled,
      },
    ),
  );
  assert.deepEqual(at(lockfile, "node_modules/a/node_modules/b").source, { type: "bundled", within: "node_modules/a" });
  assert.deepEqual(at(lockfile, "node_modules/a/node_modules/b/node_modules/c").source, {
    type: "bundled",
    within: "node_modules/a",
  });
  assert.deepEqual(
    lockfile.artifacts.flatMap(({ findings }) => findings),
    [],
  );
});

test("what the project bundles is fetched like all else, and needs its digest", () => {
  const { source, codes } = said({ inBundle: true });
  assert.equal(source.type, "registry");
  assert.deepEqual(codes, []);
  assert.deepEqual(said({ inBundle: true, integrity: undefined }).codes, ["LOCKFILE_INTEGRITY_ABSENT"]);
  const below = read(
    lock(
      { dependencies: { a: "*" } },
      {
        "node_modules/a": entry("a", "1.0.0", { inBundle: true, dependencies: { b: "1" } }),
        "node_modules/a/node_modules/b": entry("b", "1.0.0", { inBundle: true }),
      },
    ),
  );
  assert.equal(at(below, "node_modules/a/node_modules/b").source.type, "registry");
});

test("inBundle under a package that the lockfile does not hold takes no digest away", () => {
  const lockfile = read(lock({}, { "node_modules/ghost/node_modules/b": { version: "1.0.0", inBundle: true } }));
  assert.equal(at(lockfile, "node_modules/ghost/node_modules/b").source.type, "registry");
  assert.deepEqual(codes(lockfile, "node_modules/ghost/node_modules/b"), ["LOCKFILE_INTEGRITY_ABSENT"]);
});

test("LOCKFILE_AMBIGUOUS: what is called bundled, and has an address of its own", () => {
  const packages = {
    "node_modules/a": entry("a", "1.0.0", { dependencies: { b: "1" }, bundleDependencies: ["b"] }),
    "node_modules/a/node_modules/b": {
      version: "1.0.0",
      inBundle: true,
      resolved: "http://evil.example/b/-/b-1.0.0.tgz",
    },
  };
  const lockfile = read(lock({ dependencies: { a: "1" } }, packages));
  assert.deepEqual(codes(lockfile, "node_modules/a/node_modules/b"), ["LOCKFILE_AMBIGUOUS"]);
});
