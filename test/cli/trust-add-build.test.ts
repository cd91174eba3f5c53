/** `trust add --built-by`: filled in from a provenance that was verified, shown before it is written. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Project } from "../../registry-fixtures/project.js";
import { type Build, githubBuild } from "../../registry-fixtures/sigstore/build.js";
import { mintSigstore } from "../../registry-fixtures/sigstore/instance.js";
import { publishAttested } from "../../registry-fixtures/sigstore/publish.js";
import { believe, otherBuild, pinOf } from "../attacks/provenance-sources.js";
import { setScene, small } from "../attacks/scene.js";
import { typeInside } from "../pipeline/inside.js";
import { refused, told } from "./keys-bench.js";

const scene = await setScene(undefined, { inside: true });
const { simulator, served } = scene;
const CA = `--cafile=${served.caFile}`;
const sigstore = mintSigstore();
const ACME = githubBuild();

const trustOf = async (project: Project) => JSON.parse(await project.read(".secure-install/trust.json"));

/** A project that has one package of this build, and a store that believes the instance. */
async function having(name: string, version: string, build: Build): Promise<Project> {
  publishAttested(simulator, sigstore, small(name, version), { build });
  const project = await scene.project({ [name]: version });
  await believe(project, { simulator, sigstore });
  return project;
}

function adding(name: string, repository: string, ...more: readonly string[]): string[] {
  return ["trust", "add", `npm:${name}`, "--built-by", repository, CA, ...more];
}

test("ids, workflow, ref and runner come from the package's own provenance; the next run holds to them", async () => {
  const project = await having("filled", "1.2.0", githubBuild({ ref: "refs/tags/v1.2.0" }));
  const { status, stdout, stderr } = await typeInside(project, adding("filled", ACME.repository));
  assert.equal(status, 0, stderr);
  assert.match(stdout, /must be proven by .*\. Signed: 1 of 1 in this lockfile\./);
  for (const shown of [ACME.repository, ACME.repositoryId, ACME.ownerId, ACME.workflow, ACME.commit, ACME.run]) {
    assert.ok(stderr.includes(shown), `${shown} is not shown:\n${stderr}`);
  }
  const [publisher] = Object.values((await trustOf(project)).publishers) as { identities: object[] }[];
  assert.deepEqual(publisher?.identities, [pinOf(ACME)]);
  const { report, status: audited } = await scene.run(project, ["audit"]);
  assert.deepEqual([audited, report.verdicts[0]?.publishers.length], [0, 1]);
  // A second time, no byte changes.
  const before = await project.snapshot();
  const again = await told(project, adding("filled", ACME.repository));
  assert.deepEqual([again.changed, await project.snapshot()], [[], before]);
});

test("what is typed stands above what is read; a branch stays the branch that it is", async () => {
  const build = otherBuild("typed", 61, { ref: "refs/heads/main" });
  const project = await having("typed", "1.0.0", build);
  const { identity } = await told(project, adding("typed", build.repository, "--workflow", ".github/workflows/x.yml"));
  assert.deepEqual(identity, { ...pinOf(build), workflow: ".github/workflows/x.yml", ref: "refs/heads/main" });
});

test("built somewhere else than was typed: nothing is written", async () => {
  const project = await having("elsewhere", "1.0.0", githubBuild({ repository: "https://github.com/mallory/lib" }));
  const before = await project.snapshot();
  const { says } = await refused(project, adding("elsewhere", ACME.repository), 64);
  assert.match(
    says,
    /elsewhere 1\.0\.0 was built in https:\/\/github\.com\/mallory\/lib, .* not in https:\/\/github\.com\/acme\/lib/,
  );
  assert.deepEqual(await project.snapshot(), before);
  // With the ids typed it is a second build, of which no package is here yet.
  const typed = adding("elsewhere", ACME.repository, "--repository-id", "1", "--owner-id", "2");
  const { identity, seen, warnings } = await told(project, typed);
  assert.deepEqual([identity.repositoryId, identity.workflow, seen], ["1", null, null]);
  assert.match(warnings.join("\n"), /was built in https:\/\/github\.com\/mallory\/lib/);
});

test("an attestation that does not hold fills nothing in", async () => {
  const project = await having("forged", "1.0.0", otherBuild("forged", 62));
  simulator.alterAttestations("forged", "1.0.0", (list) => {
    const [{ bundle }] = list as unknown as [{ bundle: { dsseEnvelope: { signatures: { sig: string }[] } } }];
    bundle.dsseEnvelope.signatures = [{ sig: Buffer.alloc(70).toString("base64") }];
    return list;
  });
  const { identity, seen, warnings } = await told(project, adding("forged", "https://github.com/acme/forged"));
  assert.deepEqual([identity.repositoryId, identity.workflow, seen], [null, null, null]);
  assert.match(warnings.join("\n"), /whoever gets the repository's name/);
  assert.match(warnings.join("\n"), /any workflow of the repository/);
  assert.match(warnings.join("\n"), /builds of any branch/);
  assert.match(warnings.join("\n"), /would not pass forged@1\.0\.0/);
});

test("trust show says in one line where a version was built", async () => {
  const project = await having("shown", "1.0.0", githubBuild());
  assert.equal((await typeInside(project, ["trust", "init", CA])).status, 0);
  const { stdout } = await typeInside(project, ["trust", "show", "shown"]);
  const line = stdout.split("\n").find((one) => one.includes("built from")) ?? assert.fail(stdout);
  const { repository, workflow, ref, commit, run } = ACME;
  assert.ok(line.includes(`built from ${repository}, ${workflow}@${ref}, commit ${commit.slice(0, 12)}, ${run}`), line);
});
