import assert from "node:assert/strict";
import test from "node:test";
import { above, folderProblem, nameOfFolder, readPlace } from "../../src/lockfile/npm-place.js";

test("reads places of packages and of folders", () => {
  const place = (location: string) => {
    const result = readPlace(location);
    assert.ok(result.ok, location);
    return result.place;
  };
  assert.deepEqual(place("node_modules/a"), { type: "package", folder: "", inside: "", name: "a" });
  assert.deepEqual(place("node_modules/@s/a/node_modules/b"), {
    type: "package",
    folder: "",
    inside: "node_modules/@s/a",
    name: "b",
  });
  assert.deepEqual(place("packages/x/node_modules/@s/b"), {
    type: "package",
    folder: "packages/x",
    inside: "packages/x",
    name: "@s/b",
  });
  assert.deepEqual(place("packages/x"), { type: "folder", folder: "packages/x" });
});

test("a location that is no proper path inside the project is none", () => {
  for (const location of [
    "",
    "..",
    "../x",
    "../../node_modules/x",
    "node_modules",
    "node_modules/",
    "node_modules//x",
    "node_modules/..",
    "node_modules/../../x",
    "node_modules/@s",
    "node_modules/@s/..",
    "node_modules/x/",
    "node_modules/x/y",
    "node_modules/x/lib/node_modules/y",
    "node_modules/x/node_modules",
    "node_modules/node_modules",
    "node_modules/.bin",
    "node_modules/.package-lock.json",
    "Node_Modules/x",
    "packages/Node_modules/node_modules/x",
    "/node_modules/x",
    "/x",
    "./node_modules/x",
    "packages/./x",
    "packages\\x",
    "node_modules\\x",
    "C:/x",
    "C:x",
    "packages/x:stream",
    "packages/x. ",
    "packages/x.",
    "packages/\u202ex",
    "packages/\0",
    "packages/\ud800",
    `node_modules/a${"/node_modules/a".repeat(100)}`,
    "a/".repeat(600),
  ]) {
    const result = readPlace(location);
    assert.equal(result.ok, false, JSON.stringify(location));
  }
});

test("a folder may be the project itself, and may not be any other way to spell it", () => {
  assert.equal(folderProblem(""), null);
  assert.equal(folderProblem("packages/a b"), null);
  assert.notEqual(folderProblem("."), null);
  assert.notEqual(folderProblem("packages/.."), null);
});

test("goes up as node does: over node_modules, and over each folder of the project", () => {
  assert.equal(above("node_modules/@s/a/node_modules/b"), "node_modules/@s/a");
  assert.equal(above("packages/x/node_modules/b"), "packages/x");
  assert.equal(above("packages/x"), "packages");
  assert.equal(above("node_modules/@s/a"), "");
  assert.equal(above("packages"), "");
  assert.equal(above(""), null);
});

test("a folder is named by its last part, with a scope before it", () => {
  assert.equal(nameOfFolder("packages/x"), "x");
  assert.equal(nameOfFolder("packages/@s/x"), "@s/x");
  assert.equal(nameOfFolder("x"), "x");
});
