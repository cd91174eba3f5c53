import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { seedCache } from "../../src/installer/npm-cache.js";
import { StopError } from "../../src/model/finding.js";
import { pack, write } from "../gateway/packages.js";
import { files, tree } from "./real-npm.js";

const bug = (error: unknown) => error instanceof StopError && error.code === "INTERNAL";

describe("a seeded cache", () => {
  const packed = [pack("a", "1.0.0"), pack("b", "1.0.0")];
  const store = write("store-", Object.fromEntries(packed.map((item) => [item.name, item.bytes])));
  const blobs = packed.map((item) => ({ sha512: item.sha512, path: path.join(store, item.name) }));

  it("holds what was admitted, by its digest, and nothing else", async () => {
    const cache = write("cache-", {});
    await seedCache(files, cache, [...blobs, ...blobs]);
    const expected = packed.map(({ sha512: hex }) => {
      return `_cacache/content-v2/sha512/${hex.slice(0, 2)}/${hex.slice(2, 4)}/${hex.slice(4)}`;
    });
    assert.deepEqual(tree(cache).sort(), [...expected].sort());
    assert.deepEqual(readFileSync(path.join(cache, expected[0] ?? "")), packed[0]?.bytes);
    assert.equal(statSync(path.join(cache, expected[0] ?? "")).ino, statSync(path.join(store, "a")).ino);
    if (process.platform !== "win32") assert.equal(statSync(path.join(cache, "_cacache")).mode & 0o777, 0o700);
  });

  it("starts empty: a cache that is already there may hold anything", async () => {
    await assert.rejects(seedCache(files, write("cache-", { "_cacache/x": "" }), blobs), bug);
    const none = write("cache-", {});
    await seedCache(files, none, []);
    assert.deepEqual(tree(none), []);
  });

  it("takes no digest that leads elsewhere", async () => {
    for (const sha512 of ["../../../../x", "", "a".repeat(127), "A".repeat(128), `${"a".repeat(128)}\n`]) {
      await assert.rejects(seedCache(files, write("cache-", {}), [{ sha512, path: path.join(store, "a") }]), bug);
    }
  });
});
