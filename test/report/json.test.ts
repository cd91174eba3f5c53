/** Details of the JSON report; its shape as a whole is held in test/cli/json.test.ts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { finding, StopError } from "../../src/model/finding.js";
import { jsonError, jsonReport } from "../../src/report/json.js";
import { proven, refused, report, verdict } from "./sample.js";

test("both forms of weakening are listed: a floor that was lowered, and an exception in use", () => {
  const findings = [finding("POLICY_WEAKENED", { says: "npmjs asks for less" })];
  const excepted = verdict("old", "PASSED", { waived: ["registry-signature"] });
  const { weakenings } = JSON.parse(jsonReport(report([excepted], { findings })));
  assert.deepEqual(weakenings, [
    { type: "floor", says: "npmjs asks for less" },
    { type: "exception", purl: "pkg:npm/old@1.0.0", waived: ["registry-signature"] },
  ]);
});

test("findings on a lockfile stand beside those on the run, those on a package with its verdict", () => {
  const [lockfile] = report([refused("bad")]).lockfiles;
  assert.ok(lockfile);
  const beside = finding("LOCKFILE_AMBIGUOUS", { says: "two of them" });
  const text = jsonReport(report([], { lockfiles: [{ ...lockfile, findings: [beside] }] }));
  const { findings, verdicts, result } = JSON.parse(text);
  assert.deepEqual(
    [findings.length, findings[0].code, verdicts[0].findings[0].code],
    [1, beside.code, "SIGNATURE_ABSENT"],
  );
  assert.equal(result, "FAILED");
});

test("evidence names its subject as algorithm and hex, and always has signers", () => {
  const { verdicts } = JSON.parse(jsonReport(report([verdict("good", "PASSED", { evidence: [proven("integrity")] })])));
  const [evidence] = verdicts[0].evidence;
  assert.deepEqual(evidence, {
    kind: "integrity",
    subject: `sha512:${"0".repeat(128)}`,
    signers: [],
    outcome: "verified",
  });
});

test("an error is one object, escaped like everything else", () => {
  const text = jsonError("ci", new StopError("ENVIRONMENT_UNSAFE", "a\u001bb", { at: "~/.npmrc", help: "Remove it." }));
  assert.ok(!text.includes("\u001b"));
  assert.deepEqual(JSON.parse(text), {
    format: 1,
    command: "ci",
    result: "ERROR",
    error: { code: "ENVIRONMENT_UNSAFE", at: "~/.npmrc", says: "a\u001bb", help: "Remove it." },
  });
});
