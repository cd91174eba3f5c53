import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { LIMITS } from "../../src/model/limits.js";
import { inspectArchive } from "../../src/verify/archive.js";
import { block, END, file, MANIFEST, pax, tar, tgz } from "./tar-maker.js";

function digest(algorithm: string, bytes: Uint8Array): string {
  return createHash(algorithm).update(bytes).digest("hex");
}

/** Gives the bytes in pieces of `step`. */
function* pieces(bytes: Uint8Array, step: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
}

async function listed(bytes: Uint8Array, step = bytes.length || 1) {
  const inspection = await inspectArchive(pieces(bytes, step));
  assert.ok(inspection.ok, inspection.ok ? "" : inspection.finding.says);
  return inspection.listing;
}

async function refused(bytes: Uint8Array, code: string, words?: RegExp): Promise<void> {
  const inspection = await inspectArchive([bytes]);
  assert.ok(!inspection.ok, "it was accepted");
  assert.equal(inspection.finding.code, code);
  if (words !== undefined) assert.match(inspection.finding.says, words);
}

describe("an honest archive", () => {
  const honest = tgz(
    file("index.js", "a".repeat(100_000)),
    block({ name: "package/bin/run", body: "#!", mode: "000755 \0" }),
    block({ name: "package/lib/", type: "5", mode: "000777 \0" }),
    file("lib/empty.js", ""),
    file("node_modules/b/package.json", '{"name":"b"}'),
    file("node_modules/@s/c/node_modules/d/package.json", '{"name":"d"}'),
    file("node_modules/b/test/package.json", "not a package's"),
    file("test/node_modules/e/package.json", "a fixture"),
  );

  test("is listed: each file below its folder, with size, mode and SHA-256", async () => {
    const listing = await listed(honest);
    assert.deepEqual(listing.files.slice(0, 4), [
      { path: "package.json", size: MANIFEST.length, sha256: digest("sha256", Buffer.from(MANIFEST)), mode: 0o644 },
      { path: "index.js", size: 100_000, sha256: digest("sha256", Buffer.from("a".repeat(100_000))), mode: 0o644 },
      { path: "bin/run", size: 2, sha256: digest("sha256", Buffer.from("#!")), mode: 0o755 },
      { path: "lib/empty.js", size: 0, sha256: digest("sha256", Buffer.alloc(0)), mode: 0o644 },
    ]);
    assert.equal(listing.manifest, MANIFEST);
    assert.equal(
      listing.unpackedSize,
      listing.files.reduce((sum, { size }) => sum + size, 0),
    );
    assert.deepEqual(listing.notes, []);
  });

  test("gives the manifests of bundled packages, and of those only", async () => {
    assert.deepEqual((await listed(honest)).bundled, {
      "node_modules/b/package.json": '{"name":"b"}',
      "node_modules/@s/c/node_modules/d/package.json": '{"name":"d"}',
    });
  });

  test("gives the text of the package's own shrinkwrap, and of no other", async () => {
    assert.equal((await listed(honest)).shrinkwrap, null);
    const text = '{"lockfileVersion":3,"packages":{}}';
    const below = file("node_modules/b/npm-shrinkwrap.json", "of another package");
    assert.equal((await listed(tgz(below, file("npm-shrinkwrap.json", text)))).shrinkwrap, text);
    assert.equal((await listed(tgz(below))).shrinkwrap, null);
  });

  test("gives all three digests of the packed bytes", async () => {
    const { packed } = await inspectArchive([honest]);
    assert.deepEqual(packed, {
      sha512: digest("sha512", honest),
      sha384: digest("sha384", honest),
      sha256: digest("sha256", honest),
      size: honest.length,
    });
  });

  test("reads alike in pieces of any size, from any source", async () => {
    const whole = await inspectArchive([honest]);
    for (const step of [1, 10, 333]) assert.deepEqual(await inspectArchive(pieces(honest, step)), whole);
    async function* slow() {
      yield* pieces(honest, 50);
    }
    assert.deepEqual(await inspectArchive(slow()), whole);
  });

  test("may have any one root folder", async () => {
    const other = Buffer.concat([
      block({ name: "node/package.json", body: MANIFEST }),
      block({ name: "node/v18/index.d.ts", body: "" }),
      END,
    ]);
    assert.deepEqual(
      (await listed(gzipSync(other))).files.map(({ path }) => path),
      ["package.json", "v18/index.d.ts"],
    );
  });

  test("a failing source is the caller's error, not a verdict", async () => {
    async function* broken() {
      yield honest.subarray(0, 20);
      throw new Error("the disk is gone");
    }
    await assert.rejects(inspectArchive(broken()), /the disk is gone/);
  });
});

describe("odd but clear archives pass with a note", () => {
  const odd: readonly [string, Uint8Array, RegExp][] = [
    ['a "." in a path, as pnpm 8 packed', tgz(file("./dist/a.js")), /"\." in its path/],
    [
      '"." for a root',
      gzipSync(
        Buffer.concat([block({ name: "./", type: "5" }), block({ name: "./package.json", body: MANIFEST }), END]),
      ),
      /"\."/,
    ],
    [
      "one file twice, as agent-base 7 has it",
      tgz(file("dist/a.js", "same"), file("./dist/a.js", "same")),
      /"\."|twice/,
    ],
    ["zeros behind the member, as npm of 2012 left them", Buffer.concat([tgz(), Buffer.alloc(1000)]), /padded/],
    ["a device of Windows", tgz(file("lib/aux.js")), /device/],
    ["a trailing dot", tgz(file("lib/a.")), /dot or a space/],
    ["a sticky file", tgz(block({ mode: "001644 \0" })), /sticky/],
    ["a setgid folder", tgz(block({ name: "package/lib/", type: "5", mode: "002755 \0" })), /folder with/],
    ["a configuration of npm", tgz(file(".npmrc")), /configuration/],
    ["a byte order mark", gzipSync(Buffer.concat([file("package.json", `\ufeff${MANIFEST}`), END])), /byte order mark/],
    ["a repeated key", gzipSync(Buffer.concat([file("package.json", '{"a":1,"a":1}'), END])), /twice/],
  ];
  for (const [what, bytes, words] of odd) {
    test(what, async () => {
      const { notes } = await listed(bytes);
      assert.ok(notes.length > 0);
      for (const { code, severity } of notes) assert.deepEqual([code, severity], ["ARCHIVE_ODD", "note"]);
      assert.match(notes.map(({ says }) => says).join(" "), words);
    });
  }

  test("a file that comes twice is listed once", async () => {
    const { files } = await listed(tgz(file("dist/a.js", "same"), file("./dist/a.js", "same")));
    assert.deepEqual(
      files.map(({ path }) => path),
      ["package.json", "dist/a.js"],
    );
  });
});

describe("attacks are refused", () => {
  const attacks: readonly [string, string, Uint8Array, RegExp][] = [
    ["a file above the folder", "ARCHIVE_PATH_ESCAPE", tgz(block({ name: "package/../../x" })), /"\.\."/],
    ["a pax path above the folder", "ARCHIVE_PATH_ESCAPE", tgz(pax({ path: "../x" }), file("a")), /"\.\."/],
    ["a symbolic link", "ARCHIVE_LINK_ESCAPE", tgz(block({ type: "2", linkname: "/etc/passwd" })), /symbolic link/],
    [
      "a hard link inside the package",
      "ARCHIVE_LINK",
      tgz(block({ type: "1", linkname: "package/package.json" })),
      /hard link/,
    ],
    [
      "a shrinkwrap that is too large to be kept",
      "ARCHIVE_TOO_LARGE",
      tgz(file("npm-shrinkwrap.json", " ".repeat(LIMITS.shrinkwrapBytes + 1))),
      /npm-shrinkwrap\.json" is too large/,
    ],
    ["two contents under one path", "ARCHIVE_DUPLICATE", tgz(file("a", "1"), file("a", "2")), /two contents/],
    [
      "two modes under one path",
      "ARCHIVE_DUPLICATE",
      tgz(file("a", "1"), block({ name: "package/a", body: "1", mode: "000755 \0" })),
      /modes/,
    ],
    ["two manifests by way of a dot", "ARCHIVE_DUPLICATE", tgz(file("./package.json", "{}")), /two contents/],
    ["two manifests by way of a slash", "ARCHIVE_MALFORMED", tgz(file("/package.json", "{}")), /empty segment/],
    ["two roots", "ARCHIVE_MALFORMED", tgz(block({ name: "other/index.js" })), /two folders/],
    ["two roots that differ in case", "ARCHIVE_MALFORMED", tgz(block({ name: "Package/index.js" })), /two folders/],
    ["a root and the folder itself", "ARCHIVE_MALFORMED", tgz(block({ name: "./package/index.js" })), /two folders/],
    ["a file at the root", "ARCHIVE_MALFORMED", tgz(block({ name: "package" })), /folder's name/],
    ["a file with a folder's path", "ARCHIVE_MALFORMED", tgz(block({ name: "package/lib/." })), /folder's name/],
    ["a setuid file", "ARCHIVE_MALFORMED", tgz(block({ mode: "004755 \0" })), /owner's rights/],
    ["a setgid file", "ARCHIVE_MALFORMED", tgz(block({ mode: "002755 \0" })), /owner's rights/],
    ["no manifest", "ARCHIVE_MALFORMED", gzipSync(Buffer.concat([file("index.js"), END])), /no package\.json/],
    [
      "a manifest below another root folder",
      "ARCHIVE_MALFORMED",
      gzipSync(Buffer.concat([block({ name: "./package/package.json", body: "{}" }), END])),
      /no package\.json/,
    ],
    [
      "a manifest that is no JSON",
      "ARCHIVE_MALFORMED",
      gzipSync(Buffer.concat([file("package.json", "x"), END])),
      /JSON/,
    ],
    ["a bundled manifest that is no JSON", "ARCHIVE_MALFORMED", tgz(file("node_modules/b/package.json", "x")), /JSON/],
    [
      "a second member that replaces the package",
      "ARCHIVE_MALFORMED",
      Buffer.concat([tgz(), tgz(file("index.js", "evil"))]),
      /second gzip member/,
    ],
    [
      "data behind the end of the tar file",
      "ARCHIVE_MALFORMED",
      gzipSync(Buffer.concat([tar(), tar()])),
      /follows the end/,
    ],
    ["a plain tar file", "ARCHIVE_MALFORMED", tar(), /not gzip/],
    [
      "a manifest beyond the limit",
      "ARCHIVE_TOO_LARGE",
      gzipSync(Buffer.concat([file("package.json", Buffer.alloc(5_000_000, " ")), END])),
      /too large/,
    ],
  ];
  for (const [what, code, bytes, words] of attacks) test(what, () => refused(bytes, code, words));

  test("bundled manifests beyond the limit", async () => {
    const large = `{"a":"${"x".repeat(4_000_000)}"}`;
    const many = Array.from({ length: 9 }, (_, index) => file(`node_modules/b${index}/package.json`, large));
    await refused(gzipSync(tar(...many), { level: 0 }), "ARCHIVE_TOO_LARGE", /manifests of the bundled/);
  });

  test("a digest covers what follows the place of the refusal", async () => {
    const bytes = Buffer.concat([tgz(block({ name: "../x" })), Buffer.from("and more")]);
    const steps = [1, 100, bytes.length];
    for (const step of steps) {
      const { packed, ok } = await inspectArchive(pieces(bytes, step));
      assert.deepEqual([ok, packed.sha512, packed.size], [false, digest("sha512", bytes), bytes.length]);
    }
  });

  test("a bomb of zeros, and one of many entries, end early", async () => {
    await refused(gzipSync(tar(file("a", Buffer.alloc(24 * 1024 * 1024)))), "ARCHIVE_TOO_LARGE", /bomb/);
    const entries = Buffer.concat(Array.from({ length: 50_001 }, (_, index) => file(`f${index}`, "")));
    await refused(gzipSync(tar(entries), { level: 1 }), "ARCHIVE_TOO_LARGE", /too many entries/);
  });
});

describe("a mangled archive", () => {
  const sample = tgz(file("index.js", "module.exports = 1"), file("node_modules/b/package.json", "{}"));

  test("is refused at every length but the whole", async () => {
    for (let length = 0; length < sample.length; length++) {
      assert.ok(!(await inspectArchive([sample.subarray(0, length)])).ok, `prefix of ${length}`);
    }
  });

  test("is refused, or lists the same files, whatever bit is flipped", async () => {
    const listing = await listed(sample);
    for (let at = 0; at < sample.length; at++) {
      for (const bit of [0, 3, 7]) {
        const changed = Buffer.from(sample);
        changed.writeUInt8(changed.readUInt8(at) ^ (1 << bit), at);
        const inspection = await inspectArchive([changed]);
        if (inspection.ok) assert.deepEqual(inspection.listing, listing);
      }
    }
  });
});
