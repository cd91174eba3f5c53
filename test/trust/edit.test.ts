import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { StopError } from "../../src/model/finding.js";
import { type Edit, editJson } from "../../src/trust/edit.js";
import { parseJson } from "../../src/trust/json.js";
import { type Loose, sample, sampleExceptions } from "./samples.js";

const edit = (text: string, ...edits: Edit[]): string => editJson(text, edits, "trust.json");
const append = (path: Edit["path"], value: unknown): Edit => ({ op: "append", path, value });
const set = (path: Edit["path"], value: unknown): Edit => ({ op: "set", path, value });
const remove = (path: Edit["path"]): Edit => ({ op: "remove", path });

/** Lines that are only in the one or the other, as a diff would show them. */
function diff(before: string, after: string): string[] {
  const [one, two] = [before.split("\n"), after.split("\n")];
  const gone = one.filter((line) => !two.includes(line)).map((line) => `-${line}`);
  return [...gone, ...two.filter((line) => !one.includes(line)).map((line) => `+${line}`)];
}

test("what parseJson refuses is refused here too, and nothing is made of it", () => {
  const refused = [
    "",
    "{",
    '{"a":1,}',
    '{"a":1} x',
    '{"a":1,"a":2}',
    '{"rules":[],"rules":[]}',
    "\ufeff{}",
    '{"a":"\t"}',
    "{} // comment",
    '{"a":"\\ud800"}',
    '{"a":"\ud800"}',
    `${"[".repeat(40)}${"]".repeat(40)}`,
  ];
  for (const text of refused) {
    for (const change of [append(["rules"], 1), set(["format"], 1), remove(["a"])]) {
      assert.throws(() => edit(text, change), { code: "TRUST_MALFORMED" }, text);
    }
    assert.throws(() => edit(text), { code: "TRUST_MALFORMED" }, text);
  }
});

test("where another kind of thing stands on the way, its place is named", () => {
  for (const [text, change, at] of [
    ['{\n  "rules": {}\n}', append(["rules"], 1), "trust.json:2:12"],
    ['{"rules": 1}', append(["rules"], 1), "trust.json:1:11"],
    ["[]", set(["format"], 1), "trust.json:1:1"],
    ['{"a": "b"}', set(["a", "b", "c"], 1), "trust.json:1:7"],
    ['{"a": {}}', set(["a", 0], 1), "trust.json:1:7"],
  ] as const) {
    assert.throws(() => edit(text, change), { code: "TRUST_MALFORMED", at });
  }
});

test("a path that leads nowhere is our own mistake", () => {
  for (const [text, change] of [
    ["{}", remove(["a"])],
    ["{}", remove([])],
    ["[]", remove([0])],
    ["[1]", set([2], 1)],
    ["[1]", set([-1], 1)],
    ['{"a": [1]}', append(["a", 5], 1)],
    ["{}", set(["a", 0], 1)],
    ["{}", set(["a"], undefined)],
  ] as const) {
    assert.throws(() => edit(text, change), { code: "INTERNAL" }, text);
  }
});

test("a rule more is only its own lines, whatever the file is indented with", () => {
  const value = { select: "npm:left-pad", require: ["provenance", "integrity"], reason: "why" };
  for (const [unit, eol] of [
    ["  ", "\n"],
    ["    ", "\n"],
    ["\t", "\n"],
    ["  ", "\r\n"],
    ["\t", "\r\n"],
  ] as const) {
    const lines = (...all: string[]): string =>
      all.map((line) => line.replace(/^(>*)/, (m) => unit.repeat(m.length))).join(eol);
    const item = (name: string): string[] => [">>{", `>>>"select": "npm:${name}",`, '>>>"reason": "x"', ">>}"];
    const before = lines("{", '>"format": 1,', '>"rules": [', ...item("a"), ">],", '>"scripts": []', "}", "");
    const added = [
      ">>{",
      '>>>"select": "npm:left-pad",',
      '>>>"require": ["provenance", "integrity"],',
      '>>>"reason": "why"',
      ">>}",
    ];
    const [, ...inner] = item("a");
    const after = lines(
      "{",
      '>"format": 1,',
      '>"rules": [',
      ">>{",
      ...inner.slice(0, -1),
      ">>},",
      ...added,
      ">],",
      '>"scripts": []',
      "}",
      "",
    );
    assert.equal(edit(before, append(["rules"], value)), after);
    assert.equal(edit(after, remove(["rules", 1])), before, "and back");
  }
});

test("where entries stand in one line each, so does a new one: a one-line diff beside the comma", () => {
  const before = `{
  "format": 1,
  "deny": [
    { "select": "npm:a", "reason": "x" },
    { "select": "npm:b", "reason": "y" }
  ]
}
`;
  const after = edit(before, append(["deny"], { select: "npm:c", reason: "z" }));
  assert.deepEqual(diff(before, after), [
    '-    { "select": "npm:b", "reason": "y" }',
    '+    { "select": "npm:b", "reason": "y" },',
    '+    { "select": "npm:c", "reason": "z" }',
  ]);
  assert.deepEqual(diff(before, edit(before, remove(["deny", 0]))), ['-    { "select": "npm:a", "reason": "x" },']);
  assert.deepEqual(diff(before, edit(before, set(["deny", 0, "reason"], "better"))), [
    '-    { "select": "npm:a", "reason": "x" },',
    '+    { "select": "npm:a", "reason": "better" },',
  ]);
});

test("a file in one line stays in one line, as tight or as wide as it was", () => {
  assert.equal(edit('{"format":1}', append(["deny"], { a: [1, 2] })), '{"format":1,"deny":[{"a":[1,2]}]}');
  assert.equal(edit('{ "format": 1 }', append(["deny"], { a: [1, 2] })), '{ "format": 1, "deny": [{ "a": [1, 2] }] }');
  assert.equal(edit('{"a":[1]}\n', append(["a"], 2)), '{"a":[1,2]}\n');
  assert.equal(edit('{ "a": ["x"] }', append(["a"], "y")), '{ "a": ["x", "y"] }');
  assert.equal(edit('{ "a": [ 1, 2 ] }', append(["a"], 3)), '{ "a": [ 1, 2, 3 ] }');
});

test("empty objects and lists open as their surroundings do", () => {
  assert.equal(edit("{}", set(["format"], 1)), '{\n  "format": 1\n}');
  assert.equal(edit("{ }\n", set(["a", "b"], 1)), '{\n  "a": {\n    "b": 1\n  }\n}\n');
  assert.equal(
    edit('{\n\t"rules": []\n}\n', append(["rules"], { a: 1 })),
    '{\n\t"rules": [\n\t\t{\n\t\t\t"a": 1\n\t\t}\n\t]\n}\n',
  );
  assert.equal(edit('{\n  "home": []\n}\n', append(["home"], "@a/*")), '{\n  "home": ["@a/*"]\n}\n');
  assert.equal(edit('{\n  "a": {\n  }\n}', set(["a", "b"], [])), '{\n  "a": {\n    "b": []\n  }\n}');
  assert.equal(edit('{\n  "a": { "b": [] }\n}', append(["a", "b"], { c: 1 })), '{\n  "a": { "b": [{ "c": 1 }] }\n}');
});

test("the last one that is taken out leaves an empty list, and its neighbours their places", () => {
  const text = '{\n  "a": [\n    1\n  ],\n  "b": 2,\n  "c": 3\n}';
  assert.equal(edit(text, remove(["a", 0])), '{\n  "a": [],\n  "b": 2,\n  "c": 3\n}');
  assert.equal(edit(text, remove(["b"])), '{\n  "a": [\n    1\n  ],\n  "c": 3\n}');
  assert.equal(edit(text, remove(["c"])), '{\n  "a": [\n    1\n  ],\n  "b": 2\n}');
  assert.equal(edit(text, remove(["a"]), remove(["b"]), remove(["c"])), "{}");
});

test("a long list is broken into lines, a short one is not", () => {
  const names = Array.from({ length: 20 }, (_, at) => `publisher-${at}`);
  const text = edit('{\n  "format": 1\n}\n', set(["of"], names), set(["few"], names.slice(0, 2)));
  assert.match(text, /^ {4}"publisher-0",$/m);
  assert.match(text, /^ {2}"few": \["publisher-0", "publisher-1"\]$/m);
});

test("what already is so changes no byte, however it is spelled", () => {
  const text = '{"a" : 1.0e0,\r\n "b":"\\u0061" , "c":{"y":2,"x":1}}';
  assert.equal(edit(text, set(["a"], 1), set(["b"], "a"), set(["c"], { x: 1, y: 2 })), text);
  assert.equal(edit(text), text);
});

test("names that objects have anyway are members like others", () => {
  for (const name of ["__proto__", "constructor", "toString"]) {
    const text = edit('{"a":1}', set([name, "x"], { [name]: 1 }));
    assert.deepEqual(Object.keys(JSON.parse(text)), ["a", name]);
    assert.equal(edit(text, remove([name])), '{"a":1}');
    assert.throws(() => edit("{}", remove([name])), { code: "INTERNAL" });
  }
  assert.equal(({} as Loose).x, undefined);
});

test("characters of more than one unit do not shift what is cut", () => {
  const text = '{\n  "é😀": "😀😀é",\n  "b": [1]\n}\n';
  assert.equal(edit(text, append(["b"], "😀")), '{\n  "é😀": "😀😀é",\n  "b": [1, "😀"]\n}\n');
  assert.equal(edit(text, remove(["é😀"])), '{\n  "b": [1]\n}\n');
});

/** JSON as people lay it out: each value in one line or over several, as chance has it. */
const spaces = fc.constantFrom("", "", " ", "\n", "\n  ", "\r\n\t", "\n\n", "  ");
const words = fc.constantFrom("a", "b", "c", "rules", "é😀", "__proto__", 'q"\\');
const leaves = fc.oneof(
  words.map((text) => JSON.stringify(text)),
  fc.constantFrom("1", "-0.5e3", "true", "null", '"\\u00e9"'),
);
const { json } = fc.letrec<{ json: string }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaves,
    fc
      .tuple(fc.array(fc.tuple(spaces, tie("json"), spaces), { maxLength: 4 }), spaces)
      .map(([items, inside]) =>
        items.length === 0 ? `[${inside}]` : `[${items.map((parts) => parts.join("")).join(",")}]`,
      ),
    fc
      .tuple(
        fc.uniqueArray(fc.tuple(words, spaces, spaces, tie("json"), spaces), {
          maxLength: 4,
          selector: ([key]) => key,
        }),
        spaces,
      )
      .map(([members, inside]) =>
        members.length === 0
          ? `{${inside}}`
          : `{${members.map(([key, one, two, value, three]) => `${one}${JSON.stringify(key)}${two}:${two}${value}${three}`).join(",")}}`,
      ),
  ),
}));
const values = fc.jsonValue({ maxDepth: 2 });

/** An edit that the value can take: some path in it, found by chance. */
function editFor(value: unknown, steps: readonly number[], kind: number, what: unknown, fresh: string): Edit {
  const path: (string | number)[] = [];
  let at = value;
  for (const step of steps) {
    if (typeof at !== "object" || at === null) break;
    const keys = Object.keys(at);
    const key = keys[step % Math.max(1, keys.length)];
    if (key === undefined) break;
    path.push(Array.isArray(at) ? Number(key) : key);
    at = (at as Loose)[key];
  }
  if (Array.isArray(at) && kind !== 1) return append(path, what);
  if (kind === 1 && path.length > 0) return remove(path);
  const isObject = typeof at === "object" && at !== null && !Array.isArray(at);
  if (isObject && kind === 2)
    return Object.hasOwn(at as object, fresh) ? set([...path, fresh], what) : append([...path, fresh], what);
  return isObject ? set([...path, fresh], what) : set(path, what);
}

/** The same edit, made on the value. */
function applied(value: unknown, { path, ...rest }: Edit): unknown {
  const root = { root: structuredCloneJson(value) } as Loose;
  let holder = root;
  let key: string | number = "root";
  for (const step of path) {
    const next: Loose = Object.hasOwn(holder, key) ? holder[key] : own(holder, key, {});
    [holder, key] = [next, step];
  }
  if (rest.op === "remove") {
    if (Array.isArray(holder)) holder.splice(key as number, 1);
    else delete holder[key];
  } else if (rest.op === "append" && Object.hasOwn(holder, key)) holder[key].push(rest.value);
  else own(holder, key, rest.op === "append" ? [rest.value] : rest.value);
  return root.root;
}

function own(holder: Loose, key: string | number, value: unknown): unknown {
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
  return value;
}

const structuredCloneJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test("the edited text says what the edited value says, and edits compose", () => {
  fc.assert(
    fc.property(
      json,
      fc.array(fc.tuple(fc.array(fc.nat(3), { maxLength: 4 }), fc.nat(2), values, words), {
        minLength: 1,
        maxLength: 4,
      }),
      (text, steps) => {
        let value: unknown = JSON.parse(text);
        let edited = text;
        const edits: Edit[] = [];
        for (const [path, kind, what, fresh] of steps) {
          const next = editFor(value, path, kind, structuredCloneJson(what), fresh);
          edits.push(next);
          value = structuredCloneJson(applied(value, next));
          edited = edit(edited, next);
          assert.deepEqual(JSON.parse(edited), value);
        }
        assert.equal(edit(text, ...edits), edited);
        parseJson(Buffer.from(edited), "trust.json");
      },
    ),
    { numRuns: 1_500 },
  );
});

test("outside of the edited place, every byte stays: what comes before and after it is a prefix and a suffix", () => {
  fc.assert(
    fc.property(
      json,
      fc.array(fc.nat(3), { maxLength: 4 }),
      fc.nat(2),
      values,
      words,
      (text, path, kind, what, fresh) => {
        const change = editFor(JSON.parse(text), path, kind, structuredCloneJson(what), fresh);
        const edited = edit(text, change);
        let start = 0;
        while (start < Math.min(text.length, edited.length) && text[start] === edited[start]) start++;
        let end = 0;
        while (end < Math.min(text.length, edited.length) - start && text.at(-1 - end) === edited.at(-1 - end)) end++;
        const taken = text.slice(start, text.length - end);
        if (change.op === "remove")
          assert.equal(edited.length, start + end, "nothing was put in where something is taken out");
        if (change.op === "append")
          assert.match(taken, /^\s*$/, "nothing but white space goes where something is added");
      },
    ),
    { numRuns: 1_000 },
  );
});

test("a store of people, edited and brought back, is byte for byte what it was", () => {
  for (const text of [
    JSON.stringify(sample(), null, 2),
    JSON.stringify(sample(), null, "\t"),
    JSON.stringify(sample()),
  ]) {
    const rule = { select: "npm:x", reason: "y" };
    assert.equal(edit(edit(text, append(["rules"], rule)), remove(["rules", 1])), text);
    assert.equal(edit(edit(text, set(["publishers", "new"], rule)), remove(["publishers", "new"])), text);
  }
  const text = JSON.stringify(sampleExceptions(), null, 2);
  const later = edit(text, set(["exceptions", 0, "expires"], "2027-03-01T00:00:00Z"));
  assert.deepEqual(diff(text, later).length, 2);
});

test("mangled files never hang, and never throw anything else than the refusal", () => {
  const text = '{\n  "format": 1,\n  "rules": [{ "select": "npm:a", "reason": "é" }]\n}\n';
  const tries = [
    ...Array.from({ length: text.length }, (_, at) => text.slice(0, at)),
    ...Array.from({ length: text.length }, (_, at) => `${text.slice(0, at)}\u0001${text.slice(at + 1)}`),
  ];
  for (const mangled of tries) {
    try {
      JSON.parse(edit(mangled, append(["rules"], { a: 1 })));
    } catch (error) {
      assert.ok(error instanceof StopError && error.code === "TRUST_MALFORMED", mangled);
    }
  }
});
