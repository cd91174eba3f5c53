/** A registry's old key in a thief's hands: it signs well, but only what its time allows. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { registryEntry } from "../../registry-fixtures/project.js";
import { createSimulator } from "../../registry-fixtures/simulator.js";
import { observed, writeObserved } from "./observe.js";
import { setScene } from "./scene.js";
import { brief, codesOf } from "./shown.js";

const simulator = createSimulator({ name: "fixture" });
const BEFORE = "2025-06-01T00:00:00.000Z";
const END = "2026-01-01T00:00:00.000Z";
const AFTER = "2026-02-01T00:00:00.000Z";
const [old] = simulator.trustKeys();

publish("honest", "1.0.0", BEFORE);
simulator.rotateKey({ expiresOld: END });
publish("honest", "1.1.0", AFTER);
publish("late", "1.0.0", AFTER, old?.keyid);
publish("above", "1.1.0", AFTER);
publish("above", "1.2.0", BEFORE, old?.keyid);
publish("early", "1.0.0", BEFORE);
publish("timeless", "1.0.0", BEFORE, old?.keyid);

const scene = await setScene(simulator, { inside: true });

test("what the old key signed in its time still passes, as does what the new one signs", async () => {
  await scene.installed(await scene.project({ honest: "1.0.0" }));
});

test("old key, published after its end", async () => {
  const project = await scene.project({ late: "1.0.0", honest: "1.1.0" });
  await scene.refused(project, { code: "KEY_EXPIRED", of: "late@1.0.0" });
});

test("old key, the publish time set back, above a version that its successor signed", async () => {
  const project = await scene.project({ above: "1.2.0" });
  await scene.refused(project, { code: "KEY_EXPIRED", of: "above@1.2.0" });
});

test("old key, and the packument keeps quiet about the time", async () => {
  const project = await scene.project({ timeless: "1.0.0" });
  const { manifest } = simulator.release("timeless", "1.0.0");
  simulator.put("timeless", JSON.stringify({ name: "timeless", versions: { "1.0.0": manifest } }));
  await scene.refused(project, { code: "KEY_EXPIRED", of: "timeless@1.0.0" });
});

test("old key, and the packument can't be had: undecided, and never taken for good", async () => {
  const project = await scene.project({ timeless: "1.0.0" });
  simulator.put("timeless", null);
  simulator.status(404, { on: /\/timeless$/ });
  await scene.refused(project, { code: "FETCH_FAILED", of: "timeless@1.0.0", status: 75 });
});

test("old key, nobody names the time: what was seen before its end passes, what was seen after it does not", async () => {
  const project = await scene.project({ timeless: "1.0.0" });
  const seenAt = (time: string) =>
    writeObserved(project, [observed(simulator, "timeless@1.0.0", { seen: Date.parse(time) })]);
  await seenAt(AFTER);
  simulator.put("timeless", JSON.stringify({ name: "timeless", versions: {} }));
  await scene.refused(project, { code: "KEY_EXPIRED", of: "timeless@1.0.0" });
  // And the packument, which may be tens of megabytes, is not asked for.
  simulator.put("timeless", null);
  await seenAt(BEFORE);
  const { status, report } = await scene.run(project, ["audit"]);
  assert.equal(status, 0, brief(report));
  assert.equal(JSON.stringify(report.verdicts).includes("unproven"), false);
});

test("old key, and only the registry tells the time: it passes, and the report says that the time is unproven", async () => {
  const { status, report } = await scene.run(await scene.project({ honest: "1.0.0" }), ["audit"]);
  assert.equal(status, 0, brief(report));
  assert.match(JSON.stringify(report.verdicts), /time unproven: only the registry says/);
});

test("new key, for what the registry says was published before it began", async () => {
  const [first, second] = simulator.trustKeys();
  assert.ok(first && second);
  const began = { ...second, notBefore: END };
  const project = await scene.project({ early: "1.0.0", honest: "1.1.0" });
  await project.writeTrust({ registries: { fixture: { ...registryEntry(simulator), keys: [first, began] } } });
  const report = await scene.refused(project, { code: "SIGNATURE_TIME", of: "early@1.0.0", args: ["gate"] });
  assert.deepEqual(codesOf(report, "honest@1.1.0"), []);
});

function publish(name: string, version: string, publishTime: string, keyid?: string): void {
  const manifest = JSON.stringify({ name, version, license: "MIT" });
  simulator.publish({ "package.json": manifest }, { publishTime, ...(keyid === undefined ? {} : { keyid }) });
}
