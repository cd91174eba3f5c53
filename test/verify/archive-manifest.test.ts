import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { readManifestText } from "../../src/verify/archive-manifest.js";

function read(text: string | Uint8Array, path = "package.json") {
  return readManifestText(Buffer.from(text), path);
}

describe("package.json: what npm and others read differently is refused", () => {
  const hostile: readonly [string, string | Uint8Array, RegExp][] = [
    ["nothing", "", /not a JSON object/],
    ["pj-not-json", "hello", /not a JSON object/],
    ["an array", "[]", /not a JSON object/],
    ["null", "null", /not a JSON object/],
    ["a comment", '{"name":"a"} // b', /not a JSON object/],
    ["two objects", "{}{}", /not a JSON object/],
    ["UTF-16 with its mark", Buffer.from('\ufeff{"name":"a"}', "utf16le"), /not UTF-8/],
    ["UTF-16 without", Buffer.from('{"name":"a"}', "utf16le"), /not a JSON object/],
    ["bytes that are not UTF-8", Buffer.from('{"name":"\xe9"}', "latin1"), /not UTF-8/],
    ["two byte order marks", '\ufeff\ufeff{"name":"a"}', /not a JSON object/],
    ["two names", '{"name":"a","name":"b"}', /"name" twice/],
    ["two versions, one escaped", '{"version":"1.0.0","versio\\u006e":"2.0.0"}', /"version" twice/],
    ["two sets of scripts", '{"scripts":{"install":"evil"},"scripts":{}}', /"scripts" twice/],
    ["a script twice", '{"scripts":{"install":"a","install":"b"}}', /"install" twice/],
    ["two maps of dependencies", '{"dependencies":{"a":"1"},"dependencies":{"a":"2"}}', /"dependencies" twice/],
    ["two lists of what is bundled", '{"bundleDependencies":["a"],"bundleDependencies":[]}', /twice/],
    ["a key twice inside what should be a version", '{"dependencies":{"a":{"b":"1","b":"2"}}}', /"b" twice/],
    [
      "a script twice beside a dependency",
      '{"dependencies":{"a":"1","a":"2"},"scripts":{"x":"1","x":"2"}}',
      /"x" twice/,
    ],
    ["__proto__", '{"name":"a","__proto__":{"scripts":{"install":"evil"}}}', /__proto__/],
    ["__proto__, escaped and deep", '{"name":"a","x":[{"\\u005f_proto__":1}]}', /__proto__/],
    ["endless nesting", `{"a":${"[".repeat(200)}${"]".repeat(200)}}`, /too deep/],
  ];
  for (const [what, text, words] of hostile) {
    test(what, () => {
      const manifest = read(text);
      assert.ok(!manifest.ok);
      assert.equal(manifest.finding.code, "ARCHIVE_MALFORMED");
      assert.match(manifest.finding.says, words);
    });
  }
});

test("a bundled package's dependency twice is refused: nobody else speaks of it", () => {
  const manifest = read('{"dependencies":{"a":"1","a":"2"}}', "node_modules/b/package.json");
  assert.ok(!manifest.ok);
  assert.match(manifest.finding.says, /"a" twice/);
});

describe("package.json: honest ones pass", () => {
  test("a dependency twice, as in connect 2.4.6: the last counts, and others are held against it", () => {
    for (const kind of ["dependencies", "optionalDependencies"]) {
      const manifest = read(`{"${kind}":{"a":"1","b":"1","a":"2"}}`);
      assert.ok(manifest.ok && manifest.value.repeatedKey);
    }
  });

  test("a byte order mark is taken off, as npm does, and reported", () => {
    assert.deepEqual(read('\ufeff{"name":"a"}'), {
      ok: true,
      value: { text: '{"name":"a"}', bom: true, repeatedKey: false },
    });
  });

  test("a repeated key that decides nothing, or says the same, is reported", () => {
    for (const text of [
      '{"keywords":[],"keywords":["a"]}',
      '{"scripts":{"a":"b" , "a":  "b"}}',
      '{"bin":"a","bin":{"b":"c"}}',
    ]) {
      const manifest = read(text);
      assert.ok(manifest.ok && manifest.value.repeatedKey, text);
    }
  });

  test("strings that look like structure are strings", () => {
    const text = '{"a":"{\\"a\\":1,\\"a\\":2}","b":"\\\\","c":["}","__proto__ "],"d":{"a":":"},"name":"{"}';
    assert.deepEqual(read(text), { ok: true, value: { text, bom: false, repeatedKey: false } });
  });

  test("whatever JSON.stringify writes has no repeated keys", () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string({ maxLength: 4 }).filter((key) => key !== "__proto__"),
          fc.jsonValue({ maxDepth: 4 }),
        ),
        (value) => {
          const text = JSON.stringify(value);
          if (text.includes("__proto__")) return;
          assert.deepEqual(read(text), { ok: true, value: { text, bom: false, repeatedKey: false } });
        },
      ),
    );
  });

  test("every prefix is refused, and no changed byte throws", () => {
    const text = Buffer.from('{"name":"a","scripts":{"a":"\\u0041\\"b"},"x":[1,{"y":null}]}');
    for (let at = 0; at < text.length; at++) {
      assert.ok(!read(text.subarray(0, at)).ok);
      for (const byte of [0x00, 0x22, 0x2c, 0x5c, 0x7b, 0x7d, 0xff]) {
        const changed = Buffer.from(text);
        changed.writeUInt8(byte, at);
        read(changed);
      }
    }
  });
});
