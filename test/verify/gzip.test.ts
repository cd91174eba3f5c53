import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { crc32, deflateRawSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import type { Finding } from "../../src/model/finding.js";
import { GzipMember } from "../../src/verify/gzip.js";

/** What comes out, and the refusal that ended the reading. */
function read(bytes: Uint8Array, step = bytes.length || 1): { out: Buffer; refused: Finding | null; padded: boolean } {
  const pieces: Buffer[] = [];
  const gzip = new GzipMember((piece) => {
    pieces.push(Buffer.from(piece));
    return null;
  });
  let refused: Finding | null = null;
  for (let at = 0; at < bytes.length; at += step) refused ??= gzip.write(bytes.subarray(at, at + step));
  refused ??= gzip.end();
  gzip.close();
  return { out: Buffer.concat(pieces), refused, padded: gzip.isPadded };
}

/** A member with any header fields in front of honest data. */
function member(flags: number, fields: Uint8Array | string, data = Buffer.from("hello"), method = 8): Buffer {
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(data));
  trailer.writeUInt32LE(data.length, 4);
  return Buffer.concat([header(flags, method), Buffer.from(fields), deflateRawSync(data), trailer]);
}

function header(flags: number, method = 8): Buffer {
  return Buffer.from([0x1f, 0x8b, method, flags, 0, 0, 0, 0, 2, 3]);
}

function refusedAs(bytes: Uint8Array, words: RegExp, code = "ARCHIVE_MALFORMED"): void {
  for (const step of [1, 5, bytes.length || 1]) {
    const { refused } = read(bytes, step);
    assert.equal(refused?.code, code);
    assert.match(refused?.says ?? "", words);
  }
}

describe("gzip: one honest member passes", () => {
  const honest: readonly [string, Buffer][] = [
    ["npm's header", member(0, "")],
    ["a text flag", member(0x01, "")],
    ["a file name that climbs out, which nobody uses", member(0x08, "../../../etc/passwd\0")],
    ["a comment", member(0x10, "comment\0")],
    ["an extra field", member(0x04, Buffer.from([3, 0, 1, 2, 3]))],
    ["all of them", member(0x1c, Buffer.concat([Buffer.from([2, 0, 9, 9]), Buffer.from("name\0comment\0")]))],
  ];
  for (const [what, bytes] of honest) {
    test(what, () => {
      for (const step of [1, 2, 9, bytes.length]) {
        const { out, refused } = read(bytes, step);
        assert.equal(refused, null);
        assert.equal(out.toString(), "hello");
      }
    });
  }

  test("a header CRC that matches", () => {
    const start = Buffer.concat([header(0x0a), Buffer.from("name\0")]);
    const sum = Buffer.alloc(2);
    sum.writeUInt16LE(crc32(start) & 0xffff);
    assert.equal(read(member(0x0a, Buffer.concat([Buffer.from("name\0"), sum])), 3).refused, null);
  });

  test("the zeros of npm of 2012 behind the member", () => {
    const bytes = Buffer.concat([member(0, ""), Buffer.alloc(10239)]);
    assert.deepEqual([read(bytes).refused, read(bytes).padded], [null, true]);
    assert.deepEqual([read(bytes, 3).refused, read(bytes, 3).padded], [null, true]);
    assert.equal(read(member(0, "")).padded, false);
  });

  test("any content, in pieces of any size", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), fc.integer({ min: 1, max: 300 }), (content, step) => {
        const { out, refused } = read(gzipSync(content), step);
        return refused === null && out.equals(content);
      }),
      { numRuns: 50 },
    );
  });
});

describe("gzip: tricks are refused", () => {
  const good = member(0, "");
  const hostile: readonly [string, Uint8Array, RegExp][] = [
    ["0 bytes", Buffer.alloc(0), /empty/],
    ["a plain tar file, which npm would unpack", Buffer.from("package/package.json"), /not gzip/],
    ["zstd, which npm would unpack", Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), /not gzip/],
    ["half a magic number", Buffer.from([0x1f, 0x8c]), /not gzip/],
    ["another compression", member(0, "", Buffer.from("x"), 7), /compression/],
    ["a reserved flag", member(0x20, ""), /reserved/],
    ["encryption", member(0x80, ""), /reserved/],
    ["a header CRC that does not match", member(0x02, "\0\0"), /own CRC/],
    ["a file name without an end", Buffer.concat([header(0x08), Buffer.alloc(20_000, "a")]), /too long/],
    ["an extra field without an end", Buffer.concat([header(0x04), Buffer.from([0xff, 0xff])]), /too long/],
    ["a second member", Buffer.concat([good, good]), /second gzip member/],
    [
      "a second member behind zeros, which npm skips",
      Buffer.concat([good, Buffer.alloc(16), good]),
      /second gzip member/,
    ],
    ["bytes behind the member", Buffer.concat([good, Buffer.from("x")]), /further bytes/],
    ["too many zeros", Buffer.concat([good, Buffer.alloc(10240)]), /too many zeros/],
    ["an empty second member", Buffer.concat([good, gzipSync("")]), /second gzip member/],
  ];
  for (const [what, bytes, words] of hostile) test(what, () => refusedAs(bytes, words));

  test("a wrong CRC-32, and a wrong length", () => {
    for (const [at, words] of [
      [good.length - 8, /CRC-32/],
      [good.length - 4, /length/],
    ] as const) {
      const bytes = Buffer.from(good);
      bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
      refusedAs(bytes, words);
    }
  });

  test("a bomb is stopped long before it is unpacked", () => {
    let unpacked = 0;
    const gzip = new GzipMember((piece) => {
      unpacked += piece.length;
      return null;
    });
    const refused = gzip.write(gzipSync(Buffer.alloc(128 * 1024 * 1024)));
    gzip.close();
    assert.equal(refused?.code, "ARCHIVE_TOO_LARGE");
    assert.ok(unpacked <= 17 * 1024 * 1024);
  });

  test("every prefix is refused", () => {
    const bytes = member(0x1c, Buffer.concat([Buffer.from([2, 0, 9, 9]), Buffer.from("name\0comment\0")]));
    for (let length = 0; length < bytes.length; length++) {
      assert.notEqual(read(bytes.subarray(0, length)).refused, null, `prefix of ${length}`);
      assert.notEqual(read(bytes.subarray(0, length), 1).refused, null, `prefix of ${length}, byte by byte`);
    }
  });

  test("whatever bit is flipped: refused, or the same content", () => {
    const bytes = gzipSync("the same content, the same content");
    for (let at = 0; at < bytes.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const changed = Buffer.from(bytes);
        changed.writeUInt8(changed.readUInt8(at) ^ (1 << bit), at);
        const { out, refused } = read(changed);
        assert.ok(refused !== null || out.toString() === "the same content, the same content");
      }
    }
  });

  test("random bytes behind a good header never throw", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        read(Buffer.concat([header(0), bytes]));
      }),
      { numRuns: 200 },
    );
  });
});
