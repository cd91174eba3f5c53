import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { Finding } from "../../src/model/finding.js";
import { ArchiveContents } from "../../src/verify/archive-contents.js";
import { ArchiveNotes } from "../../src/verify/archive-notes.js";
import { type TarEntry, TarReader } from "../../src/verify/tar.js";
import { byPath, nodeTarFiles } from "./node-tar-list.js";
import { type Block, block, END, file, pax, record, seal, tar } from "./tar-maker.js";

/** Entries as the walker tells them, and the refusal that ended the walk. */
function walk(bytes: Buffer, step = bytes.length || 1): { entries: TarEntry[]; refused: Finding | null } {
  const entries: TarEntry[] = [];
  const begin = (entry: TarEntry): null => {
    entries.push(entry);
    return null;
  };
  const reader = new TarReader({ begin, content() {}, end: () => null });
  let refused: Finding | null = null;
  for (let at = 0; at < bytes.length; at += step) refused ??= reader.write(bytes.subarray(at, at + step));
  return { entries, refused: refused ?? reader.end() };
}

function refusedAs(bytes: Buffer, words: RegExp, code = "ARCHIVE_MALFORMED"): void {
  const { refused } = walk(bytes);
  assert.equal(refused?.code, code);
  assert.match(refused?.says ?? "", words);
}

function one(spec: Block): Buffer {
  return Buffer.concat([block(spec), END]);
}

describe("tar: forms of honest packages pass", () => {
  const honest: readonly [string, Buffer, string][] = [
    ["npm's own", one({}), "package/index.js"],
    ["GNU magic", one({ magic: "ustar  \0" }), "package/index.js"],
    ["NUL as the type of a file", one({ type: "\0" }), "package/index.js"],
    ["a prefix", one({ name: "deep.js", prefix: "package/lib" }), "package/lib/deep.js"],
    ["a name of 100 bytes without NUL", one({ name: `package/${"a".repeat(92)}` }), `package/${"a".repeat(92)}`],
    ["a prefix of 155 bytes", one({ name: "f", prefix: `package/${"b".repeat(147)}` }), `package/${"b".repeat(147)}/f`],
    [
      "node-tar's own access times",
      one({ patch: (h) => h.write("15023744511\u000015023744511\0", 476, "latin1") }),
      "package/index.js",
    ],
    [
      "owners that are not numbers (npm 2)",
      one({ patch: (h) => h.write("\0\0\0X*\xd0\xbb\n", 108, "latin1") }),
      "package/index.js",
    ],
    ["a folder", one({ name: "package/lib/", type: "5" }), "package/lib/"],
    ["a pax path", Buffer.concat([pax({ path: "package/é.js" }), one({ name: "PaxHeader" })]), "package/é.js"],
    [
      "a pax path over an empty name",
      Buffer.concat([pax({ path: "package/a.js" }), one({ name: "" })]),
      "package/a.js",
    ],
    ["a pax size that says the same", Buffer.concat([pax({ size: "3" }), one({ body: "abc" })]), "package/index.js"],
    [
      "npm 2's own pax keys",
      Buffer.concat([pax({ "NODETAR.package.description": "two\nlines", uid: "718322462" }), one({})]),
      "package/index.js",
    ],
    [
      "macOS's binary attributes",
      Buffer.concat([pax({ "SCHILY.xattr.com.apple.provenance": "\x01\0\x02" }), one({})]),
      "package/index.js",
    ],
    ["an empty pax header", Buffer.concat([pax({}), one({})]), "package/index.js"],
    ["git archive's global comment", Buffer.concat([pax({ comment: "0123abcd" }, "g"), one({})]), "package/index.js"],
  ];
  for (const [what, bytes, path] of honest) {
    test(what, () => {
      const { entries, refused } = walk(bytes);
      assert.equal(refused, null);
      assert.deepEqual(
        entries.map((entry) => entry.path),
        [path],
      );
    });
  }

  test("read alike in pieces of any size", () => {
    const bytes = tar(file("a", "a".repeat(700)), pax({ path: "package/b" }), file("c", ""));
    const whole = walk(bytes);
    assert.equal(whole.refused, null);
    for (const step of [1, 7, 511, 512, 513, 1000]) assert.deepEqual(walk(bytes, step), whole);
  });
});

describe("tar: header tricks are refused", () => {
  const hostile: readonly [string, Block, RegExp][] = [
    ["size-not-octal", { size: "00000000zzz\0" }, /size is not an octal/],
    ["size with letters behind digits", { size: "12zzz\0" }, /size is not an octal/],
    ["size with digits behind NUL", { size: "00000000\x007\0" }, /size is not an octal/],
    ["negative size", { size: "-0000000012\0" }, /size is not an octal/],
    ["base-256 size", { size: "\x80\0\0\0\0\0\0\0\0\0\0\x05" }, /size is not an octal/],
    ["negative base-256 size", { size: `\xff${"\xff".repeat(11)}` }, /checksum|octal/],
    ["no size", { size: "\0" }, /size is not an octal/],
    ["no mode", { mode: "\0\0\0\0\0\0\0\0" }, /mode is not an octal/],
    ["wrong checksum", { checksum: "000001\0 " }, /checksum/],
    ["checksum that is not octal", { checksum: "zzzzzz\0 " }, /checksum/],
    ["checksum without an end runs into the type", { checksum: "00012345" }, /checksum/],
    ["bytes behind the NUL of a name", { name: "package/a\0package/b" }, /follow the NUL/],
    ["a name that node-tar continues behind a line feed", { name: "package/a\0x\n/../b" }, /follow the NUL/],
    ["bytes behind the NUL of a prefix", { prefix: "a\0b" }, /prefix/],
    ["an empty name", { name: "" }, /no name/],
    ["an empty name behind a prefix", { name: "", prefix: "package", type: "5" }, /no name/],
    ["a name that is not UTF-8", { name: Buffer.from("package/\xe9.js", "latin1") }, /not UTF-8/],
    ["a file with a link's target", { linkname: "x" }, /target/],
    ["a file that npm takes for a folder", { name: "package/a/", body: "x" }, /differently/],
    [
      "a folder with content",
      { name: "package/a/", type: "5", body: block({ name: "package/package.json" }) },
      /content/,
    ],
    ["no magic", { magic: "" }, /neither/],
    ["another version of ustar", { magic: "ustar\0\0\0" }, /neither/],
    ["a prefix under GNU's magic", { magic: "ustar  \0", prefix: "evil" }, /only GNU/],
    ["bytes behind the last field", { patch: (header) => header.write("tar", 508) }, /last field/],
    ["an owner that node-tar can't read", { patch: (header) => header.writeUInt8(0x81, 108) }, /checksum/],
  ];
  for (const [what, spec, words] of hostile) test(what, () => refusedAs(one(spec), words));

  for (const type of ["3", "4", "6", "7", "D", "K", "L", "M", "N", "S", "V", "X", "A", "Z", " ", "\xff"]) {
    test(`type ${JSON.stringify(type)}`, () => refusedAs(one({ type }), /files and folders|differently|checksum/));
  }
  for (const [what, name, type, linkname] of [
    ["a symbolic link to an absolute path", "package/a", "2", "/etc/passwd"],
    ["a symbolic link above the folder", "package/lib/a", "2", "../../a"],
    ["a symbolic link to the folder itself", "package/a", "2", "../package"],
    ["a symbolic link in the folder's place", "package", "2", "a"],
    ["a symbolic link outside of the folder", "../a", "2", "package/a"],
    ["a symbolic link as Windows spells it", "package/a", "2", "..\\..\\a"],
    ["a symbolic link to a drive", "package/a", "2", "C:a"],
    ["a symbolic link to nothing", "package/a", "2", ""],
    ["a hard link to an absolute path", "package/a", "1", "/package/b"],
    ["a hard link to a file beside the folder", "package/a", "1", "b"],
  ] as const) {
    test(what, () =>
      refusedAs(one({ name, type, linkname }), /which npm never unpacks; it leads out/, "ARCHIVE_LINK_ESCAPE"),
    );
  }
  for (const [what, name, type, linkname] of [
    ["a symbolic link inside the package, as in old versions of jade", "package/lib/index.js", "2", "jade.js"],
    ["a symbolic link to another folder of the package", "package/lib/a", "2", "../b"],
    ["a hard link inside the package", "package/a", "1", "package/b"],
  ] as const) {
    test(what, () => refusedAs(one({ name, type, linkname }), /would be installed without it/, "ARCHIVE_LINK"));
  }
  test("a size above the limit", () => {
    refusedAs(one({ size: "77777777777\0" }), /too large/, "ARCHIVE_TOO_LARGE");
  });
});

describe("tar: pax tricks are refused", () => {
  const before = (body: string | Buffer, type = "x") =>
    Buffer.concat([block({ name: "PaxHeader", type, body }), one({})]);
  const hostile: readonly [string, Buffer, RegExp][] = [
    ["size that differs", Buffer.concat([pax({ size: "0" }), one({ body: "abc" })]), /Two sizes/],
    [
      "a prefix that climbs out under a harmless pax path",
      Buffer.concat([pax({ path: "package/a.js" }), one({ name: "a.js", prefix: "../.." })]),
      /leaves the folder/,
    ],
    ["size that is not decimal", before(record("size", "0x3")), /decimal/],
    ["NUL in the path", before(record("path", "package/a\0b")), /NUL/],
    ["line feed in the path", before(record("path", "package/a\nb")), /line feed/],
    ["empty path", before(record("path", "")), /empty/],
    [
      "path that is not UTF-8",
      before(Buffer.from(record("path", "package/\xe9"), "latin1")),
      /longer or shorter|UTF-8/,
    ],
    ["path of a file with a slash at its end", before(record("path", "package/a/")), /differently/],
    [
      "path outside ASCII in a second block, which npm can lose",
      before(record("comment", "c".repeat(600)) + record("path", "package/é")),
      /npm could lose/,
    ],
    ["the same key twice", before(record("path", "package/a") + record("path", "package/b")), /twice/],
    [
      "a record inside a value, which only npm sees",
      before(record("comment", `x\n${record("path", "package/evil")}`)),
      /another record/,
    ],
    ["a length with a leading zero", before("028 path=filled-from-pax.txt\n"), /longer or shorter|length/],
    ["a length that is too short", before("5 path=package/a\n"), /longer or shorter|length/],
    ["a length that is too long", before("99 path=package/a\n"), /longer or shorter|length/],
    ["a signed length", before("+19 path=package/a\n"), /length/],
    ["no key", before("5 =a\n"), /no key/],
    ["no equals sign", before("8 patha\n"), /no key/],
    ["NUL in a key", before(record("pa\0th", "a")), /control/],
    ["NUL in a value", before(record("comment", "a\0b")), /NUL/],
    ["linkpath", before(record("linkpath", "/etc/passwd")), /linkpath/],
    ["hdrcharset", before(record("hdrcharset", "BINARY")), /hdrcharset/],
    ["charset", before(record("charset", "ISO-IR 8859 1 1998")), /charset/],
    ["mode", before(record("mode", "4095")), /mode/],
    ["type", before(record("type", "5")), /type/],
    ["GNU sparse", before(record("GNU.sparse.name", "evil")), /GNU\.sparse/],
    ["SCHILY.realsize", before(record("SCHILY.realsize", "9")), /realsize/],
    ["a global path", before(record("path", "package/a"), "g"), /global/],
    ["a global size", before(record("size", "0"), "g"), /global/],
    ["a global header between entries", Buffer.concat([block({}), pax({ comment: "x" }, "g"), one({})]), /global/],
    [
      "a global header behind a local one",
      Buffer.concat([pax({ path: "package/a" }), pax({ comment: "x" }, "g"), one({})]),
      /neither/,
    ],
    ["two for one entry", Buffer.concat([pax({ path: "package/a" }), pax({ path: "package/b" }), one({})]), /neither/],
    ["one at the end", Buffer.concat([block({}), pax({ path: "package/a" }), END]), /neither/],
    ["one at the end of the file", Buffer.concat([block({}), pax({ path: "package/a" })]), /neither/],
    ["one that is too long", before("x".repeat(65 * 1024)), /too long/],
    ["one before a link", Buffer.concat([pax({ path: "package/a" }), one({ type: "2", linkname: "b" })]), /symbolic/],
  ];
  for (const [what, bytes, words] of hostile) {
    test(what, () => refusedAs(bytes, words, what === "one before a link" ? "ARCHIVE_LINK" : "ARCHIVE_MALFORMED"));
  }
});

test("tar: pax headers that cost time and make no file are bounded", () => {
  const lines = pax({ comment: "\n".repeat(60_000) });
  const one = Buffer.concat([lines, block({})]);
  assert.equal(walk(Buffer.concat([one, END])).refused, null);
  refusedAs(Buffer.concat([...Array<Buffer>(600).fill(one), END]), /together/, "ARCHIVE_TOO_LARGE");
});

describe("tar: tricks with the end are refused", () => {
  const zero = Buffer.alloc(512);
  const hostile: readonly [string, Buffer, RegExp][] = [
    ["a lone block of zeros, then more", Buffer.concat([block({}), zero, one({})]), /goes on/],
    ["data behind the end", Buffer.concat([one({}), block({})]), /follows the end/],
    [
      "data far behind the end",
      Buffer.concat([one({}), Buffer.alloc(10240), Buffer.from("x".repeat(512))]),
      /follows the end/,
    ],
    [
      "a block that node-tar takes for zeros",
      Buffer.concat([
        block({}),
        Buffer.concat([Buffer.alloc(148), Buffer.from("nonsense"), Buffer.alloc(356)]),
        one({}),
      ]),
      /checksum/,
    ],
    ["no end", block({}), /without the blocks/],
    ["half an end", Buffer.concat([block({}), zero]), /without the blocks/],
    ["half a block", Buffer.concat([one({}), Buffer.alloc(100)]), /cut short/],
    ["truncated entry", block({ body: "x".repeat(5000) }).subarray(0, 1024), /cut short/],
    ["nothing", Buffer.alloc(0), /without the blocks/],
  ];
  for (const [what, bytes, words] of hostile) test(what, () => refusedAs(bytes, words));
  test("zeros that fill up a tar record pass", () => {
    assert.equal(walk(Buffer.concat([one({}), Buffer.alloc(8192)])).refused, null);
  });
});

describe("tar: mangled", () => {
  const sample = tar(pax({ path: "package/é.js" }), file("x", "abc"), block({ name: "package/lib/", type: "5" }));

  test("every prefix is refused", () => {
    for (let length = 0; length < sample.length; length++) {
      assert.notEqual(walk(sample.subarray(0, length)).refused, null, `prefix of ${length}`);
    }
  });

  test("whatever byte is changed: refused, or npm reads the same files", async () => {
    let accepted = 0;
    for (let at = 0; at < sample.length; at++) {
      const bytes = Buffer.from(sample);
      bytes.writeUInt8(bytes.readUInt8(at) ^ (at % 2 === 0 ? 0x01 : 0xff), at);
      accepted += await agreesWithNpm(bytes);
    }
    assert.ok(accepted > 0, "changes in contents and padding are not the walker's business");
  });

  test("headers with any bytes and a right checksum: refused, or npm reads the same files", async () => {
    const field = fc.record({ at: fc.nat(511), bytes: fc.uint8Array({ minLength: 1, maxLength: 12 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(field, { minLength: 1, maxLength: 3 }), fc.nat(2), async (fields, target) => {
        const bytes = Buffer.from(tar(file("a", "a"), file("b", "b")));
        const header = bytes.subarray(target * 1024, target * 1024 + 512);
        for (const { at, bytes: patch } of fields) Buffer.from(patch).copy(header, at);
        seal(header);
        await agreesWithNpm(bytes);
      }),
      { numRuns: 200 },
    );
  });

  test("pax bodies of any text: refused, or npm reads the same files", async () => {
    const piece = fc.oneof(
      fc.constantFrom("path=package/a", "\n", "=", " ", "size=1", "19 path=package/z\n", "é", "comment=", "12 ", "\0"),
      fc
        .tuple(fc.constantFrom("path", "size", "comment", "mtime"), fc.string({ unit: "binary", maxLength: 12 }))
        .map(([key, value]) => record(key, value)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 6 }), async (pieces) => {
        await agreesWithNpm(tar(block({ name: "PaxHeader", type: "x", body: pieces.join("") }), file("b", "b")));
      }),
      { numRuns: 200 },
    );
  });
});

/** 1 if the bytes are accepted; then node-tar must list the same files. */
async function agreesWithNpm(bytes: Buffer): Promise<number> {
  const contents = new ArchiveContents(new ArchiveNotes());
  const reader = new TarReader(contents);
  if ((reader.write(bytes) ?? reader.end() ?? contents.finish()) !== null) return 0;
  const ours = contents.listing().files.map(({ path, size, sha256 }) => ({ path, size, sha256 }));
  assert.deepEqual(ours.sort(byPath), await nodeTarFiles(bytes));
  return 1;
}
