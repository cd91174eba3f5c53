/** Packages whose bytes are honestly locked and signed, and which are not what they say they are. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { Manifest } from "../../registry-fixtures/manifest.js";
import { setScene, small } from "./scene.js";
import { codesOf, type ShownReport } from "./shown.js";

const scene = await setScene(undefined, { inside: true });
const { simulator } = scene;

/** What the registry says of each package, where the tarball says something else. */
const CONFUSED: Readonly<Record<string, Partial<Manifest>>> = {
  "hidden-dependency": { dependencies: {} },
  "invented-dependency": { dependencies: { honest: "1.0.0" } },
  "hidden-script": { scripts: {} },
  "other-script": { scripts: { postinstall: "echo nothing to see" } },
  "hidden-command": { bin: {} },
  "hidden-platform": { os: [] },
  "hidden-processor": { cpu: [] },
  "hidden-engine": { engines: {} },
  "hidden-option": { optionalDependencies: {} },
  "hidden-peer": { peerDependencies: {} },
  "hidden-bundle": { bundleDependencies: [] },
  "another-command": { bin: { tool: "index.js" } },
};
const INSIDE: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "hidden-dependency": { dependencies: { honest: "1.0.0" } },
  "hidden-script": { scripts: { postinstall: "node index.js" } },
  "other-script": { scripts: { postinstall: "node index.js" } },
  "hidden-command": { bin: { git: "index.js" } },
  "hidden-platform": { os: ["!none-such"] },
  "hidden-processor": { cpu: ["!none-such"] },
  "hidden-engine": { engines: { node: ">=1" } },
  "hidden-option": { optionalDependencies: { honest: "1.0.0" } },
  "hidden-peer": { peerDependencies: { honest: "1.0.0" } },
  "hidden-bundle": { bundleDependencies: ["honest"], dependencies: { honest: "1.0.0" } },
  "another-command": { bin: { tool: "package.json" } },
};

let report: ShownReport;
before(async () => {
  simulator.publish(small("honest"));
  for (const name of Object.keys(CONFUSED)) simulator.publish(small(name, "1.0.0", INSIDE[name] ?? {}));
  for (const name of ["renamed", "reversioned"]) simulator.publish(small(name));
  simulator.publish({ ...small("bare-gyp"), "binding.gyp": '{ "targets": [] }\n' });
  simulator.renameInside("renamed", "1.0.0", { name: "honest" });
  simulator.renameInside("reversioned", "1.0.0", { version: "1.0.1" });
  simulator.alterManifest("bare-gyp", "1.0.0", ({ scripts: _gone, gypfile: _neither, ...rest }) => rest as Manifest);
  for (const [name, said] of Object.entries(CONFUSED)) {
    simulator.alterManifest(name, "1.0.0", (manifest) => ({ ...manifest, ...said }));
  }
  const names = [...Object.keys(CONFUSED), "renamed", "reversioned", "bare-gyp", "honest"];
  // npm would write its lockfile from what the registry says.
  const project = await scene.project(Object.fromEntries(names.map((name) => [name, "1.0.0"])));
  report = await scene.refused(project, { code: "MANIFEST_MISMATCH", of: "hidden-dependency@1.0.0" });
});

for (const name of Object.keys(CONFUSED)) {
  test(`manifest confusion: ${name}`, () => {
    assert.deepEqual(codesOf(report, `${name}@1.0.0`), ["MANIFEST_MISMATCH"]);
  });
}

test("unannounced binding.gyp: npm would build it, and nobody says so", () => {
  assert.deepEqual(codesOf(report, "bare-gyp@1.0.0"), ["MANIFEST_MISMATCH"]);
});

test("another name inside the tarball, properly signed", () => {
  assert.deepEqual(codesOf(report, "renamed@1.0.0"), ["IDENTITY_MISMATCH"]);
});

test("another version inside the tarball, properly signed", () => {
  assert.deepEqual(codesOf(report, "reversioned@1.0.0"), ["IDENTITY_MISMATCH"]);
});

test("what is honest beside all that still passes", () => {
  assert.deepEqual([report.counts.passed, codesOf(report, "honest@1.0.0")], [1, []]);
  assert.equal(report.tampered, true);
});

test("a dependency with its own npm-shrinkwrap.json installs what the root's lockfile says, and is proven", async () => {
  const project = await scene.project({ "frozen-choir": "1.0.0" });
  const installed = await scene.installed(project);
  assert.equal(installed.counts.passed, installed.counts.entries);
});

test("a dependency's own shrinkwrap cannot lead npm to other bytes than the root's lockfile has", async () => {
  const [older, newer] = ["2.0.0", "2.1.0"].map(
    (version) => simulator.release("@fixture/words", version).manifest.dist,
  );
  assert.ok(older && newer);
  // The shrinkwrap inside says 2.0.0; the lockfile has 2.1.0 in its place, which is verified and signed as well.
  const project = await scene.forged({ "frozen-choir": "1.0.0" }, ({ packages }) => {
    const { integrity } = newer;
    const resolved = `${scene.served.url}${newer.tarball}`;
    packages["node_modules/frozen-choir/node_modules/@fixture/words"] = { version: "2.1.0", resolved, integrity };
  });
  const { integrity } = newer;
  const told = await scene.refused(project, { code: "MANIFEST_MISMATCH", of: "frozen-choir@1.0.0" });
  const [words] = told.verdicts.filter(({ purl }) => purl.endsWith("words@2.1.0"));
  assert.deepEqual([words?.result, integrity === older.integrity], ["PASSED", false]);
});

test("a dependency named twice: the last counts, as for npm, and nobody may tell of the first", async () => {
  const twice = (name: string) => {
    const { "package.json": text, ...files } = small(name, "1.0.0", { dependencies: { honest: "1.0.0" } });
    return { ...files, "package.json": text.replace('{"honest"', '{"honest":"0.9.0","honest"') };
  };
  simulator.publish(twice("as-the-last"));
  const passing = await scene.project({ "as-the-last": "1.0.0" });
  const { report: passed } = await scene.run(passing, ["gate"]);
  assert.equal(passed.result, "PASSED");
  assert.deepEqual(codesOf(passed, "as-the-last@1.0.0"), ["ARCHIVE_ODD"]);

  simulator.publish(small("honest", "0.9.0"));
  simulator.publish(twice("as-the-first"));
  const first = { dependencies: { honest: "0.9.0" } };
  simulator.alterManifest("as-the-first", "1.0.0", (manifest) => ({ ...manifest, ...first }));
  const project = await scene.project({ "as-the-first": "1.0.0" });
  await scene.refused(project, { code: "MANIFEST_MISMATCH", of: "as-the-first@1.0.0", args: ["gate"] });
});
