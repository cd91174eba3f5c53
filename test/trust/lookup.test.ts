import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { EVIDENCE_KINDS } from "../../src/model/evidence.js";
import type { Registry, Requirements, Rule, TrustStore } from "../../src/model/policy.js";
import { parseSelector, type Selector } from "../../src/model/selector.js";
import { homeOf, mayServe, registryAt, requirementsFor, scriptAllowance, sourcePin } from "../../src/trust/lookup.js";
import { builtinStore } from "../../src/trust/store.js";
import { COMMIT, type Loose, NOW, SHA512, sample, sampleDenials, sampleExceptions, storeOf } from "./samples.js";

const selector = (text: string): Selector => {
  const result = parseSelector(text);
  assert.ok(result.ok, text);
  return result.selector;
};
const npm = (name: string, version = "1.0.0") => ({ ecosystem: "npm", name, version }) as const;
const registry = (store: TrustStore, id: string): Registry => {
  const found = store.registries.find((known) => known.id === id);
  assert.ok(found, id);
  return found;
};
const rulesOf = (...rules: Loose[]) =>
  storeOf({ format: 1, rules: rules.map((rule) => ({ reason: "r", require: ["provenance"], ...rule })) });
const asked = (store: TrustStore, name: string, version = "1.0.0", now = NOW): Requirements =>
  requirementsFor(store, npm(name, version), homeOf(store, "npm", name), now);

test("a rule selects exactly what it names, and nothing that looks like it", async () => {
  const table: [string, string, string, boolean][] = [
    ["npm:@acme/*", "@acme/x", "1.0.0", true],
    ["npm:@acme/*", "@acme-evil/x", "1.0.0", false],
    ["npm:@acme/*", "@acme", "1.0.0", false],
    ["npm:@acme/*", "acme", "1.0.0", false],
    ["npm:@acme/*", "@ACME/x", "1.0.0", false],
    ["npm:@acme/lib", "@acme/lib", "1.0.0", true],
    ["npm:@acme/lib", "@acme/lib-evil", "1.0.0", false],
    ["npm:lib", "lib", "1.0.0", true],
    ["npm:lib", "lib-evil", "1.0.0", false],
    ["npm:lib", "@lib/lib", "1.0.0", false],
    ["npm:lib", "Lib", "1.0.0", false],
    ["npm:*", "@acme/x", "1.0.0", true],
    ["pypi:lib", "lib", "1.0.0", false],
    ["npm:lib@1.2.3", "lib", "1.2.3", true],
    ["npm:lib@1.2.3", "lib", "1.2.3+build.7", true],
    ["npm:lib@1.2.3", "lib", "1.2.3-rc.1", false],
    ["npm:lib@^1.2.0", "lib", "1.9.0-beta.1", true],
    ["npm:lib@^1.2.0", "lib", "2.0.0-alpha", false],
    ["npm:lib@>=2.0.0", "lib", "2.1.0-rc.1", true],
    ["npm:lib@<2.0.0", "lib", "2.0.0-rc.1", true],
    ["npm:lib@1.x", "lib", "1.0.0-alpha", true],
    ["npm:lib@>=1 <2 || >=3", "lib", "2.5.0", false],
    ["npm:lib@>=1 <2 || >=3", "lib", "3.0.0", true],
  ];
  for (const [select, name, version, expected] of table) {
    const requirements = asked(await rulesOf({ select }), name, version);
    assert.equal(requirements.kinds.has("provenance"), expected, `${select} on ${name}@${version}`);
    assert.equal(requirements.applied.includes("rules[0]"), expected);
  }
});

test("rules may select a package that is called like a part of every JavaScript object", async () => {
  for (const name of ["constructor", "hasOwnProperty", "toString"]) {
    assert.equal(asked(await rulesOf({ select: `npm:${name}` }), name).kinds.has("provenance"), true);
    assert.equal(asked(await rulesOf({ select: "npm:other" }), name).kinds.has("provenance"), false);
  }
});

test("a version below or above every rule that speaks of the name is uncovered", async () => {
  const store = await rulesOf({ select: "npm:lib@^2.0.0" }, { select: "npm:lib@^4.0.0" });
  assert.deepEqual(asked(store, "lib", "2.1.0").uncovered, []);
  for (const version of ["1.9.9", "2.0.0-rc.1", "3.0.0", "5.0.0"]) {
    assert.deepEqual(asked(store, "lib", version).uncovered, ["rules[0]", "rules[1]"], version);
  }
  assert.deepEqual(asked(store, "other", "1.0.0").uncovered, []);
});

test("what a rule excepts, it does not speak of; another version of the same package it does", async () => {
  const store = await rulesOf({ select: "npm:@acme/*@>=2.0.0", except: ["npm:@acme/legacy", "npm:@acme/old@<1"] });
  assert.deepEqual(asked(store, "@acme/legacy", "1.0.0").uncovered, []);
  assert.equal(asked(store, "@acme/legacy", "3.0.0").kinds.has("provenance"), false);
  assert.deepEqual(asked(store, "@acme/old", "0.9.0").uncovered, []);
  assert.deepEqual(asked(store, "@acme/old", "1.5.0").uncovered, ["rules[0]"]);
  assert.deepEqual(asked(store, "@acme/legacy-evil", "1.0.0").uncovered, ["rules[0]"]);
});

test("a rule asks until its end, and not after it", async () => {
  const store = await rulesOf({ select: "npm:lib@>=2", expires: "2027-01-01T00:00:00Z" });
  const end = Date.UTC(2027, 0, 1);
  assert.deepEqual(asked(store, "lib", "1.0.0", end - 1).uncovered, ["rules[0]"]);
  assert.deepEqual(asked(store, "lib", "1.0.0", end).uncovered, []);
  assert.equal(asked(store, "lib", "2.0.0", end - 1).kinds.has("provenance"), true);
  assert.equal(asked(store, "lib", "2.0.0", end).kinds.has("provenance"), false);
});

test("what must be shown is the home's floor, the serving registry's own, and every rule's", async () => {
  const trust = sample();
  delete trust.registries.other;
  trust.registries.acme.require = ["integrity", "archive"];
  const store = await storeOf(trust);
  const requirements = requirementsFor(store, npm("left-pad", "1.3.0"), registry(store, "acme"), NOW);
  assert.deepEqual(Object.fromEntries(requirements.kinds), {
    integrity: ["registries.npmjs", "registries.acme"],
    "registry-signature": ["registries.npmjs"],
    archive: ["registries.acme"],
  });
  const own = requirementsFor(store, npm("@acme/lib", "2.0.0"), registry(store, "acme"), NOW);
  assert.deepEqual([...own.kinds.keys()], ["integrity", "archive", "provenance"]);
  assert.deepEqual(own.publishers, [{ atLeast: 1, of: ["lib-author", "acme-ci"], rule: "rules[0]" }]);
  assert.deepEqual(
    own.candidates.map(({ name }) => name),
    ["lib-author", "acme-ci"],
  );
  assert.deepEqual(own.applied, ["registries.acme", "rules[0]"]);
});

test("a denial and the exceptions for exactly this version are found", async () => {
  const exceptions = sampleExceptions();
  exceptions.exceptions.push({ ...exceptions.exceptions[0], select: "npm:left-pad@1.3.1" });
  exceptions.exceptions.push({ ...exceptions.exceptions[0], expires: "2026-01-01T00:00:00Z" });
  const store = await storeOf({ format: 1 }, exceptions, sampleDenials());
  const ids = (version: string) => asked(store, "left-pad", version).exceptions.map(({ id }) => id);
  assert.deepEqual(ids("1.3.0"), ["exceptions[0]"]);
  assert.deepEqual(ids("1.3.1"), ["exceptions[1]"]);
  assert.deepEqual([ids("1.3.0+other"), ids("1.3.0-rc.1"), ids("1.3.2")], [[], [], []]);
  assert.deepEqual(asked(store, "left-pad", "1.3.0", Date.UTC(2027, 1, 1)).exceptions, []);
  assert.equal(asked(store, "event-stream", "3.3.6").denial?.reason, "malware");
  assert.equal(asked(store, "event-stream", "3.3.6+x").denial?.id, "deny[0]");
  assert.equal(asked(store, "event-stream", "3.3.5").denial, null);
});

test("the home is named exactly before by scope, by scope before *, and else built in", async () => {
  const store = await storeOf({
    format: 1,
    registries: {
      all: { url: "https://all.example/", home: ["*"] },
      scope: { url: "https://scope.example/", home: ["@acme/*"] },
      one: { url: "https://one.example/", home: ["@acme/one", "plain"] },
      snakes: { url: "https://snakes.example/", ecosystem: "pypi", home: ["Foo_Bar"] },
    },
  });
  for (const [ecosystem, name, id] of [
    ["npm", "anything", "all"],
    ["npm", "@acme/two", "scope"],
    ["npm", "@acme/one", "one"],
    ["npm", "@acme/one-more", "scope"],
    ["npm", "@acme-evil/one", "all"],
    ["npm", "plain", "one"],
    ["npm", "Plain", "all"],
    ["pypi", "foo.bar", "snakes"],
    ["pypi", "plain", "pypi"],
  ] as const) {
    assert.equal(homeOf(store, ecosystem, name).id, id, name);
  }
  assert.equal(homeOf(builtinStore(), "npm", "@acme/one").id, "npmjs");
});

test("a registry is found by the longest address, on whole path segments, on exactly its host", async () => {
  const store = await storeOf({
    format: 1,
    registries: {
      host: { url: "https://npm.acme.dev" },
      path: { url: "https://npm.acme.dev/team/npm/" },
      port: { url: "https://npm.acme.dev:8443/" },
      near: { url: "https://localhost:4873/" },
    },
  });
  for (const [url, id] of [
    ["https://npm.acme.dev/x/-/x-1.0.0.tgz", "host"],
    ["https://NPM.ACME.dev:443/x/-/x-1.0.0.tgz", "host"],
    ["https://npm.acme.dev/team/npm/x/-/x-1.0.0.tgz", "path"],
    ["https://npm.acme.dev/team/npm", "path"],
    ["https://npm.acme.dev/team/npm-evil/x.tgz", "host"],
    ["https://npm.acme.dev/team/npm/../x.tgz", "host"],
    ["https://npm.acme.dev:8443/x.tgz", "port"],
    ["https://localhost:4873/@a%2fb/-/b-1.0.0.tgz", "near"],
    ["https://registry.npmjs.org/x/-/x-1.0.0.tgz", "npmjs"],
    ["https://registry.npmjs.org", "npmjs"],
    ["https://npm.acme.dev.evil.example/x.tgz", null],
    ["https://npm.acme.dev./x.tgz", null],
    ["https://evil.example/https://npm.acme.dev/x.tgz", null],
    ["https://npm.acme.dev@evil.example/x.tgz", null],
    ["https://me@npm.acme.dev/x.tgz", null],
    ["https://npm.acme.dev:444/x.tgz", null],
    ["http://npm.acme.dev/x.tgz", null],
    ["https://npm.acme.dev/team/npm/..%2f..%2fother/x.tgz", null],
    ["https://npm.acme.dev/team/npm/..%5cother/x.tgz", null],
    ["https://npm.acme.dev/%zz", null],
    ["https:\\\\npm.acme.dev\\x.tgz", null],
    ["https://npm.acme.dev\n.evil.example/x.tgz", null],
    ["git+https://npm.acme.dev/x.git", null],
    ["", null],
  ] as const) {
    assert.equal(registryAt(store, url)?.id ?? null, id, url);
  }
});

test("only the home, and what serves it, may serve a package", async () => {
  const store = await storeOf({
    format: 1,
    registries: {
      mirror: { url: "https://mirror.example/", serves: "npmjs" },
      inner: { url: "https://inner.example/", serves: "mirror" },
      stranger: { url: "https://stranger.example/" },
    },
  });
  const serves = (from: string, home: string) => mayServe(store, registry(store, from), registry(store, home));
  assert.deepEqual([serves("npmjs", "npmjs"), serves("mirror", "npmjs"), serves("inner", "npmjs")], [true, true, true]);
  assert.deepEqual(
    [serves("stranger", "npmjs"), serves("npmjs", "mirror"), serves("mirror", "inner"), serves("pypi", "npmjs")],
    [false, false, false, false],
  );
});

test("scripts and sources are allowed to what is named, in the version and from the source that is named", async () => {
  const store = await storeOf(sample());
  assert.equal(scriptAllowance(store, npm("esbuild", "0.25.3"))?.id, "scripts[0]");
  for (const [name, version] of [
    ["esbuild", "0.26.0"],
    ["esbuild-evil", "0.25.3"],
    ["@esbuild/linux-x64", "0.25.3"],
  ] as const) {
    assert.equal(scriptAllowance(store, npm(name, version)), null);
  }
  const from = `git+https://git.example.net/tool#${COMMIT}`;
  assert.equal(sourcePin(store, npm("internal-tool"), from)?.id, "sources[0]");
  assert.equal(sourcePin(store, npm("internal-tool"), from.replace(/.$/, "0")), null);
  assert.equal(sourcePin(store, npm("internal-tool"), `${from}/`), null);
  assert.equal(sourcePin(store, npm("other-tool"), from), null);
});

const kinds = fc.uniqueArray(fc.constantFrom(...EVIDENCE_KINDS), { maxLength: 3 });
const select = fc
  .constantFrom("npm:*", "npm:@acme/*", "npm:@acme/lib", "npm:lib", "npm:lib@^1.0.0", "npm:@acme/*@>=2", "pypi:lib")
  .map(selector);
const rule: fc.Arbitrary<Omit<Rule, "id">> = fc.record({
  select,
  except: fc.array(select, { maxLength: 1 }),
  require: kinds,
  publishers: fc.option(fc.constantFrom({ atLeast: 1, of: ["a"] }, { atLeast: 2, of: ["a", "b"] })),
  expires: fc.option(fc.constantFrom(NOW - 1, NOW, NOW + 1)),
  reason: fc.constant("r"),
});

test("adding a rule never removes a requirement", () => {
  const store = builtinStore();
  const numbered = (rules: Omit<Rule, "id">[]) => rules.map((item, index) => ({ ...item, id: `rules[${index}]` }));
  fc.assert(
    fc.property(
      fc.array(rule, { maxLength: 5 }),
      rule,
      fc.constantFrom("lib", "@acme/lib", "@acme/x", "other"),
      fc.constantFrom("0.9.0", "1.0.0", "1.5.0-rc.1", "2.0.0"),
      (rules, more, name, version) => {
        const before = asked({ ...store, rules: numbered(rules) }, name, version);
        const after = asked({ ...store, rules: numbered([...rules, more]) }, name, version);
        for (const [kind, places] of before.kinds) {
          for (const place of places) assert.ok(after.kinds.get(kind)?.includes(place));
        }
        for (const item of before.publishers) {
          assert.ok(after.publishers.some((other) => other.rule === item.rule && other.atLeast === item.atLeast));
        }
        for (const place of before.applied) assert.ok(after.applied.includes(place));
        for (const kind of ["integrity", "registry-signature"] as const) assert.ok(after.kinds.has(kind));
      },
    ),
    { numRuns: 500 },
  );
});

test("a list of denials as long as a store can hold, and a large lockfile, take no noticeable time", async () => {
  const deny = Array.from({ length: 5_000 }, (_, index) => ({ select: `npm:evil-${index}@1.0.0`, reason: "malware" }));
  const exceptions = Array.from({ length: 2_000 }, (_, index) => ({
    select: `npm:package-${index}@1.0.0`,
    digest: SHA512,
    waive: ["registry-signature"],
    expires: "2028-01-01T00:00:00Z",
    reason: "old",
  }));
  const store = await storeOf({ format: 1 }, { format: 1, exceptions }, { format: 1, deny });
  const start = performance.now();
  for (let index = 0; index < 2_000; index++) {
    const { exceptions: found, denial } = asked(store, `package-${index}`);
    assert.deepEqual([found.length, denial], [1, null]);
  }
  assert.equal(asked(store, "evil-4999").denial?.id, "deny[4999]");
  assert.ok(performance.now() - start < 5_000);
});
