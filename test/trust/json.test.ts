import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { LIMITS } from "../../src/model/limits.js";
import { type Json, parseJson } from "../../src/trust/json.js";
import { stopped } from "./samples.js";

const read = (text: string | Uint8Array): Json => parseJson(Buffer.from(text), "trust.json");

function plain(json: Json): unknown {
  switch (json.type) {
    case "object":
      return Object.fromEntries([...json.members].map(([key, { value }]) => [key, plain(value)]));
    case "array":
      return json.items.map(plain);
    case "null":
      return null;
    default:
      return json.value;
  }
}

test("what is read is what JSON.parse reads, for any JSON", () => {
  const value = fc.json({ maxDepth: 6, stringUnit: "grapheme" });
  fc.assert(
    fc.property(value, fc.constantFrom(undefined, 1, "\t"), (text, indent) => {
      const spaced = JSON.stringify(JSON.parse(text), null, indent);
      assert.deepEqual(plain(read(spaced)), JSON.parse(spaced));
    }),
    { numRuns: 300 },
  );
});

test("text that JSON.parse refuses is refused, whatever was done to it", () => {
  const letters = fc.constantFrom(..."{}[],:\"\\/ \n\t\r01.-+eEtruefalsn'u".split(""), "\u0000", "\u2028", "é");
  fc.assert(
    fc.property(fc.string({ unit: letters, maxLength: 24 }), (text) => {
      let expected: unknown;
      try {
        expected = JSON.parse(text);
      } catch {
        assert.equal(stopped(() => read(text)).code, "TRUST_MALFORMED");
        return;
      }
      try {
        assert.deepEqual(plain(read(text)), expected);
      } catch (error) {
        assert.match(String(error), /stands twice|half of a character/);
      }
    }),
    { numRuns: 2_000 },
  );
});

test("a key that stands twice is refused where it stands the second time", () => {
  const error = stopped(() => read('{\n  "format": 1,\n  "rules": [],\n  "rules": []\n}'));
  assert.equal(error.at, "trust.json:4:3");
  assert.match(error.message, /"rules" stands twice/);
  assert.equal(stopped(() => read('{"a":1,"\\u0061":2}')).at, "trust.json:1:8");
  assert.match(stopped(() => read('{"__proto__":1,"__proto__":2}')).message, /twice/);
});

test("__proto__ is a key like any other, and changes nothing", () => {
  const json = read('{"__proto__":{"polluted":true}}');
  assert.ok(json.type === "object" && json.members.has("__proto__"));
  assert.equal(({} as { polluted?: boolean }).polluted, undefined);
});

test("a comma too many, a comment and an open quote are named by line and column", () => {
  for (const [text, at] of [
    ['{\n "a": 1,\n}', "trust.json:3:1"],
    ['{\n "a": 1 // why\n}', "trust.json:2:9"],
    ['{\n "a": "b\n}', "trust.json:2:9"],
    ['{\r\n "a": tru\r\n}', "trust.json:2:7"],
    ["{'a': 1}", "trust.json:1:2"],
    ["", "trust.json:1:1"],
    ['{"a": 1} {}', "trust.json:1:10"],
    ['{"a": 01}', "trust.json:1:7"],
  ] as const) {
    assert.equal(stopped(() => read(text)).at, at, JSON.stringify(text));
  }
});

test("a byte order mark, other encodings and half characters are refused", () => {
  assert.match(stopped(() => read("\ufeff{}")).message, /byte order mark/);
  assert.match(stopped(() => read(Buffer.from("{}", "utf16le"))).message, /JSON/);
  assert.match(stopped(() => read(Buffer.from([0x7b, 0x22, 0xc3, 0x22, 0x3a, 0x31, 0x7d]))).message, /UTF-8/);
  assert.match(stopped(() => read('["\\ud800"]')).message, /half of a character/);
  assert.match(stopped(() => read('{"\\udc00": 1}')).message, /half of a character/);
});

test("nesting that overflows a parser is refused before it is parsed", () => {
  for (const open of ["[", '{"a":', "[[],"]) {
    const error = stopped(() => read(open.repeat(100_000)));
    assert.match(error.message, /levels deep/);
    assert.match(error.at ?? "", /^trust\.json:1:\d+$/);
  }
  assert.equal(read('["[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "\\"[[["]').type, "array");
});

test("more bytes and more values than a store can have are refused in bounded time", () => {
  const start = performance.now();
  assert.match(stopped(() => read(Buffer.alloc(LIMITS.trustFileBytes + 1, 0x20))).message, /larger than/);
  assert.match(stopped(() => read(`[${"1,".repeat(LIMITS.trustFileBytes / 2 - 8)}1]`)).message, /values/);
  assert.ok(performance.now() - start < 10_000);
});
