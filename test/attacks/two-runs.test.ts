/** Two runs at once on one project, and on one store. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { snapshot } from "../../registry-fixtures/snapshot.js";
import { runInside } from "../pipeline/inside.js";
import { setScene } from "./scene.js";
import { brief } from "./shown.js";

const scene = await setScene();
const WANTED = { greeter: "1.0.0", hummer: "1.0.0" };

test("runs at once on one project, the second in the midst of the first: both end well, and the tree is whole", async () => {
  const project = await scene.project(WANTED);
  const before = await project.snapshot();
  const runs = await Promise.all(
    [0, 150].map(async (ms) => {
      await pause(ms);
      return scene.run(project, ["ci"]);
    }),
  );
  for (const { status, report } of runs) assert.equal(status, 0, brief(report));
  const tree = await snapshot(join(project.directory, "node_modules"));
  const others = Object.entries(await project.snapshot()).filter(([name]) => !name.startsWith("node_modules"));
  assert.deepEqual(Object.fromEntries(others), before);
  for (const { report } of runs) assert.equal(report.handedOff, true);
  for (const name of ["greeter", "hummer", "left-padder"]) assert.ok(Object.hasOwn(tree, `${name}/index.js`), name);
});

test("an install by name in the midst of a run: one after the other, and what is written down is what is there", async () => {
  const project = await scene.project({ greeter: "1.0.0" });
  const run = (...args: readonly string[]) => runInside(project, args, { caFile: scene.served.caFile });
  const [first, second] = await Promise.all([run("ci"), pause(150).then(() => run("hummer@1.0.0"))]);
  assert.deepEqual([first.status, second.status], [0, 0], brief(first.report) + brief(second.report));
  const manifest = JSON.parse(await project.read("package.json"));
  assert.deepEqual(Object.keys(manifest.dependencies).sort(), ["greeter", "hummer"]);
  const { status, report } = await run("gate");
  assert.equal(status, 0, brief(report));
  const tree = await snapshot(join(project.directory, "node_modules"));
  for (const name of ["greeter", "hummer"]) assert.ok(Object.hasOwn(tree, `${name}/index.js`), name);
});
