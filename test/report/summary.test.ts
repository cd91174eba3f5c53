/** The one line at the end: every entry is counted, and each kind of proof on its own. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { finding } from "../../src/model/finding.js";
import { isTampered, resultOf } from "../../src/model/report.js";
import { jsonReport } from "../../src/report/json.js";
import { summaryLine, tally } from "../../src/report/summary.js";
import { proven, refused, report, verdict } from "./sample.js";

const mixed = report([
  verdict("signed", "PASSED", { evidence: [proven("integrity"), proven("registry-signature")] }),
  verdict("published", "PASSED", { evidence: [proven("openpgp-signature")], publishers: ["author"] }),
  verdict("attested", "PASSED", { evidence: [proven("provenance"), proven("registry-signature")] }),
  verdict("bare", "PASSED", { evidence: [proven("integrity")], waived: ["registry-signature"] }),
  refused("bad"),
  verdict("unasked", "UNDECIDED"),
  verdict("elsewhere", "OTHER_PLATFORM"),
  verdict("left-out", "OMITTED"),
  verdict("mine", "LOCAL"),
]);

test("counts every entry once by its result, and once by each kind of proof that it stands on", () => {
  assert.deepEqual(tally(mixed), {
    entries: 9,
    passed: 4,
    failed: 1,
    undecided: 1,
    otherPlatform: 1,
    omitted: 1,
    local: 1,
    signedByRegistry: 2,
    withProvenance: 1,
    byPublisher: 1,
    checksumAlone: 1,
    exceptions: 1,
    weakenings: 0,
    observed: null,
  });
});

test("where there are observations, it says how many were merely seen first, and how many by nobody", () => {
  const { lockfiles, ...rest } = mixed;
  const seen = lockfiles.map((lockfile) => ({ ...lockfile, observed: { firstSeen: 3, unobserved: 1 } }));
  assert.match(summaryLine({ ...rest, lockfiles: seen }), /, 1 on a checksum alone, 3 first seen, 1 never observed; /);
  const counts = JSON.parse(jsonReport({ ...rest, lockfiles: seen })).counts;
  assert.deepEqual([counts.firstSeen, counts.unobserved], [3, 1]);
  assert.equal(Object.hasOwn(JSON.parse(jsonReport(mixed)).counts, "firstSeen"), false);
});

test("says it in one sentence", () => {
  assert.equal(
    summaryLine(mixed),
    "9 packages (1 refused, 1 undecided, 1 local, 1 for other platforms, 1 omitted): 2 signed by the registry, " +
      "1 with provenance, 1 by a pinned publisher, 1 on a checksum alone; 1 exception, no weakenings, nothing tampered.",
  );
});

test("what was proven of a refused package counts for nothing", () => {
  const counts = tally(report([{ ...refused("bad"), evidence: [proven("registry-signature")] }]));
  assert.deepEqual([counts.signedByRegistry, counts.checksumAlone], [0, 0]);
});

test("failed before undecided before passed; a finding about the run counts as much as a verdict", () => {
  const run = (code: Parameters<typeof finding>[0]) => report([], { findings: [finding(code, { says: "x" })] });
  assert.equal(resultOf(mixed), "FAILED");
  assert.equal(resultOf(report([verdict("unasked", "UNDECIDED")])), "UNDECIDED");
  assert.equal(resultOf(run("HANDOFF_UNSEALED")), "FAILED");
  assert.equal(resultOf(run("FETCH_FAILED")), "UNDECIDED");
  assert.equal(resultOf(run("POLICY_WEAKENED")), "PASSED");
  assert.deepEqual([isTampered(run("TREE_MISMATCH")), isTampered(run("SIGNATURE_ABSENT"))], [true, false]);
});
