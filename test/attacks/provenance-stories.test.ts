/** Provenance over time and from several sides: what each release proves, who may prove it, and what is gone one day. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { githubBuild, gitlabBuild } from "../../registry-fixtures/sigstore/build.js";
import { mintSigstore } from "../../registry-fixtures/sigstore/instance.js";
import { publishAttested } from "../../registry-fixtures/sigstore/publish.js";
import { createSimulator } from "../../registry-fixtures/simulator.js";
import type { BuildSource } from "../../src/model/build.js";
import type { Observation } from "../../src/model/observation.js";
import { typeInside } from "../pipeline/inside.js";
import { observed, writeObserved } from "./observe.js";
import { believe, builtBy, otherBuild, pinOf, REASON } from "./provenance-sources.js";
import { setScene, small } from "./scene.js";
import { brief, codesOf, findingsOf, type ShownReport } from "./shown.js";

const simulator = createSimulator({ name: "fixture" });
const [old] = simulator.trustKeys();
simulator.rotateKey({ expiresOld: "2026-01-01T00:00:00.000Z" });
const scene = await setScene(simulator, { inside: true });
const sigstore = mintSigstore();
const ACME = githubBuild();
const GITHUB = { publisher: { name: "github", trusted: true } } as const;
const BEFORE = "2025-06-01T00:00:00.000Z";
const AFTER = "2026-03-01T00:00:00.000Z";

async function passes(project: Parameters<typeof scene.run>[0], args = ["audit"]): Promise<ShownReport> {
  const { status, report } = await scene.run(project, args);
  assert.equal(status, 0, brief(report));
  return report;
}

test("one account behind two publishers is no store", async () => {
  const project = await scene.project({});
  const twins = { one: { identities: [pinOf(ACME)] }, two: { identities: [{ ...pinOf(ACME), ref: undefined }] } };
  await believe(project, { simulator, sigstore }, { publishers: twins });
  const { says } = await scene.stopped(project, { code: "TRUST_MALFORMED" });
  assert.match(says, /one proof would count as two publishers/);
});

test("one log entry twice is one, where two logs are required; two logs are two", async () => {
  const twice = publishAttested(simulator, sigstore, small("twice"));
  publishAttested(simulator, sigstore, small("both"), { provenance: { entries: 2 }, publication: { entries: 2 } });
  simulator.alterAttestations("twice", "1.0.0", () =>
    twice.attestations.map(({ predicateType, bundle }) => {
      const copy = structuredClone(bundle) as { verificationMaterial: { tlogEntries: object[] } };
      copy.verificationMaterial.tlogEntries.push(...copy.verificationMaterial.tlogEntries);
      return { predicateType, bundle: copy };
    }),
  );
  const project = await scene.project({ twice: "1.0.0" });
  await believe(project, { simulator, sigstore, instance: { logEntries: 2 } });
  await scene.refused(project, { code: "ATTESTATION_INVALID", of: "twice@1.0.0" });
  const sound = await scene.project({ both: "1.0.0" });
  await believe(sound, { simulator, sigstore, instance: { logEntries: 2 } }, builtBy("both", ACME));
  await passes(sound);
  // One alone is no forgery; where provenance is asked for, it is too little.
  simulator.alterAttestations("twice", "1.0.0", () => twice.attestations);
  await passes(project);
  await believe(project, { simulator, sigstore, instance: { logEntries: 2 } }, builtBy("twice", ACME));
  await scene.refused(project, { code: "SIGNER_UNTRUSTED", of: "twice@1.0.0" });
});

test("two logs of certificates, where two are required: one is too little, the same one twice as well", async () => {
  const [first, second] = sigstore.certificateLogs;
  assert.ok(first && second);
  const scts = { one: [first], same: [first, first], both: [first, second] };
  for (const [name, logs] of Object.entries(scts)) {
    const build = otherBuild(`seen-${name}`, 70 + logs.length);
    publishAttested(simulator, sigstore, small(`seen-${name}`), { build, provenance: { certificate: { scts: logs } } });
    const project = await scene.project({ [`seen-${name}`]: "1.0.0" });
    const trust = builtBy(`seen-${name}`, build);
    await believe(project, { simulator, sigstore, instance: { scts: 2 } }, trust);
    if (name === "both") await passes(project);
    else {
      const code = name === "one" ? "SIGNER_UNTRUSTED" : "ATTESTATION_INVALID";
      await scene.refused(project, { code, of: `seen-${name}@1.0.0` });
    }
  }
});

test("one of several builds of one publisher, and two publishers who must both stand behind it", async () => {
  const [github, gitlab] = [otherBuild("several", 91), gitlabBuild({ repositoryId: "92" })];
  publishAttested(simulator, sigstore, small("several", "1.0.0"), { build: github });
  publishAttested(simulator, sigstore, small("several", "1.1.0"), { build: gitlab });
  publishAttested(simulator, sigstore, small("several", "1.2.0"), { build: otherBuild("foreign", 93) });
  const publishers = { team: { identities: [pinOf(github), pinOf(gitlab)] }, other: { identities: [pinOf(ACME)] } };
  const rule = (atLeast: number) => [
    { select: "npm:several", publishers: { atLeast, of: ["team", "other"] }, reason: REASON },
  ];
  for (const version of ["1.0.0", "1.1.0"]) {
    const project = await scene.project({ several: version });
    await believe(project, { simulator, sigstore }, { publishers, rules: rule(1) });
    const report = await passes(project);
    assert.deepEqual(report.verdicts[0]?.publishers, ["team"]);
    // One build is one publisher, whatever it is called twice.
    await believe(project, { simulator, sigstore }, { publishers, rules: rule(2) });
    await scene.refused(project, { code: "SIGNER_UNTRUSTED", of: `several@${version}` });
  }
  const project = await scene.project({ several: "1.2.0" });
  await believe(project, { simulator, sigstore }, { publishers, rules: rule(1) });
  await scene.refused(project, { code: "SIGNER_UNTRUSTED", of: "several@1.2.0" });
});

test("what is pinned for a scope proves nothing for others; the public instance knows nothing of a private one", async () => {
  publishAttested(simulator, sigstore, small("@acme/own"));
  publishAttested(simulator, sigstore, small("foreign"));
  const project = await scene.project({ "@acme/own": "1.0.0", foreign: "1.0.0" });
  const rules = [{ select: "npm:*", require: ["provenance"], reason: REASON }];
  await believe(project, { simulator, sigstore, instance: { select: ["npm:@acme/*"] } }, { rules });
  const report = await scene.refused(project, { code: "SIGNER_UNTRUSTED", of: "foreign@1.0.0" });
  assert.deepEqual(codesOf(report, "@acme/own@1.0.0"), []);
});

test("a build service that nobody declared is no build service, however well it is certified", async () => {
  publishAttested(simulator, sigstore, small("undeclared"));
  const project = await scene.project({ undeclared: "1.0.0" });
  const rules = [{ select: "npm:undeclared", require: ["provenance"], reason: REASON }];
  const issuers = ["https://gitlab.acme.example"];
  await believe(project, { simulator, sigstore, instance: { issuers } }, { rules });
  await scene.refused(project, { code: "SIGNER_UNTRUSTED", of: "undeclared@1.0.0" });
});

test("a self-hosted build service that trust.json declares", async () => {
  const issuer = "https://gitlab.acme.example";
  const build = otherBuild("hosted", 51, { issuer, repository: `${issuer}/acme/hosted` });
  publishAttested(simulator, sigstore, small("hosted"), { build });
  const project = await scene.project({ hosted: "1.0.0" });
  await believe(project, { simulator, sigstore, instance: { issuers: [issuer] } }, builtBy("hosted", build));
  await passes(project);
});

test("stripped from the manifest alone: it is asked for all the same, and holds", async () => {
  publishAttested(simulator, sigstore, small("unannounced"));
  simulator.stripAttestations("unannounced", "1.0.0", "manifest");
  const project = await scene.project({ unannounced: "1.0.0" });
  await believe(project, { simulator, sigstore }, builtBy("unannounced", ACME));
  await passes(project);
  // What was kept goes on proving the same bytes; who has not kept it finds it gone.
  simulator.stripAttestations("unannounced", "1.0.0", "both");
  await passes(project);
  const other = await scene.project({ unannounced: "1.0.0" });
  await believe(other, { simulator, sigstore }, builtBy("unannounced", ACME));
  await scene.refused(other, { code: "ATTESTATION_ABSENT", of: "unannounced@1.0.0" });
});

test("where nobody asks for it, a registry that announces what it does not have refuses nothing: mirrors do so", async () => {
  publishAttested(simulator, sigstore, small("announced"));
  simulator.stripAttestations("announced", "1.0.0", "endpoint");
  const project = await scene.project({ announced: "1.0.0" });
  await believe(project, { simulator, sigstore });
  const report = await passes(project);
  assert.deepEqual(codesOf(report, "announced@1.0.0"), []);
});

test("a bundle of 50 MB: undecided, and never read to its end", async () => {
  const [first, ...rest] = publishAttested(simulator, sigstore, small("huge")).attestations;
  assert.ok(first);
  const bundle = { ...first.bundle, padding: "A".repeat(50 * 1024 * 1024) };
  simulator.alterAttestations("huge", "1.0.0", () => [{ ...first, bundle }, ...rest]);
  const project = await scene.project({ huge: "1.0.0" });
  await believe(project, { simulator, sigstore }, builtBy("huge", ACME));
  await scene.refused(project, { code: "FETCH_TOO_LARGE", of: "huge@1.0.0", status: 75 });
});

test("what is no list of attestations: undecided", async () => {
  publishAttested(simulator, sigstore, small("garbled"));
  const project = await scene.project({ garbled: "1.0.0" });
  await believe(project, { simulator, sigstore }, builtBy("garbled", ACME));
  simulator.put("-/npm/v1/attestations/garbled@1.0.0", "<html>sign in</html>");
  await scene.refused(project, { code: "FETCH_FAILED", of: "garbled@1.0.0", status: 75 });
});

test("a publish attestation that the old key signed after its end, by the log's time", async () => {
  const late = { publishTime: AFTER, keyid: old?.keyid ?? "" };
  publishAttested(simulator, sigstore, small("late"), { ...late, build: null });
  const project = await scene.project({ late: "1.0.0" });
  await believe(project, { simulator, sigstore, require: ["integrity"] });
  await scene.refused(project, { code: "KEY_EXPIRED", of: "late@1.0.0" });
});

test("what the log saw before the old key's end is proven to be of that time: no word of the registry's is needed", async () => {
  publishAttested(simulator, sigstore, small("proven"), { publishTime: BEFORE, keyid: old?.keyid ?? "" });
  const project = await scene.project({ proven: "1.0.0" });
  await believe(project, { simulator, sigstore });
  simulator.put("proven", null);
  const report = await passes(project);
  assert.equal(JSON.stringify(report.verdicts).includes("unproven"), false);
});

test("a compromised build: what the log saw before it counts, what came after does not", async () => {
  publishAttested(simulator, sigstore, small("stolen", "1.0.0"), { publishTime: BEFORE });
  publishAttested(simulator, sigstore, small("stolen", "1.1.0"), { publishTime: AFTER });
  const { rules, publishers } = builtBy("stolen", ACME);
  const [name = ""] = Object.keys(publishers);
  const compromised = { status: "compromised", since: "2026-01-15T00:00:00Z", reason: "the runner was taken over" };
  const trust = { rules, publishers: { [name]: { ...publishers[name], ...compromised } } };
  const before = await scene.project({ stolen: "1.0.0" });
  await believe(before, { simulator, sigstore }, trust);
  await passes(before);
  const after = await scene.project({ stolen: "1.1.0" });
  await believe(after, { simulator, sigstore }, trust);
  await scene.refused(after, { code: "KEY_COMPROMISED", of: "stolen@1.1.0" });
});

test("what was kept confirms without the network, and is asked for again before it refuses", async () => {
  publishAttested(simulator, sigstore, small("kept"));
  const project = await scene.project({ kept: "1.0.0" });
  await believe(project, { simulator, sigstore }, builtBy("kept", ACME));
  simulator.alterAttestations("kept", "1.0.0", (list) => list.slice(1));
  await scene.refused(project, { code: "ATTESTATION_ABSENT", of: "kept@1.0.0" });
  simulator.reset();
  await passes(project);
  simulator.status(500);
  await passes(project, ["audit", "--offline"]);
});

test("signatures alone: provenance is held against the locked digest", async () => {
  publishAttested(simulator, sigstore, small("quick"));
  const project = await scene.project({ quick: "1.0.0" });
  await believe(project, { simulator, sigstore }, builtBy("quick", ACME));
  await passes(project, ["audit", "--signatures-only"]);
});

test("attestations are carried where no registry can be asked, and held there as everywhere", async () => {
  publishAttested(simulator, sigstore, small("carried"));
  const [open, closed] = [await scene.project({ carried: "1.0.0" }), await scene.project({ carried: "1.0.0" })];
  for (const project of [open, closed]) await believe(project, { simulator, sigstore }, builtBy("carried", ACME));
  const { stdout } = await typeInside(open, ["trust", "evidence", "export", `--cafile=${scene.served.caFile}`]);
  await closed.write("evidence.jsonl", stdout);
  simulator.status(500);
  const { status } = await typeInside(closed, ["trust", "evidence", "import", "evidence.jsonl"]);
  assert.equal(status, 0);
  await passes(closed, ["audit", "--offline", "--signatures-only"]);
  // A file with a line that somebody changed is not taken at all.
  const other = await scene.project({ carried: "1.0.0" });
  await believe(other, { simulator, sigstore }, builtBy("carried", ACME));
  await other.write("evidence.jsonl", stdout.replaceAll(/"logIndex":"\d+"/g, '"logIndex":"1"'));
  const { status: taken, stdout: told } = await typeInside(other, [
    "trust",
    "evidence",
    "import",
    "evidence.jsonl",
    "--json",
  ]);
  assert.deepEqual([taken, /ATTESTATION_INVALID/.test(told)], [65, true]);
});

test("an evidence file with more to show replaces what was kept, and one with less does not", async () => {
  const { attestations } = publishAttested(simulator, sigstore, small("completed"));
  const [open, closed] = [await scene.project({ completed: "1.0.0" }), await scene.project({ completed: "1.0.0" })];
  for (const project of [open, closed]) await believe(project, { simulator, sigstore });
  const exporting = ["trust", "evidence", "export", `--cafile=${scene.served.caFile}`];
  const whole = (await typeInside(open, exporting)).stdout;
  simulator.alterAttestations("completed", "1.0.0", () => attestations.slice(0, 1));
  await passes(closed);
  const importing = async (text: string): Promise<number> => {
    await closed.write("evidence.jsonl", text);
    const { stdout } = await typeInside(closed, ["trust", "evidence", "import", "evidence.jsonl", "--json"]);
    return (JSON.parse(stdout) as { kept: number }).kept;
  };
  assert.equal(await importing(whole), 1);
  assert.equal(await importing(whole), 0);
  simulator.status(500);
  const rules = [{ select: "npm:completed", require: ["publish-attestation"], reason: REASON }];
  await believe(closed, { simulator, sigstore }, { rules });
  await passes(closed, ["audit", "--offline"]);
});

/** What an honest run saw of a version that acme's workflow built. */
function seen(id: string, source: Partial<BuildSource> = {}): Observation {
  const { issuer, repository, repositoryId, ownerId, workflow, ref, commit, run, runner, san } = ACME;
  const was = observed(simulator, id);
  return {
    ...was,
    evidence: ["registry-signature", "publish-attestation", "provenance"],
    signers: [...was.signers, { type: "sigstore", san, issuer }],
    source: { issuer, repository, repositoryId, ownerId, workflow, ref, commit, run, runner, ...source },
  };
}

const DRIFTS: readonly (readonly [string, Parameters<typeof githubBuild>[0] | null, string])[] = [
  ["another repository took over the name", { repositoryId: "900000009" }, "DRIFT_SOURCE"],
  ["another owner", { ownerId: "9000009" }, "DRIFT_SOURCE"],
  ["another workflow of the same repository", { workflow: ".github/workflows/evil.yml" }, "DRIFT_SOURCE"],
  ["another build service", { issuer: "https://gitlab.com" }, "DRIFT_SOURCE"],
  ["no provenance any more", null, "DRIFT_EVIDENCE_VANISHED"],
];

for (const [index, [what, build, code]] of DRIFTS.entries()) {
  test(`drift: ${what}, where no rule asks for provenance`, async () => {
    const name = `drifting-${index}`;
    publishAttested(simulator, sigstore, small(name, "1.0.0"), GITHUB);
    const next = build === null ? null : githubBuild(build);
    publishAttested(simulator, sigstore, small(name, "1.1.0"), { ...GITHUB, build: next });
    const project = await scene.project({ [name]: "1.1.0" });
    await believe(project, { simulator, sigstore });
    await writeObserved(project, [seen(`${name}@1.0.0`)]);
    await scene.refused(project, { code, of: `${name}@1.1.0` });
  });
}

test("drift: a moved repository with the same ids is told, and refuses nothing", async () => {
  publishAttested(simulator, sigstore, small("moved", "1.0.0"), GITHUB);
  const build = githubBuild({ repository: "https://github.com/acme/renamed" });
  publishAttested(simulator, sigstore, small("moved", "1.1.0"), { ...GITHUB, build });
  const project = await scene.project({ moved: "1.1.0" });
  await believe(project, { simulator, sigstore });
  await writeObserved(project, [seen("moved@1.0.0")]);
  const [drift] = findingsOf(await passes(project), "moved@1.1.0").filter(({ code }) => code === "DRIFT_SOURCE");
  assert.equal(drift?.severity, "warn");
});

test("drift: an installation remembers where a package was built, and the next one is held against it", async () => {
  publishAttested(simulator, sigstore, small("remembered", "1.0.0"), GITHUB);
  const project = await scene.project({ remembered: "1.0.0" });
  await believe(project, { simulator, sigstore });
  const { status, stderr } = await scene.run(project, ["trust", "init"]);
  assert.equal(status, 0, stderr);
  const lock = await project.read(".secure-install/observed.lock");
  assert.match(lock, /"evidence":\["registry-signature","publish-attestation","provenance"\]/);
  assert.match(lock, /"source":\{"issuer":"https:\/\/token\.actions[^}]*"runner":"github-hosted"\}/);
});
