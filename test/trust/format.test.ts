import assert from "node:assert/strict";
import test from "node:test";
import { readDenials, readExceptions } from "../../src/trust/exceptions.js";
import { readTrustFile } from "../../src/trust/format.js";
import { REFUSED } from "./refused.js";
import {
  bytes,
  COMMIT,
  type Loose,
  SHA512,
  sample,
  sampleDenials,
  sampleExceptions,
  stopped,
  V4,
  V6,
} from "./samples.js";

test("the store that the design shows is read, every value parsed", () => {
  const trust = readTrustFile(bytes(sample()));
  assert.deepEqual(
    trust.registries.map(({ id, home }) => [id, home]),
    [
      ["npmjs", []],
      ["pypi", ["*"]],
      ["acme", ["@acme/*"]],
      ["other", ["*"]],
    ],
  );
  const acme = trust.registries[2];
  assert.deepEqual(
    [acme?.serves, acme?.evidenceFrom, acme?.require, acme?.floor],
    ["npmjs", "npmjs", ["integrity"], []],
  );
  assert.deepEqual(trust.rules[0], {
    id: "rules[0]",
    select: { text: "npm:@acme/*@>=2.0.0", ecosystem: "npm", pattern: "@acme/*", range: ">=2.0.0" },
    except: [{ text: "npm:@acme/legacy", ecosystem: "npm", pattern: "@acme/legacy", range: null }],
    require: ["provenance"],
    publishers: { atLeast: 1, of: ["lib-author", "acme-ci"] },
    expires: Date.UTC(2027, 11, 31, 22),
    reason: "we publish these ourselves",
  });
  assert.deepEqual(trust.publishers[2]?.compromised, {
    since: Date.UTC(2026, 7, 17),
    reason: "the laptop was stolen",
  });
  assert.deepEqual([...trust.fingerprints.keys()].sort(), [V4, V6].sort());
  assert.equal(trust.sources[0]?.from, `git+https://git.example.net/tool#${COMMIT}`);
  assert.deepEqual(trust.owners, {
    atLeast: 1,
    identities: [{ type: "openpgp", fingerprint: V4, signatureUrl: null }],
  });
  const [exception] = readExceptions(bytes(sampleExceptions()));
  assert.deepEqual(
    [exception?.id, exception?.digest, exception?.waive, exception?.expires],
    ["exceptions[0]", { algorithm: "sha512", hex: "07".repeat(64) }, ["registry-signature"], Date.UTC(2027, 1, 1)],
  );
  assert.equal(readDenials(bytes(sampleDenials()))[0]?.id, "deny[0]");
});

test("a file with a format and nothing else asks for nothing beyond the floor", () => {
  const trust = readTrustFile(bytes({ format: 1 }));
  assert.deepEqual([trust.rules, trust.publishers, trust.owners], [[], [], null]);
  assert.deepEqual(readExceptions(bytes({ format: 1 })), []);
  assert.deepEqual(readDenials(bytes({ format: 1 })), []);
});

for (const { name, file, damage, says } of REFUSED) {
  test(`refused: ${name}`, () => {
    const store: Loose = { trust: sample(), exceptions: sampleExceptions(), deny: sampleDenials() };
    const text = damage(store[file]) ?? JSON.stringify(store[file], null, 2);
    const read = { trust: readTrustFile, exceptions: readExceptions, deny: readDenials }[file];
    const error = stopped(() => read(bytes(text)));
    assert.equal(error.code, "TRUST_MALFORMED");
    assert.match(`${error.message} ${error.help}`, says);
    assert.match(error.at ?? "", new RegExp(`^${file}\\.json:\\d+:\\d+$`));
    assert.match(error.message, /^["A-Za-z].*[.?]$|^[a-z]+\.json is not JSON/s);
  });
}

test("an error names the line and the column where the fault stands", () => {
  const text = '{\n  "format": 1,\n  "rules": [\n    { "select": "npm:x",\n      "requre": [], "reason": "r" }\n  ]\n}';
  const error = stopped(() => readTrustFile(bytes(text)));
  assert.equal(error.at, "trust.json:5:7");
  assert.match(error.message, /"requre" is not a key of a rule\. Did you mean "require"\?/);
  const kind = stopped(() => readTrustFile(bytes(text.replace('"requre": []', '"require": ["provenence"]'))));
  assert.equal(kind.at, "trust.json:5:19");
  assert.match(kind.message, /Did you mean "provenance"\?/);
});

test("a digest of two algorithms, or one beside a weak one, is no exact exception", () => {
  for (const digest of [`${SHA512} ${SHA512}`, `${SHA512} sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=`, ` ${SHA512}`]) {
    const file = sampleExceptions();
    file.exceptions[0].digest = digest;
    assert.match(stopped(() => readExceptions(bytes(file))).message, /"digest"/);
  }
});
