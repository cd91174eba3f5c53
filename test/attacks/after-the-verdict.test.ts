/**
 * What changes between the verdict and the hand-off. The change is made as soon as the last archive has been read:
 * by then everything has been judged from, and nothing has been handed over.
 */
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Project } from "../../registry-fixtures/project.js";
import type { Snapshot } from "../../registry-fixtures/snapshot.js";
import { hasTree, type Inside, runInside } from "../pipeline/inside.js";
import { setScene, small } from "./scene.js";
import { brief, codesOf } from "./shown.js";

const scene = await setScene();
scene.simulator.publish(small("soup"));

const CHANGES: Readonly<Record<string, (project: Project) => void>> = {
  "the lockfile": ({ directory }) => writeFileSync(join(directory, "package-lock.json"), "{}"),
  "package.json": ({ directory }) =>
    writeFileSync(join(directory, "package.json"), '{ "scripts": { "install": "x" } }'),
  ".npmrc": ({ directory }) => writeFileSync(join(directory, ".npmrc"), "ignore-scripts=false\n"),
  "trust.json": ({ directory }) => writeFileSync(join(directory, ".secure-install", "trust.json"), '{ "format": 1 }'),
  "the trust store, by a file more": ({ directory }) =>
    writeFileSync(join(directory, ".secure-install", "deny.json"), '{ "format": 1, "deny": [] }'),
  "the choice of the lockfile, by an npm-shrinkwrap.json": ({ directory }) =>
    writeFileSync(join(directory, "npm-shrinkwrap.json"), "{}"),
  "npm itself, by an .npm-extension.mjs": ({ directory }) =>
    writeFileSync(join(directory, ".npm-extension.mjs"), "export default {};\n"),
};

for (const [what, change] of Object.entries(CHANGES)) {
  test(`changed after the verdict: ${what}`, async () => {
    const project = await scene.project({ soup: "1.0.0" });
    const { status, report, changed } = await changedAfterwards(project, () => change(project));
    assert.deepEqual([status, codesOf(report), report.handedOff], [65, ["HANDOFF_UNSEALED"], false], brief(report));
    assert.deepEqual(scene.witness.runs(), [], "npm was never started");
    assert.deepEqual(await project.snapshot(), changed, "nothing but that change");
    assert.equal(report.counts.passed, 1, "all had passed before");
  });
}

test("changed after the verdict: node_modules has become a symbolic link", async () => {
  const project = await scene.project({ soup: "1.0.0" });
  const precious = join(project.home, "precious");
  mkdirSync(precious);
  writeFileSync(join(precious, "thesis.txt"), "two years of work\n");
  const { status, report, changed } = await changedAfterwards(project, () =>
    symlinkSync(precious, join(project.directory, "node_modules"), "dir"),
  );
  assert.deepEqual([status, codesOf(report), report.handedOff], [65, ["TREE_SYMLINK"], false]);
  assert.deepEqual([scene.witness.runs(), await project.snapshot()], [[], changed]);
});

test("changed after the verdict: the tarball in the store", async () => {
  const project = await scene.project({ soup: "1.0.0" });
  const other = scene.simulator.release("greeter", "1.0.0").tarball ?? "";
  const { status, report, changed } = await changedAfterwards(project, (file) => {
    chmodSync(file, 0o600);
    writeFileSync(file, other);
  });
  assert.deepEqual([status, codesOf(report), report.handedOff], [65, ["HANDOFF_UNSEALED"], false]);
  assert.deepEqual([scene.witness.runs(), await project.snapshot()], [[], changed]);
});

test("changed after the verdict: the tarball in the store is gone", async () => {
  const project = await scene.project({ soup: "1.0.0" });
  const { status, report, changed } = await changedAfterwards(project, (file) => rmSync(file, { force: true }));
  assert.deepEqual([status, codesOf(report), report.handedOff], [65, ["HANDOFF_UNSEALED"], false]);
  assert.deepEqual([scene.witness.runs(), await project.snapshot()], [[], changed]);
});

test("nothing changed: the same run installs", async () => {
  const project = await scene.project({ soup: "1.0.0" });
  const { status, report } = await changedAfterwards(project, () => {});
  assert.deepEqual([status, report.handedOff, hasTree(project)], [0, true, true], brief(report));
});

/** `change` is given the file of the store that was read last. `changed` is the project as it was right after it. */
async function changedAfterwards(
  project: Project,
  change: (file: string) => void,
): Promise<Inside & { readonly changed: Snapshot }> {
  let changed: Snapshot = {};
  const ran = await runInside(project, ["ci"], {
    caFile: scene.served.caFile,
    env: { PATH: scene.witness.path },
    after: async (job, input) => {
      if (job !== "inspect") return;
      change(String(input));
      changed = await project.snapshot();
    },
  });
  return { ...ran, changed };
}
