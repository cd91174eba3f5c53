/**
 * Packages that npm's public registry really signed, with their real bytes, under that registry's own name, and
 * without a trust store: what a user of the public registry gets. registry-fixtures/vectors/npm-signatures/SOURCE.md
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { makeProject, type Project } from "../../registry-fixtures/project.js";
import { type PublicRegistry, servePublicly } from "../../registry-fixtures/public-registry.js";
import { recordedAsServed, recordedForgeries, recordedTarball } from "../../registry-fixtures/recorded.js";
import type { RecordedManifest } from "../../registry-fixtures/release.js";
import { type SideBySide, sideBySide } from "../../registry-fixtures/side-by-side.js";
import { createSimulator, type Simulator } from "../../registry-fixtures/simulator.js";
import { typeInside } from "../pipeline/inside.js";

interface Told {
  readonly result: string;
  readonly tampered: boolean;
  readonly counts: Readonly<Record<string, number>>;
  readonly findings: readonly { readonly code: string }[];
  readonly weakenings: readonly unknown[];
  readonly verdicts: readonly {
    readonly purl: string;
    readonly result: string;
    readonly evidence: readonly { kind: string; outcome: string; signers: readonly { keyid?: string }[] }[];
    readonly findings: readonly { readonly code: string; readonly severity: string }[];
  }[];
}

const records = recordedAsServed();
const kept = records.filter((record) => recordedTarball(record) !== null);
const VERSIONS = [1, 2, 3] as const;
const simulator = registryOf(records);
let registry: PublicRegistry;

before(async () => {
  registry = await servePublicly(simulator);
});
after(() => registry.close());

/** A registry that holds these records under its own address, with their bytes where those were kept. */
function registryOf(held: readonly RecordedManifest[]): Simulator {
  const made = createSimulator({ name: "recorded", signs: false });
  for (const record of held) made.publishSigned(record, recordedTarball(record));
  return made;
}

async function write(project: Project, folder: string, { manifest, lockfile }: SideBySide): Promise<void> {
  await project.write(`${folder}/package.json`, manifest);
  await project.write(`${folder}/package-lock.json`, lockfile);
}

/** Runs it with --json; the project must be the same afterwards, byte for byte. */
async function run(project: Project, args: readonly string[], reach: PublicRegistry): Promise<[number | null, Told]> {
  const earlier = await project.snapshot();
  const ended = await typeInside(project, [...args, "--json", `--cafile=${reach.caFile}`], reach.env);
  assert.deepEqual(await project.snapshot(), earlier);
  const told = JSON.parse(ended.stdout) as Told;
  assert.notEqual(told.result, "ERROR", ended.stdout);
  return [ended.status, told];
}

function assertAllPass([status, told]: [number | null, Told], entries: number): void {
  const objections = told.verdicts.flatMap(({ purl, findings }) => findings.map((item) => ({ purl, ...item })));
  assert.deepEqual(objections, []);
  assert.equal(status, 0);
  assert.deepEqual([told.result, told.tampered, told.findings, told.weakenings], ["PASSED", false, [], []]);
  assert.deepEqual([told.counts.entries, told.counts.passed], [entries, entries]);
  for (const { purl, evidence } of told.verdicts) {
    // The manifests were recorded, and their attestations were not: some announce what is not there.
    const isAttestation = (kind: string): boolean => kind === "provenance" || kind === "publish-attestation";
    assert.deepEqual(
      evidence.filter(({ kind, outcome }) => isAttestation(kind) && outcome !== "absent"),
      [],
    );
    const there = evidence.filter(({ kind }) => !isAttestation(kind));
    const outcomes = there.map(({ kind, outcome }) => [kind, outcome]);
    const all = ["integrity", "registry-signature", "archive", "identity", "manifest"].map((kind) => [
      kind,
      "verified",
    ]);
    assert.deepEqual(outcomes, all, purl);
  }
}

test("audit: real packages pass with no trust store, from lockfiles of every version, with and without addresses", async () => {
  assert.equal(kept.length, 7);
  const project = await makeProject();
  const folders: string[] = [];
  for (const version of VERSIONS) {
    for (const resolved of [true, false]) {
      const folder = `v${version}-${resolved ? "resolved" : "bare"}`;
      await write(project, folder, sideBySide(simulator, kept, { version, resolved }));
      folders.push(folder);
    }
  }
  const ended = await run(project, ["audit", ...folders], registry);
  assertAllPass(ended, 6 * 7);
  for (const { purl, evidence } of ended[1].verdicts) {
    const signer = evidence.find(({ kind }) => kind === "registry-signature")?.signers[0]?.keyid;
    const record = kept.find(({ name, version }) => purl === `pkg:npm/${name.replace("@", "%40")}@${version}`);
    assert.equal(signer, record?.dist.signatures?.[0]?.keyid, purl);
  }
  await project.remove();
});

for (const [version, resolved] of [
  [1, false],
  [3, true],
] as const) {
  test(`gate: they pass, lockfile version ${version} ${resolved ? "with" : "without"} addresses; and once more from the store`, async () => {
    const { manifest, lockfile } = sideBySide(simulator, kept, { version, resolved });
    const project = await makeProject(manifest);
    await project.writeLockfile(lockfile);
    assertAllPass(await run(project, ["gate"], registry), 7);
    assertAllPass(await run(project, ["gate", "--offline"], registry), 7);
    await project.remove();
  });
}

describe("a forgery in the place of a real manifest, with the real bytes", { concurrency: 2 }, () => {
  /** What each kind is refused with; null for the one that is no forgery. */
  const CODES: Readonly<Record<string, readonly string[] | null>> = {
    "integrity-one-char": ["DIGEST_MISMATCH"],
    "version-changed": ["CLAIM_NAME_MISMATCH"],
    "name-changed": ["CLAIM_NAME_MISMATCH"],
    "signature-of-other-package": ["SIGNATURE_INVALID"],
    "keyid-swapped": ["SIGNATURE_INVALID"],
    "keyid-unknown": ["KEY_UNKNOWN"],
    "signatures-empty": ["SIGNATURE_ABSENT"],
    "signatures-absent": ["SIGNATURE_ABSENT"],
    "sig-empty-string": ["SIGNATURE_INVALID"],
    "sha1-only": ["SIGNATURE_MALFORMED"],
    "two-signatures-first-bad": ["SIGNATURE_INVALID"],
    "sig-malleated-high-s": null,
    "sig-trailing-bytes": ["SIGNATURE_INVALID"],
  };
  /** The record with bytes that a forgery was made from. */
  const originalOf = ({ dist }: RecordedManifest) =>
    kept.find((record) => dist.tarball.endsWith(`/${record.dist.tarball}`));
  const forgeries = recordedForgeries().filter((forgery) => originalOf(forgery) !== undefined);

  test("every kind is there", () => {
    assert.deepEqual(forgeries.map(({ kind }) => kind).sort(), Object.keys(CODES).sort());
  });

  for (const forgery of forgeries) {
    const { kind, name, version, dist } = forgery;
    const codes = CODES[kind] ?? null;
    test(`${kind}: ${codes?.join(", ") ?? "passes, for it is as good as the original"}`, async () => {
      const original = originalOf(forgery) ?? assert.fail(kind);
      const forged = registryOf([original]);
      forged.alterManifest(original.name, original.version, (manifest) => ({ ...manifest, name, version, dist }));
      const reach = await servePublicly(forged);
      const { manifest, lockfile } = sideBySide(simulator, [original]);
      const project = await makeProject(manifest);
      await project.writeLockfile(lockfile);
      const [status, told] = await run(project, ["audit"], reach);
      assert.deepEqual([status, told.result], codes === null ? [0, "PASSED"] : [65, "FAILED"]);
      assert.deepEqual(told.verdicts[0]?.findings.map(({ code }) => code) ?? [], codes ?? []);
      await project.remove();
      await reach.close();
    });
  }
});

test("a real signature for another name, and the real bytes, under a name that the lockfile was made to ask for", async () => {
  const [forgery] = recordedForgeries().filter(({ kind, name }) => kind === "name-changed" && name === "@types/nodex");
  assert.ok(forgery !== undefined);
  const forged = createSimulator({ name: "forged", signs: false });
  const original = kept.find(({ name }) => name === "@types/node") ?? assert.fail();
  forged.publishSigned(forgery, recordedTarball(original));
  const reach = await servePublicly(forged);
  const { manifest, lockfile } = sideBySide(forged, [forgery], { resolved: false });
  const project = await makeProject(manifest);
  await project.writeLockfile(lockfile);
  const [status, told] = await run(project, ["audit"], reach);
  assert.deepEqual([status, told.result, told.tampered], [65, "FAILED", true]);
  const codes = told.verdicts[0]?.findings.map(({ code }) => code);
  assert.deepEqual(codes, ["SIGNATURE_INVALID", "IDENTITY_MISMATCH"]);
  await project.remove();
  await reach.close();
});

test("the retired key: what it signed is refused when published after its end, or at a time that nobody names", async () => {
  const held = kept.map((record) => {
    if (record.name === "is-stream") return { ...record, publishTime: "2025-03-01T00:00:00.000Z" };
    return record.name === "classnames" ? { ...record, publishTime: null } : record;
  });
  const reach = await servePublicly(registryOf(held));
  const { manifest, lockfile } = sideBySide(simulator, kept);
  const project = await makeProject(manifest);
  await project.writeLockfile(lockfile);
  const [status, told] = await run(project, ["audit"], reach);
  assert.equal(status, 65);
  const refused = told.verdicts.filter(({ result }) => result !== "PASSED");
  assert.deepEqual(
    refused.map(({ purl, findings }) => [purl, ...findings.map(({ code }) => code)]),
    [
      ["pkg:npm/classnames@2.5.0", "KEY_EXPIRED"],
      ["pkg:npm/is-stream@2.0.1", "KEY_EXPIRED"],
    ],
  );
  await project.remove();
  await reach.close();
});

describe("through a mirror", () => {
  /** A project that gets everything from a mirror, and three lockfiles: of the mirror, of npm, without addresses. */
  async function behindMirror(mirror: Simulator, entry: Readonly<Record<string, unknown>>): Promise<Project> {
    const { url } = await registry.serveBeside(mirror);
    const project = await makeProject();
    await project.writeNpmrc({ registry: url });
    await project.writeTrust({ registries: { mirror: { url, ecosystem: "npm", serves: "npmjs", ...entry } } });
    await write(project, "of-mirror", sideBySide(mirror, kept));
    await write(project, "of-npm", sideBySide(simulator, kept));
    await write(project, "bare", sideBySide(mirror, kept, { resolved: false }));
    simulator.reset();
    return project;
  }
  const folders = ["of-mirror", "of-npm", "bare"];

  test('one that keeps signatures and "serves" npmjs: all pass under npm\'s keys, and npm is not asked', async () => {
    const project = await behindMirror(registryOf(records), {});
    assertAllPass(await run(project, ["audit", ...folders], registry), 3 * 7);
    assert.deepEqual(simulator.log, []);
    await project.remove();
  });

  function stripped(): Simulator {
    const mirror = registryOf(records);
    for (const { name, version } of kept) mirror.strip(name, version);
    return mirror;
  }

  test("one that strips them, while npm is asked for the evidence: all pass, and no bytes come from npm", async () => {
    const project = await behindMirror(stripped(), { evidenceFrom: "npmjs" });
    assertAllPass(await run(project, ["audit", ...folders], registry), 3 * 7);
    assert.notEqual(simulator.log.length, 0);
    assert.deepEqual(
      simulator.log.filter(({ path }) => path.endsWith(".tgz")),
      [],
    );
    await project.remove();
  });

  test("one that strips them, while nobody else is asked: stripping the proof turns nothing green", async () => {
    const project = await behindMirror(stripped(), {});
    const [status, told] = await run(project, ["audit", ...folders], registry);
    assert.deepEqual([status, told.counts.failed, told.tampered], [65, 3 * 7, false]);
    const codes = told.verdicts.flatMap(({ findings }) => findings.map(({ code }) => code));
    assert.deepEqual(new Set(codes), new Set(["SIGNATURE_ABSENT"]));
    await project.remove();
  });

  test("one that gives a neighbour's bytes: npm's evidence does not cover them, and the neighbour passes", async () => {
    const mirror = stripped();
    mirror.substitute("is-stream", "2.0.1", { name: "work", version: "0.11.1" });
    const project = await behindMirror(mirror, { evidenceFrom: "npmjs" });
    const [status, told] = await run(project, ["audit", "of-npm"], registry);
    assert.deepEqual([status, told.counts.failed, told.tampered], [65, 1, true]);
    const refused = told.verdicts.find(({ result }) => result === "FAILED");
    assert.equal(refused?.purl, "pkg:npm/is-stream@2.0.1");
    assert.deepEqual(
      refused?.findings.map(({ code }) => code),
      ["DIGEST_MISMATCH"],
    );
    await project.remove();
  });
});
