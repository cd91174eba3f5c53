/** Stepping around what trust.json says: by a version, by an exception for something else, by a denial's neighbour. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { type Project, registryEntry } from "../../registry-fixtures/project.js";
import { toIntegrity } from "../../src/model/digest.js";
import { setScene, small } from "./scene.js";
import { codesOf, type ShownReport } from "./shown.js";

const scene = await setScene(undefined, { inside: true });
const { simulator } = scene;
const LATER = new Date(Date.now() + 300 * 86_400_000).toISOString();
const REASON = "as an example";

const NAMES = [
  "denied",
  "neighbour",
  "lower",
  "prerelease",
  "@scope/lower",
  "@scope/covered",
  "unpublished",
  "covered",
  "excepted",
  "other-digest",
  "other-version",
  "ended",
];
const VERSIONS: Readonly<Record<string, string>> = {
  lower: "1.9.0",
  prerelease: "2.1.0-beta.1",
  "@scope/lower": "1.9.0",
  "@scope/covered": "2.0.0-beta.1",
  unpublished: "1.9.0",
  covered: "2.1.0",
};
const versionOf = (name: string): string => VERSIONS[name] ?? "1.0.0";

let report: ShownReport;
before(async () => {
  for (const name of NAMES) simulator.publish(small(name, versionOf(name)));
  const project = await scene.project(Object.fromEntries(NAMES.map((name) => [name, versionOf(name)])));
  await project.writeTrust({
    registries: { fixture: registryEntry(simulator) },
    publishers: { author: { identities: [{ ...BUILT_BY, repository: "https://git.example/acme/soup" }] } },
    rules: [
      ...["lower", "covered", "@scope/*"].map((name) => rule(`npm:${name}@>=2.0.0-0`)),
      rule("npm:prerelease@2.0.0 - 2.0.9"),
      { select: "npm:unpublished@>=2.0.0", publishers: { atLeast: 1, of: ["author"] }, reason: REASON },
    ],
  });
  await project.write(".secure-install/deny.json", {
    format: 1,
    deny: [
      { select: "npm:denied@1.0.0", reason: "malware" },
      { select: "npm:neighbour@2.x", reason: "malware" },
    ],
  });
  for (const name of ["excepted", "other-digest", "other-version", "ended"]) simulator.strip(name, "1.0.0");
  await except(project, [
    exception("npm:excepted@1.0.0", digestOf("excepted")),
    exception("npm:other-digest@1.0.0", digestOf("excepted")),
    exception("npm:other-version@1.0.1", digestOf("other-version")),
    exception("npm:ended@1.0.0", digestOf("ended"), "2026-01-01T00:00:00Z"),
  ]);
  report = await scene.refused(project, { code: "POLICY_DENIED", of: "denied@1.0.0" });
});

for (const [what, name, codes] of [
  ["deny: what deny.json names never passes, however well it is signed", "denied", ["POLICY_DENIED"]],
  ["deny: another version than the denied ones passes", "neighbour", []],
  ["a lower version steps out of a rule's range", "lower", ["POLICY_UNCOVERED"]],
  ["a prerelease steps out of a rule's range", "prerelease", ["POLICY_UNCOVERED"]],
  ["a lower version steps out of the range of a rule for its scope", "@scope/lower", ["POLICY_UNCOVERED"]],
  ["a prerelease of what a scope's rule covers is inside its range", "@scope/covered", []],
  ["a lower version steps out of the range in which publishers must sign", "unpublished", ["POLICY_UNCOVERED"]],
  ["what a rule covers passes", "covered", []],
  ["exception: for exactly this digest it waives the signature", "excepted", []],
  ["exception: for another digest it waives nothing", "other-digest", ["SIGNATURE_ABSENT"]],
  ["exception: for another version it waives nothing", "other-version", ["SIGNATURE_ABSENT"]],
  ["exception: after its end it waives nothing", "ended", ["SIGNATURE_ABSENT"]],
] as const) {
  test(what, () => {
    assert.deepEqual(
      codesOf(report, `${name}@${versionOf(name)}`).filter((code) => !code.startsWith("EXCEPTION_")),
      codes,
    );
  });
}

test("an exception waives no tampering", async () => {
  const project = await scene.project({ excepted: "1.0.0" });
  await except(project, [exception("npm:excepted@1.0.0", digestOf("excepted"))]);
  simulator.replay("excepted", "1.0.0", { name: "neighbour", version: "1.0.0" }, "signatures");
  await scene.refused(project, { code: "SIGNATURE_INVALID", of: "excepted@1.0.0" });
});

test("an exception cannot be for the integrity", async () => {
  const project = await scene.project({ excepted: "1.0.0" });
  await except(project, [{ ...exception("npm:excepted@1.0.0", digestOf("excepted")), waive: ["integrity"] }]);
  await scene.stopped(project, { code: "TRUST_MALFORMED" });
});

test("an exception without an end is malformed", async () => {
  const project = await scene.project({ excepted: "1.0.0" });
  const { expires: _gone, ...endless } = exception("npm:excepted@1.0.0", digestOf("excepted"));
  await except(project, [endless]);
  await scene.stopped(project, { code: "TRUST_MALFORMED" });
});

test("weaknesses are counted: a registry without its floor, and each exception", async () => {
  const project = await scene.project({ excepted: "1.0.0" });
  await project.writeTrust({
    registries: { fixture: registryEntry(simulator), npmjs: { require: ["integrity"] } },
  });
  await except(project, [exception("npm:excepted@1.0.0", digestOf("excepted"))]);
  simulator.strip("excepted", "1.0.0");
  const { status, stdout } = await scene.run(project, ["gate"]);
  const { weakenings } = JSON.parse(stdout) as { weakenings: { type: string }[] };
  assert.deepEqual([status, weakenings.map(({ type }) => type).sort()], [0, ["exception", "floor"]]);
});

const BUILT_BY = { type: "built-by", issuer: "https://issuer.example", workflow: "release.yml", ref: "refs/tags/*" };

function rule(select: string) {
  return { select, require: ["registry-signature"], reason: REASON };
}

function exception(select: string, digest: string, expires = LATER) {
  return { select, digest, waive: ["registry-signature"], expires, reason: REASON };
}

function except(project: Project, exceptions: readonly unknown[]): Promise<void> {
  return project.write(".secure-install/exceptions.json", { format: 1, exceptions });
}

function digestOf(name: string): string {
  const { integrity } = simulator.release(name, "1.0.0").manifest.dist;
  return toIntegrity({ algorithm: "sha512", hex: Buffer.from(integrity.slice(7), "base64").toString("hex") });
}
