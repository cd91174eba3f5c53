/** Folders that npm leaves as they are, and from which node would load before it comes to what was verified. */
import assert from "node:assert/strict";
import { mkdirSync, symlinkSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { shadowFindings } from "../../src/installer/shadows.js";
import { write } from "../gateway/packages.js";
import { files } from "./real-npm.js";

const PLACES = {
  folders: ["lib", "packages/a", "packages/a/sub", "packages/deep/b"],
  emptied: ["", "packages/a", "packages/deep/b"],
  locations: [
    "node_modules/x",
    "node_modules/@s/y",
    "node_modules/lib",
    "lib",
    "packages/a",
    "packages/a/node_modules/z",
  ],
};

/** What is said of a project that holds these files, each with its severity; `more` are further keys of the lockfile. */
async function said(content: Record<string, string>, more: readonly string[] = []): Promise<string[]> {
  const project = write("shadows-", content);
  const found = await shadowFindings(files, { project, ...PLACES, locations: [...PLACES.locations, ...more] });
  assert.ok(found.every(({ code }) => code === "HANDOFF_UNSEALED"));
  return found.map(({ severity, says }) => `${severity} ${says.replace(/[:,].*/s, "")}`);
}

describe("between the project and a folder of it, node_modules", () => {
  for (const folder of ["packages", "packages/deep"]) {
    it(`is refused, whatever it holds: ${folder}`, async () => {
      for (const name of ["left/index.js", "@s/new/index.js", "x.js"]) {
        const [first = "", ...others] = await said({ [`${folder}/node_modules/${name}`]: "" });
        assert.match(first, new RegExp(`^refuse ${folder}/node_modules holds `), name);
        assert.deepEqual(others, []);
      }
    });
  }

  it("may hold what no package can be called: notes, caches and links to commands", async () => {
    const held = { "packages/node_modules/.cache/x": "", "packages/node_modules/.bin/node": "" };
    assert.deepEqual(await said(held), []);
    assert.deepEqual(await said({ "packages/node_modules/.package-lock.json": "{}" }), []);
  });

  it("is refused as a link, wherever that leads", async () => {
    const project = write("shadows-", { "packages/a/package.json": "{}" });
    symlinkSync("/no/such/place", path.join(project, "packages/node_modules"));
    const [found] = await shadowFindings(files, { project, ...PLACES });
    assert.match(found?.says ?? "", /^packages\/node_modules holds whatever \/no\/such\/place holds/);
  });

  it("is let be where it holds nothing, is a file, or is not there", async () => {
    const project = write("shadows-", { "packages/deep/node_modules": "" });
    mkdirSync(path.join(project, "packages/node_modules"), { recursive: true });
    assert.deepEqual(await shadowFindings(files, { project, ...PLACES }), []);
  });
});

describe("what npm empties is looked at no further", () => {
  it("in the project and its workspaces", async () => {
    const held = { "node_modules/x/a": "", "packages/a/node_modules/x/a": "", "packages/deep/b/node_modules/q/a": "" };
    assert.deepEqual(await said(held), []);
  });
});

describe("in a folder of the project's own that npm does not empty, node_modules", () => {
  it("is its owner's where the lockfile knows nothing of what it holds, and that is told", async () => {
    const own = { "lib/node_modules/tool/index.js": "", "lib/node_modules/.package-lock.json": "{}" };
    assert.deepEqual(await said(own), ["warn lib/node_modules is your own"]);
  });

  it("is refused where it holds a package that the lockfile places further up", async () => {
    for (const name of ["x", "@s/y", "lib"]) {
      const found = await said({ [`lib/node_modules/${name}/index.js`]: "", "lib/node_modules/tool/a": "" });
      assert.deepEqual(found, [`refuse lib/node_modules holds ${name}`]);
    }
  });

  it("is refused where it holds what lies further up in a workspace around it", async () => {
    assert.deepEqual(await said({ "packages/a/sub/node_modules/z/a": "" }), [
      "refuse packages/a/sub/node_modules holds z",
    ]);
  });

  it("is refused where the lockfile places packages in it, and it holds others: npm would keep them", async () => {
    const placed = ["lib/node_modules/q", "lib/node_modules/@t/r"];
    const kept = { "lib/node_modules/q/a": "", "lib/node_modules/@t/r/a": "", "lib/node_modules/.bin/q": "" };
    assert.deepEqual(await said(kept, placed), []);
    for (const name of ["tool", "@t/other", ".package-lock.json"]) {
      const found = await said({ ...kept, [`lib/node_modules/${name}/a`]: "" }, placed);
      assert.deepEqual(found, [`refuse lib/node_modules holds ${name}`]);
    }
  });

  it("is named with the first few of many", async () => {
    const many = Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((at) => [`packages/node_modules/p${at}/a`, ""]));
    const project = write("shadows-", many);
    const [found] = await shadowFindings(files, { project, ...PLACES });
    assert.equal(found?.got, "p1, p2, p3, p4, p5, and 2 more");
  });
});
