/** What a run leaves out is counted by name, never skipped: other platforms, omitted kinds, bundled and local ones. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { lockfileFor } from "../../registry-fixtures/lockfile.js";
import { type Project, registryEntry } from "../../registry-fixtures/project.js";
import { setScene } from "../attacks/scene.js";
import { brief, type ShownReport } from "../attacks/shown.js";
import { type Inside, runInside } from "./inside.js";

const scene = await setScene(undefined, { inside: true });
const inside = (project: Project, args: readonly string[]): Promise<Inside> =>
  runInside(project, args, { caFile: scene.served.caFile });

test("other platforms: audit judges all of them, ci and --this-platform count them", async () => {
  const project = await scene.project({ hummer: "1.0.0" });
  const audit = await inside(project, ["audit"]);
  assert.deepEqual([audit.status, audit.report.counts.passed, audit.report.counts.otherPlatform], [0, 3, 0]);
  const narrowed = await inside(project, ["gate", "--this-platform"]);
  assert.deepEqual(results(narrowed.report), {
    hummer: "PASSED",
    "hum-desktop": "PASSED",
    "hum-mainframe": "OTHER_PLATFORM",
  });
  const ci = await inside(project, ["ci"]);
  assert.deepEqual([ci.status, ci.report.counts.otherPlatform, ci.report.counts.entries], [0, 1, 3], brief(ci.report));
  assert.ok(!existsSync(join(project.directory, "node_modules/@fixture/hum-mainframe")));
});

test("--omit=dev: counted, not fetched, not installed; --include takes them all the same", async () => {
  const project = await scene.project({ "left-padder": "1.1.1" });
  const manifest = { ...project.manifest, devDependencies: { "@fixture/words": "2.1.0" } };
  await project.write("package.json", manifest);
  await project.writeLockfile(lockfileFor(scene.simulator, manifest));
  scene.simulator.strip("@fixture/words", "2.1.0");
  const omitted = await inside(project, ["ci", "--omit=dev"]);
  assert.equal(omitted.status, 0, brief(omitted.report));
  assert.deepEqual(results(omitted.report), { "left-padder": "PASSED", words: "OMITTED" });
  assert.ok(!existsSync(join(project.directory, "node_modules/@fixture/words")));
  assert.ok(scene.simulator.log.every(({ path }) => !path.includes("words")));
  const included = await inside(project, ["gate", "--omit=dev", "--include=dev"]);
  assert.deepEqual([included.status, included.report.counts.failed], [65, 1]);
});

test("bundled packages are judged by the tarball that holds them, and by the rules that name them", async () => {
  const project = await scene.project({ "picnic-basket": "1.0.0" });
  const honest = await inside(project, ["ci"]);
  assert.equal(honest.status, 0, brief(honest.report));
  assert.deepEqual(results(honest.report), { "picnic-basket": "PASSED", "left-padder": "PASSED", sandwich: "PASSED" });
  await project.write(".secure-install/deny.json", {
    format: 1,
    deny: [{ select: "npm:sandwich@1.0.0", reason: "it is said to be spoiled" }],
  });
  const denied = await inside(project, ["gate"]);
  assert.deepEqual(results(denied.report), { "picnic-basket": "PASSED", "left-padder": "PASSED", sandwich: "FAILED" });
});

test("what lies in a refused tarball is refused with it", async () => {
  const project = await scene.project({ "picnic-basket": "1.0.0" });
  scene.simulator.strip("picnic-basket", "1.0.0");
  const { status, report } = await inside(project, ["gate"]);
  assert.equal(status, 65);
  assert.deepEqual(results(report), { "picnic-basket": "FAILED", "left-padder": "PASSED", sandwich: "FAILED" });
});

test("one package at two places is fetched once, and judged for each place", async () => {
  const project = await scene.project({ duet: "1.0.0", greeter: "1.0.0" });
  const { report } = await inside(project, ["gate"]);
  const words = report.verdicts.filter(({ purl }) => purl.includes("words"));
  const asked = scene.simulator.log.filter(({ path }) => path.endsWith(".tgz")).map(({ path }) => path);
  assert.ok(words.length >= 2);
  assert.equal(new Set(asked).size, asked.length);
});

test("audit reads lockfiles wherever they lie, and judges each by this folder's trust store", async () => {
  const project = await scene.project({ "left-padder": "1.1.1" });
  await project.write("elsewhere/package-lock.json", await project.read("package-lock.json"));
  await project.write("other/package-lock.json", lockfileFor(scene.simulator, { dependencies: { hummer: "1.0.0" } }));
  const { status, report } = await inside(project, ["audit", "elsewhere/package-lock.json", "other"]);
  assert.equal(status, 0, brief(report));
  assert.equal(report.counts.entries, 4);
});

test("all three versions of npm's lockfile, with addresses and without: the same verdicts", async () => {
  for (const [version, resolved] of [
    [1, true],
    [1, false],
    [2, true],
    [3, false],
  ] as const) {
    const project = await scene.project({ greeter: "1.0.0" }, { version, resolved });
    const { status, report } = await inside(project, ["gate"]);
    assert.equal(status, 0, `version ${version}: ${brief(report)}`);
    assert.deepEqual(results(report), { greeter: "PASSED", words: "PASSED", "left-padder": "PASSED" });
  }
});

test("trust.json may ask for less than a signature where a registry has none, and says what that stands on", async () => {
  const project = await scene.project({ "left-padder": "1.1.1" });
  await project.writeTrust({ registries: { fixture: registryEntry(scene.simulator, { require: ["integrity"] }) } });
  scene.simulator.strip("left-padder", "1.1.1");
  const { status, report } = await inside(project, ["gate"]);
  assert.deepEqual([status, report.counts.passed], [0, 1], brief(report));
});

function results(report: ShownReport): Readonly<Record<string, string>> {
  const named = report.verdicts.map(({ location, result }) => [location.split("/").at(-1), result]);
  return Object.fromEntries(named);
}
