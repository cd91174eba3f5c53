import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import type { Registry } from "../../src/model/policy.js";
import { BUILTIN } from "../../src/trust/builtin.js";
import { storeFindings } from "../../src/trust/findings.js";
import { readTrustFile } from "../../src/trust/format.js";
import { readRegistries } from "../../src/trust/registries.js";
import { bytes, mintKey, NOW, root, sample, stopped } from "./samples.js";

const read = (registries: unknown): readonly Registry[] => readTrustFile(bytes({ format: 1, registries })).registries;
const named = (registries: readonly Registry[], id: string): Registry => {
  const found = registries.find((registry) => registry.id === id);
  assert.ok(found);
  return found;
};
const npmjs = named(BUILTIN, "npmjs");

test("npm's pinned keys are those of Sigstore's trust root, with their windows", () => {
  const path = join(root(), "registry-fixtures/vectors/trust-anchors/npm-registry-keys.json");
  const { keys } = JSON.parse(readFileSync(path, "utf8"));
  const signing = keys.filter((key: { keyUsage: string }) => key.keyUsage === "npm:signatures");
  assert.deepEqual(
    npmjs.keys.map(({ keyid, spki }) => [keyid, spki]),
    signing.map((key: { keyId: string; publicKey: { rawBytes: string } }) => [key.keyId, key.publicKey.rawBytes]),
  );
  assert.deepEqual(
    npmjs.keys.map(({ notBefore, expires }) => [notBefore, expires]),
    [
      [null, Date.parse("2025-01-29T00:00:00Z")],
      [Date.parse("2025-01-13T00:00:00Z"), null],
    ],
  );
});

test("the floor of npm's registry is integrity and its signature, and it may redirect nowhere", () => {
  assert.deepEqual(npmjs.floor, ["integrity", "registry-signature"]);
  assert.deepEqual(npmjs.require, npmjs.floor);
  assert.deepEqual(npmjs.redirects, []);
  assert.deepEqual(readRegistries(null), BUILTIN);
});

test("npm's own keys are accepted under the ids that npm publishes, which are OpenSSH fingerprints", () => {
  const keys = npmjs.keys.map(({ keyid, spki }) => ({ keyid, key: spki }));
  const registry = named(read({ copy: { url: "https://npm.example.net", keys } }), "copy");
  assert.deepEqual(
    registry.keys.map(({ keyid }) => keyid),
    npmjs.keys.map(({ keyid }) => keyid),
  );
});

test("an id over the SubjectPublicKeyInfo is accepted with and without padding", () => {
  const key = mintKey();
  for (const keyid of [key.keyid, `${key.keyid}=`]) {
    const registry = named(read({ own: { url: "https://npm.example.net", keys: [{ ...key, keyid }] } }), "own");
    assert.equal(registry.keys[0]?.keyid, keyid);
  }
});

test("a built-in registry restated as it is changes nothing and weakens nothing", () => {
  const registries = read({
    npmjs: { url: npmjs.url, ecosystem: "npm", require: ["integrity", "registry-signature"] },
    pypi: { require: ["integrity"] },
  });
  assert.deepEqual(registries, BUILTIN);
  assert.deepEqual(storeFindings({ registries, rules: [], exceptions: [] }, NOW), []);
});

test("less than the built-in floor is a weakening that names what is missing", () => {
  const registries = read({ npmjs: { require: ["integrity"] } });
  const [finding, ...more] = storeFindings({ registries, rules: [], exceptions: [] }, NOW);
  assert.deepEqual(more, []);
  assert.equal(finding?.code, "POLICY_WEAKENED");
  assert.match(finding?.says ?? "", /registries\.npmjs .*registry-signature is missing/);
  assert.deepEqual([finding?.expected, finding?.got], ["integrity, registry-signature", "integrity"]);
});

test("a key added to npm's registry is a weakening, and is named", () => {
  const key = mintKey();
  const registries = read({ npmjs: { keys: [key] } });
  const [finding, ...more] = storeFindings({ registries, rules: [], exceptions: [] }, NOW);
  assert.deepEqual(more, []);
  assert.equal(finding?.code, "POLICY_WEAKENED");
  assert.ok(finding?.says.includes(key.keyid));
});

test("taking every name from npm's registry without its floor is a weakening too", () => {
  const open = read({ all: { url: "https://npm.example.net/", home: ["*"] } });
  assert.match(storeFindings({ registries: open, rules: [], exceptions: [] }, NOW)[0]?.says ?? "", /registries\.all/);
  const { registries } = readTrustFile(bytes(sample()));
  assert.deepEqual(storeFindings({ registries, rules: [], exceptions: [] }, NOW), []);
});

test("taking names without a scope from npm's registry without its floor is a weakening, signed there or not", () => {
  const weakened = (entry: object) => {
    const registries = read({ own: { url: "https://npm.example.net/", ...entry } });
    return storeFindings({ registries, rules: [], exceptions: [] }, NOW);
  };
  for (const more of [{}, { keys: [mintKey()] }, { keys: [mintKey()], require: ["registry-signature"] }]) {
    const [finding, ...others] = weakened({ home: ["left-pad", "@acme/*"], ...more });
    assert.deepEqual([finding?.code, others], ["POLICY_WEAKENED", []]);
    assert.match(finding?.says ?? "", /registries\.own asks for less than the floor of "npmjs", .* "left-pad":/);
  }
  const many = Array.from({ length: 9 }, (_, index) => `name-${index}`);
  assert.match(weakened({ home: many })[0]?.says ?? "", /"name-4" and 4 more/);
  assert.deepEqual(weakened({ home: ["left-pad"], keys: [mintKey()], require: npmjs.floor }), []);
  assert.deepEqual(weakened({ home: ["@acme/*", "@other/tool"] }), []);
  assert.deepEqual(weakened({ serves: "npmjs" }), []);
});

test("a built-in registry can be given more keys, hosts and homes, and a key an earlier end", () => {
  const [old] = npmjs.keys;
  const registries = read({
    npmjs: {
      keys: [mintKey(), { keyid: old?.keyid, key: old?.spki, expires: "2024-01-01T00:00:00Z" }],
      redirects: ["files.example.net"],
      home: ["@types/*"],
    },
    other: { url: "https://npm.example.net/", home: ["*"], require: npmjs.floor },
  });
  const registry = named(registries, "npmjs");
  assert.equal(registry.keys.length, 3);
  assert.equal(registry.keys[0]?.expires, Date.UTC(2024, 0, 1));
  assert.deepEqual(
    [registry.redirects, registry.home, registry.floor],
    [["files.example.net"], ["@types/*"], npmjs.floor],
  );
});

test("nobody can be declared at the address of a built-in registry, however it is written", () => {
  for (const url of [npmjs.url, npmjs.url.slice(0, -1)]) {
    assert.match(stopped(() => read({ mine: { url } })).message, /same "url"/);
  }
});
