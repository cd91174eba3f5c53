import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { diskFiles } from "../../src/files/disk.js";
import { hashFiles } from "../../src/files/hash.js";

const files = diskFiles();
const posix = process.platform !== "win32";
let folder = "";
const at = (...parts: string[]): string => path.join(folder, ...parts);

before(async () => {
  folder = await files.makeTemporary("disk-");
});
after(() => files.remove(folder));

describe("reading", () => {
  it("tells what is missing from what is there, also below a file", async () => {
    fs.writeFileSync(at("a"), "abc");
    assert.equal((await files.read(at("a"), 3))?.toString(), "abc");
    for (const missing of [at("none"), at("a", "b")]) {
      assert.equal(await files.read(missing, 10), null);
      assert.equal(await files.status(missing), null);
      assert.equal(await files.list(missing), null);
      assert.equal(await files.realPath(missing), null);
    }
    await assert.rejects(files.list(at("a")), { code: "ENOTDIR" });
    await assert.rejects(files.read(folder, 10), { code: "EISDIR" });
  });

  it("reads nothing beyond the bound, and an empty file as empty", async () => {
    fs.writeFileSync(at("four"), "1234");
    await assert.rejects(files.read(at("four"), 3), RangeError);
    fs.writeFileSync(at("empty"), "");
    assert.equal((await files.read(at("empty"), 0))?.length, 0);
  });

  it("gives a large file in pieces that may be kept", async () => {
    const bytes = Buffer.alloc(700_000, "0123456789");
    fs.writeFileSync(at("large"), bytes);
    const pieces: Uint8Array[] = [];
    for await (const piece of files.stream(at("large"))) pieces.push(piece);
    assert.ok(pieces.length >= 3 && pieces.every((piece) => piece.length <= 256 * 1024));
    assert.ok(Buffer.concat(pieces).equals(bytes));
    assert.ok((await files.read(at("large"), 700_000))?.equals(bytes));
    await assert.rejects(async () => {
      for await (const _ of files.stream(at("none")));
    }, /ENOENT/);
  });

  it("is not blocked by a pipe planted where a file is expected", { skip: !posix, timeout: 5000 }, async () => {
    execFileSync("mkfifo", [at("pipe")]);
    await assert.rejects(files.read(at("pipe"), 10), { code: "EINVAL" });
    assert.equal((await files.status(at("pipe")))?.type, "other");
    assert.deepEqual(hashFiles([at("pipe")]), [null]);
    assert.equal((await files.read("/dev/null", 10))?.length, 0);
  });

  it("lists names in one order, with links as links", { skip: !posix }, async () => {
    fs.mkdirSync(at("many", "B"), { recursive: true });
    fs.writeFileSync(at("many", "a"), "");
    fs.symlinkSync("a", at("many", "c"));
    assert.deepEqual(await files.list(at("many")), [
      { name: "B", type: "directory" },
      { name: "a", type: "file" },
      { name: "c", type: "link" },
    ]);
    assert.equal((await files.status(at("many", "c")))?.type, "link");
    assert.equal(await files.readLink(at("many", "c")), "a");
    assert.equal(await files.realPath(at("many", "c")), at("many", "a"));
  });
});

describe("writing", () => {
  it("replaces a file at once, keeps its mode, and leaves nothing beside it", async () => {
    fs.mkdirSync(at("w"));
    fs.writeFileSync(at("w", "file"), "old", { mode: 0o640 });
    await files.write(at("w", "file"), "new");
    assert.equal(fs.readFileSync(at("w", "file"), "utf8"), "new");
    if (posix) assert.equal((await files.status(at("w", "file")))?.mode, 0o640);
    await files.write(at("w", "deep", "secret"), Buffer.from("s"), 0o600);
    if (posix) assert.equal((await files.status(at("w", "deep", "secret")))?.mode, 0o600);
    assert.deepEqual(fs.readdirSync(at("w")), ["deep", "file"]);
  });

  it("puts a new file in the place of a link, and leaves alone what the link points to", { skip: !posix }, async () => {
    fs.mkdirSync(at("l"));
    fs.writeFileSync(at("l", "victim"), "mine", { mode: 0o600 });
    for (const name of ["written", "copied", "committed"]) fs.symlinkSync("victim", at("l", name));
    await files.write(at("l", "written"), "x");
    await files.copy(at("a"), at("l", "copied"));
    const writer = await files.create(at("l"));
    await writer.write(Buffer.from("y"));
    await writer.commit(at("l", "committed"), 0o444);
    fs.symlinkSync("victim", at("l", "moded"));
    await assert.rejects(files.setMode(at("l", "moded"), 0o777), /ELOOP|EMLINK/);
    assert.equal(fs.readFileSync(at("l", "victim"), "utf8"), "mine");
    assert.equal((await files.status(at("l", "victim")))?.mode, 0o600);
    for (const name of ["written", "copied", "committed"]) {
      assert.equal((await files.status(at("l", name)))?.type, "file", name);
    }
  });

  it("shows nothing under the final name before commit, and nothing at all after abandon", async () => {
    const writer = await files.create(at("store", "new"));
    await writer.write(Buffer.from("ab"));
    await writer.write(Buffer.from("cd"));
    assert.equal(await files.status(at("store", "ab", "cd")), null);
    await writer.commit(at("store", "ab", "cd"), 0o444);
    await writer.abandon();
    assert.equal(fs.readFileSync(at("store", "ab", "cd"), "utf8"), "abcd");
    const other = await files.create(at("store", "new"));
    await other.write(Buffer.from("x"));
    await other.abandon();
    await other.abandon();
    assert.deepEqual(fs.readdirSync(at("store", "new")), []);
  });

  it("leaves the old file whole, and nothing beside it, when writing fails", async () => {
    fs.mkdirSync(at("target", "sub"), { recursive: true });
    await assert.rejects(files.write(at("target", "sub"), "x"));
    await assert.rejects(files.copy(at("none"), at("target", "copy")), { code: "ENOENT" });
    assert.deepEqual(fs.readdirSync(at("target")), ["sub"]);
  });

  it("links within one disk, and does not replace", async () => {
    fs.writeFileSync(at("one"), "1");
    await files.link(at("one"), at("two"));
    assert.equal(fs.statSync(at("two")).nlink, 2);
    await assert.rejects(files.link(at("one"), at("two")), { code: "EEXIST" });
  });
});

describe("removing", () => {
  it("removes a link, never what it leads to; and is content with what is missing", { skip: !posix }, async () => {
    fs.mkdirSync(at("kept"));
    fs.writeFileSync(at("kept", "file"), "");
    fs.mkdirSync(at("gone"));
    fs.symlinkSync(at("kept"), at("gone", "inside"));
    fs.symlinkSync(at("kept"), at("alone"));
    await files.remove(at("gone"));
    await files.remove(at("alone"));
    await files.remove(at("none"));
    assert.deepEqual(fs.readdirSync(at("kept")), ["file"]);
    assert.equal(await files.status(at("gone")), null);
  });
});

describe("temporary folders", () => {
  it("can be entered by their owner only, and have no link in their path", async () => {
    const made = await files.makeTemporary("t-", folder);
    if (posix) assert.equal((await files.status(made))?.mode, 0o700);
    assert.equal(await files.realPath(made), made);
    assert.ok(folder.startsWith(fs.realpathSync(os.tmpdir())));
  });
});

describe("hashing", () => {
  it("gives each file's SHA-256 in order, and null for what is missing, a folder, or a link", { skip: !posix }, () => {
    const bytes = Buffer.alloc(600_000, "x");
    fs.writeFileSync(at("h1"), bytes);
    fs.symlinkSync("h1", at("h2"));
    const expected = createHash("sha256").update(bytes).digest("hex");
    assert.deepEqual(hashFiles([at("none"), at("h1"), folder, at("h2"), at("h1")]), [
      null,
      expected,
      null,
      null,
      expected,
    ]);
  });
});
