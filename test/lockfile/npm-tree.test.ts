import assert from "node:assert/strict";
import test from "node:test";
import { at, entry, lock, read, unreadable } from "./make.js";

const needs = (...names: string[]) => ({ dependencies: Object.fromEntries(names.map((name) => [name, "*"])) });

test("paths are the shortest way from the root, by node's resolution", () => {
  const lockfile = read(
    lock(
      { ...needs("express"), devDependencies: { long: "*" } },
      {
        "node_modules/express": entry("express", "1.0.0", needs("body-parser", "qs")),
        "node_modules/express/node_modules/qs": entry("qs", "1.0.0", needs("deep")),
        "node_modules/body-parser": entry("body-parser", "1.0.0", needs("qs")),
        "node_modules/qs": entry("qs", "2.0.0"),
        "node_modules/long": entry("long", "1.0.0", needs("body-parser")),
        "node_modules/deep": entry("deep", "1.0.0", needs("express")),
      },
    ),
  );
  const paths = Object.fromEntries(lockfile.artifacts.map(({ location, paths }) => [location, paths]));
  assert.deepEqual(paths, {
    "node_modules/express": ["express"],
    "node_modules/express/node_modules/qs": ["express > qs"],
    "node_modules/body-parser": ["express > body-parser"],
    "node_modules/qs": ["express > body-parser > qs"],
    "node_modules/long": ["long"],
    "node_modules/deep": ["express > qs > deep"],
  });
});

test("peers, optional and workspace ways count; a registry package's development dependencies do not", () => {
  const lockfile = read(
    lock(
      { workspaces: ["w"], peerDependencies: { p: "*" }, optionalDependencies: { o: "*" } },
      {
        "node_modules/w": { resolved: "w", link: true },
        w: { version: "1.0.0", devDependencies: { d: "*" } },
        "node_modules/p": entry("p", "1.0.0"),
        "node_modules/o": entry("o", "1.0.0", { peerDependencies: { q: "*" }, devDependencies: { x: "*" } }),
        "node_modules/q": entry("q", "1.0.0"),
        "node_modules/d": entry("d", "1.0.0"),
        "node_modules/x": entry("x", "1.0.0"),
      },
    ),
  );
  assert.deepEqual(at(lockfile, "node_modules/p").paths, ["p"]);
  assert.deepEqual(at(lockfile, "node_modules/q").paths, ["o > q"]);
  assert.deepEqual(at(lockfile, "node_modules/d").paths, ["w > d"]);
  assert.deepEqual(at(lockfile, "w").paths, ["w"]);
  assert.deepEqual(at(lockfile, "node_modules/x").paths, []);
});

test("an entry that nobody asks for has no path, and a note", () => {
  const lockfile = read(
    lock(needs("a"), { "node_modules/a": entry("a", "1.0.0"), "node_modules/evil": entry("evil", "1.0.0") }),
  );
  assert.deepEqual(at(lockfile, "node_modules/evil").paths, []);
  const [note] = at(lockfile, "node_modules/evil").findings;
  assert.equal(note?.severity, "note");
  assert.match(note?.says ?? "", /nothing in the project asks for node_modules\/evil/);
});

test("a chain of any length is told in bounded words", () => {
  const packages: Record<string, unknown> = {};
  const length = 5_000;
  for (let index = 0; index < length; index += 1)
    packages[`node_modules/p${index}`] = { version: "1.0.0", ...needs(`p${index + 1}`) };
  const lockfile = read(lock(needs("p0"), packages));
  assert.deepEqual(at(lockfile, "node_modules/p3").paths, ["p0 > p1 > p2 > p3"]);
  const [last = ""] = at(lockfile, `node_modules/p${length - 1}`).paths;
  assert.equal(last, "p0 > p1 > p2 > … > p4992 > p4993 > p4994 > p4995 > p4996 > p4997 > p4998 > p4999");
});

test("links in circles come to an end", () => {
  const lockfile = read(
    lock(
      { ...needs("a", "b"), workspaces: ["*"] },
      {
        "node_modules/a": { resolved: "node_modules/b", link: true },
        "node_modules/b": { resolved: "node_modules/a", link: true },
        "node_modules/c": { resolved: "node_modules/c", link: true },
        "node_modules/d": { link: true },
      },
    ),
  );
  assert.equal(lockfile.artifacts.length, 4);
});

test("LOCKFILE_UNREADABLE: more dependencies than any project has", () => {
  const dependencies = JSON.stringify(
    Object.fromEntries(Array.from({ length: 20_001 }, (_, index) => [`p${index}`, ""])),
  );
  const packages = Array.from(
    { length: 50 },
    (_, index) => `"node_modules/a${index}":{"dependencies":${dependencies}}`,
  );
  const text = `{"lockfileVersion":3,"packages":{${packages.join(",")}}}`;
  assert.match(unreadable(Buffer.from(text)).message, /more than 1000000 dependencies/);
});
