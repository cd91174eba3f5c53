/** The day a package changes hands: what was seen of it before says so, whatever its registry's floor asks for. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as openpgp from "openpgp";
import { type Project, registryEntry } from "../../registry-fixtures/project.js";
import type { PublishOptions } from "../../registry-fixtures/registry.js";
import { createSimulator } from "../../registry-fixtures/simulator.js";
import { observed, SEEN, writeObserved } from "./observe.js";
import { setScene, small } from "./scene.js";
import { brief, codesOf, findingsOf, type ShownReport } from "./shown.js";

const ANNA = { publisher: { name: "anna" } };
const MALLORY = { publisher: { name: "mallory" } };
const GITHUB = { publisher: { name: "github", trusted: true } };

const scene = await setScene(createSimulator({ name: "fixture" }), { inside: true });
const { simulator } = scene;

function publish(id: string, options: PublishOptions = ANNA): void {
  const [, name = "", version = ""] = /^(.+)@(.+)$/.exec(id) ?? [];
  simulator.publish(small(name, version), options);
}

/** A project whose registry asks for integrity alone, so that only drift can speak. */
async function lax(dependencies: Readonly<Record<string, string>>): Promise<Project> {
  const project = await scene.project(dependencies);
  await project.writeTrust({ registries: { fixture: registryEntry(simulator, { require: ["integrity"] }) } });
  return project;
}

/** Asserts that nothing is refused, without the time that npm takes. */
async function passes(project: Project): Promise<ShownReport> {
  const { status, report } = await scene.run(project, ["audit"]);
  assert.equal(status, 0, brief(report));
  return report;
}

function severityOf(report: ShownReport, of: string, code: string): string | undefined {
  return findingsOf(report, of).find((item) => item.code === code)?.severity;
}

test("same version, other bytes: lockfile and registry agree on them, and it is a tamper signal all the same", async () => {
  publish("replaced@1.0.0");
  const before = observed(simulator, "replaced@1.0.0");
  simulator.publish({ ...small("replaced"), "extra.js": "steal();\n" }, { ...ANNA, replace: true });
  const project = await scene.project({ replaced: "1.0.0" });
  await writeObserved(project, [before]);
  for (const args of [["ci"], ["gate"], ["audit", "--signatures-only"]]) {
    const report = await scene.refused(project, { code: "DRIFT_DIGEST", of: "replaced@1.0.0", args });
    assert.equal(report.tampered, true);
  }
  // An observation of the new bytes beside it does not make them the known ones, whoever has reviewed it.
  const after = observed(simulator, "replaced@1.0.0", { seen: SEEN - 1 });
  await writeObserved(project, [before, after]);
  await scene.refused(project, { code: "DRIFT_DIGEST", of: "replaced@1.0.0" });
  await writeObserved(project, [before, { ...after, reviewed: true }]);
  await scene.refused(project, { code: "DRIFT_DIGEST", of: "replaced@1.0.0" });
});

test("evidence vanished: the registry's signature is taken off, on a registry of which nobody requires it", async () => {
  publish("vanished@1.0.0");
  publish("vanished@1.1.0");
  const project = await lax({ vanished: "1.1.0" });
  await writeObserved(project, [observed(simulator, "vanished@1.0.0")]);
  simulator.strip("vanished", "1.1.0");
  await scene.refused(project, { code: "DRIFT_EVIDENCE_VANISHED", of: "vanished@1.1.0" });
  const args = ["audit", "--signatures-only"];
  await scene.refused(project, { code: "DRIFT_EVIDENCE_VANISHED", of: "vanished@1.1.0", args });
  // Junk under a key that nobody has is no signature.
  simulator.alterSignatures("vanished", "1.1.0", () => [{ keyid: "SHA256:junk", sig: "AAAA" }]);
  await scene.refused(project, { code: "DRIFT_EVIDENCE_VANISHED", of: "vanished@1.1.0" });
  // What was kept of the registry's answers never refuses: it is asked again.
  simulator.reset();
  await passes(project);
});

test("evidence vanished from the very version that was seen with it", async () => {
  publish("stripped@1.0.0");
  const project = await lax({ stripped: "1.0.0" });
  await writeObserved(project, [observed(simulator, "stripped@1.0.0")]);
  simulator.strip("stripped", "1.0.0");
  await scene.refused(project, { code: "DRIFT_EVIDENCE_VANISHED", of: "stripped@1.0.0" });
});

test("evidence that can't be asked for is undecided, and never taken for gone or for good", async () => {
  publish("asleep@1.0.0");
  const project = await lax({ asleep: "1.0.0" });
  await writeObserved(project, [observed(simulator, "asleep@1.0.0")]);
  simulator.status(500, { on: /\/asleep\/1\.0\.0$/ });
  const args = ["audit", "--signatures-only"];
  await scene.refused(project, { code: "FETCH_FAILED", of: "asleep@1.0.0", status: 75, args });
});

test("evidence lost in a new major", async () => {
  publish("major@1.9.0");
  publish("major@2.0.0");
  simulator.strip("major", "2.0.0");
  const project = await lax({ major: "2.0.0" });
  await writeObserved(project, [observed(simulator, "major@1.9.0")]);
  await scene.refused(project, { code: "DRIFT_EVIDENCE_VANISHED", of: "major@2.0.0" });
});

test("kinds never stand in for one another: the publisher's own signature is no registry signature", async () => {
  publish("kinds@1.0.0");
  publish("kinds@1.1.0");
  const author = await makeKey("author");
  const project = await lax({ kinds: "1.1.0" });
  await pin(project, "kinds", author);
  await sign("kinds", "1.1.0", author);
  await writeObserved(project, [observed(simulator, "kinds@1.0.0")]);
  simulator.strip("kinds", "1.1.0");
  const report = await scene.refused(project, { code: "DRIFT_EVIDENCE_VANISHED", of: "kinds@1.1.0" });
  assert.deepEqual(report.verdicts[0]?.publishers, ["author"]);
});

test("publisher swapped: the gate refuses, ci warns, and both tell the history", async () => {
  publish("swapped@1.0.0");
  publish("swapped@1.1.0", MALLORY);
  const project = await scene.project({ swapped: "1.1.0" });
  await writeObserved(project, [observed(simulator, "swapped@1.0.0")]);
  const refused = await scene.refused(project, { code: "DRIFT_PUBLISHER", of: "swapped@1.1.0", args: ["gate"] });
  const [finding] = findingsOf(refused, "swapped@1.1.0");
  assert.match(
    finding?.says ?? "",
    /token of mallory, swapped 1\.0\.0 with a token of anna\. Nothing by mallory was seen/,
  );
  assert.match(finding?.expected ?? "", /anna \(swapped 1\.0\.0, first seen on 2026-02-01\)$/);
  assert.match(finding?.got ?? "", /mallory \(published on 2026-01-01, as the registry says, unsigned\)$/);
  assert.match(finding?.help ?? "", /: secure-install trust accept npm:swapped@1\.1\.0 --reason/);
  assert.equal(severityOf(await scene.installed(project), "swapped@1.1.0", "DRIFT_PUBLISHER"), "warn");
});

test("trusted publishing became a token: the gate refuses, ci warns", async () => {
  publish("token@1.0.0", GITHUB);
  publish("token@1.1.0");
  const project = await scene.project({ token: "1.1.0" });
  await writeObserved(project, [observed(simulator, "token@1.0.0")]);
  await scene.refused(project, { code: "DRIFT_PUBLISHER", of: "token@1.1.0", args: ["gate"] });
  assert.equal(severityOf(await passes(project), "token@1.1.0", "DRIFT_PUBLISHER"), "warn");
});

test("observations rewritten so that the attacker is the baseline: only the store that judges counts", async () => {
  publish("rewritten@1.0.0");
  publish("rewritten@1.1.0", MALLORY);
  const project = await scene.project({ rewritten: "1.1.0" });
  await project.write("base/trust.json", await project.read(".secure-install/trust.json"));
  await writeObserved(project, [observed(simulator, "rewritten@1.0.0")], "base");
  const forged = [
    observed(simulator, "rewritten@1.0.0"),
    observed(simulator, "rewritten@1.0.0", { publisher: { name: "mallory", trusted: false }, seen: SEEN - 1 }),
    observed(simulator, "rewritten@1.1.0", { reviewed: true }),
  ];
  await writeObserved(project, forged);
  const args = ["gate", "--trust", "base"];
  await scene.refused(project, { code: "DRIFT_PUBLISHER", of: "rewritten@1.1.0", args });
});

test("key replaced by one with the same user id: refused as another's, with the key that was expected", async () => {
  publish("rekeyed@1.0.0");
  publish("rekeyed@1.1.0");
  const [author, impostor] = await Promise.all([makeKey("author"), makeKey("author")]);
  const project = await scene.project({ rekeyed: "1.1.0" });
  await pin(project, "rekeyed", author);
  await sign("rekeyed", "1.1.0", impostor);
  await writeObserved(project, [signedBy("rekeyed@1.0.0", author)]);
  await scene.refused(project, { code: "DRIFT_KEY", of: "rekeyed@1.1.0" });
  // Its certificate lies in the store, where no rule names it: now it is known by its fingerprint.
  await keep(project, impostor);
  const report = await scene.refused(project, { code: "DRIFT_KEY", of: "rekeyed@1.1.0", args: ["gate"] });
  const drift = findingsOf(report, "rekeyed@1.1.0").find(({ code }) => code === "DRIFT_KEY");
  assert.ok(drift?.expected?.startsWith(fingerprintOf(author)) && drift.got?.startsWith(fingerprintOf(impostor)));
  assert.match(drift?.says ?? "", /does not vouch for it\. Looks like a takeover\.$/);
});

test("a new key that the old one has certified is refused as well, and told as what it may be: a rotation", async () => {
  publish("rotated@1.0.0");
  publish("rotated@1.1.0");
  const [author, renewed] = await Promise.all([makeKey("author"), makeKey("author")]);
  const certified = await renewed.signPrimaryUser([author]);
  const project = await scene.project({ rotated: "1.1.0" });
  await pin(project, "rotated", author);
  await keep(project, certified);
  await sign("rotated", "1.1.0", renewed);
  await writeObserved(project, [signedBy("rotated@1.0.0", author)]);
  const report = await scene.refused(project, { code: "DRIFT_KEY", of: "rotated@1.1.0" });
  const drift = findingsOf(report, "rotated@1.1.0").find(({ code }) => code === "DRIFT_KEY");
  assert.match(drift?.says ?? "", /a person must agree\. Looks like a rotation\.$/);
});

test("compromised since: what was seen before passes, what was signed with the stolen key since does not", async () => {
  publish("stolen@1.0.0");
  publish("stolen@1.0.1");
  const author = await makeKey("author");
  for (const version of ["1.0.0", "1.0.1"]) await sign("stolen", version, author);
  const since = { status: "compromised", since: "2026-03-01T00:00:00Z", reason: "the laptop was stolen" };
  const before = signedBy("stolen@1.0.0", author);
  const earlier = await scene.project({ stolen: "1.0.0" });
  await pin(earlier, "stolen", author, since);
  await scene.refused(earlier, { code: "KEY_COMPROMISED", of: "stolen@1.0.0" });
  // That the bytes were seen proves nothing of a signature over them.
  await writeObserved(earlier, [observed(simulator, "stolen@1.0.0")]);
  await scene.refused(earlier, { code: "KEY_COMPROMISED", of: "stolen@1.0.0" });
  await writeObserved(earlier, [before]);
  await passes(earlier);
  const later = await scene.project({ stolen: "1.0.1" });
  await pin(later, "stolen", author, since);
  await writeObserved(later, [before]);
  await scene.refused(later, { code: "KEY_COMPROMISED", of: "stolen@1.0.1" });
});

test("those that nobody has reviewed, and those that nobody has observed, are counted in every run", async () => {
  for (const name of ["reviewed", "seen-first", "unseen"]) publish(`${name}@1.0.0`);
  const project = await scene.project({ reviewed: "1.0.0", "seen-first": "1.0.0", unseen: "1.0.0" });
  assert.equal("firstSeen" in (await scene.run(project, ["audit"])).report.counts, false);
  const known = [observed(simulator, "reviewed@1.0.0", { reviewed: true }), observed(simulator, "seen-first@1.0.0")];
  await writeObserved(project, known);
  const { status, report } = await scene.run(project, ["gate"]);
  assert.equal(status, 0);
  assert.deepEqual([report.counts.firstSeen, report.counts.unobserved], [1, 1]);
  for (const { purl } of report.verdicts) assert.deepEqual(codesOf(report, purl), []);
});

async function makeKey(name: string): Promise<openpgp.PrivateKey> {
  const date = new Date(Date.now() - 86_400_000);
  return (await openpgp.generateKey({ userIDs: [{ name }], date, format: "object" })).privateKey;
}

function fingerprintOf(key: openpgp.Key): string {
  return key.getFingerprint().toUpperCase();
}

async function sign(name: string, version: string, signingKeys: openpgp.PrivateKey): Promise<void> {
  const { tarball } = simulator.release(name, version);
  const message = await openpgp.createMessage({ binary: new Uint8Array(tarball ?? []) });
  const signature = await openpgp.sign({ message, signingKeys, detached: true });
  simulator.put(`${name}/-/${name}-${version}.tgz.asc`, String(signature));
}

async function keep(project: Project, key: openpgp.Key): Promise<void> {
  await project.write(`.secure-install/keys/${fingerprintOf(key)}.asc`, key.toPublic().armor());
}

/** Has the project ask for this publisher's signature on the package. */
async function pin(project: Project, name: string, key: openpgp.PrivateKey, more: object = {}): Promise<void> {
  await keep(project, key);
  const { registries } = JSON.parse(await project.read(".secure-install/trust.json"));
  await project.writeTrust({
    registries,
    publishers: { author: { identities: [{ type: "openpgp", fingerprint: fingerprintOf(key) }], ...more } },
    rules: [{ select: `npm:${name}`, publishers: { atLeast: 1, of: ["author"] }, reason: "they sign each release" }],
  });
}

function signedBy(id: string, key: openpgp.PrivateKey) {
  const seen = observed(simulator, id);
  const signer = { type: "openpgp", fingerprint: fingerprintOf(key), signingKey: fingerprintOf(key) } as const;
  return {
    ...seen,
    evidence: ["registry-signature", "openpgp-signature"] as const,
    signers: [...seen.signers, signer],
  };
}
