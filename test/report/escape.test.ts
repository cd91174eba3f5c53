import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { forJson, forTerminal } from "../../src/report/escape.js";

const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]|\p{Default_Ignorable_Code_Point}/u;
/** Any sequence of UTF-16 units, lone surrogates included; rich in what hides. */
const anyText = fc
  .array(fc.oneof(fc.nat(0xffff), fc.constantFrom(0x1b, 0x9b, 0x202e, 0x2028, 0xfeff, 0xd83d, 0xdc00, 0xe000, 0xad)))
  .map((units) => String.fromCharCode(...units));

test("for a terminal: whatever comes, nothing hidden goes out", () => {
  fc.assert(fc.property(anyText, (text) => !HIDDEN.test(forTerminal(text, 10_000))));
});

test("for a terminal: what is plain stays as it is, what is hidden is named", () => {
  assert.equal(forTerminal("Größe ✓ 包 👍 <b>*x*</b>"), "Größe ✓ 包 👍 <b>*x*</b>");
  assert.equal(forTerminal("a\u001b[31mb\nc\u202ed"), "a\\u{1b}[31mb\\u{a}c\\u{202e}d");
  assert.equal(forTerminal("tag\u{e0041}"), "tag\\u{e0041}");
});

test("no CI system finds a command of its own in what is shown: `##` stands nowhere, and the value is the same", () => {
  for (const text of ["##[error]x", "a ##vso[task.setvariable variable=PATH]/tmp", "###teamcity[x]", "#".repeat(9)]) {
    assert.doesNotMatch(forTerminal(text), /##/);
    assert.doesNotMatch(forJson([text]), /##/);
    assert.deepEqual(JSON.parse(forJson([text])), [text]);
  }
  assert.equal(forTerminal("##vso[x]"), "\\u{23}#vso[x]");
  assert.equal(forTerminal("git+https://git.example/a#b"), "git+https://git.example/a#b");
});

test("for a terminal: long texts are cut, visibly", () => {
  assert.equal(forTerminal("x".repeat(600)).length, 501);
  assert.ok(forTerminal("x".repeat(600)).endsWith("…"));
  assert.equal(forTerminal("x".repeat(500)), "x".repeat(500));
});

test("for JSON: the same value when it is read, and nothing hidden but line breaks between members", () => {
  fc.assert(
    fc.property(anyText, anyText, (key, value) => {
      const text = forJson({ [`key ${key}`]: [value] }, 2);
      assert.deepEqual(JSON.parse(text), { [`key ${key}`]: [value] });
      assert.doesNotMatch(text.replaceAll("\n", ""), HIDDEN);
    }),
  );
});
