/** Which registry a package would come from, by the address that a lockfile has, or by npm's settings. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { NpmSettings } from "../../src/ecosystem/npmrc.js";
import type { Artifact, Source } from "../../src/model/artifact.js";
import { npmPurl } from "../../src/model/names.js";
import { undeclaredIn, wayTo } from "../../src/pipeline/undeclared.js";
import { BUILTIN } from "../../src/trust/builtin.js";
import { builtinStore } from "../../src/trust/store.js";

const PUBLIC = BUILTIN[0]?.url ?? "";

function settings(scopes: Readonly<Record<string, string>> = {}, registry = PUBLIC): NpmSettings {
  const origins = Object.entries(scopes).map(([scope, value]) => ({
    ...{ key: `${scope}:registry`, value, written: value },
    ...{ level: "project" as const, where: ".npmrc in the project, line 1", known: false },
  }));
  const npm = { registry, scopes: new Map(Object.entries(scopes)), replaceRegistryHost: "npmjs", origins };
  return npm as unknown as NpmSettings;
}

function artifact(name: string, url: string | null, type: "registry" | "url" = "registry"): Artifact {
  const source = { type, url } as Source;
  const place = { paths: [name], location: `node_modules/${name}`, npm: null, findings: [] };
  const filename = "x-1.0.0.tgz";
  return {
    purl: npmPurl(name, "1.0.0"),
    ecosystem: "npm",
    name,
    version: "1.0.0",
    filename,
    source,
    locked: {},
    ...place,
  };
}

const found = (items: readonly Artifact[], npm = settings(), masked: readonly string[] = []) =>
  undeclaredIn(items, { trust: builtinStore(), npm, masked }).map(({ url, id, artifacts, scopes }) => [
    url,
    id,
    artifacts.map(({ name }) => name),
    scopes,
  ]);

describe("by the address", () => {
  for (const [what, address, url, id] of [
    ["npm's form", "https://npm.acme.dev/@acme/lib/-/lib-1.0.0.tgz", "https://npm.acme.dev/", "acme"],
    ["below a path", "https://acme.dev/api/npm/all/lib/-/lib-1.0.0.tgz", "https://acme.dev/api/npm/all/", "acme"],
    ["an escaped slash", "https://npm.acme.dev/@acme%2flib/-/lib-1.0.0.tgz", "https://npm.acme.dev/", "acme"],
    ["the scope again", "https://acme.dev/npm/@acme/lib/-/@acme/lib-1.0.0.tgz", "https://acme.dev/npm/", "acme"],
    [
      "GitHub Packages",
      `https://npm.pkg.acme.com/download/@acme/lib/1.0.0/${"ab".repeat(20)}`,
      "https://npm.pkg.acme.com/",
      "acme",
    ],
    ["a number for a host", "https://10.0.0.7/lib/-/lib-1.0.0.tgz", "https://10.0.0.7/", "private"],
    ["a host without a name", "https://constructor/lib/-/lib-1.0.0.tgz", "https://constructor/", "private"],
    ["called as a built-in one", "https://npmjs.example/lib/-/lib-1.0.0.tgz", "https://npmjs.example/", "mirror"],
  ] as const) {
    test(what, () => {
      const name = address.includes("@acme") ? "@acme/lib" : "lib";
      assert.deepEqual(found([artifact(name, address)]), [[url, id, [name], []]]);
    });
  }

  test("two registries of one name get two", () => {
    const items = ["https://npm.acme.dev/", "https://npm.acme.org/"].map((url) =>
      artifact("lib", `${url}lib/-/lib-1.0.0.tgz`),
    );
    assert.deepEqual(
      found(items).map(([, id]) => id),
      ["acme", "acme-2"],
    );
  });

  test("what can't be written down is not proposed", () => {
    for (const base of [
      "http://npm.acme.dev/",
      "https://ann:secret@npm.acme.dev/",
      "https://npm.\u0430cme.dev/",
      "https://npm.acme.dev/a/../b/",
      "https://NPM.acme.dev/",
    ]) {
      assert.deepEqual(found([artifact("lib", `${base}lib/-/lib-1.0.0.tgz`)]), [], base);
    }
    const secret = artifact("lib", "https://npm.acme.dev/t0ken/lib/-/lib-1.0.0.tgz");
    assert.deepEqual(found([secret], settings(), ["t0ken"]), []);
  });

  test("a URL that nothing calls a registry's is none; one below a registry of npm's settings is", () => {
    const odd = artifact("@acme/lib", "https://npm.acme.dev/files/lib.tgz", "url");
    assert.deepEqual(found([odd]), []);
    const npm = settings({ "@acme": "https://npm.acme.dev/" });
    assert.deepEqual(found([odd], npm), [["https://npm.acme.dev/", "acme", ["@acme/lib"], ["@acme"]]]);
  });
});

describe("by npm's settings", () => {
  test("without an address, where npm would ask", () => {
    const npm = settings({ "@acme": "https://npm.acme.dev/" }, "https://mirror.example/");
    assert.deepEqual(found([artifact("@acme/lib", null), artifact("lodash", null)], npm), [
      ["https://npm.acme.dev/", "acme", ["@acme/lib"], ["@acme"]],
      ["https://mirror.example/", "mirror", ["lodash"], []],
    ]);
  });

  test("a scope of which nothing is locked yet", () => {
    assert.deepEqual(found([], settings({ "@acme": "https://npm.acme.dev/" })), [
      ["https://npm.acme.dev/", "acme", [], ["@acme"]],
    ]);
    assert.deepEqual(found([], settings({ "@acme": PUBLIC })), []);
    assert.deepEqual(found([], settings({ "@acme": "http://npm.acme.dev/" })), []);
  });

  test("a scope's own registry comes before the default, as in npm", () => {
    const npm = settings({ "@acme": "https://npm.acme.dev/" }, "https://mirror.example/");
    assert.equal(wayTo("https://npm.acme.dev/", "@acme/lib", npm), "scope");
    assert.equal(wayTo("https://mirror.example/", "@acme/lib", npm), null);
    assert.equal(wayTo("https://mirror.example/", "@acme-evil/lib", npm), "default");
    assert.equal(wayTo("https://mirror.example/", "lodash", npm), "default");
    assert.equal(wayTo("https://elsewhere.example/", "lodash", npm), null);
  });
});
