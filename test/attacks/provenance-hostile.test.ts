/** Answers that want to be read in two ways, to be taken for what came first, or never to be read to their end. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Attestation } from "../../registry-fixtures/attestations.js";
import { githubBuild, gitlabBuild } from "../../registry-fixtures/sigstore/build.js";
import type { Bundle } from "../../registry-fixtures/sigstore/bundle.js";
import { mintSigstore } from "../../registry-fixtures/sigstore/instance.js";
import { provenanceStatement } from "../../registry-fixtures/sigstore/npm-statements.js";
import { type Attested, publishAttested, subjectOf } from "../../registry-fixtures/sigstore/publish.js";
import type { TrustedRoot } from "../../registry-fixtures/sigstore/trusted-root.js";
import { createSimulator } from "../../registry-fixtures/simulator.js";
import { believe, builtBy, otherBuild, REASON } from "./provenance-sources.js";
import { setScene, small } from "./scene.js";
import { brief } from "./shown.js";

const scene = await setScene(createSimulator({ name: "fixture" }), { inside: true });
const { simulator } = scene;
const sigstore = mintSigstore();
const ACME = githubBuild();
const MALLORY = githubBuild({
  repository: "https://github.com/mallory/lib",
  ...{ repositoryId: "9", ownerId: "9", workflow: ".github/workflows/evil.yml" },
});

async function passes(project: Parameters<typeof scene.run>[0], args = ["audit"]) {
  const { status, report } = await scene.run(project, args);
  assert.equal(status, 0, brief(report));
  return report;
}

/** A provenance of the same bytes by somebody else: anybody's build may make one. */
function another({ release }: Attested, build = MALLORY): Attestation {
  const statement = provenanceStatement({ ...subjectOf(release), build });
  return { predicateType: statement.predicateType, bundle: sigstore.attest(statement, { build }) };
}

for (const workflow of [".github/workflows/release.yml@x.yml", ".github/workflows/release.yml@refs/tags/v1.0.0.yml"]) {
  test(`a workflow that is named like the pinned one, and more: ${workflow}`, async () => {
    const name = `named-${workflow.length}`;
    publishAttested(simulator, sigstore, small(name), { build: githubBuild({ workflow }) });
    const project = await scene.project({ [name]: "1.0.0" });
    await believe(project, { simulator, sigstore }, builtBy(name, ACME));
    await scene.refused(project, { code: "SIGNER_UNTRUSTED", of: `${name}@1.0.0` });
  });
}

test("somebody else's provenance in front: a pin takes its own, and that is what is remembered", async () => {
  const attested = publishAttested(simulator, sigstore, small("fronted"));
  simulator.alterAttestations("fronted", "1.0.0", (list) => [another(attested), ...list]);
  const project = await scene.project({ fronted: "1.0.0" });
  await believe(project, { simulator, sigstore }, builtBy("fronted", ACME));
  const { status } = await scene.run(project, ["trust", "init"]);
  assert.equal(status, 0);
  const lock = await project.read(".secure-install/observed.lock");
  assert.deepEqual([lock.includes("acme/lib"), lock.includes("mallory")], [true, false]);
});

test("two builds, and nobody pinned: neither is remembered, and where one was known, none of them is it", async () => {
  publishAttested(simulator, sigstore, small("doubled"));
  const attested = publishAttested(simulator, sigstore, small("doubled", "1.1.0"));
  simulator.alterAttestations("doubled", "1.1.0", (list) => [another(attested), ...list]);
  const known = await scene.project({ doubled: "1.0.0" });
  await believe(known, { simulator, sigstore });
  assert.equal((await scene.run(known, ["trust", "init"])).status, 0);
  const project = await scene.project({ doubled: "1.1.0" });
  await believe(project, { simulator, sigstore });
  await project.write(".secure-install/observed.lock", await known.read(".secure-install/observed.lock"));
  const report = await scene.refused(project, { code: "DRIFT_EVIDENCE_VANISHED", of: "doubled@1.1.0" });
  assert.match(brief(report), /several different builds/);
  const fresh = await scene.project({ doubled: "1.1.0" });
  await believe(fresh, { simulator, sigstore });
  assert.equal((await scene.run(fresh, ["trust", "init"])).status, 0);
  assert.equal((await fresh.read(".secure-install/observed.lock")).includes("github.com"), false);
});

for (const predicateType of [{ toString: 1, valueOf: 1 }, 7, null, JSON.parse("[".repeat(3000) + "]".repeat(3000))]) {
  test(`a type that is no text ends in a refusal, and an honest answer after it passes: ${typeof predicateType}`, async () => {
    const name = `odd-${JSON.stringify(predicateType).length}`;
    publishAttested(simulator, sigstore, small(name));
    simulator.alterAttestations(name, "1.0.0", (list) => list.map((item) => ({ ...item, predicateType })) as never);
    const project = await scene.project({ [name]: "1.0.0" });
    await believe(project, { simulator, sigstore });
    await scene.refused(project, { code: "ATTESTATION_INVALID", of: `${name}@1.0.0` });
    simulator.reset();
    await passes(project);
  });
}

test("a page of somebody in between is not kept in the place of attestations", async () => {
  publishAttested(simulator, sigstore, small("portal"));
  const project = await scene.project({ portal: "1.0.0" });
  await believe(project, { simulator, sigstore }, builtBy("portal", ACME));
  simulator.put("-/npm/v1/attestations/portal@1.0.0", "<html>sign in</html>");
  await scene.refused(project, { code: "FETCH_FAILED", of: "portal@1.0.0", status: 75 });
  simulator.put("-/npm/v1/attestations/portal@1.0.0", null);
  await passes(project);
});

const SWOLLEN: Readonly<Record<string, (bundle: Bundle) => void>> = {
  "a certificate of a megabyte": ({ verificationMaterial }) => {
    verificationMaterial.certificate = { rawBytes: Buffer.alloc(700_000, 1).toString("base64") };
  },
  "a checkpoint of thousands of signatures": ({ verificationMaterial: { tlogEntries } }) => {
    const checkpoint = tlogEntries[0]?.inclusionProof?.checkpoint;
    assert.ok(checkpoint);
    checkpoint.envelope += checkpoint.envelope.split("\n").slice(-2).join("\n").repeat(5000);
  },
  "a number of a million digits": ({ verificationMaterial: { tlogEntries } }) => {
    const proof = tlogEntries[0]?.inclusionProof;
    assert.ok(proof);
    proof.logIndex = "9".repeat(900_000);
  },
  "a proof of thousands of hashes": ({ verificationMaterial: { tlogEntries } }) => {
    const proof = tlogEntries[0]?.inclusionProof;
    assert.ok(proof);
    proof.hashes = Array.from({ length: 10_000 }, () => Buffer.alloc(32).toString("base64"));
  },
};
for (const [index, [what, swell]] of Object.entries(SWOLLEN).entries()) {
  test(`${what}: refused before it is taken apart`, async () => {
    const name = `swollen-${index}`;
    publishAttested(simulator, sigstore, small(name));
    simulator.alterAttestations(name, "1.0.0", (list) => {
      const [first] = list as readonly { bundle: Bundle }[];
      assert.ok(first);
      swell(first.bundle);
      return list;
    });
    const project = await scene.project({ [name]: "1.0.0" });
    await believe(project, { simulator, sigstore });
    const before = performance.now();
    await scene.refused(project, { code: "ATTESTATION_INVALID", of: `${name}@1.0.0` });
    assert.ok(performance.now() - before < 20_000, "it was taken apart");
  });
}

test("builds for pull requests at GitLab, by their event", async () => {
  const build = gitlabBuild({ trigger: "external_pull_request_event", repositoryId: "41" });
  publishAttested(simulator, sigstore, small("external"), { build });
  const project = await scene.project({ external: "1.0.0" });
  const rules = [{ select: "npm:external", require: ["provenance"], reason: REASON }];
  await believe(project, { simulator, sigstore }, { rules });
  await scene.refused(project, { code: "SIGNER_UNTRUSTED", of: "external@1.0.0" });
});

test("a tag in letters of any kind is no forgery", async () => {
  const san = "https://github.com/acme/lib/.github/workflows/release.yml@refs/tags/v%C3%A9";
  publishAttested(simulator, sigstore, small("accent"), {
    build: githubBuild({ ref: "refs/tags/vé", san, config: san }),
  });
  const project = await scene.project({ accent: "1.0.0" });
  const rules = [{ select: "npm:accent", require: ["provenance"], reason: REASON }];
  await believe(project, { simulator, sigstore }, { rules });
  await passes(project);
});

test("an authority that signs with a new key under its old name is a stranger, and no forger", async () => {
  const rekeyed = mintSigstore();
  const signedBy = rekeyed.fulcio.intermediate;
  publishAttested(simulator, sigstore, small("rekeyed"), { provenance: { certificate: { signedBy } } });
  const project = await scene.project({ rekeyed: "1.0.0" });
  await believe(project, { simulator, sigstore });
  await passes(project);
  await believe(project, { simulator, sigstore }, builtBy("rekeyed", ACME));
  await scene.refused(project, { code: "SIGNER_UNTRUSTED", of: "rekeyed@1.0.0" });
});

test("two instances of one root: the one that knows the issuer speaks", async () => {
  const build = otherBuild("shared", 81);
  publishAttested(simulator, sigstore, small("shared"), { build });
  const project = await scene.project({ shared: "1.0.0" });
  const { rules, publishers } = builtBy("shared", build);
  const entry = { trustedRoot: "sigstore/fixture.json", select: ["npm:*"] };
  const second = { second: { ...entry, issuers: [build.issuer] } };
  const only = ["https://gitlab.acme.example"];
  await believe(project, { simulator, sigstore, instance: { issuers: only } }, { rules, publishers });
  await scene.refused(project, { code: "SIGNER_UNTRUSTED", of: "shared@1.0.0" });
  const sigstores = { fixture: { ...entry, issuers: only }, ...second };
  await believe(project, { simulator, sigstore }, { rules, publishers, sigstore: sigstores });
  await passes(project);
});

test("a log of a kind that is not known here: a root of one's own must be understood whole", async () => {
  publishAttested(simulator, sigstore, small("newer"));
  const project = await scene.project({ newer: "1.0.0" });
  await believe(project, { simulator, sigstore }, builtBy("newer", ACME));
  for (const change of [{ keyDetails: "PKIX_OF_TOMORROW" }, { rawBytes: Buffer.from("tomorrow").toString("base64") }]) {
    const tomorrow = (root: TrustedRoot): unknown => Object.assign(root.tlogs[1]?.publicKey ?? {}, change);
    await project.write(".secure-install/sigstore/fixture.json", sigstore.trustedRoot(tomorrow));
    await scene.stopped(project, { code: "TRUST_MALFORMED" });
  }
});
