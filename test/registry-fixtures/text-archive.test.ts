import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatTextArchive, parseTextArchive, type TextArchive } from "../../registry-fixtures/text-archive.js";

const SAMPLE = [
  "A comment.",
  "",
  "-- package.json --",
  '{ "name": "a" }',
  "-- lib/with a space.js --",
  "--  not a marker --",
  "-- neither",
  "",
  "-- empty.txt --",
  "-- last.txt --",
  "the end",
  "",
].join("\n");

test("files and comment are told apart by marker lines", () => {
  assert.deepEqual(parseTextArchive(SAMPLE), {
    comment: "A comment.\n\n",
    files: [
      { path: "package.json", text: '{ "name": "a" }\n' },
      { path: "lib/with a space.js", text: "--  not a marker --\n-- neither\n\n" },
      { path: "empty.txt", text: "" },
      { path: "last.txt", text: "the end\n" },
    ],
  });
});

test("every prefix reads, and writes back to itself", () => {
  for (let length = 0; length <= SAMPLE.length; length += 1) {
    const prefix = SAMPLE.slice(0, length);
    assert.equal(formatTextArchive(parseTextArchive(prefix)), ended(prefix));
  }
});

test("no changed byte goes unseen", () => {
  const honest = parseTextArchive(SAMPLE);
  for (let at = 0; at < SAMPLE.length; at += 1) {
    for (const put of ["\n", " ", "-", "\0", "\r"]) {
      if (SAMPLE[at] === put || (at === SAMPLE.length - 1 && put !== "\n")) continue;
      const mangled = parseTextArchive(SAMPLE.slice(0, at) + put + SAMPLE.slice(at + 1));
      assert.notDeepEqual(mangled, honest, `byte ${at} as ${JSON.stringify(put)}`);
    }
  }
});

test("any text at all writes back to itself", () => {
  const piece = fc.constantFrom("-- ", " --", "--", " ", "\n", "\r\n", "a", "-- b --\n", "\u2028");
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const text = pieces.join("");
      assert.equal(formatTextArchive(parseTextArchive(text)), ended(text));
    }),
  );
});

test("what the form cannot hold is not written", () => {
  const holding = (path: string, text: string): TextArchive => ({ comment: "", files: [{ path, text }] });
  assert.throws(() => formatTextArchive(holding("a", "-- b --\n")), RangeError);
  assert.throws(() => formatTextArchive({ comment: "-- b --", files: [] }), RangeError);
  for (const path of ["", " a", "a ", "a\nb"]) assert.throws(() => formatTextArchive(holding(path, "")), RangeError);
});

function ended(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}
