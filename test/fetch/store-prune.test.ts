/** Pruning: what goes, what stays, and what it never touches. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fs, { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { estimateBytes, type PruneRequest, pruneStore } from "../../src/fetch/store-prune.js";
import { announceRun, runsAtWork } from "../../src/fetch/store-runs.js";
import { brokenIn, pruneWhenDue } from "../../src/fetch/store-upkeep.js";
import { walkStore } from "../../src/fetch/store-walk.js";
import { diskFiles } from "../../src/files/disk.js";
import type { Files } from "../../src/model/world.js";
import { DAY, HOUR, NOW, type Stored, setAge, stored, there } from "./stored.js";

const files = diskFiles();
const clock = { now: () => NOW, elapsed: () => performance.now() };
const processes = { self: { host: "here", pid: 4242 }, isRunning: (pid: number) => pid === 4242 };
const around = { files, clock, processes };
const nobody = async () => ({ count: 0, usingSince: null });

const prune = (store: Stored, request: Partial<PruneRequest>, runs = nobody as Parameters<typeof pruneStore>[2]) =>
  pruneStore(files, store.directory, runs, { budget: null, unusedSince: null, dryRun: false, now: NOW, ...request });

test("what was used least recently goes first, and no more than the budget asks for", async (t) => {
  const store = await stored(t);
  const blobs = [
    await store.blob(3 * HOUR),
    await store.blob(40 * DAY),
    await store.blob(2 * DAY),
    await store.blob(0),
  ];
  const pruned = await prune(store, { budget: 2500 });
  assert.deepEqual(there(blobs), [true, false, false, true]);
  assert.deepEqual(pruned, { removed: { count: 2, bytes: 2000 }, inUse: { count: 0, bytes: 0 }, left: 2000 });
});

test("a store within its budget is left alone; a budget of nothing empties it", async (t) => {
  const store = await stored(t);
  const blobs = [await store.blob(900 * DAY), await store.blob(0)];
  await store.claim(50 * DAY);
  assert.equal((await prune(store, { budget: 1_000_000 })).removed.count, 0);
  assert.equal((await prune(store, { budget: 0 })).left, 0);
  assert.deepEqual(there(blobs), [false, false]);
});

test("by age alone: what was not used for so long, whatever the size", async (t) => {
  const store = await stored(t);
  const blobs = [await store.blob(31 * DAY), await store.blob(29 * DAY), await store.blob(-2 * DAY)];
  await prune(store, { unusedSince: NOW - 30 * DAY });
  assert.deepEqual(there(blobs), [false, true, true]);
});

test("a dry run counts the same, and removes nothing", async (t) => {
  const store = await stored(t);
  const blobs = [await store.blob(31 * DAY), await store.blob(0)];
  const told = await prune(store, { budget: 1500, dryRun: true });
  assert.deepEqual(there(blobs), [true, true]);
  assert.deepEqual(await prune(store, { budget: 1500 }), told);
  assert.deepEqual(there(blobs), [false, true]);
});

test("what a run of this moment may use stays, marked up to a day before the run began", async (t) => {
  const store = await stored(t);
  const blobs = [await store.blob(0), await store.blob(23 * HOUR), await store.blob(3 * DAY)];
  const leave = await announceRun(around, store.directory);
  const runs = () => runsAtWork(around, store.directory);
  const pruned = await prune(store, { budget: 0 }, runs);
  assert.deepEqual(there(blobs), [true, true, false]);
  assert.deepEqual(pruned.inUse, { count: 2, bytes: 2000 });
  await leave();
  await prune(store, { budget: 0 }, runs);
  assert.deepEqual(there(blobs), [false, false, false]);
});

test("a run that begins while it is being pruned gets back what was taken from under it", async (t) => {
  const store = await stored(t);
  const blob = await store.blob(HOUR);
  let leave = async (): Promise<void> => {};
  const busy: Files = {
    ...files,
    rename: async (from, to) => {
      // It has announced itself, and found the blob, a moment before the blob is moved.
      if (from === blob) leave = await announceRun(around, store.directory);
      await files.rename(from, to);
    },
  };
  const runs = () => runsAtWork(around, store.directory);
  const request = { budget: 0, unusedSince: null, dryRun: false, now: NOW };
  const pruned = await pruneStore(busy, store.directory, runs, request);
  await leave();
  assert.deepEqual([existsSync(blob), pruned.removed.count, pruned.inUse.count], [true, 0, 1]);
  assert.deepEqual(readdirSync(path.join(store.directory, "arriving")), []);
});

test("an old blob that a run marks as used while it is being pruned is put back", async (t) => {
  const store = await stored(t);
  const blob = await store.blob(90 * DAY);
  const leave = await announceRun(around, store.directory);
  const busy: Files = {
    ...files,
    rename: async (from, to) => {
      if (from === blob) await files.setTime(blob, NOW);
      await files.rename(from, to);
    },
  };
  const request = { budget: 0, unusedSince: null, dryRun: false, now: NOW };
  await pruneStore(busy, store.directory, () => runsAtWork(around, store.directory), request);
  await leave();
  assert.ok(existsSync(blob));
});

test("a file that somebody holds open (Windows), or has taken away, is passed over", async (t) => {
  const store = await stored(t);
  const blobs = [await store.blob(9 * DAY), await store.blob(8 * DAY)];
  const held: Files = {
    ...files,
    rename: async (from, to) => {
      if (from === blobs[0]) throw Object.assign(new Error("busy"), { code: "EBUSY" });
      await files.rename(from, to);
    },
  };
  const request = { budget: 0, unusedSince: null, dryRun: false, now: NOW };
  const pruned = await pruneStore(held, store.directory, nobody, request);
  assert.deepEqual([there(blobs), pruned.left], [[true, false], 1000]);
});

test("killed in the middle: what was moved aside is swept like any unfinished file, and all else is whole", async (t) => {
  const store = await stored(t);
  const blobs = [await store.blob(9 * DAY), await store.blob(0)];
  let asked = 0;
  const killed = async () => {
    asked += 1;
    if (asked > 1) throw new Error("killed");
    return { count: 0, usingSince: null };
  };
  await assert.rejects(prune(store, { budget: 1000 }, killed), /killed/);
  assert.deepEqual(there(blobs), [false, true]);
  assert.equal(await store.quarantine.sweep(NOW), 1);
  assert.deepEqual(readdirSync(path.join(store.directory, "arriving")), []);
});

// Windows lets only some users make links to files.
const noLinks = process.platform === "win32";
test("links are never followed, and what does not belong is named and left alone", { skip: noLinks }, async (t) => {
  const store = await stored(t);
  const precious = path.join(store.outside, "precious", "aa", "bb");
  mkdirSync(precious, { recursive: true });
  const kept = path.join(precious, "c".repeat(124));
  writeFileSync(kept, "precious");
  setAge(kept, 900 * DAY);
  const content = path.join(store.directory, "content-v2", "sha512");
  const blob = await store.blob(900 * DAY);
  mkdirSync(path.join(content, "ab", "cd"), { recursive: true });
  const strange = [
    path.join(content, "aa"),
    path.join(content, "ab", "ab"),
    path.join(content, "ab", "cd", "e".repeat(124)),
    path.join(store.directory, "kept", "claims"),
  ];
  symlinkSync(path.join(store.outside, "precious", "aa"), strange[0] ?? "", "junction");
  symlinkSync(precious, strange[1] ?? "", "junction");
  symlinkSync(kept, strange[2] ?? "");
  symlinkSync(path.join(store.outside, "precious"), strange[3] ?? "", "junction");
  writeFileSync(path.join(content, "ab", "notes.txt"), "mine");
  const seen: string[] = [];
  for await (const group of walkStore(files, store.directory)) seen.push(...group.strange);
  assert.deepEqual(seen.sort(), [...strange, path.join(content, "ab", "notes.txt")].sort());
  const pruned = await prune(store, { budget: 0 });
  assert.deepEqual([pruned.removed.count, existsSync(blob), existsSync(kept)], [1, false, true]);
  for (const place of strange) assert.ok(fs.lstatSync(place).isSymbolicLink(), place);
});

test("what killed processes left is removed after a day, and not before", async (t) => {
  const store = await stored(t);
  await store.claim(0);
  const names = ["arriving", path.join("kept", "claims")].flatMap((folder) =>
    [2 * DAY, HOUR].map((age, at) => {
      const file = path.join(store.directory, folder, `.new.${at}${"a".repeat(17)}.tmp`);
      writeFileSync(file, "half");
      setAge(file, age);
      return file;
    }),
  );
  await prune(store, { budget: 1_000_000 });
  assert.deepEqual(there(names), [false, true, false, true]);
});

test("a run that was killed, or fell silent on another machine, no longer counts", async (t) => {
  const store = await stored(t);
  const run = (pid: number, host: string) =>
    announceRun({ ...around, processes: { ...processes, self: { host, pid } } }, store.directory);
  const folder = path.join(store.directory, "runs");
  const age = (ms: number) => {
    for (const name of readdirSync(folder)) setAge(path.join(folder, name), ms);
  };
  await run(1, "here");
  assert.deepEqual(await runsAtWork(around, store.directory), { count: 0, usingSince: null });
  assert.deepEqual(readdirSync(folder), []);
  await run(1, "elsewhere");
  age(HOUR / 60);
  assert.equal((await runsAtWork(around, store.directory)).count, 1);
  age(HOUR);
  assert.equal((await runsAtWork(around, store.directory)).count, 0);
  await run(4242, "here");
  age(HOUR);
  assert.equal((await runsAtWork(around, store.directory)).count, 1);
  age(2 * DAY);
  assert.equal((await runsAtWork(around, store.directory)).count, 0);
});

test("a disk that takes no announcement stops no run", async (t) => {
  const store = await stored(t);
  const full: Files = { ...files, create: () => Promise.reject(Object.assign(new Error("full"), { code: "ENOSPC" })) };
  const leave = await announceRun({ ...around, files: full }, store.directory);
  await leave();
  assert.equal((await runsAtWork(around, store.directory)).count, 0);
});

test("whoever has had enough stops between two folders, and what is left is whole", async (t) => {
  const store = await stored(t);
  const blobs = await Promise.all(Array.from({ length: 12 }, () => store.blob(3 * DAY)));
  let asked = 0;
  const enough = () => {
    asked += 1;
    return asked > 6;
  };
  const pruned = await prune(store, { budget: 0, enough });
  const left = there(blobs).filter(Boolean).length;
  assert.ok(left > 0 && left < 12);
  assert.equal(pruned.removed.count, 12 - left);
});

test("names in the folder of runs that no run made are left alone", async (t) => {
  const store = await stored(t);
  const folder = path.join(store.directory, "runs");
  mkdirSync(folder);
  for (const name of ["notes", "1-2-3-4", ".new.ab.tmp"]) writeFileSync(path.join(folder, name), "");
  assert.equal((await runsAtWork(around, store.directory)).count, 0);
  assert.equal(readdirSync(folder).length, 3);
});

test("whatever no longer is what it is named for is found: bytes, and a claim under another's name", async (t) => {
  const store = await stored(t);
  const [sound, spoiled] = [await store.blob(0), await store.blob(0)];
  fs.chmodSync(spoiled, 0o644);
  writeFileSync(spoiled, "other");
  for (let at = 0; at < 2; at += 1) await store.claim(0);
  const claims: string[] = [];
  for await (const { entries } of walkStore(files, store.directory))
    claims.push(...entries.filter(({ type }) => type === "claim").map(({ file }) => file));
  fs.copyFileSync(claims[0] ?? "", claims[1] ?? "");
  const holds = async (file: string) => file === sound;
  const broken: string[] = [];
  for await (const { file } of brokenIn(files, store.directory, holds, () => {})) broken.push(file);
  assert.deepEqual(broken.sort(), [spoiled, claims[1]].sort());
});

test("runs prune once a day at most, where the store is over its budget, and never fail by it", async (t) => {
  const store = await stored(t);
  const blobs = await Promise.all(Array.from({ length: 8 }, () => store.blob(3 * DAY)));
  await store.claim(3 * DAY);
  await pruneWhenDue(around, store.directory, Number.POSITIVE_INFINITY);
  assert.ok(!existsSync(path.join(store.directory, "pruned")));
  await pruneWhenDue(around, store.directory, 9000);
  assert.ok(there(blobs).every((one) => one));
  fs.rmSync(path.join(store.directory, "pruned"));
  await pruneWhenDue(around, store.directory, 0);
  assert.ok(there(blobs).every((one) => !one));
  const later = await store.blob(2 * DAY);
  setAge(path.join(store.directory, "pruned"), 23 * HOUR);
  await pruneWhenDue(around, store.directory, 0);
  assert.ok(existsSync(later));
  const broken: Files = { ...files, list: () => Promise.reject(new Error("EIO")) };
  setAge(path.join(store.directory, "pruned"), 25 * HOUR);
  await pruneWhenDue({ ...around, files: broken }, store.directory, 0);
  assert.ok(existsSync(later));
});

test("a large store is judged by a sixteenth of it, whichever that is", async () => {
  const tree = new Map<string, Set<string>>();
  for (let at = 0; at < 8000; at += 1) {
    const digest = createHash("sha512").update(`${at}`).digest("hex");
    const parts = ["store", "content-v2", "sha512", digest.slice(0, 2), digest.slice(2, 4), digest.slice(4)];
    for (let depth = 1; depth < parts.length; depth += 1) {
      const folder = path.join(...parts.slice(0, depth));
      tree.set(folder, (tree.get(folder) ?? new Set()).add(parts[depth] ?? ""));
    }
  }
  let looked = 0;
  const imagined: Files = {
    ...files,
    list: async (folder) =>
      [...(tree.get(folder) ?? [])].map((name) => ({ name, type: name.length === 124 ? "file" : "directory" })),
    status: async () => {
      looked += 1;
      return { type: "file", size: 10, mode: 0o444, mtimeMs: 0 };
    },
  };
  for (const sixteenth of [0, 7, 20_412]) {
    const bytes = await estimateBytes(imagined, "store", sixteenth);
    assert.ok(bytes > 80_000 * 0.7 && bytes < 80_000 * 1.3, `${bytes}`);
  }
  assert.ok(looked < 3 * 700, `${looked} files looked at`);
});

test("a use is marked at most once a day, and what has gone in between is not there", async (t) => {
  const store = await stored(t);
  const { openQuarantine } = await import("../../src/fetch/quarantine.js");
  let marked = 0;
  const counting: Files = {
    ...files,
    setTime: async (file, at) => {
      marked += 1;
      await files.setTime(file, at);
    },
  };
  const quarantine = await openQuarantine(counting, store.directory, process.platform, NOW);
  const blob = await store.blob(25 * HOUR);
  const digest = path.relative(path.join(store.directory, "content-v2", "sha512"), blob).replaceAll(path.sep, "");
  assert.deepEqual([await quarantine.has(digest), await quarantine.has(digest), marked], [true, true, 1]);
  assert.equal(fs.statSync(blob).mtimeMs, NOW);
  setAge(blob, 25 * HOUR);
  const late = await openQuarantine(
    { ...files, setTime: () => Promise.reject(Object.assign(new Error("gone"), { code: "ENOENT" })) },
    store.directory,
    process.platform,
    NOW,
  );
  assert.equal(await late.has(digest), false);
});
