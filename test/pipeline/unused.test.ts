/** Exceptions that let nothing through any more are told, and change no exit status. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setScene } from "../attacks/scene.js";
import { brief } from "../attacks/shown.js";

const scene = await setScene(undefined, { inside: true });
const { simulator } = scene;
const LATER = "2999-01-01T00:00:00Z";

/** What is said of exceptions in a run over left-padder, once its signature was taken off, and once not. */
async function told(exception: { readonly digest: string; readonly waive?: string[] }, args: readonly string[]) {
  const project = await scene.project({ "left-padder": "1.1.1" });
  const one = { select: "npm:left-padder@1.1.1", waive: ["registry-signature"], expires: LATER, reason: "read by Ann" };
  await project.write(".secure-install/exceptions.json", { format: 1, exceptions: [{ ...one, ...exception }] });
  const { status, report } = await scene.run(project, args);
  const says = report.findings.filter(({ code }) => code === "EXCEPTION_UNUSED").map((item) => item.says);
  return { status, says, report };
}

const digestOf = (name: string, version: string): string => simulator.release(name, version).manifest.dist.integrity;

test("EXCEPTION_UNUSED: no entry has these bytes, or what is waived is there by now; else it is in use", async () => {
  const other = await told({ digest: digestOf("left-padder", "1.0.0") }, ["gate"]);
  assert.deepEqual(other.says, ["exceptions[0] for npm:left-padder@1.1.1 was not needed: no entry has these bytes."]);
  assert.equal(other.status, 0, brief(other.report));
  const digest = digestOf("left-padder", "1.1.1");
  const { says } = await told({ digest }, ["audit"]);
  assert.deepEqual(says, ["exceptions[0] for npm:left-padder@1.1.1 was not needed: it has registry-signature by now."]);
  simulator.strip("left-padder", "1.1.1");
  assert.deepEqual((await told({ digest }, ["gate"])).says, []);
});

test("nothing is said where entries were left out of the run", async () => {
  const project = await scene.project({ hummer: "1.0.0", "native-bell": "1.0.0" });
  const exception = { select: "npm:left-padder@1.1.1", digest: digestOf("left-padder", "1.1.1"), reason: "x" };
  const exceptions = [{ ...exception, waive: ["registry-signature"], expires: LATER }];
  await project.write(".secure-install/exceptions.json", { format: 1, exceptions });
  for (const [args, count] of [
    [["gate"], 1],
    [["gate", "--this-platform"], 0],
  ] as const) {
    const { report } = await scene.run(project, args);
    assert.equal(report.findings.filter(({ code }) => code === "EXCEPTION_UNUSED").length, count, brief(report));
  }
});
