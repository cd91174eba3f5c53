import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ManifestFacts, NpmEntry, Requires } from "../../src/model/artifact.js";
import { verifyManifest } from "../../src/verify/manifest.js";

const NO_FACTS: ManifestFacts = {
  dependencies: {},
  optionalDependencies: {},
  peerDependencies: {},
  acceptDependencies: {},
  optionalPeers: [],
  bin: {},
  engines: {},
  os: [],
  cpu: [],
  libc: [],
  bundled: [],
};

function entry(facts: Partial<ManifestFacts> | null, flags: Partial<NpmEntry> = {}): NpmEntry {
  return {
    facts: facts === null ? null : { ...NO_FACTS, ...facts },
    hasInstallScript: false,
    hasShrinkwrap: false,
    dev: false,
    optional: false,
    peer: false,
    devOptional: false,
    only: { dev: false, optional: false, peer: false, devOptional: false },
    requires: null,
    ...flags,
  };
}

/** What a version 1 entry asks for, in a lockfile that has entries called a and b. */
function requires(texts: Record<string, string>): Requires {
  return { texts, locked: new Set(["a", "b"]) };
}

type Json = Record<string, unknown>;

async function differs(archive: Json, registry: Json | null, lock: NpmEntry | null = null, files: string[] = []) {
  const outcome = await verifyManifest({
    name: "lib",
    lock,
    registry,
    archive: { manifest: archive, files: new Set(files) },
  });
  return outcome.outcome === "invalid" ? outcome.detail.split(" ")[0] : outcome.outcome;
}

describe("manifest, what must be refused", () => {
  const table: [string, Json, Json, NpmEntry | null, string][] = [
    ["a dependency that the registry does not show", { dependencies: { evil: "1" } }, {}, null, "dependencies.evil"],
    [
      "another range of a dependency",
      { dependencies: { a: "^1" } },
      { dependencies: { a: "^2" } },
      null,
      "dependencies.a",
    ],
    ["an optional dependency kept quiet", { optionalDependencies: { a: "1" } }, {}, null, "optionalDependencies.a"],
    ["a postinstall kept quiet", { scripts: { postinstall: "x" } }, {}, null, "scripts.postinstall"],
    [
      "another postinstall",
      { scripts: { postinstall: "x" } },
      { scripts: { postinstall: "y" } },
      null,
      "scripts.postinstall",
    ],
    ["a command kept quiet", { bin: { git: "i.js" } }, {}, null, "bin.git"],
    ["directories.bin kept quiet", { directories: { bin: "bin" } }, {}, null, "bin.a"],
    ["another directories.bin", { directories: { bin: "bin" } }, { directories: { bin: "lib" } }, null, "bin.a"],
    [
      "a command added in the lockfile to those of directories.bin",
      { directories: { bin: "bin" } },
      { directories: { bin: "bin" } },
      entry({ bin: { git: "bin/a" } }),
      "bin.a",
    ],
    ["another platform", { os: ["linux"] }, { os: ["win32"] }, null, "os"],
    [
      "bundling kept quiet",
      { bundleDependencies: ["a"], dependencies: { a: "1" } },
      { dependencies: { a: "1" } },
      null,
      "bundleDependencies",
    ],
    ["a command added in the lockfile", {}, {}, entry({ bin: { git: "index.js" } }), "bin.git"],
    ["a dependency added in the lockfile", {}, {}, entry({ dependencies: { evil: "1" } }), "dependencies.evil"],
    [
      'a dependency on "*" added in the lockfile, of what is called bundled and is not there',
      { bundleDependencies: ["a"] },
      { bundleDependencies: ["a"] },
      entry({ bundled: ["a"], dependencies: { a: "*" } }),
      "dependencies.a",
    ],
    [
      "an alias that only a lockfile of version 1 asks for",
      { dependencies: { a: "^1.0.0" } },
      { dependencies: { a: "^1.0.0" } },
      entry(null, { requires: requires({ a: "npm:evil@1.0.0" }) }),
      "requires.a",
    ],
    [
      "an address that it asks for",
      {},
      {},
      entry(null, { requires: requires({ a: "https://evil.example/a.tgz" }) }),
      "requires.a",
    ],
    [
      "a dependency that it no longer asks for",
      { dependencies: { a: "1" } },
      { dependencies: { a: "1" } },
      entry(null, { requires: requires({}) }),
      "requires.a",
    ],
    [
      "an alias told as a plain range",
      { dependencies: { a: "npm:b@1" } },
      { dependencies: { a: "npm:b@1" } },
      entry(null, { requires: requires({ a: "*" }) }),
      "requires.a",
    ],
    ["other ranges that do", {}, {}, entry({ acceptDependencies: { a: "npm:b@1" } }), "acceptDependencies.a"],
    ["another processor in the lockfile", {}, {}, entry({ cpu: ["s390x"] }), "cpu"],
    [
      "a peer made optional in the lockfile",
      { peerDependencies: { a: "1" } },
      { peerDependencies: { a: "1" } },
      entry({ peerDependencies: { a: "1" }, optionalPeers: ["a"] }),
      "peerDependenciesMeta",
    ],
    [
      "a shrinkwrap that the archive does not have",
      {},
      {},
      entry(null, { hasShrinkwrap: true }),
      "npm-shrinkwrap.json",
    ],
  ];
  for (const [name, archive, registry, lock, expected] of table) {
    it(name, async () => assert.equal(await differs(archive, registry, lock, ["bin/a"]), expected));
  }

  it("a binding.gyp that nothing announces", async () => {
    assert.equal(await differs({}, {}, entry({}), ["binding.gyp"]), "scripts.install");
    assert.equal(await differs({}, null, entry({}), ["binding.gyp"]), "scripts.install");
  });

  it("a key of the prototype hides nothing", async () => {
    const archive = JSON.parse('{"dependencies": {"__proto__": "1.0.0", "toString": "1.0.0"}}');
    assert.match((await differs(archive, {})) ?? "", /^dependencies\./);
  });
});

describe("manifest, what real packages do and must pass", () => {
  const table: [string, Json, Json, NpmEntry | null, string[]][] = [
    [
      "bin as text, the registry's as an object",
      { bin: "./cli.js" },
      { bin: { lib: "cli.js" } },
      entry({ bin: { lib: "cli.js" } }),
      [],
    ],
    ["an empty bin that npm drops", { bin: {} }, {}, entry({}), []],
    [
      "what a lockfile of version 1 requires: aliases as written, ranges as they may be",
      { dependencies: { a: "npm:b@^1.0.0" }, optionalDependencies: { c: "1" } },
      { dependencies: { a: "npm:b@^1.0.0" }, optionalDependencies: { c: "1" } },
      entry(null, { requires: requires({ a: "npm:b@^1.0.0", c: "1", d: "^2.0.0" }) }),
      [],
    ],
    [
      "what is not locked is not required by version 1, nor are peers",
      { optionalDependencies: { z: "1" }, peerDependencies: { a: "1" } },
      { optionalDependencies: { z: "1" }, peerDependencies: { a: "1" } },
      entry(null, { requires: requires({}) }),
      [],
    ],
    [
      'bundled without being asked for, which npm 8 wrote into lockfiles as a dependency on "*"',
      { bundleDependencies: ["a"] },
      { bundleDependencies: ["a"] },
      entry({ bundled: ["a"], dependencies: { a: "*" } }),
      ["node_modules/a/package.json"],
    ],
    [
      "directories.bin, expanded by the registry",
      { directories: { bin: "./bin" } },
      { bin: { a: "bin/a" } },
      entry({ bin: { a: "bin/a" } }),
      ["bin/a", "bin/.hidden"],
    ],
    [
      "directories.bin, which registry and lockfile leave as it is",
      { directories: { bin: "./bin" } },
      { directories: { bin: "bin/" } },
      entry({}),
      ["bin/a"],
    ],
    [
      "optional dependencies copied into dependencies",
      { optionalDependencies: { a: "1" } },
      { dependencies: { a: "1" }, optionalDependencies: { a: "1" } },
      entry({ optionalDependencies: { a: "1" } }),
      [],
    ],
    ["engines filled in by an older client", {}, { engines: { node: "*" } }, entry({}), []],
    ["engines as a list, which npm ignores", { engines: ["node >= 0.8"] }, { engines: ["node >= 0.8"] }, entry({}), []],
    [
      "bundledDependencies in the other spelling",
      { bundledDependencies: ["a"], dependencies: { a: "1" } },
      { bundleDependencies: ["a"], dependencies: { a: "1" } },
      null,
      [],
    ],
    [
      "bundleDependencies: true",
      { bundleDependencies: true, dependencies: { a: "1" } },
      { bundleDependencies: ["a"], dependencies: { a: "1" } },
      null,
      [],
    ],
    ["bundleDependencies: false", { bundleDependencies: false }, {}, null, []],
    [
      "a bare binding.gyp that the registry announces",
      {},
      { scripts: { install: "node-gyp rebuild" }, gypfile: true },
      entry({}, { hasInstallScript: true }),
      ["binding.gyp"],
    ],
    ["a binding.gyp that is switched off", { gypfile: false }, { gypfile: false }, entry({}), ["binding.gyp"]],
    [
      "scripts that no installer runs",
      { scripts: { test: "x", prepare: "y" } },
      { scripts: { test: "z" } },
      entry({}),
      [],
    ],
    ["os as text", { os: "linux" }, { os: ["linux"] }, entry({ os: ["linux"] }), []],
    ["a lockfile that says nothing of libc", { libc: ["musl"] }, { libc: ["musl"] }, entry({}), []],
    [
      "a git dependency in two spellings",
      { dependencies: { a: "user/a" } },
      { dependencies: { a: "github:user/a" } },
      null,
      [],
    ],
    [
      "a lockfile of version 1, which carries no facts",
      { dependencies: { a: "1" } },
      { dependencies: { a: "1" } },
      entry(null),
      [],
    ],
  ];
  for (const [name, archive, registry, lock, files] of table) {
    it(name, async () => assert.equal(await differs(archive, registry, lock, files), "verified"));
  }
});

it("whatever a manifest holds, there is an outcome and no error", async () => {
  for (const value of [null, 1, "x", [], [1], { a: 1 }, { a: { b: {} } }, true]) {
    for (const field of [
      "dependencies",
      "optionalDependencies",
      "scripts",
      "bin",
      "os",
      "engines",
      "directories",
      "bundleDependencies",
      "peerDependenciesMeta",
    ]) {
      assert.ok(await differs({ [field]: value }, {}, entry({}), ["binding.gyp"]));
      assert.ok(await differs({}, { [field]: value }, entry({})));
    }
  }
});
