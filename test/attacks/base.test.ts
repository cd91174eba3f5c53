/**
 * Changes that bring their own judge: a pull request that loosens the trust store, and needs it loosened. The gate runs
 * as it does in a CI system that says where the change goes.
 */
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { chmodSync, existsSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, before, describe, test } from "node:test";
import { lockfileFor } from "../../registry-fixtures/lockfile.js";
import { type Project, registryEntry } from "../../registry-fixtures/project.js";
import { toIntegrity } from "../../src/model/digest.js";
import type { Observation } from "../../src/model/observation.js";
import { sshKeyText, sshString } from "../../src/model/ssh-key.js";
import { signatureName, stepMessage } from "../../src/pipeline/owners.js";
import { observationLine, withObservations } from "../../src/trust/observed.js";
import { commitAll, git, initialize, writeFiles } from "../pipeline/repository.js";
import * as shop from "../verify/openpgp-workshop.js";
import { craftWith, type KeyPair, keyOf } from "../verify/ssh-workshop.js";
import { observed } from "./observe.js";
import { type Refusal, setScene, small } from "./scene.js";
import { brief, codesOf, type ShownReport } from "./shown.js";

const scene = await setScene(undefined, { inside: true });
const { simulator } = scene;
const STORE = ".secure-install";
const REASON = "as an example";
const LATER = new Date(Date.now() + 20 * 86_400_000).toISOString();
const GITLAB = { GITLAB_CI: "true", CI_MERGE_REQUEST_IID: "7", CI_MERGE_REQUEST_TARGET_BRANCH_NAME: "main" };
const GATE = { args: ["gate"], env: GITLAB };
type Files = Readonly<Record<string, unknown>>;

before(() => {
  for (const name of ["honest", "evil"]) simulator.publish(small(name));
});
afterEach(() => {
  for (const name of ["honest", "evil"]) simulator.publish(small(name), { replace: true });
});

const fixture = { registries: { fixture: registryEntry(simulator) } };
/** Asks for nothing that `evil` does not have. */
const lax = { registries: { fixture: { ...registryEntry(simulator), require: ["integrity"] } } };

/** A repository whose main branch has this store, and installs what is honest. */
async function repository(store: Files = { "trust.json": fixture }): Promise<Project> {
  const project = await scene.project({ honest: "1.0.0" });
  await change(project, store);
  initialize(project.directory);
  land(project);
  return project;
}

/** The branch of the server is now what is committed here. */
function land({ directory }: Project): void {
  git(directory, "update-ref", "refs/remotes/origin/main", commitAll(directory));
}

async function change(project: Project, store: Files): Promise<void> {
  for (const [name, content] of Object.entries(store)) {
    const isJson = typeof content === "object" && !(content instanceof Uint8Array);
    await project.write(join(STORE, name), isJson ? { format: 1, ...content } : content);
  }
}

/** Adds the unsigned `evil` to what the project installs, and these files to its store, in one commit. */
async function attack(project: Project, store: Files = {}): Promise<void> {
  simulator.strip("evil", "1.0.0");
  const manifest = { ...project.manifest, dependencies: { honest: "1.0.0", evil: "1.0.0" } };
  await project.write("package.json", manifest);
  await project.writeLockfile(lockfileFor(simulator, manifest));
  await change(project, store);
  commitAll(project.directory);
}

const changes = (report: ShownReport): string[] =>
  report.findings.filter(({ code }) => code === "TRUST_CHANGED").map(({ severity, says }) => `${severity} ${says}`);

async function refusedAt(project: Project, refusal: Refusal, told: RegExp): Promise<ShownReport> {
  const report = await scene.refused(project, { ...GATE, ...refusal });
  assert.match(changes(report).join("\n"), told);
  return report;
}

const UNSIGNED = { code: "SIGNATURE_ABSENT", of: "evil@1.0.0" };

test("a change of the lockfile that brings the trust.json by which it would pass", async () => {
  const project = await repository();
  await attack(project, { "trust.json": lax });
  const report = await refusedAt(project, UNSIGNED, /^warn WEAKER: registries\.fixture/);
  assert.match(
    JSON.stringify(report),
    new RegExp(`"trustCommit":"${git(project.directory, "rev-parse", "origin/main")}"`),
  );
  // Judged by itself it does pass: that is what the base is for.
  assert.equal((await scene.run(project, ["gate"])).status, 0);
});

test("an exception for it, in the same change", async () => {
  const project = await repository();
  const { integrity } = simulator.release("evil", "1.0.0").manifest.dist;
  const digest = toIntegrity({ algorithm: "sha512", hex: Buffer.from(integrity.slice(7), "base64").toString("hex") });
  const exception = { select: "npm:evil@1.0.0", digest, waive: ["registry-signature"], expires: LATER, reason: REASON };
  await attack(project, { "exceptions.json": { exceptions: [exception] } });
  await refusedAt(project, UNSIGNED, /^warn WEAKER: exceptions/);
});

test("a denial taken out, in the same change", async () => {
  const deny = (select: string) => ({ "deny.json": { deny: [{ select, reason: "malware" }] } });
  const project = await repository({ "trust.json": lax, ...deny("npm:evil") });
  await attack(project, deny("npm:evil-twin"));
  await refusedAt(project, { code: "POLICY_DENIED", of: "evil@1.0.0" }, /^warn WEAKER: deny/);
});

test("the store deleted, so that only the built-in floor would be left", async () => {
  const project = await repository({ "trust.json": { ...fixture, rules: [needsProvenance("npm:*")] } });
  rmSync(join(project.directory, STORE), { recursive: true });
  commitAll(project.directory);
  await refusedAt(project, { code: "TRUST_CHANGED" }, /^refuse WEAKER: .secure-install: /);
});

test("the store shadowed by one below it", async () => {
  const project = await scene.project({ honest: "1.0.0" });
  const root = dirname(project.directory);
  rmSync(join(project.directory, STORE), { recursive: true });
  writeFiles(root, { [`${STORE}/trust.json`]: JSON.stringify({ format: 1, ...fixture }) });
  git(root, "update-ref", "refs/remotes/origin/main", initialize(root));
  // A lockfile below the root, without a store of its own, is judged by the root's.
  simulator.strip("honest", "1.0.0");
  await scene.refused(project, { ...GATE, code: "SIGNATURE_ABSENT", of: "honest@1.0.0" });
  await project.writeTrust(lax);
  git(root, "add", ".");
  git(root, "commit", "--quiet", "--message", "a store of our own");
  await scene.stopped(project, { ...GATE, code: "TRUST_NESTED" });
});

test("the base reference missing, misspelled or looking like an option", async () => {
  const project = await repository();
  await attack(project, { "trust.json": lax });
  git(project.directory, "update-ref", "-d", "refs/remotes/origin/main");
  const error = await scene.stopped(project, { ...GATE, code: "TRUST_BASE_MISSING" });
  assert.match(error.help, /git fetch --depth=1 origin \+refs\/heads\/main:refs\/remotes\/origin\/main/);
  for (const ref of ["--output=x", "-x", "a b", "HEAD:x"]) {
    await scene.stopped(project, { args: ["gate", `--base=${ref}`], code: "USAGE", status: 64 });
  }
  await scene.stopped(project, { args: ["audit", "--base", "origin/main"], code: "TRUST_BASE_MISSING" });
});

test("a tag called like the branch", async () => {
  const project = await repository();
  await attack(project, { "trust.json": lax });
  git(project.directory, "tag", "origin/main");
  await scene.stopped(project, { args: ["gate", "--base", "origin/main"], code: "USAGE", status: 64 });
  await refusedAt(project, UNSIGNED, /WEAKER/);
});

test("observations rewritten so that the attacker is the baseline", async () => {
  const observed = (name: string, digest: string): string =>
    `${observationLine({
      ...({ ecosystem: "npm", name, version: "1.0.0", registry: "fixture", evidence: [], signers: [] } as const),
      ...{ publisher: null, source: null, published: null, seen: 0, reviewed: false },
      digest: { algorithm: "sha512", hex: digest.repeat(128) },
    })}\n`;
  const project = await repository({ "trust.json": fixture, "observed.lock": observed("evil", "a") });
  await change(project, { "observed.lock": observed("evil", "b") });
  await refusedAt(project, { code: "TRUST_CHANGED" }, /^refuse WEAKER: observed.lock: /);
  await change(project, { "observed.lock": observed("evil", "a") + observed("another", "b") });
  const { status, report } = await scene.run(project, ["gate"], { env: GITLAB });
  assert.deepEqual([status, changes(report)], [0, []], brief(report));
});

test("a revocation stripped from a committed certificate", async () => {
  const key = await shop.makeKey();
  const honest = Buffer.from(shop.certificateOf(key));
  key.revocationSignatures = [await shop.revoke(key, { reason: 2, created: shop.ago(1) })];
  const fingerprint = shop.fingerprintOf(key);
  const rule = { select: "npm:honest", publishers: { atLeast: 1, of: ["author"] }, reason: REASON };
  const author = { identities: [{ type: "openpgp", fingerprint, signatureUrl: "{url}.asc" }] };
  const trust = { "trust.json": { ...fixture, publishers: { author }, rules: [rule] } };
  const name = `keys/${fingerprint}.asc`;
  const project = await repository({ ...trust, [name]: Buffer.from(shop.certificateOf(key)) });
  const { tarball } = simulator.release("honest", "1.0.0");
  simulator.put("honest/-/honest-1.0.0.tgz.asc", await shop.sign(key, { bytes: tarball ?? Buffer.alloc(0) }));
  await change(project, { [name]: honest });
  await refusedAt(project, { code: "KEY_REVOKED", of: "honest@1.0.0" }, new RegExp(`^warn WEAKER: ${name}: `));
  assert.equal((await scene.run(project, ["gate"])).status, 0);
});

test("an installation by the base's store, while another lies on the disk", async () => {
  const project = await repository();
  await change(project, { "trust.json": lax });
  const { status, report } = await scene.run(project, ["ci", "--base", "origin/main"]);
  assert.deepEqual([status, report.handedOff], [0, true], brief(report));
  assert.match(changes(report).join(), /^warn WEAKER/);
  scene.witness.clear();
  await attack(project);
  await scene.refused(project, { ...UNSIGNED, args: ["ci", "--base", "origin/main"] });
});

test("settings of the repository that would run something", async () => {
  const project = await repository();
  await attack(project, { "trust.json": lax });
  const [script, witness] = [join(project.home, "evil.sh"), join(project.home, "it-ran")];
  writeFiles(project.home, { "evil.sh": `#!/bin/sh\ntouch '${witness}'\n` });
  chmodSync(script, 0o755);
  for (const name of ["core.fsmonitor", "core.sshCommand", "core.pager", "core.alternateRefsCommand"]) {
    git(project.directory, "config", name, script);
  }
  git(project.directory, "config", "remote.origin.promisor", "true");
  git(project.directory, "config", "remote.origin.url", `ext::${script}`);
  git(project.directory, "config", "protocol.ext.allow", "always");
  await refusedAt(project, UNSIGNED, /WEAKER/);
  assert.equal(existsSync(witness), false);
});

test("a worktree, where .git is a file, is judged by its repository's branch", async () => {
  const project = await repository();
  const tree = join(project.home, "tree");
  git(project.directory, "worktree", "add", "--quiet", "-b", "side", tree);
  const there = { ...project, directory: tree };
  const { status, report } = await scene.run(there, ["gate"], { env: GITLAB });
  assert.equal(status, 0, brief(report));
  assert.deepEqual(codesOf(report), ["TRUST_BASE"]);
});

describe("where the branch names owners", () => {
  const [ann, bob, eve] = [0, 1, 2].map(() => generateKeyPairSync("ed25519")) as [KeyPair, KeyPair, KeyPair];
  const ownerOf = ({ publicKey }: KeyPair) => ({ type: "ssh" as const, key: sshKeyText(keyOf(publicKey)) });
  const owned = (trust: object, atLeast: number, ...pairs: readonly KeyPair[]) => ({
    ...trust,
    owners: { atLeast, identities: pairs.map(ownerOf) },
  });

  /** The decisions of a store as they lie there, or stand at the branch. */
  const filesOf = async (project: Project): Promise<Map<string, Uint8Array>> =>
    new Map([["trust.json", Buffer.from(await project.read(join(STORE, "trust.json")))]]);
  const atBase = ({ directory }: Project): Map<string, Uint8Array> =>
    new Map([["trust.json", Buffer.from(`${git(directory, "show", `origin/main:${STORE}/trust.json`)}\n`)]]);
  /** Signs the step from the branch to what lies here. */
  async function sign(project: Project, pair: KeyPair, name = signatureName(ownerOf(pair))): Promise<Uint8Array> {
    const signature = craftWith(pair, { message: stepMessage(atBase(project), await filesOf(project)) });
    await project.write(join(STORE, name), signature);
    return signature;
  }
  const refuses = (project: Project): Promise<ShownReport> =>
    refusedAt(project, { code: "TRUST_CHANGED" }, /^refuse WEAKER: /);

  test("a weakening without signatures is refused, and one that enough owners signed judges", async () => {
    const project = await repository({ "trust.json": owned(fixture, 2, ann, bob) });
    await attack(project, { "trust.json": owned(lax, 2, ann, bob) });
    const report = await refuses(project);
    assert.ok(codesOf(report, "evil@1.0.0").includes("SIGNATURE_ABSENT"));
    await sign(project, ann);
    await refuses(project);
    await sign(project, bob);
    const passed = await scene.run(project, ["gate"], { env: GITLAB });
    assert.equal(passed.status, 0, brief(passed.report));
    assert.match(
      brief(passed.report),
      /The trust store that comes with this change judged: owners whom .* names signed it/,
    );
    assert.match(changes(passed.report).join("\n"), /^warn WEAKER: /);
  });

  test("what only strengthens needs nobody", async () => {
    const project = await repository({ "trust.json": owned(lax, 1, ann) });
    await change(project, { "deny.json": { deny: [{ select: "npm:evil", reason: "malware" }] } });
    const { status, report } = await scene.run(project, ["gate"], { env: GITLAB });
    assert.equal(status, 0, brief(report));
    assert.match(changes(report).join("\n"), /^warn STRONGER: /);
  });

  test("an owner whom the same change brings in signs it", async () => {
    const project = await repository({ "trust.json": owned(fixture, 1, ann) });
    await attack(project, { "trust.json": owned(lax, 1, ann, eve) });
    await sign(project, eve);
    await refuses(project);
  });

  test("a change that takes the owners out signs for itself", async () => {
    const project = await repository({ "trust.json": owned(fixture, 1, ann) });
    await attack(project, { "trust.json": lax });
    await sign(project, eve);
    await refuses(project);
  });

  test("one owner signing twice, by different names and hashes", async () => {
    const project = await repository({ "trust.json": owned(fixture, 2, ann, bob) });
    await attack(project, { "trust.json": owned(lax, 2, ann, bob) });
    await sign(project, ann);
    await sign(project, ann, signatureName(ownerOf(bob)));
    await sign(project, ann, "signatures/ann.asc");
    await project.write(
      join(STORE, "signatures", "ann-again.sig"),
      craftWith(ann, { hash: "sha256", message: stepMessage(atBase(project), await filesOf(project)) }),
    );
    const report = await refuses(project);
    assert.match(report.findings.map(({ got }) => got).join("\n"), /it is by another key/);
  });

  test("one key as two owners: a certificate's, and the same lent to ssh", async () => {
    const key = await shop.makeKey();
    const { publicParams } = key.keyPacket as unknown as { publicParams: { Q: Uint8Array } };
    const { privateParams } = shop.secretOf(key) as unknown as { privateParams: { seed: Uint8Array } };
    const x = Buffer.from(publicParams.Q.subarray(1)).toString("base64url");
    const jwk = { kty: "OKP", crv: "Ed25519", x, d: Buffer.from(privateParams.seed).toString("base64url") };
    const { createPrivateKey, createPublicKey } = await import("node:crypto");
    const privateKey = createPrivateKey({ key: jwk, format: "jwk" });
    const pair = { privateKey, publicKey: createPublicKey(privateKey) };
    const fingerprint = shop.fingerprintOf(key);
    const identities = [{ type: "openpgp" as const, fingerprint, signatureUrl: null }, ownerOf(pair)] as const;
    const [{ signatureUrl: _, ...certificate }, lent] = identities;
    const owners = { atLeast: 2, identities: [certificate, lent] };
    const name = `keys/${fingerprint}.asc`;
    const project = await repository({
      "trust.json": { ...fixture, owners },
      [name]: Buffer.from(shop.certificateOf(key)),
    });
    await attack(project, { "trust.json": { ...lax, owners } });
    const withKey = (files: Map<string, Uint8Array>) => files.set(name, Buffer.from(shop.certificateOf(key)));
    const message = stepMessage(withKey(atBase(project)), withKey(await filesOf(project)));
    const detached = await shop.sign(key, { bytes: message, created: new Date(Date.now() - 60_000) });
    await change(project, {
      [signatureName(identities[0])]: await shop.armor(detached),
      [signatureName(lent)]: craftWith(pair, { message }),
    });
    const report = await refuses(project);
    assert.match(report.findings.map(({ got }) => got).join("\n"), /a key that an OpenPGP signature is by, too/);
  });

  test("the signature of an owner over an old state, played again", async () => {
    const project = await repository({ "trust.json": owned(fixture, 1, ann) });
    const strict = await project.read(join(STORE, "trust.json"));
    await attack(project, { "trust.json": owned(lax, 1, ann) });
    const signature = await sign(project, ann);
    assert.equal((await scene.run(project, ["gate"], { env: GITLAB })).status, 0);
    // It lands, and the owners think better of it.
    land(project);
    await change(project, {
      "trust.json": strict,
      "deny.json": { deny: [{ select: "npm:worse", reason: "malware" }] },
    });
    rmSync(join(project.directory, STORE, "signatures"), { recursive: true });
    land(project);
    await change(project, { "trust.json": owned(lax, 1, ann), [signatureName(ownerOf(ann))]: signature });
    commitAll(project.directory);
    const report = await refuses(project);
    assert.match(report.findings.map(({ got }) => got).join("\n"), /does not hold for this message/);
  });

  test("a signature for one state, and another state beside it", async () => {
    const project = await repository({ "trust.json": owned(fixture, 1, ann) });
    await change(project, {
      "trust.json": { ...owned(fixture, 1, ann), scripts: [{ allow: "npm:honest", reason: REASON }] },
    });
    await sign(project, ann);
    await attack(project, { "trust.json": owned(lax, 1, ann) });
    await refuses(project);
  });

  test("a signature of another namespace, and one that says it is by a security key", async () => {
    const project = await repository({ "trust.json": owned(fixture, 1, ann) });
    await attack(project, { "trust.json": owned(lax, 1, ann) });
    const message = stepMessage(atBase(project), await filesOf(project));
    const name = signatureName(ownerOf(ann));
    for (const how of [
      { namespace: "git" },
      { publicKey: Buffer.concat(["sk-ssh-ed25519@openssh.com", Buffer.alloc(32), "ssh:"].map(sshString)) },
    ]) {
      await change(project, { [name]: craftWith(ann, { message, ...how }) });
      await refuses(project);
    }
  });

  test("an observation that is merged first, so that what comes next is held against itself", async () => {
    const known = observed(simulator, "honest@1.0.0");
    const store = (...all: readonly Observation[]) => ({ "observed.lock": withObservations(null, all) });
    const project = await repository({ "trust.json": owned(fixture, 1, ann), ...store(known) });
    const thief = { name: "thief", trusted: false };
    const next = { ...known, version: "1.1.0" };
    for (const slipped of [
      { ...next, publisher: thief },
      { ...next, evidence: [], signers: [] },
      { ...known, version: "0.0.1", publisher: thief, seen: known.seen - 1 },
    ]) {
      await change(project, store(known, slipped));
      await refusedAt(project, { code: "TRUST_CHANGED" }, /^refuse WEAKER: observed.lock: .*no run writes that down/);
    }
    // What a bot writes of the next version needs nobody.
    await change(project, store(known, next));
    const { status, report } = await scene.run(project, ["gate"], { env: GITLAB });
    assert.equal(status, 0, brief(report));
    assert.deepEqual(changes(report), []);
  });

  test("an observation that is slipped in beside what the owners signed does not judge", async () => {
    const project = await repository({ "trust.json": owned(fixture, 1, ann) });
    await attack(project, { "trust.json": owned(lax, 1, ann) });
    await sign(project, ann);
    const { integrity } = simulator.release("evil", "1.0.0").manifest.dist;
    assert.ok(integrity);
    const line = observationLine({
      ...({
        ecosystem: "npm",
        name: "evil",
        version: "1.0.0",
        registry: "fixture",
        evidence: [],
        signers: [],
      } as const),
      ...{ publisher: null, source: null, published: null, seen: 0, reviewed: false },
      digest: { algorithm: "sha512", hex: "b".repeat(128) },
    });
    await change(project, { "observed.lock": `${line}\n` });
    const { status, report } = await scene.run(project, ["gate"], { env: GITLAB });
    // By it, the bytes would not be those that were observed.
    assert.equal(status, 0, brief(report));
  });
});

function needsProvenance(select: string) {
  return { select, require: ["provenance"], reason: REASON };
}
