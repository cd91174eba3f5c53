import assert from "node:assert/strict";
import test from "node:test";
import { StopError } from "../../src/model/finding.js";
import { LIMITS } from "../../src/model/limits.js";
import { readDenials, readExceptions } from "../../src/trust/exceptions.js";
import { readTrustFile } from "../../src/trust/format.js";
import {
  bytes,
  type Loose,
  NOW,
  SHA512,
  sample,
  sampleDenials,
  sampleExceptions,
  stopped,
  storeOf,
} from "./samples.js";

const CASES: readonly (readonly [string, (content: Uint8Array) => unknown, Loose])[] = [
  ["trust.json", readTrustFile, sample()],
  ["exceptions.json", readExceptions, sampleExceptions()],
  ["deny.json", readDenials, sampleDenials()],
];

/** Reads; anything but a value or a StopError that names a position is a crash. */
function readOrStop(read: (content: Uint8Array) => unknown, content: Uint8Array): unknown {
  try {
    return read(content);
  } catch (error) {
    assert.ok(error instanceof StopError, `${error} on ${Buffer.from(content)}`);
    assert.equal(error.code, "TRUST_MALFORMED");
    assert.match(error.at ?? "", /^(trust|exceptions|deny)\.json(:\d+:[1-9]\d*)?$/);
    return null;
  }
}

for (const [file, read, value] of CASES) {
  test(`every prefix of ${file} is refused`, () => {
    const whole = Buffer.from(JSON.stringify(value));
    assert.notEqual(readOrStop(read, whole), null);
    for (let length = 0; length < whole.length; length++) {
      assert.equal(readOrStop(read, whole.subarray(0, length)), null, `${length} bytes`);
    }
  });

  test(`every flipped and bumped byte of ${file} gives a store or a refusal, never a crash`, () => {
    const whole = Buffer.from(JSON.stringify(value));
    for (let index = 0; index < whole.length; index++) {
      for (const change of [(byte: number) => byte ^ 0x20, (byte: number) => byte + 1]) {
        const mangled = Buffer.from(whole);
        mangled[index] = change(whole[index] ?? 0) & 0xff;
        readOrStop(read, mangled);
      }
    }
  });
}

test("every part of the sample replaced by every other kind of value gives a refusal, never a crash", () => {
  const odd: unknown[] = [null, true, 0, -1, 1e300, "", "x", [], [[]], {}, { __proto__: null }, [null], [{}]];
  const replace = (value: Loose, root: Loose): void => {
    for (const key of Object.keys(value)) {
      const kept = value[key];
      for (const other of odd) {
        value[key] = other;
        readOrStop(readTrustFile, bytes(JSON.stringify(root)));
      }
      value[key] = kept;
      if (typeof kept === "object" && kept !== null) replace(kept, root);
    }
  };
  const trust = sample();
  replace(trust, trust);
});

test("a store as large as it may be is read, or refused, in bounded time", async () => {
  const start = performance.now();
  const rules = Array.from({ length: 5_000 }, (_, index) => ({
    select: `npm:@scope-${index}/*@>=${index}.0.0 <${index + 1}.0.0 || 1.x`,
    require: ["provenance"],
    reason: "r",
  }));
  const store = await storeOf({ format: 1, rules });
  assert.equal(store.rules.length, 5_000);
  const registries = Object.fromEntries(
    Array.from({ length: 1_000 }, (_, index) => [
      `r${index}`,
      { url: `https://r${index}.example/`, serves: index === 999 ? "npmjs" : `r${index + 1}` },
    ]),
  );
  assert.equal(readTrustFile(bytes({ format: 1, registries })).registries.length, 1_002);
  Object.assign(registries, { r999: { url: "https://r999.example/", serves: "r0" } });
  assert.match(stopped(() => readTrustFile(bytes({ format: 1, registries }))).message, /circle/);
  const many = Object.fromEntries(Array.from({ length: 1_001 }, (_, index) => [`r${index}`, {}]));
  assert.match(stopped(() => readTrustFile(bytes({ format: 1, registries: many }))).message, /more than 1000/);
  assert.ok(performance.now() - start < 10_000);
});

test("identities that all look alike are held against one another in bounded time", () => {
  const start = performance.now();
  const identity = { type: "built-by", issuer: "https://i.example", repository: "https://g.example/a/b" };
  const publishers = (count: number, change: (index: number) => Loose) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, index) => [`p${index}`, { identities: [{ ...identity, ...change(index) }] }]),
    );
  const apart = publishers(5_000, (index) => ({ repository: `https://g.example/a/${index}` }));
  assert.equal(readTrustFile(bytes({ format: 1, publishers: apart })).publishers.length, 5_000);
  const alike = publishers(10_000, (index) => ({ workflow: `w${index}` }));
  assert.match(
    stopped(() => readTrustFile(bytes({ format: 1, publishers: alike }))).message,
    /More than 100 identities/,
  );
  assert.ok(performance.now() - start < 10_000);
});

test("one text that fills the whole file is refused without ado", () => {
  const start = performance.now();
  const long = "a".repeat(LIMITS.trustFileBytes - 200);
  for (const select of [`npm:${long}`, `npm:lib@${" ".repeat(100_000)}x`, `npm:lib@${"1 || ".repeat(100_000)}1`]) {
    const error = stopped(() => readTrustFile(bytes({ format: 1, rules: [{ select, reason: "r" }] })));
    assert.ok(error.message.length < 300);
  }
  const exceptions = [
    { select: "npm:a@1.0.0", digest: `${SHA512}${long.slice(300)}`, waive: ["provenance"], reason: "r" },
  ];
  const error = stopped(() => readExceptions(bytes({ format: 1, exceptions })));
  assert.ok(error.message.length < 300 && NOW > 0);
  assert.ok(performance.now() - start < 10_000);
});
