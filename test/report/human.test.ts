import assert from "node:assert/strict";
import { test } from "node:test";
import { CATALOGUE } from "../../src/model/codes.js";
import { finding, StopError } from "../../src/model/finding.js";
import type { ScriptReport } from "../../src/model/report.js";
import { humanError, humanReport, scriptsLine } from "../../src/report/human.js";
import { proven, refused, report, verdict } from "./sample.js";

const PLAIN = { color: false, verbose: false, quiet: false };
const signed = verdict("good", "PASSED", { evidence: [proven("registry-signature")] });

test("all is well: one line", () => {
  assert.equal(
    humanReport(report([signed]), PLAIN),
    "PASSED  1 package: 1 signed by the registry, 0 with provenance, 0 by a pinned publisher, " +
      "0 on a checksum alone; no exceptions, no weakenings, nothing tampered.\n",
  );
});

test("all is well, and silence was asked for: nothing", () => {
  assert.equal(humanReport(report([signed]), { ...PLAIN, quiet: true }), "");
});

test("silence is not for what went wrong, nor for what is weakened", () => {
  const quiet = { ...PLAIN, quiet: true };
  assert.match(humanReport(report([refused("bad")]), quiet), /SIGNATURE_ABSENT/);
  const weakened = finding("POLICY_WEAKENED", { says: "npmjs asks for less" });
  assert.match(humanReport(report([signed], { findings: [weakened] }), quiet), /POLICY_WEAKENED/);
});

test("a refusal: what, how it is reached, what was expected and came, what it means, and one next step", () => {
  const { means, help } = CATALOGUE.DIGEST_MISMATCH;
  const mismatch = finding("DIGEST_MISMATCH", {
    says: "other bytes came",
    expected: "sha512-AAAA",
    got: "sha512-BBBB",
  });
  const text = humanReport(report([verdict("bad", "FAILED", { findings: [mismatch] })]), PLAIN);
  assert.equal(
    text.slice(0, text.indexOf("FAILED")),
    [
      "✗ bad@1.0.0  DIGEST_MISMATCH",
      "    says        other bytes came",
      "    reached by  express > bad",
      "    expected    sha512-AAAA",
      "    got         sha512-BBBB",
      `    means       ${means}`,
      `    next        ${help}`,
      "",
      "",
    ].join("\n"),
  );
  assert.match(text, /\(1 refused\).*TAMPERED\.\n$/);
});

test("a next step that names its package is told with each of them, and any other once", () => {
  const drifted = (name: string) => {
    const help = `Ask them: secure-install trust accept npm:${name}@1.0.0`;
    return verdict(name, "FAILED", { findings: [finding("DRIFT_KEY", { says: "another key", help })] });
  };
  const text = humanReport(report([drifted("one"), drifted("two")]), PLAIN);
  assert.deepEqual(text.match(/accept npm:.*/g), ["accept npm:one@1.0.0", "accept npm:two@1.0.0"]);
  assert.equal(humanReport(report([refused("one"), refused("two")]), PLAIN).match(/^ {4}next/gm)?.length, 1);
});

test("with --verbose it says of evidence that holds what there is to say: a time that is unproven", () => {
  const unproven = {
    ...proven("registry-signature"),
    outcome: "verified",
    signers: [],
    notes: ["time unproven"],
  } as const;
  const old = report([verdict("old", "PASSED", { evidence: [unproven] })]);
  assert.match(humanReport(old, { ...PLAIN, verbose: true }), /^· old@1\.0\.0 {2}registry-signature: time unproven$/m);
  assert.doesNotMatch(humanReport(old, PLAIN), /unproven/);
});

test("many of one kind: three in full, the others by name, all with --verbose", () => {
  const many = report(Array.from({ length: 12 }, (_, at) => refused(`p${at}`)));
  const text = humanReport(many, PLAIN);
  assert.equal(text.match(/^✗/gm)?.length, 3);
  assert.match(text, /and 9 more: p3@1\.0\.0, .*p7@1\.0\.0, … \(all with --verbose\)/);
  assert.equal(humanReport(many, { ...PLAIN, verbose: true }).match(/^✗/gm)?.length, 12);
});

test("notes are shown only where they are asked for", () => {
  const odd = verdict("odd", "PASSED", { findings: [finding("ARCHIVE_ODD", { says: "a pax header" })] });
  assert.doesNotMatch(humanReport(report([odd]), PLAIN), /ARCHIVE_ODD/);
  assert.match(humanReport(report([odd]), { ...PLAIN, verbose: true }), /· odd@1\.0\.0 {2}ARCHIVE_ODD/);
});

test("a warning takes one line where all is well, and says all where something is refused", () => {
  const weakened = finding("POLICY_WEAKENED", { says: "registries.npmjs asks for less than its floor" });
  const passed = humanReport(report([signed], { findings: [weakened] }), PLAIN);
  assert.match(passed, /^! this run {2}POLICY_WEAKENED {2}registries\.npmjs asks for less than its floor\n\nPASSED/);
  assert.match(
    humanReport(report([refused("bad")], { findings: [weakened] }), PLAIN),
    /POLICY_WEAKENED\n {4}says .*\n {4}means /,
  );
});

test("what was not seen is said", () => {
  assert.match(humanReport(report([signed], { signaturesOnly: true }), PLAIN), /the bytes were not seen/);
});

test("colour only where it is asked for", () => {
  const control = "\u001b[";
  assert.ok(!humanReport(report([refused("bad")]), PLAIN).includes(control));
  assert.ok(humanReport(report([refused("bad")]), { ...PLAIN, color: true }).includes(`${control}31mFAILED`));
});

test("a run that could not start: code, place, what it means, one next step; the place is escaped", () => {
  const error = new StopError("TRUST_MALFORMED", "a key stands twice\u001b[0m", { at: "trust.json:3:5\u202e" });
  const text = humanError(error, false);
  assert.match(text, /^✗ TRUST_MALFORMED at trust\.json:3:5\\u\{202e\}\n {4}says {8}a key stands twice\\u\{1b\}\[0m\n/);
  assert.ok(text.includes(CATALOGUE.TRUST_MALFORMED.means) && text.includes(CATALOGUE.TRUST_MALFORMED.help));
});

test("install scripts: how many ran, which were not allowed, and the project's own", () => {
  const script = (name: string, outcome: ScriptReport["outcome"], location = `node_modules/${name}`): ScriptReport => ({
    purl: `pkg:npm/${name}@1.0.0`,
    location,
    scripts: ["postinstall"],
    outcome,
    allowedBy: null,
  });
  assert.equal(scriptsLine(report([])), null);
  const line = scriptsLine(report([], { scripts: [script("a", "ran"), script("b", "blocked")] }));
  assert.equal(line, "1 install script run, 1 not allowed: pkg:npm/b@1.0.0");
  const own = scriptsLine(report([], { scripts: [script("project", "blocked", "")] }));
  assert.match(own ?? "", /own install scripts were not run; if you want them: npm run postinstall/);
});
