/** Registry signatures: taken off, borrowed, forged, or made with a key whose time is over. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createSimulator } from "../../registry-fixtures/simulator.js";
import { setScene } from "./scene.js";

const scene = await setScene();
const { simulator } = scene;
const GREETER = { greeter: "^1.0.0" };

test("stripped signature: a proxy takes it off", async () => {
  const project = await scene.project(GREETER);
  simulator.strip("left-padder", "1.1.1");
  const report = await scene.refused(project, { code: "SIGNATURE_ABSENT", of: "left-padder@1.1.1" });
  assert.equal(report.tampered, false, "absent is not invalid");
  assert.deepEqual([report.counts.passed, report.counts.failed], [2, 1]);
});

test("signature of another package, replayed", async () => {
  const project = await scene.project(GREETER);
  simulator.replay("left-padder", "1.1.1", { name: "greeter", version: "1.0.0" }, "signatures");
  const report = await scene.refused(project, { code: "SIGNATURE_INVALID", of: "left-padder@1.1.1" });
  assert.equal(report.tampered, true);
});

test("signature of another version, replayed", async () => {
  const project = await scene.project(GREETER);
  simulator.replay("left-padder", "1.1.1", { name: "left-padder", version: "1.0.0" }, "signatures");
  await scene.refused(project, { code: "SIGNATURE_INVALID", of: "left-padder@1.1.1" });
});

test("manifest of another version, replayed as a whole: genuine, and for the wrong thing", async () => {
  const project = await scene.project(GREETER);
  simulator.replay("left-padder", "1.1.1", { name: "left-padder", version: "1.0.0" }, "manifest");
  await scene.refused(project, { code: "CLAIM_NAME_MISMATCH", of: "left-padder@1.1.1" });
});

test("manifest of another package, replayed as a whole", async () => {
  const project = await scene.project(GREETER);
  simulator.replay("left-padder", "1.1.1", { name: "greeter", version: "1.0.0" }, "manifest");
  await scene.refused(project, { code: "CLAIM_NAME_MISMATCH", of: "left-padder@1.1.1" });
});

test("another version's manifest, bytes and genuine signature, renamed to the one that was asked for", async () => {
  const project = await scene.forged(GREETER, ({ packages }) => {
    const old = simulator.release("left-padder", "1.0.0").manifest.dist.integrity;
    Object.assign(packages["node_modules/left-padder"] ?? {}, { integrity: old });
  });
  const { manifest } = simulator.release("left-padder", "1.0.0");
  simulator.substitute("left-padder", "1.1.1", { name: "left-padder", version: "1.0.0" });
  const { tarball } = simulator.release("left-padder", "1.1.1");
  simulator.alterManifest("left-padder", "1.1.1", () => ({ ...manifest, version: "1.1.1" }));
  simulator.put("left-padder/-/left-padder-1.1.1.tgz", tarball);
  const report = await scene.refused(project, { code: "SIGNATURE_INVALID", of: "left-padder@1.1.1" });
  simulator.put("left-padder/-/left-padder-1.1.1.tgz", null);
  assert.equal(report.tampered, true);
});

test("good signature under an unknown keyid only: anyone can make one", async () => {
  const project = await scene.project(GREETER);
  simulator.alterSignatures("left-padder", "1.1.1", () => strangersSignature());
  const report = await scene.refused(project, { code: "KEY_UNKNOWN", of: "left-padder@1.1.1" });
  assert.equal(report.tampered, false, "sound, but by a stranger");
});

test("bad signature under a known keyid beside a good one", async () => {
  const project = await scene.project(GREETER);
  const [other] = simulator.release("greeter", "1.0.0").manifest.dist.signatures ?? [];
  assert.ok(other);
  simulator.alterSignatures("left-padder", "1.1.1", (good) => [...good, other]);
  await scene.refused(project, { code: "SIGNATURE_INVALID", of: "left-padder@1.1.1" });
});

test("a stranger's signature beside a good one is reported and does no harm", async () => {
  const project = await scene.project(GREETER);
  simulator.alterSignatures("left-padder", "1.1.1", (good) => [...strangersSignature(), ...good]);
  const { status, report } = await scene.run(project, ["gate"]);
  assert.equal(status, 0);
  const shown = report.verdicts.find(({ purl }) => purl.includes("left-padder"));
  const evidence = shown?.evidence.find(({ kind }) => kind === "registry-signature");
  assert.match(evidence?.notes?.join() ?? "", /unknown key .* was ignored/);
});

test("what is offered as signatures is no list of them", async () => {
  const project = await scene.project(GREETER);
  simulator.alterSignatures("left-padder", "1.1.1", () => [{ keyid: 1, sig: {} }] as never);
  await scene.refused(project, { code: "SIGNATURE_MALFORMED", of: "left-padder@1.1.1" });
});

function strangersSignature() {
  const stranger = createSimulator({ name: "stranger" }).loadPackages();
  return stranger.release("left-padder", "1.1.1").manifest.dist.signatures ?? [];
}
