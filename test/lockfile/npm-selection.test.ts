import assert from "node:assert/strict";
import test from "node:test";
import { isOmitted, matchesPlatform, type Omittable } from "../../src/lockfile/npm-selection.js";
import { at, entry, lock, read } from "./make.js";

const LINUX = { platform: "linux", arch: "x64", libc: "glibc" };

function matches(fields: object, on = LINUX as { platform: string; arch: string; libc: string | null }): boolean {
  const lockfile = read(lock({ dependencies: { a: "*" } }, { "node_modules/a": entry("a", "1.0.0", { ...fields }) }));
  return matchesPlatform(at(lockfile, "node_modules/a").npm?.facts ?? null, on);
}

test("takes a package for the platforms that it names, as npm does", () => {
  assert.equal(matches({}), true);
  assert.equal(matches({ os: ["linux"] }), true);
  assert.equal(matches({ os: ["darwin", "linux"] }), true);
  assert.equal(matches({ os: ["darwin"] }), false);
  assert.equal(matches({ os: ["!win32"] }), true);
  assert.equal(matches({ os: ["!linux"] }), false);
  assert.equal(matches({ os: ["linux", "!linux"] }), false);
  assert.equal(matches({ os: ["darwin", "!win32"] }), false);
  assert.equal(matches({ os: ["any"] }), true);
  assert.equal(matches({ os: ["any", "darwin"] }), false);
  assert.equal(matches({ os: "linux" }), true);
  assert.equal(matches({ cpu: ["arm64"] }), false);
  assert.equal(matches({ os: ["linux"], cpu: ["x64"], libc: ["glibc"] }), true);
});

test("a package that names a libc is for no platform without one", () => {
  assert.equal(matches({ libc: ["musl"] }), false);
  assert.equal(matches({ libc: ["!musl"] }), true);
  assert.equal(matches({ libc: ["glibc"] }, { platform: "darwin", arch: "x64", libc: null }), false);
  assert.equal(matches({ libc: ["any"] }, { platform: "darwin", arch: "x64", libc: null }), false);
  assert.equal(matchesPlatform(null, LINUX), true);
});

test("leaves out what --omit leaves out, and devOptional only for both", () => {
  const omitted = (flags: object, ...omit: Omittable[]): boolean => {
    const lockfile = read(lock({ dependencies: { a: "*" } }, { "node_modules/a": entry("a", "1.0.0", { ...flags }) }));
    const { npm } = at(lockfile, "node_modules/a");
    assert.ok(npm);
    return isOmitted(npm, new Set(omit));
  };
  assert.equal(omitted({}, "dev", "optional", "peer"), false);
  assert.equal(omitted({ dev: true }), false);
  assert.equal(omitted({ dev: true }, "dev"), true);
  assert.equal(omitted({ dev: true }, "optional"), false);
  assert.equal(omitted({ optional: true }, "optional"), true);
  assert.equal(omitted({ peer: true }, "peer"), true);
  assert.equal(omitted({ devOptional: true }, "dev"), false);
  assert.equal(omitted({ devOptional: true }, "optional"), false);
  assert.equal(omitted({ devOptional: true }, "dev", "optional"), true);
  assert.equal(omitted({ dev: true, peer: true }, "peer"), true);
});
