/**
 * What npm really attested, judged by the whole program: under npm's own name on loopback, by npm's built-in keys and
 * Sigstore's shipped roots, years after it was signed.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";
import type { Attestation } from "../../registry-fixtures/attestations.js";
import { vectorPath } from "../../registry-fixtures/fixture-files.js";
import { makeProject, type Project } from "../../registry-fixtures/project.js";
import { servePublicly } from "../../registry-fixtures/public-registry.js";
import { packageJsonOf, type RecordedManifest, tarballPath } from "../../registry-fixtures/release.js";
import { sideBySide } from "../../registry-fixtures/side-by-side.js";
import { createSimulator } from "../../registry-fixtures/simulator.js";
import { readTarball } from "../../registry-fixtures/tarball.js";
import { brief, codesOf, parseReport, type ShownReport } from "../attacks/shown.js";
import { typeInside } from "../pipeline/inside.js";

const simulator = createSimulator({ name: "public", signs: false });
const records = [
  publish("slsa-verifier/gundam-visor-cli-v1-tag.tgz", "slsa-verifier/gundam-visor-cli-v1-tag.tgz.json"),
  publish("pacote/sigstore-0.4.0.tgz", "pacote/valid-attestations.json"),
];
const registry = await servePublicly(simulator);
const projects: Project[] = [];
after(() => Promise.all([registry.close(), ...projects.map((project) => project.remove())]));

const GITHUB = "https://token.actions.githubusercontent.com";
const GUNDAM = {
  type: "built-by",
  issuer: GITHUB,
  repository: "https://github.com/ramonpetgrave64/gundam-visor",
  repositoryId: "810002373",
  ownerId: "32398091",
  workflow: ".github/workflows/npm-publish.yml",
  ref: "refs/tags/*",
  runner: "github-hosted",
};
const SIGSTORE = {
  type: "built-by",
  issuer: GITHUB,
  repository: "https://github.com/sigstore/sigstore-js",
  workflow: ".github/workflows/publish.yml",
  ref: "refs/tags/v0.4.0",
};

function publish(tarball: string, attestations: string): RecordedManifest {
  const bytes = readFileSync(vectorPath("npm-attestations", ...tarball.split("/")));
  const { name, version } = packageJsonOf(readTarball(bytes));
  const integrity = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
  const record = { name, version, dist: { integrity, shasum: "", tarball: tarballPath(name, version) } };
  simulator.publishSigned(record, bytes);
  const answer = readFileSync(vectorPath("npm-attestations", ...attestations.split("/")), "utf8");
  const list = (JSON.parse(answer) as { attestations: Attestation[] }).attestations;
  simulator.attest(name, version, list);
  return record;
}

/** Their registry signatures were not recorded, so the floor that asks for those is taken down. */
async function judged(sigstore: object): Promise<readonly [number, ShownReport]> {
  const { manifest, lockfile } = sideBySide(simulator, records);
  const project = await makeProject(manifest);
  projects.push(project);
  await project.writeNpmrc({ registry: simulator.url });
  await project.writeLockfile(lockfile);
  const rule = (name: string, by: string) => ({
    ...{ select: `npm:${name}`, require: ["provenance", "publish-attestation"] },
    ...{ publishers: { atLeast: 1, of: [by] }, reason: "built in the open" },
  });
  await project.writeTrust({
    registries: { npmjs: { require: ["integrity"] } },
    publishers: { visor: { identities: [GUNDAM] }, signer: { identities: [sigstore] } },
    rules: [rule("gundam-visor", "visor"), rule("sigstore", "signer")],
  });
  const argv = ["audit", "--json", `--cafile=${registry.caFile}`];
  const { status, stdout, stderr } = await typeInside(project, argv, registry.env);
  return [status, parseReport(stdout, stderr)];
}

test("they hold, by exactly the builds that made them; of one from before 2023 no ids can be asked", async () => {
  const [status, report] = await judged(SIGSTORE);
  assert.equal(status, 0, brief(report));
  assert.deepEqual(
    report.verdicts.map(({ publishers }) => publishers),
    [["visor"], ["signer"]],
  );
});

test("by another workflow of the same repository they would not", async () => {
  const [status, report] = await judged({ ...SIGSTORE, workflow: ".github/workflows/release.yml" });
  assert.equal(status, 65);
  assert.deepEqual(
    [codesOf(report, "gundam-visor@1.0.1"), codesOf(report, "sigstore@0.4.0")],
    [[], ["SIGNER_UNTRUSTED"]],
  );
});
