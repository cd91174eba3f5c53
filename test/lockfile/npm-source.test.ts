import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { readAddress, readSpec, readTarballUrl } from "../../src/lockfile/npm-source.js";

test("tells what a dependency's text asks for", () => {
  const kind = (text: string) => readSpec(text).kind;
  for (const text of ["^1.0.0", "~1", ">=1 <2", "1.x || 2.x", "*", "", " 1.0.0 ", "latest", "1.0.0-rc.1+b"]) {
    assert.equal(kind(text), "registry", text);
  }
  for (const text of [
    "git+ssh://git@host.example/a.git#1",
    "git+https://host.example/a.git",
    "git://host.example/a.git",
    "git@host.example:a/b.git",
    "github:a/b",
    "gist:0123456789",
    "a/b",
    "a/b#semver:^1",
    "https://github.com/a/b.git",
    "https://bitbucket.org/a/-/a-1.0.0.tgz",
  ]) {
    assert.equal(kind(text), "git", text);
  }
  for (const text of ["https://host.example/a.tgz", "http://host.example/a"]) assert.equal(kind(text), "url", text);
  for (const text of ["file:a.tgz", "./a.tar.gz", "a.tgz"]) assert.equal(kind(text), "tarball", text);
  for (const text of ["file:a", "./a", "../a", "/a", "~/a", ".5"]) assert.equal(kind(text), "folder", text);
  for (const text of ["workspace:*", "catalog:", "link:a", "evil@1.0.0", "npm:npm:a@1", "ftp://a/b"]) {
    assert.equal(kind(text), "unknown", text);
  }
  assert.deepEqual(readSpec("npm:@s/a@^1.0.0"), { kind: "alias", name: "@s/a", range: "^1.0.0" });
});

test("a folder has a path only where that is plainly below the asker", () => {
  const path = (text: string) => {
    const spec = readSpec(text);
    return spec.kind === "folder" ? spec.path : spec.kind;
  };
  assert.equal(path("file:packages/a"), "packages/a");
  assert.equal(path("file:./packages//a/"), "packages/a");
  assert.equal(path("./packages/a"), "packages/a");
  assert.equal(path("file:."), "");
  for (const text of ["file:../a", "file:/a", "file:///a", "file:a/../../b", "file:%2e%2e/a", "~/a"]) {
    assert.equal(path(text) === null || path(text) === "~/a", true, text);
  }
});

test("reads the forms of registries' tarball addresses, below any base", () => {
  const forms: [string, string, string][] = [
    ["https://r.example/qs/-/qs-1.0.0.tgz", "qs", "qs-1.0.0.tgz"],
    ["https://r.example:8443/qs/-/qs-1.0.0.tgz", "qs", "qs-1.0.0.tgz"],
    ["http://r.example/qs/-/qs-1.0.0.tgz", "qs", "qs-1.0.0.tgz"],
    ["https://r.example/@s/n/-/n-1.0.0-rc.1.tgz", "@s/n", "n-1.0.0-rc.1.tgz"],
    ["https://r.example/@s%2fn/-/n-1.0.0.tgz", "@s/n", "n-1.0.0.tgz"],
    ["https://r.example/%40s%2Fn/-/n-1.0.0.tgz", "@s/n", "n-1.0.0.tgz"],
    ["https://r.example/api/npm/repo/@s/n/-/@s/n-1.0.0.tgz", "@s/n", "n-1.0.0.tgz"],
    ["https://r.example/api/packages/me/npm/%40s%2Fn/-/1.0.0/n-1.0.0.tgz", "@s/n", "n-1.0.0.tgz"],
    ["https://r.example/-/-/--0.0.1.tgz", "-", "--0.0.1.tgz"],
    [`https://r.example/download/@s/n/1.0.0/${"0".repeat(64)}`, "@s/n", "n-1.0.0.tgz"],
    ["https://r.example/a/-/../../evil/-/evil-1.0.0.tgz", "evil", "evil-1.0.0.tgz"],
    ["https://r.example/a/-/%2e%2e/%2e%2e/evil/-/evil-1.0.0.tgz", "evil", "evil-1.0.0.tgz"],
    ["https://r.example/a/-/a-1.0.0.tgz/-/evil-1.0.0.tgz", "a-1.0.0.tgz", "evil-1.0.0.tgz"],
  ];
  for (const [url, name, file] of forms) assert.deepEqual(readTarballUrl(url), { name, file }, url);
});

test("an address that could hide another has no registry's form", () => {
  for (const url of [
    "https://r.example/evil.tgz?/qs/-/qs-1.0.0.tgz",
    "https://r.example/evil.tgz#/qs/-/qs-1.0.0.tgz",
    "https://me:secret@r.example/qs/-/qs-1.0.0.tgz",
    "https://r.example\\@evil.example/qs/-/qs-1.0.0.tgz",
    "https://r.example/qs/-/qs-1.0.0.tgz ",
    "https://r.example/qs/-/\tqs-1.0.0.tgz",
    "https://r.example/qs/-/x/y/qs-1.0.0.tgz",
    "https://r.example/qs/-/2.0.0/qs-1.0.0.tgz",
    "https://r.example/qs/-/@evil/qs-1.0.0.tgz",
    "https://r.example/qs/-/qs-1.0.0.zip",
    "https://r.example/%E0%A4%A/-/a-1.0.0.tgz",
    "https://r.example/..%2fx/-/x-1.0.0.tgz/",
    "https://r.example/-/qs-1.0.0.tgz",
    "ftp://r.example/qs/-/qs-1.0.0.tgz",
    "file:///qs/-/qs-1.0.0.tgz",
    "qs/-/qs-1.0.0.tgz",
  ]) {
    assert.equal(readTarballUrl(url), null, url);
  }
});

test("an address of no known form is a URL, never a registry's package", () => {
  for (const text of ["npm:evil@1.0.0", "evil", "latest", "1.0.0", "evil@1.0.0", "workspace:x", "https:evil"]) {
    assert.equal(readAddress(text).source.type, "url", text);
  }
  assert.deepEqual(readAddress(`github:a/b#${"AB".repeat(20)}`).source, {
    type: "git",
    url: `github:a/b#${"AB".repeat(20)}`,
    commit: "ab".repeat(20),
  });
  assert.deepEqual(readAddress("git+https://h.example/a.git#main").source, {
    type: "git",
    url: "git+https://h.example/a.git#main",
    commit: null,
  });
  assert.deepEqual(readAddress("file:vendor/a-1.0.0.tgz").source, { type: "file", path: "vendor/a-1.0.0.tgz" });
  assert.deepEqual(readAddress("file:../a-1.0.0.tgz").source, { type: "file", path: "../a-1.0.0.tgz" });
});

test("no text makes the readers throw", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", maxLength: 60 }),
      fc.constantFrom("", "file:", "https://", "git+ssh://", "npm:"),
      (text, scheme) => {
        readSpec(scheme + text);
        readAddress(scheme + text);
        readTarballUrl(`https://r.example/${text}/-/x-1.0.0.tgz`);
      },
    ),
    { numRuns: 250 },
  );
});
