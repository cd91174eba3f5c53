import assert from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { Header, Parser, type ReadEntry } from "tar";
import { encodeEntry, gzip, npmTarball, readTarball, seal, tarOf } from "../../registry-fixtures/tarball.js";

const FILES = { "package.json": '{"name":"a"}', "lib/b.js": "b", "bin/a.js": "#!" };

test("the same files give the same bytes, in whatever order they come", () => {
  const turned = Object.fromEntries(Object.entries(FILES).reverse());
  assert.deepEqual(npmTarball(FILES), npmTarball(turned));
});

test("nothing of the machine is in the gzip header: no time, no name, unknown system", () => {
  assert.equal(npmTarball(FILES).subarray(0, 10).toString("hex"), "1f8b08000000000002ff");
});

test("entries are npm's: one root, files only, no owner, npm's day, 755 for what bin names", () => {
  const entries = list(npmTarball(FILES, ["bin/a.js"]));
  assert.deepEqual(
    entries.map(({ path, type, mode, uid, gid, mtime }) => ({
      path,
      type,
      mode,
      uid,
      gid,
      time: mtime?.toISOString(),
    })),
    ["package/bin/a.js", "package/lib/b.js", "package/package.json"].map((path) => ({
      path,
      type: "File",
      mode: path === "package/bin/a.js" ? 0o755 : 0o644,
      uid: undefined,
      gid: undefined,
      time: "1985-10-26T08:15:00.000Z",
    })),
  );
});

test("what was packed reads back", () => {
  const read = readTarball(npmTarball(FILES));
  assert.deepEqual(Object.fromEntries(Object.entries(read).map(([path, data]) => [path, data.toString()])), FILES);
});

test("a path that is too long or not ASCII gets an extended header", () => {
  const path = `${"long/".repeat(60)}ü.js`;
  assert.deepEqual(Object.keys(readTarball(npmTarball({ [path]: "x" }))), [path]);
});

test("hook: another root", () => {
  assert.equal(list(npmTarball(FILES, [], { root: "left-pad" }))[0]?.path, "left-pad/bin/a.js");
});

test("hook: entries of any type, before and after", () => {
  const before = [{ path: "package/evil", type: "SymbolicLink", linkpath: "../../etc" } as const];
  const after = [{ path: "../outside", data: "x" }, encodeEntry({ path: "package/fifo", type: "FIFO" })];
  const entries = list(npmTarball(FILES, [], { before, after }));
  assert.deepEqual([entries[0]?.type, entries[0]?.linkpath], ["SymbolicLink", "../../etc"]);
  assert.deepEqual([entries.at(-2)?.path, entries.at(-1)?.type], ["../outside", "FIFO"]);
});

test("hook: an extended header that renames its file", () => {
  const after = [{ path: "package/a", data: "x", pax: { path: "package/b" } }];
  assert.equal(list(npmTarball({}, [], { after }))[0]?.path, "package/b");
});

test("hook: raw headers, sealed again or left with a wrong sum", () => {
  const setuid = (header: Buffer) => header.write("0004755", 100, "latin1");
  const broken = gunzipSync(npmTarball({ a: "" }, [], { header: setuid }));
  assert.equal(new Header(broken).cksumValid, false);
  const header = (block: Buffer, path: string) => {
    if (path === "a") setuid(block);
    seal(block);
  };
  const sealed = new Header(gunzipSync(npmTarball({ a: "" }, [], { header })));
  assert.deepEqual([sealed.cksumValid, sealed.mode], [true, 0o4755]);
});

test("hook: bytes behind the gzip stream, a second member, an end that is missing", () => {
  const honest = npmTarball(FILES);
  assert.deepEqual(
    npmTarball(FILES, [], { trailing: Buffer.from("tail") }),
    Buffer.concat([honest, Buffer.from("tail")]),
  );
  const second = gzip(tarOf([{ path: "package/package.json", data: "{}" }]));
  const doubled = npmTarball(FILES, [], { secondMember: [{ path: "package/package.json", data: "{}" }] });
  assert.deepEqual(doubled, Buffer.concat([honest, second]));
  const short = npmTarball(FILES, [], { truncateTo: 40 });
  assert.deepEqual(short, honest.subarray(0, 40));
  assert.throws(() => gunzipSync(short));
});

function list(tarball: Buffer): readonly ReadEntry[] {
  const entries: ReadEntry[] = [];
  const parser = new Parser({
    onReadEntry: (entry) => {
      entries.push(entry);
      entry.resume();
    },
  });
  parser.end(gunzipSync(tarball));
  return entries;
}
