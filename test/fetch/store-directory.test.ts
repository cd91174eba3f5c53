import assert from "node:assert/strict";
import test from "node:test";
import { storeDirectory } from "../../src/fetch/store-directory.js";

const at = (platform: NodeJS.Platform, homeDirectory: string, variables: Record<string, string> = {}) =>
  storeDirectory({ platform, homeDirectory, variables });

test("the store lies where each platform keeps caches", () => {
  assert.equal(at("linux", "/home/me"), "/home/me/.cache/secure-install");
  assert.equal(at("freebsd", "/home/me"), "/home/me/.cache/secure-install");
  assert.equal(at("darwin", "/Users/me"), "/Users/me/Library/Caches/secure-install");
  assert.equal(at("win32", "C:\\Users\\me"), "C:\\Users\\me\\AppData\\Local\\secure-install\\Cache");
});

test("a variable that names the cache is followed", () => {
  assert.equal(at("linux", "/home/me", { XDG_CACHE_HOME: "/var/cache/me" }), "/var/cache/me/secure-install");
  assert.equal(at("darwin", "/Users/me", { XDG_CACHE_HOME: "/var/cache/me" }), "/var/cache/me/secure-install");
  assert.equal(at("win32", "C:\\Users\\me", { LOCALAPPDATA: "D:\\Local" }), "D:\\Local\\secure-install\\Cache");
});

test("a relative or empty variable does not put the store into the project", () => {
  for (const XDG_CACHE_HOME of ["", ".", "cache", "./cache", "../cache", "~/.cache"]) {
    assert.equal(at("linux", "/home/me", { XDG_CACHE_HOME }), "/home/me/.cache/secure-install");
  }
  assert.equal(
    at("win32", "C:\\Users\\me", { LOCALAPPDATA: "Local" }),
    "C:\\Users\\me\\AppData\\Local\\secure-install\\Cache",
  );
  assert.equal(
    at("win32", "C:\\Users\\me", { XDG_CACHE_HOME: "/x" }),
    "C:\\Users\\me\\AppData\\Local\\secure-install\\Cache",
  );
});
