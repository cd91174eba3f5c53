import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { parseBoundedJson } from "../../src/lockfile/bounded-json.js";
import { StopError } from "../../src/model/finding.js";

const BOUNDS = { path: "x.json", maxBytes: 1_000_000, maxDepth: 5 };

function parse(text: string | Uint8Array): unknown {
  return parseBoundedJson(typeof text === "string" ? Buffer.from(text) : text, BOUNDS);
}

function stopped(text: string | Uint8Array): StopError {
  try {
    parse(text);
  } catch (error) {
    assert.ok(error instanceof StopError, String(error));
    assert.equal(error.code, "LOCKFILE_UNREADABLE");
    return error;
  }
  assert.fail(`was parsed: ${text}`);
}

test("says the same as JSON.parse of everything that JSON.stringify writes", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      const text = JSON.stringify(value);
      if (text.includes("__proto__")) return;
      assert.deepEqual(parse(text), JSON.parse(text));
      assert.deepEqual(parse(JSON.stringify(value, null, 2)), JSON.parse(text));
    }),
  );
});

test("never takes what JSON.parse refuses, and refuses what it takes only for keys or depth", () => {
  const alphabet = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"',
    "\\",
    "u",
    "0",
    "1",
    "-",
    ".",
    "e",
    "a",
    " ",
    "\n",
    "true",
    '"a"',
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...alphabet), { maxLength: 12 }), (parts) => {
      const text = parts.join("");
      let plain: unknown;
      try {
        plain = JSON.parse(text);
      } catch {
        stopped(text);
        return;
      }
      try {
        assert.deepEqual(parse(text), plain);
      } catch (error) {
        assert.ok(error instanceof StopError && /second time|levels/.test(error.message), `${text}: ${error}`);
      }
    }),
    { numRuns: 2000 },
  );
});

test("a repeated key is refused wherever it stands, and however it is escaped", () => {
  const error = stopped('{\n  "a": 1,\n  "\\u0061": 2\n}');
  assert.match(error.message, /"a" for the second time/);
  assert.equal(error.at, "x.json:3:3");
  stopped('[{"b": {"c": 1, "c": 1}}]');
  assert.deepEqual(
    parse('[{"a": 1}, {"a": 2}, {"b": {"a": 3}, "a": 4}]'),
    JSON.parse('[{"a":1},{"a":2},{"b":{"a":3},"a":4}]'),
  );
});

test("the key __proto__ is refused wherever it stands, and however it is escaped", () => {
  assert.match(stopped('{"a": {"__proto__": {"x": 1}}}').message, /__proto__/);
  stopped('{"\\u005f_proto__": 1}');
  assert.deepEqual(parse('["__proto__"]'), ["__proto__"]);
});

test("depth is measured before anything is built", () => {
  assert.doesNotThrow(() => parse("[[[[[1]]]]]"));
  assert.match(stopped("[[[[[[1]]]]]]").message, /more than 5 levels/);
  stopped("[".repeat(900_000));
  stopped('{"a":'.repeat(100_000));
});

test("more bytes than allowed are not even decoded", () => {
  assert.match(stopped(new Uint8Array(1_000_001)).message, /1000001 bytes/);
});

test("a byte order mark, UTF-16, broken UTF-8 and an empty file are refused", () => {
  assert.match(stopped(Buffer.from("\ufeff{}")).message, /byte order mark/);
  stopped(Buffer.from("\ufeff{}", "utf16le"));
  stopped(Buffer.from("{}", "utf16le"));
  assert.match(stopped(Buffer.from([0x22, 0xff, 0x22])).message, /UTF-8/);
  stopped(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]));
  assert.match(stopped("").message, /empty/);
  assert.match(stopped(" \n").message, /empty/);
});

test("names the line and the column of what is wrong", () => {
  assert.equal(stopped('{\n "a": 1,\n}').at, "x.json:3:1");
  assert.equal(stopped('{"a": 1} x').at, "x.json:1:10");
  const truncated = stopped('{"a": [1, ');
  assert.equal(truncated.at, "x.json:1:11");
  assert.match(truncated.message, /ends too early/);
});

test("a merge conflict is told as one", () => {
  assert.match(stopped('{\n<<<<<<< HEAD\n"a": 1\n=======\n"a": 2\n>>>>>>> x\n}').help, /merge conflict/);
});
