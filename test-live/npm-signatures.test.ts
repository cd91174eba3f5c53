/**
 * Everything of which we know npm's genuine signature, with its real bytes: these come from the registry that npm uses
 * here, the signatures from the vectors, and both are served under the public registry's own name.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { makeProject } from "../registry-fixtures/project.js";
import { servePublicly } from "../registry-fixtures/public-registry.js";
import { recordedAsServed } from "../registry-fixtures/recorded.js";
import { idOf, type RecordedManifest, tarballPath } from "../registry-fixtures/release.js";
import { secureInstall } from "../registry-fixtures/secure-install.js";
import { sideBySide } from "../registry-fixtures/side-by-side.js";
import { createSimulator } from "../registry-fixtures/simulator.js";
import { download, eachOf, machineRegistry } from "./machine.js";

const records = recordedAsServed();
/** Versions are taken back, and mirrors hold a part of what there was; with less than these the run says little. */
const LEAST = 120;
const KINDS = ["integrity", "registry-signature", "archive", "identity", "manifest"];

interface Verdict {
  readonly purl: string;
  readonly result: string;
  readonly evidence: readonly { readonly kind: string; readonly outcome: string }[];
  readonly findings: readonly { readonly code: string; readonly severity: string; readonly says: string }[];
}

type Brought =
  | { readonly record: RecordedManifest; readonly bytes: Buffer }
  | { readonly record: RecordedManifest; readonly bytes: null; readonly reached: boolean; readonly why: string };

/** The published bytes, if they are those that npm signed. */
async function bring(registry: string, record: RecordedManifest): Promise<Brought> {
  const fetched = await download(`${registry}${tarballPath(record.name, record.version)}`);
  if (!fetched.ok) return { record, bytes: null, reached: fetched.status !== null, why: fetched.why };
  const integrity = `sha512-${createHash("sha512").update(fetched.bytes).digest("base64")}`;
  if (integrity === record.dist.integrity) return { record, bytes: fetched.bytes };
  return { record, bytes: null, reached: true, why: `other bytes are published now: ${integrity}` };
}

test("a full audit of all that npm is known to have signed, without a trust store: everything passes", async (t) => {
  const registry = await machineRegistry(tmpdir());
  const fetching = performance.now();
  const brought = await eachOf(records, 8, (record) => bring(registry, record));
  const seconds = ((performance.now() - fetching) / 1000).toFixed(1);
  const missing = brought.filter((one) => one.bytes === null);
  if (missing.length === records.length && missing.every(({ reached }) => !reached)) {
    t.skip(`${registry} can't be reached: ${missing[0]?.why}`);
    return;
  }
  for (const { record, why } of missing) t.diagnostic(`SKIPPED ${idOf(record)}: ${why}`);
  const there = brought.filter((one) => one.bytes !== null);
  const megabytes = (there.reduce((sum, { bytes }) => sum + bytes.length, 0) / 1e6).toFixed(1);
  t.diagnostic(`${there.length} of ${records.length} fetched from ${registry}: ${megabytes} MB in ${seconds} s`);
  assert.ok(there.length >= LEAST, `only ${there.length} could be had`);

  const simulator = createSimulator({ name: "recorded", signs: false });
  for (const { record, bytes } of brought) simulator.publishSigned(record, bytes);
  const reach = await servePublicly(simulator);
  t.after(() => reach.close());
  const wanted = there.map(({ record }) => record);
  const { manifest, lockfile } = sideBySide(simulator, wanted);
  const project = await makeProject(manifest);
  t.after(() => project.remove());
  await project.writeLockfile(lockfile);

  for (const args of [["audit"], ["audit", "--offline"]]) {
    const ended = await secureInstall(project, [...args, "--json"], { caFile: reach.caFile, env: reach.env });
    const told = JSON.parse(ended.stdout);
    const verdicts: readonly Verdict[] = told.verdicts ?? assert.fail(ended.stdout);
    const alarms = verdicts.flatMap(({ purl, findings }) => findings.map((item) => ({ purl, ...item })));
    const notes = alarms.filter(({ severity }) => severity === "note");
    assert.deepEqual(
      alarms.filter(({ severity }) => severity !== "note"),
      [],
    );
    assert.deepEqual([ended.status, told.result, told.findings, told.weakenings], [0, "PASSED", [], []]);
    assert.deepEqual([told.counts.entries, told.counts.passed], [wanted.length, wanted.length]);
    for (const { purl, evidence } of verdicts) {
      const verified = evidence.filter(({ outcome }) => outcome === "verified").map(({ kind }) => kind);
      assert.deepEqual(verified, KINDS, purl);
    }
    const said = [...new Set(notes.map(({ purl, code }) => `${code} ${purl}`))].join(", ") || "none";
    t.diagnostic(
      `${args.join(" ")}: ${wanted.length} passed in ${(told.elapsedMs / 1000).toFixed(1)} s; notes: ${said}`,
    );
  }
});
