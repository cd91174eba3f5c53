import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import test, { type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { openQuarantine } from "../../src/fetch/quarantine.js";
import { diskFiles } from "../../src/files/disk.js";
import { StopError } from "../../src/model/finding.js";
import type { Files } from "../../src/model/world.js";
import { clientFor, SMALL, serveRaw } from "./loopback.js";

const LIMIT = { maxBytes: 10_000_000 };
const sha512 = (bytes: string | Uint8Array) => createHash("sha512").update(bytes).digest("hex");

async function* chunksOf(...chunks: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

async function folder(t: TestContext): Promise<string> {
  const directory = await fs.mkdtemp(path.join(await fs.realpath(tmpdir()), "fetch-store-"));
  t.after(() => fs.rm(directory, { recursive: true, force: true }));
  return path.join(directory, "store");
}

async function store(t: TestContext, files: Files = diskFiles()) {
  const directory = await folder(t);
  return { directory, quarantine: await openQuarantine(files, directory, process.platform) };
}

/** Every file below a folder, by its path there. */
async function filesBelow(directory: string): Promise<string[]> {
  const entries = await fs.readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)));
}

test("bytes are kept under their own digest, in cacache's layout, for nobody to write", async (t) => {
  const { directory, quarantine } = await store(t);
  const received = await quarantine.receive(chunksOf("hel", "", "lo"), LIMIT);
  const digest = sha512("hello");
  assert.deepEqual(received, { digests: { sha512: digest }, size: 5 });
  const place = path.join("content-v2", "sha512", digest.slice(0, 2), digest.slice(2, 4), digest.slice(4));
  assert.deepEqual(await filesBelow(directory), [place]);
  assert.equal(quarantine.path(digest), path.join(directory, place));
  assert.equal((await fs.stat(quarantine.path(digest))).mode & 0o222, 0);
  assert.equal(await quarantine.has(digest), true);
  assert.equal(await quarantine.verify(digest), true);
  let read = "";
  for await (const chunk of quarantine.stream(digest)) read += Buffer.from(chunk).toString();
  assert.equal(read, "hello");
});

test("other digests are computed where they are asked for", async (t) => {
  const { quarantine } = await store(t);
  const received = await quarantine.receive(chunksOf("hello"), { ...LIMIT, also: ["sha256", "sha384", "sha512"] });
  for (const algorithm of ["sha256", "sha384", "sha512"] as const) {
    assert.equal(received.digests[algorithm], createHash(algorithm).update("hello").digest("hex"));
  }
});

test("large bytes arrive whole, and an empty file is a file", async (t) => {
  const { quarantine } = await store(t);
  const piece = Buffer.alloc(300_001, 7);
  const received = await quarantine.receive(chunksOf(piece, piece, piece, piece, piece), LIMIT);
  assert.equal(received.size, 1_500_005);
  assert.equal(await quarantine.verify(received.digests.sha512), true);
  const empty = await quarantine.receive(chunksOf(), LIMIT);
  assert.deepEqual(empty, { digests: { sha512: sha512("") }, size: 0 });
  assert.equal(await quarantine.verify(sha512("")), true);
});

test("a digest that is none names no file: nothing leads out of the store", async (t) => {
  const { quarantine } = await store(t);
  for (const name of [
    "",
    "../../../etc/passwd",
    "ab".repeat(63),
    `../${"a".repeat(125)}`,
    "AB".repeat(64),
    `${"a".repeat(128)}\n`,
  ]) {
    assert.throws(() => quarantine.path(name), TypeError);
    await assert.rejects(quarantine.has(name), TypeError);
    await assert.rejects(quarantine.verify(name), TypeError);
    await assert.rejects(async () => quarantine.discard(name), TypeError);
  }
});

test("an altered blob is noticed, discarded, and replaced", async (t) => {
  const { quarantine } = await store(t);
  const digest = sha512("hello");
  await quarantine.receive(chunksOf("hello"), LIMIT);
  await fs.chmod(quarantine.path(digest), 0o644);
  await fs.writeFile(quarantine.path(digest), "hellp");
  assert.equal(await quarantine.has(digest), true);
  assert.equal(await quarantine.verify(digest), false);
  await quarantine.receive(chunksOf("hello"), LIMIT);
  assert.equal(await quarantine.verify(digest), true);
  await quarantine.discard(digest);
  assert.equal(await quarantine.has(digest), false);
  assert.equal(await quarantine.verify(digest), false);
  await quarantine.discard(digest);
});

test("a link or a folder in a blob's place is not a blob", async (t) => {
  const { directory, quarantine } = await store(t);
  const digest = sha512("hello");
  await fs.mkdir(path.dirname(quarantine.path(digest)), { recursive: true });
  const elsewhere = path.join(directory, "elsewhere");
  await fs.writeFile(elsewhere, "hello");
  await fs.symlink(elsewhere, quarantine.path(digest));
  assert.equal(await quarantine.has(digest), false);
  assert.equal(await quarantine.verify(digest), false);
  await quarantine.receive(chunksOf("hello"), LIMIT);
  assert.equal(await quarantine.verify(digest), true);
  assert.equal(await fs.readFile(elsewhere, "utf8"), "hello");
});

test("too many bytes, or a cut connection, leave nothing behind", async (t) => {
  const { directory, quarantine } = await store(t);
  await assert.rejects(quarantine.receive(chunksOf("hello", "!"), { maxBytes: 5 }), RangeError);
  const cut = async function* () {
    yield Buffer.alloc(2_000_000);
    throw new Error("cut");
  };
  await assert.rejects(quarantine.receive(cut(), LIMIT), /cut/);
  assert.deepEqual(await filesBelow(directory), []);
});

test("a full disk leaves nothing behind, and is told as it is", async (t) => {
  const disk = diskFiles();
  const full: Files = {
    ...disk,
    create: async (directory) => ({
      ...(await disk.create(directory)),
      commit: async () => {
        throw Object.assign(new Error("no space left"), { code: "ENOSPC" });
      },
    }),
  };
  const { directory, quarantine } = await store(t, full);
  await assert.rejects(quarantine.receive(chunksOf("hello"), LIMIT), {
    code: "ENVIRONMENT_UNUSABLE",
    message: /no space/,
  });
  assert.deepEqual(await filesBelow(directory), []);
});

test("where a blob cannot be replaced because somebody reads it, the one that is there must be the same", async (t) => {
  const disk = diskFiles();
  const busy: Files = {
    ...disk,
    create: async (directory) => {
      const writer = await disk.create(directory);
      const commit = async (target: string, mode: number) => {
        if ((await disk.status(target)) !== null) throw Object.assign(new Error("busy"), { code: "EPERM" });
        await writer.commit(target, mode);
      };
      return { ...writer, commit };
    },
  };
  const { directory, quarantine } = await store(t, busy);
  const digest = sha512("hello");
  await quarantine.receive(chunksOf("hello"), LIMIT);
  assert.equal((await quarantine.receive(chunksOf("hello"), LIMIT)).digests.sha512, digest);
  assert.equal((await filesBelow(directory)).length, 1);
  await fs.chmod(quarantine.path(digest), 0o644);
  await fs.writeFile(quarantine.path(digest), "hellp");
  await assert.rejects(quarantine.receive(chunksOf("hello"), LIMIT), { code: "ENVIRONMENT_UNUSABLE", message: /busy/ });
});

test("many arrivals of the same bytes at once all succeed", async (t) => {
  const { directory, quarantine } = await store(t);
  const all = await Promise.all(Array.from({ length: 20 }, () => quarantine.receive(chunksOf("hel", "lo"), LIMIT)));
  assert.ok(all.every((one) => one.digests.sha512 === sha512("hello")));
  assert.equal((await filesBelow(directory)).length, 1);
  assert.equal(await quarantine.verify(sha512("hello")), true);
});

const program = fileURLToPath(new URL("child.js", import.meta.url));

function receiveInChild(directory: string, bytes: number) {
  const child = spawn(process.execPath, [program, "receive", directory, `${bytes}`], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  let output = "";
  const waiting = new Promise<void>((resolve) => {
    child.stdout.on("data", (data) => {
      output += data;
      if (output.includes("ready\n")) resolve();
    });
  });
  const ended = new Promise<string>((resolve) => child.on("close", () => resolve(output.replace("ready\n", ""))));
  return { child, waiting, ended };
}

test("two processes that bring the same bytes at once both succeed", async (t) => {
  const { directory, quarantine } = await store(t);
  const [one, two] = [receiveInChild(directory, 2_000_000), receiveInChild(directory, 2_000_000)];
  await Promise.all([one.waiting, two.waiting]);
  one.child.stdin.write("go\n");
  two.child.stdin.write("go\n");
  const digest = sha512(Buffer.concat([Buffer.alloc(2_000_000, 7), Buffer.from("end")]));
  for (const output of [await one.ended, await two.ended]) {
    assert.deepEqual(JSON.parse(output), { digests: { sha512: digest }, size: 2_000_003 });
  }
  assert.equal((await filesBelow(directory)).length, 1);
  assert.equal(await quarantine.verify(digest), true);
});

test("a killed process leaves no blob, and its rest is swept after a day, not before", async (t) => {
  const { directory, quarantine } = await store(t);
  const one = receiveInChild(directory, 2_000_000);
  await one.waiting;
  one.child.kill("SIGKILL");
  await one.ended;
  const [rest = "", ...more] = await filesBelow(directory);
  assert.ok(rest.startsWith("arriving"), rest);
  assert.deepEqual(more, []);
  const { mtimeMs } = await fs.stat(path.join(directory, rest));
  const day = 86_400_000;
  await quarantine.receive(chunksOf("hello"), LIMIT);
  assert.equal(await quarantine.sweep(mtimeMs + day - 1000), 0);
  assert.equal(await quarantine.sweep(mtimeMs + day + 1000), 1);
  assert.deepEqual(await filesBelow(directory), [path.relative(directory, quarantine.path(sha512("hello")))]);
});

test("a download that breaks off in the middle leaves nothing behind; the next attempt is whole", async (t) => {
  const { directory, quarantine } = await store(t);
  const server = await serveRaw(t, (socket, times) => {
    socket.write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n01234");
    if (times === 1) setImmediate(() => socket.destroy());
    else socket.write("56789");
  });
  const client = clientFor(t);
  const result = await client.stream(server.url, SMALL, (chunks) => quarantine.receive(chunks, SMALL));
  assert.equal(result.ok && result.value.digests.sha512, sha512("0123456789"));
  assert.equal((await filesBelow(directory)).length, 1);
});

test("a body that is too large, or not whole, never becomes a blob", async (t) => {
  const { directory, quarantine } = await store(t);
  const server = await serveRaw(t, (socket, times) => {
    if (times === 1) socket.write(`HTTP/1.1 200 OK\r\n\r\n${"x".repeat(200_000)}`);
    else socket.end("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort");
  });
  const client = clientFor(t);
  const receive = (chunks: AsyncIterable<Uint8Array>) => quarantine.receive(chunks, SMALL);
  const large = await client.stream(server.url, SMALL, receive);
  assert.equal(large.ok || large.code, "FETCH_TOO_LARGE");
  const short = await client.stream(server.url, SMALL, receive);
  assert.equal(short.ok || short.code, "FETCH_FAILED");
  assert.deepEqual(await filesBelow(directory), []);
});

test("the store is made for its owner alone", { skip: process.platform === "win32" }, async (t) => {
  const { directory } = await store(t);
  for (const part of ["", "content-v2", "arriving", "kept"]) {
    assert.equal((await fs.stat(path.join(directory, part))).mode & 0o777, 0o700, part);
  }
  await openQuarantine(diskFiles(), directory, process.platform);
});

test("a store that is a link, no folder, or open to others is refused by name", {
  skip: process.platform === "win32",
}, async (t) => {
  const files = diskFiles();
  const refused = (directory: string, words: RegExp) =>
    assert.rejects(openQuarantine(files, directory, "linux"), (error: Error & { code?: string }) => {
      assert.equal(error.code, "ENVIRONMENT_UNSAFE");
      assert.ok(error.message.includes(directory));
      assert.match(error.message, words);
      return true;
    });
  const base = await folder(t);
  await fs.mkdir(base, { mode: 0o700 });
  const at = (name: string) => path.join(base, name);

  await fs.mkdir(at("real"), { mode: 0o700 });
  await fs.symlink(at("real"), at("link"));
  await refused(at("link"), /symbolic link/);
  await fs.symlink(at("nowhere"), at("dangling"));
  await refused(at("dangling"), /symbolic link/);
  assert.deepEqual(await fs.readdir(at("real")), [], "nothing was made behind the link");
  await fs.writeFile(at("file"), "");
  await refused(at("file"), /not a folder/);
  for (const mode of [0o755, 0o770, 0o701, 0o777]) {
    await fs.mkdir(at(`mode${mode}`));
    await fs.chmod(at(`mode${mode}`), mode);
    await refused(at(`mode${mode}`), /open to others/);
  }
  await openQuarantine(files, at("store"), "linux");
  await fs.rmdir(at("store/content-v2"));
  await fs.symlink(at("real"), at("store/content-v2"));
  await assert.rejects(openQuarantine(files, at("store"), "linux"), /content-v2 is a symbolic link/);
});

test("a store that belongs to somebody else is refused", async (t) => {
  const directory = await folder(t);
  const theirs: Files = {
    ...diskFiles(),
    setMode: async () => {
      throw Object.assign(new Error("not permitted"), { code: "EPERM" });
    },
  };
  await assert.rejects(openQuarantine(theirs, directory, "linux"), {
    code: "ENVIRONMENT_UNSAFE",
    message: /somebody else/,
  });
});

test("a store that cannot be made is refused by name", async (t) => {
  const directory = await folder(t);
  await fs.writeFile(directory, "");
  const below = path.join(directory, "store");
  await assert.rejects(openQuarantine(diskFiles(), below, "linux"), {
    code: "ENVIRONMENT_UNUSABLE",
    message: /cannot be made/,
  });
});

test("a store in a place where the system makes no folders is refused at once", {
  skip: process.platform !== "linux",
  timeout: 10_000,
}, async () => {
  for (const directory of ["/proc/store", "/proc/self/cache/store", "/sys/store"]) {
    await assert.rejects(openQuarantine(diskFiles(), directory, "linux"), (error: StopError) => {
      assert.deepEqual([error.code, error.at], ["ENVIRONMENT_UNUSABLE", directory]);
      return true;
    });
  }
});

test("a new store leaves nothing but itself behind", async (t) => {
  const { directory } = await store(t);
  assert.deepEqual(await fs.readdir(path.dirname(directory)), ["store"]);
});

test("a folder where a blob must be stops the run, and is named", async (t) => {
  const { quarantine } = await store(t);
  const file = quarantine.path(sha512("hello"));
  await fs.mkdir(path.join(file, "inside"), { recursive: true });
  await assert.rejects(quarantine.receive(chunksOf("hello"), LIMIT), (error: StopError) => {
    assert.ok(error instanceof StopError);
    assert.deepEqual([error.code, error.at], ["ENVIRONMENT_UNUSABLE", file]);
    return true;
  });
  await fs.rm(file, { recursive: true });
  await fs.rm(path.dirname(file), { recursive: true });
  await fs.writeFile(path.dirname(file), "a file where a folder must be");
  await assert.rejects(quarantine.receive(chunksOf("hello"), LIMIT), { code: "ENVIRONMENT_UNUSABLE", at: file });
});

test("a disk that is full stops the run; what comes from elsewhere and fails is not called that", async (t) => {
  const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  const files = diskFiles();
  const writer = async (folder: string) => ({ ...(await files.create(folder)), write: () => Promise.reject(full) });
  const { directory, quarantine } = await store(t, { ...files, create: writer });
  await assert.rejects(quarantine.receive(chunksOf("hello"), LIMIT), {
    code: "ENVIRONMENT_UNUSABLE",
    message: /ENOSPC/,
  });
  assert.deepEqual(await filesBelow(directory), []);
  await quarantine.keep("key", "manifest", Buffer.from("{}"));
  assert.equal(await quarantine.kept("key", "manifest", 100), null);
  const reset = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
  // biome-ignore lint/correctness/useYield: it fails before there is anything
  const broken = (async function* (): AsyncGenerator<Uint8Array> {
    throw reset;
  })();
  await assert.rejects(quarantine.receive(broken, LIMIT), reset);
});

test("a folder where a kept file must be, or a file where its folder must be: nothing is kept, and all goes on", async (t) => {
  const { directory, quarantine } = await store(t);
  await quarantine.keep("key", "manifest", Buffer.from("{}"));
  const [kept = ""] = await filesBelow(directory);
  const file = path.join(directory, kept);
  await fs.rm(file);
  await fs.mkdir(file);
  await quarantine.keep("key", "manifest", Buffer.from("{}"));
  assert.equal(await quarantine.kept("key", "manifest", 100), null);
  await fs.rm(path.join(directory, "kept", "manifest"), { recursive: true });
  await fs.writeFile(path.join(directory, "kept", "manifest"), "");
  await quarantine.keep("key", "manifest", Buffer.from("{}"));
  assert.equal(await quarantine.kept("key", "manifest", 100), null);
  assert.deepEqual(await fs.readdir(path.join(directory, "arriving")), []);
});

test("claims are kept by key and kind", async (t) => {
  const { quarantine } = await store(t);
  const key = "https://registry.test/left-pad/1.3.0";
  assert.equal(await quarantine.kept(key, "manifest", 100), null);
  await quarantine.keep(key, "manifest", Buffer.from("{}"));
  await quarantine.keep(key, "attestations", Buffer.from("[]\n\n"));
  assert.equal((await quarantine.kept(key, "manifest", 100))?.toString(), "{}");
  assert.equal((await quarantine.kept(key, "attestations", 100))?.toString(), "[]\n\n");
  assert.equal(await quarantine.kept(`${key}x`, "manifest", 100), null);
  await quarantine.keep(key, "manifest", Buffer.from("new"));
  assert.equal((await quarantine.kept(key, "manifest", 100))?.toString(), "new");
  await quarantine.keep("\n\0../..\n", "manifest", Buffer.alloc(0));
  assert.equal((await quarantine.kept("\n\0../..\n", "manifest", 0))?.length, 0);
});

test("a kept file that was swapped, mangled, linked or blown up is not taken for what was kept", async (t) => {
  const { directory, quarantine } = await store(t);
  await quarantine.keep("one", "manifest", Buffer.from("claims of one"));
  await quarantine.keep("two", "manifest", Buffer.from("claims of two"));
  const all = (await filesBelow(directory)).map((name) => path.join(directory, name));
  assert.equal(all.length, 2);
  const texts = await Promise.all(all.map((file) => fs.readFile(file, "utf8")));
  const indexOfOne = texts.findIndex((text) => text.endsWith("claims of one"));
  const [one, two] = [all[indexOfOne] ?? "", all[1 - indexOfOne] ?? ""];

  await fs.copyFile(two, one);
  assert.equal(await quarantine.kept("one", "manifest", 100), null);
  const honest = Buffer.from(texts[indexOfOne] ?? "");
  const header = honest.indexOf("\n") + 1;
  for (let length = 0; length < header; length += 1) {
    await fs.writeFile(one, honest.subarray(0, length));
    assert.equal(await quarantine.kept("one", "manifest", 100), null);
  }
  for (let index = 0; index < header; index += 1) {
    const flipped = Buffer.from(honest);
    flipped[index] = (flipped[index] ?? 0) ^ 1;
    await fs.writeFile(one, flipped);
    assert.equal(await quarantine.kept("one", "manifest", 100), null);
  }
  await fs.writeFile(one, honest);
  assert.equal((await quarantine.kept("one", "manifest", 13))?.toString(), "claims of one");
  assert.equal(await quarantine.kept("one", "manifest", 12), null);
  await fs.rename(one, `${one}.real`);
  await fs.symlink(`${one}.real`, one);
  assert.equal(await quarantine.kept("one", "manifest", 100), null);
});

test("a kind is a word, and a key of any length is only itself", async (t) => {
  const { quarantine } = await store(t);
  for (const kind of ["", "../kept", "A", "a/b", "a\n", "x".repeat(60)]) {
    await assert.rejects(async () => quarantine.keep("key", kind, Buffer.alloc(0)), TypeError);
    await assert.rejects(async () => quarantine.kept("key", kind, 1), TypeError);
  }
  const long = "x".repeat(10_000);
  await quarantine.keep(long, "manifest", Buffer.from("kept"));
  assert.equal((await quarantine.kept(long, "manifest", 10))?.toString(), "kept");
  assert.equal(await quarantine.kept(`${long}y`, "manifest", 10), null);
});
