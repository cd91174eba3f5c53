/**
 * Mirrors: bytes from one place, proofs from another. What npm's public registry really signed, its real bytes, and a
 * registry of a company's that shows them under one address with its own; registry-fixtures/vectors/npm-signatures.
 */
import assert from "node:assert/strict";
import { after, afterEach, beforeEach, describe, test } from "node:test";
import { makeProject, type Project } from "../../registry-fixtures/project.js";
import { openProxy } from "../../registry-fixtures/proxy.js";
import { type PublicRegistry, servePublicly } from "../../registry-fixtures/public-registry.js";
import { recordedAsServed, recordedTarball } from "../../registry-fixtures/recorded.js";
import { sideBySide } from "../../registry-fixtures/side-by-side.js";
import { createSimulator, type Simulator } from "../../registry-fixtures/simulator.js";
import { typeInside } from "../pipeline/inside.js";
import { small } from "./scene.js";
import { parseReport, type ShownReport, type ShownVerdict } from "./shown.js";

const SMALL = ["is-stream", "undici-types"];
/** One is signed by npm's retired key, the other by the one that came after it. */
const records = recordedAsServed().filter((one) => SMALL.includes(one.name) && recordedTarball(one) !== null);
const first = records[0] ?? assert.fail();
const PUBLIC = `${first.name}@${first.version}`;
const PRIVATE = { name: "@acme/lib", version: "1.0.0" };

/** A registry with the public packages' bytes, and no signature on any of them. */
function mirrorOf(name: string): Simulator {
  const made = createSimulator({ name, signs: false });
  for (const record of records) made.publishSigned(record, recordedTarball(record));
  return made;
}
const open = mirrorOf("public");
const virtual = mirrorOf("virtual");
const edge = mirrorOf("edge");
for (const one of [virtual, edge]) one.publish(small(PRIVATE.name));
const registry: PublicRegistry = await servePublicly(open);
const [atVirtual, atEdge] = [await registry.serveBeside(virtual), await registry.serveBeside(edge)];
const nowhere = await openProxy({});
assert.deepEqual(
  records.map(({ name }) => name),
  SMALL,
);
const projects: Project[] = [];
after(() => Promise.all([registry.close(), nowhere.close()]));
beforeEach(() => {
  for (const one of [virtual, edge]) for (const { name, version } of records) one.strip(name, version);
});
afterEach(async () => {
  for (const one of [open, virtual, edge]) one.reset();
  await Promise.all(projects.splice(0).map((project) => project.remove()));
});

const VIRTUAL = { url: atVirtual.url, home: ["@acme/*"], serves: "npmjs", evidenceFrom: "npmjs" };
const { evidenceFrom: _, ...ALONE } = VIRTUAL;

/** A project whose lockfile has everything from `from`. */
async function projectOf(registries: Readonly<Record<string, unknown>>, from = virtual): Promise<Project> {
  const { manifest, lockfile } = sideBySide(from, [...records, PRIVATE]);
  const project = await makeProject(manifest);
  projects.push(project);
  await project.writeNpmrc({ registry: from.url });
  await project.writeTrust({ registries });
  await project.writeLockfile(lockfile);
  return project;
}

type Told = Omit<ShownReport, "verdicts"> & {
  readonly weakenings: readonly unknown[];
  readonly verdicts: readonly (ShownVerdict & { readonly rules: readonly string[] })[];
};

async function gate(project: Project, env = registry.env): Promise<readonly [number, Told]> {
  const args = ["gate", "--json", `--cafile=${registry.caFile}`];
  const { status, stdout, stderr } = await typeInside(project, args, env);
  return [status, parseReport(stdout, stderr) as Told];
}

function verdictOf(report: Told, id: string) {
  const purl = `pkg:npm/${id.replace(/^@/, "%40")}`;
  return report.verdicts.find((verdict) => verdict.purl === purl) ?? assert.fail(`no verdict on ${id}`);
}

const codesOf = (report: Told, id = PUBLIC) => verdictOf(report, id).findings.map(({ code }) => code);
const outcomeOf = (report: Told, id: string, kind: string) =>
  verdictOf(report, id).evidence.find((item) => item.kind === kind)?.outcome;

describe("one address for private and public packages", () => {
  test("bytes from the mirror, signatures from the origin; what is private is asked of nobody else", async () => {
    const project = await projectOf({ acme: VIRTUAL });
    const [status, report] = await gate(project);
    assert.deepEqual([status, report.result, report.counts.passed], [0, "PASSED", records.length + 1]);
    for (const { name, version } of records) {
      assert.equal(outcomeOf(report, `${name}@${version}`, "registry-signature"), "verified", name);
      assert.ok(verdictOf(report, `${name}@${version}`).rules.includes("registries.npmjs"), "the public floor");
    }
    assert.deepEqual(verdictOf(report, "@acme/lib@1.0.0").rules, ["registries.acme"]);
    assert.ok(open.log.length > 0);
    assert.deepEqual(
      open.log.filter(({ path }) => /\.tgz|acme/.test(path)),
      [],
    );
    assert.deepEqual(report.weakenings, []);
  });

  test("without an origin to ask, the public floor stands: private ones pass, public ones don't", async () => {
    const [status, report] = await gate(await projectOf({ acme: ALONE }));
    assert.equal(status, 65);
    for (const { name, version } of records)
      assert.deepEqual(codesOf(report, `${name}@${version}`), ["SIGNATURE_ABSENT"]);
    assert.equal(verdictOf(report, "@acme/lib@1.0.0").result, "PASSED");
  });

  test("a private name is not at home in the public registry, whatever is published there", async () => {
    open.publish(small(PRIVATE.name), { replace: true });
    const project = await projectOf({ acme: VIRTUAL });
    const lockfile = JSON.parse(await project.read("package-lock.json"));
    lockfile.packages["node_modules/@acme/lib"].resolved = `${registry.url}@acme/lib/-/lib-1.0.0.tgz`;
    await project.writeLockfile(lockfile);
    await project.write(".npmrc", `registry=${registry.url}\n`);
    const [status, report] = await gate(project);
    assert.deepEqual([status, codesOf(report, "@acme/lib@1.0.0")], [65, ["REGISTRY_NOT_HOME"]]);
  });
});

describe("a mirror that lies", () => {
  test("other bytes", async () => {
    virtual.tamper(first.name, first.version, (bytes) => Buffer.concat([bytes, Buffer.from("x")]));
    const [status, report] = await gate(await projectOf({ acme: VIRTUAL }));
    assert.deepEqual([status, report.tampered, codesOf(report)[0]], [65, true, "DIGEST_MISMATCH"]);
  });

  test("other bytes, and a lockfile that was made for them: the origin has signed others", async () => {
    const project = await projectOf({ acme: VIRTUAL });
    const other = createSimulator({ name: "other", signs: false }).publish(small(first.name, first.version));
    virtual.tamper(first.name, first.version, () => other.tarball ?? assert.fail());
    const lockfile = JSON.parse(await project.read("package-lock.json"));
    const { version, resolved } = lockfile.packages[`node_modules/${first.name}`];
    const { integrity } = other.manifest.dist;
    lockfile.packages[`node_modules/${first.name}`] = { version, resolved, integrity, license: "MIT" };
    await project.writeLockfile(lockfile);
    const [status, report] = await gate(project);
    assert.deepEqual([status, report.tampered], [65, true]);
    assert.ok(codesOf(report).includes("DIGEST_MISMATCH"), codesOf(report).join());
    assert.equal(outcomeOf(report, PUBLIC, "registry-signature"), "invalid");
  });

  test("signatures of its own, or in npm's name: not read where the origin is asked, and refused where it is not", async () => {
    const npmKey = first.dist.signatures?.[0]?.keyid ?? assert.fail();
    const forged = Buffer.from("3006020101020101", "hex").toString("base64");
    virtual.alterSignatures(first.name, first.version, () => [{ keyid: npmKey, sig: forged }]);
    const [status] = await gate(await projectOf({ acme: VIRTUAL }));
    assert.equal(status, 0);
    const [alone, report] = await gate(await projectOf({ acme: ALONE }));
    assert.deepEqual([alone, report.tampered, codesOf(report)], [65, true, ["SIGNATURE_INVALID"]]);
    virtual.alterSignatures(first.name, first.version, () => [{ keyid: `SHA256:${"A".repeat(43)}`, sig: forged }]);
    const [stranger, told] = await gate(await projectOf({ acme: ALONE }));
    assert.deepEqual([stranger, codesOf(told)], [65, ["KEY_UNKNOWN"]]);
  });

  test("an origin that can't be reached: undecided, and never passed; what is private passes", async () => {
    const env = { ...registry.env, HTTPS_PROXY: nowhere.url };
    const [status, report] = await gate(await projectOf({ acme: VIRTUAL }), env);
    assert.deepEqual([status, report.result], [75, "UNDECIDED"]);
    for (const { name, version } of records) {
      assert.equal(verdictOf(report, `${name}@${version}`).result, "UNDECIDED");
      assert.equal(outcomeOf(report, `${name}@${version}`, "registry-signature"), "unavailable");
    }
    assert.equal(verdictOf(report, "@acme/lib@1.0.0").result, "PASSED");
  });

  test("an origin that has never heard of it: undecided as well, and not taken for unsigned", async () => {
    open.status(404);
    const [status, report] = await gate(await projectOf({ acme: VIRTUAL }));
    assert.deepEqual([status, codesOf(report)[0]], [75, "FETCH_FAILED"]);
  });
});

describe("chains of mirrors", () => {
  const office = { url: atVirtual.url, home: ["@acme/*"], serves: "npmjs", evidenceFrom: "npmjs" };

  test("who is asked for proofs is asked where they are: to the end, and not half-way", async () => {
    const project = await projectOf(
      { office, edge: { url: atEdge.url, serves: "office", evidenceFrom: "office" } },
      edge,
    );
    const [status, report] = await gate(project);
    assert.deepEqual([status, report.result], [0, "PASSED"], JSON.stringify(report.verdicts[0]?.findings));
    for (const { name, version } of records) {
      assert.equal(outcomeOf(report, `${name}@${version}`, "registry-signature"), "verified");
    }
    const atOffice = virtual.log.map(({ path }) => decodeURIComponent(path));
    assert.deepEqual(atOffice, ["/@acme/lib/1.0.0"], "of the office's own package alone");
    assert.deepEqual(
      edge.log.filter(({ path }) => !path.endsWith(".tgz")),
      [],
    );
  });

  test("a mirror of a mirror that says nothing of proofs is asked itself, and has none", async () => {
    const project = await projectOf({ office, edge: { url: atEdge.url, serves: "office" } }, edge);
    const [status, report] = await gate(project);
    assert.deepEqual([status, codesOf(report)], [65, ["SIGNATURE_ABSENT"]]);
  });

  test("a link of the chain that serves nobody breaks it", async () => {
    const { serves: _serves, ...idle } = office;
    const project = await projectOf(
      { office: idle, edge: { url: atEdge.url, serves: "office", evidenceFrom: "office" } },
      edge,
    );
    const [status, report] = await gate(project);
    assert.deepEqual([status, codesOf(report)], [65, ["REGISTRY_NOT_HOME"]]);
    assert.equal(verdictOf(report, "@acme/lib@1.0.0").result, "PASSED");
  });
});
