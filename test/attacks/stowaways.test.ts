/**
 * Packages that lie in another package's archive, and of which the lockfile keeps quiet: node would load them, so what
 * trust.json and deny.json say of their names is asked all the same. The lockfile's word alone takes nobody out.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Project, registryEntry } from "../../registry-fixtures/project.js";
import { setScene, small } from "./scene.js";
import { codesOf, findingsOf } from "./shown.js";

const scene = await setScene(undefined, { inside: true });
const { simulator } = scene;

const SPOILED = JSON.stringify({ name: "sandwich", version: "1.0.0" });
const inside = (path: string) => ({ [`${path}/package.json`]: SPOILED, [`${path}/index.js`]: "module.exports = 1;\n" });
simulator.publish({ ...small("stuffed"), ...inside("node_modules/sandwich") });
simulator.publish({ ...small("disguised"), ...inside("node_modules/innocent") });
simulator.publish({ ...small("nested"), ...inside("node_modules/@deep/er/node_modules/sandwich") });

/** By package: what it asks for is honest, and the entry for what lies in it is not there, or never was. */
const HOLDERS: Readonly<Record<string, string>> = {
  "picnic-basket": "bundled, and its entry taken out of the lockfile",
  stuffed: "in a node_modules that package.json does not speak of",
  disguised: "in a folder of another name",
  nested: "in a package that itself lies in the archive",
};

for (const [holder, where] of Object.entries(HOLDERS)) {
  test(`a denied package ${where}`, async () => {
    const project = await quietAbout(holder);
    const deny = [{ select: "npm:sandwich@1.0.0", reason: "malware" }];
    await project.write(".secure-install/deny.json", { format: 1, deny });
    const report = await scene.refused(project, { code: "POLICY_DENIED", of: `${holder}@1.0.0` });
    assert.match(findingsOf(report, `${holder}@1.0.0`)[0]?.says ?? "", /node_modules\/.*: .*malware/);
  });
}

test("a package that a rule asks more of, with its entry taken out of the lockfile", async () => {
  const reason = "its author signs every release";
  const identity = { type: "built-by", issuer: "https://i.example", repository: "https://g.example/a/b" };
  const more = { workflow: "release.yml", ref: "refs/tags/*" };
  for (const [rule, code] of [
    [{ select: "npm:sandwich", publishers: { atLeast: 1, of: ["author"] }, reason }, "ATTESTATION_ABSENT"],
    [{ select: "npm:sandwich", require: ["provenance"], reason }, "ATTESTATION_ABSENT"],
    [{ select: "npm:sandwich@>=2.0.0", require: ["registry-signature"], reason }, "POLICY_UNCOVERED"],
  ] as const) {
    const project = await quietAbout("picnic-basket");
    await project.writeTrust({
      registries: { fixture: registryEntry(simulator) },
      publishers: { author: { identities: [{ ...identity, ...more }] } },
      rules: [rule],
    });
    await scene.refused(project, { code, of: "picnic-basket@1.0.0" });
  }
});

test("what nobody speaks of is its holder's, whose publisher stands behind it: nothing is said against it", async () => {
  for (const holder of Object.keys(HOLDERS)) {
    const project = await quietAbout(holder);
    await project.write(".secure-install/deny.json", {
      format: 1,
      deny: [{ select: "npm:sandwich@2.x", reason: "malware" }],
    });
    const { status, report } = await scene.run(project, ["gate"]);
    assert.deepEqual([status, codesOf(report, `${holder}@1.0.0`)], [0, []], holder);
  }
});

test("an exception for the archive holds for what is in it, and no exception holds against a denial", async () => {
  const project = await quietAbout("stuffed");
  simulator.strip("stuffed", "1.0.0");
  const rule = { select: "npm:*", require: ["registry-signature"], reason: "as it is everywhere" };
  await project.writeTrust({ registries: { fixture: registryEntry(simulator) }, rules: [rule] });
  const { integrity: digest } = simulator.release("stuffed", "1.0.0").manifest.dist;
  const expires = new Date(Date.now() + 300 * 86_400_000).toISOString();
  const exception = {
    select: "npm:stuffed@1.0.0",
    digest,
    waive: ["registry-signature"],
    expires,
    reason: "looked at",
  };
  await project.write(".secure-install/exceptions.json", { format: 1, exceptions: [exception] });
  const { status, report } = await scene.run(project, ["gate"]);
  assert.deepEqual([status, codesOf(report, "stuffed@1.0.0")], [0, []]);
  const deny = [{ select: "npm:sandwich", reason: "malware" }];
  await project.write(".secure-install/deny.json", { format: 1, deny });
  await scene.refused(project, { code: "POLICY_DENIED", of: "stuffed@1.0.0" });
});

test("where the lockfile has the entry, that one is refused, and not the package around it", async () => {
  const project = await scene.project({ "picnic-basket": "1.0.0" });
  const deny = [{ select: "npm:sandwich@1.0.0", reason: "malware" }];
  await project.write(".secure-install/deny.json", { format: 1, deny });
  const report = await scene.refused(project, { code: "POLICY_DENIED", of: "sandwich@1.0.0" });
  assert.deepEqual(codesOf(report, "picnic-basket@1.0.0"), []);
});

function quietAbout(holder: string): Promise<Project> {
  return scene.forged({ [holder]: "1.0.0" }, ({ packages }) => {
    for (const location of Object.keys(packages)) {
      if (location.startsWith(`node_modules/${holder}/`)) delete packages[location];
    }
  });
}
