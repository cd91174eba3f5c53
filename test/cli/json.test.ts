/** The JSON report, format 1: its shape is a promise, stdout holds it and nothing else. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { secureInstall } from "../../registry-fixtures/secure-install.js";
import { CATALOGUE } from "../../src/model/codes.js";
import { setScene } from "../attacks/scene.js";
import { typeInside } from "../pipeline/inside.js";

const scene = await setScene(undefined, { inside: true });
const { simulator } = scene;
const GREETER = { greeter: "1.0.0" };

type Json = Readonly<Record<string, unknown>>;

/** By member: the type of its value, as `typeof` says it, or "list" or "null"; several where it may be either. */
type Shape = Readonly<Record<string, string>>;

const REPORT: Shape = {
  format: "number",
  command: "string",
  result: "string",
  tampered: "boolean",
  handedOff: "boolean",
  signaturesOnly: "boolean",
  counts: "object",
  findings: "list",
  verdicts: "list",
  weakenings: "list",
  scripts: "list",
  proposals: "list",
  judgedBy: "object",
  elapsedMs: "number",
};
const COUNTS: Shape = Object.fromEntries(
  ["entries", "passed", "failed", "undecided", "otherPlatform", "omitted", "local"].map((name) => [name, "number"]),
);
const VERDICT: Shape = {
  purl: "string",
  lockfile: "string",
  location: "string",
  paths: "list",
  result: "string",
  rules: "list",
  publishers: "list",
  waived: "list",
  digest: "string|null",
  evidence: "list",
  findings: "list",
};
const FINDING: Shape = {
  code: "string",
  severity: "string",
  says: "string",
  expected: "string|null",
  got: "string|null",
  help: "string",
};
const JUDGED_BY: Shape = {
  tool: "string",
  toolDigest: "string|null",
  trustDigest: "string|null",
  trustCommit: "string|null",
  installer: "string|null",
  now: "string",
  rootsAge: "string|null",
};
const ERROR: Shape = { code: "string", at: "string|null", says: "string", help: "string" };

test("PASSED, handed off: the object, and the installer's own output on stderr", async () => {
  const project = await scene.project(GREETER);
  const { status, stdout, stderr } = await typeInside(project, ["ci", "--json", `--cafile=${scene.served.caFile}`]);
  const report = assertReport(stdout, { command: "ci", result: "PASSED", tampered: false, handedOff: true });
  assert.equal(status, 0);
  assert.match(stderr, /added 3 packages/);
  assert.match(String((report.judgedBy as Json).installer), /^npm \d+\./);
  const [verdict] = report.verdicts as Json[];
  assert.match(String(verdict?.digest), /^sha512:[0-9a-f]{128}$/);
  assert.deepEqual(verdict?.rules, ["registries.fixture"]);
});

test("FAILED: one finding, with what was expected and what came", async () => {
  const project = await scene.project(GREETER);
  simulator.substitute("left-padder", "1.1.1", { name: "greeter", version: "1.0.0" });
  const { status, stdout, stderr } = await scene.run(project, ["gate"]);
  const report = assertReport(stdout, { command: "gate", result: "FAILED", tampered: true, handedOff: false });
  assert.deepEqual([status, stderr], [65, ""]);
  assert.deepEqual(report.counts, {
    entries: 3,
    passed: 2,
    failed: 1,
    undecided: 0,
    otherPlatform: 0,
    omitted: 0,
    local: 0,
  });
  const failed = (report.verdicts as Json[]).filter(({ result }) => result === "FAILED");
  const [finding] = failed.flatMap(({ findings }) => findings as Json[]);
  assert.equal(finding?.code, "DIGEST_MISMATCH");
  assert.ok(finding?.expected !== finding?.got && finding?.expected !== null);
});

test("UNDECIDED: what could not be asked", async () => {
  const project = await scene.project(GREETER);
  simulator.status(404, { on: /left-padder/ });
  const { status, stdout } = await scene.run(project, ["audit"]);
  const report = assertReport(stdout, { command: "audit", result: "UNDECIDED", tampered: false, handedOff: false });
  assert.deepEqual([status, (report.counts as Json).undecided], [75, 1]);
});

test("ERROR: a run that could not start says so in the same form", async () => {
  const project = await scene.project(GREETER);
  await project.write(".secure-install/trust.json", '{\n  "format": 1,\n  "rule": []\n}\n');
  for (const [args, command] of [
    [["ci"], "ci"],
    [["audit"], "audit"],
    [["greeter"], "install"],
  ] as const) {
    const { status, stdout, stderr } = await scene.run(project, args);
    const error = JSON.parse(stdout) as Json;
    assert.deepEqual([status, stderr], [78, ""]);
    assert.deepEqual(Object.keys(error), ["format", "command", "result", "error"]);
    assert.deepEqual([error.format, error.command, error.result], [1, command, "ERROR"]);
    assertShape(error.error, ERROR);
    assert.equal((error.error as Json).code, "TRUST_MALFORMED");
    assert.match(String((error.error as Json).at), /trust\.json:3:3$/);
  }
});

test("ERROR for a usage error, also where the form is asked for in another way", async () => {
  const project = await scene.project(GREETER);
  for (const form of [["--json"], ["--format", "json"], ["--format=json"]]) {
    const { status, stdout } = await secureInstall(project, ["gate", "--no-such-flag", ...form]);
    const { error } = JSON.parse(stdout) as { error: Json };
    assert.deepEqual([status, error.code], [64, "USAGE"]);
  }
});

test("--signatures-only says in the object that it did not see the bytes", async () => {
  const project = await scene.project(GREETER);
  const { status, stdout } = await scene.run(project, ["audit", "--signatures-only"]);
  const report = assertReport(stdout, { command: "audit", result: "PASSED", signaturesOnly: true });
  assert.equal(status, 0);
  const kinds = (report.verdicts as Json[]).flatMap(({ evidence }) => (evidence as Json[]).map(({ kind }) => kind));
  assert.deepEqual([...new Set(kinds)], ["integrity", "registry-signature"]);
  assert.ok(simulator.log.every(({ path }) => !path.endsWith(".tgz")));
});

test("--output puts the object into a file, and nothing on stdout", async () => {
  const project = await scene.project(GREETER);
  const file = join(project.home, "report.json");
  const { status, stdout } = await secureInstall(project, ["gate", "--json", "--output", file], {
    caFile: scene.served.caFile,
  });
  assert.deepEqual([status, stdout], [0, ""]);
  assertReport(await readFile(file, "utf8"), { command: "gate", result: "PASSED" });
});

function assertReport(text: string, expected: Json): Json {
  const report = JSON.parse(text) as Json;
  assertShape(report, REPORT);
  assertShape(report.counts, COUNTS);
  assertShape(report.judgedBy, JUDGED_BY);
  for (const verdict of report.verdicts as Json[]) {
    assertShape(verdict, VERDICT);
    assert.match(String(verdict.result), /^(PASSED|FAILED|UNDECIDED|OTHER_PLATFORM|OMITTED|LOCAL)$/);
    for (const evidence of verdict.evidence as Json[]) {
      assert.match(String(evidence.outcome), /^(verified|unknown-signer|invalid|absent|unavailable)$/);
      assert.ok(Array.isArray(evidence.signers));
    }
  }
  const findings = [
    ...(report.findings as Json[]),
    ...(report.verdicts as Json[]).flatMap((one) => one.findings as Json[]),
  ];
  for (const finding of findings) {
    assertShape(finding, FINDING);
    assert.ok(Object.hasOwn(CATALOGUE, String(finding.code)));
    assert.match(String(finding.severity), /^(tamper|refuse|undecided|warn|note)$/);
  }
  assert.equal((report.counts as Json).entries, (report.verdicts as Json[]).length);
  for (const [name, value] of Object.entries(expected)) assert.equal(report[name], value, name);
  assert.ok(text.endsWith("}\n") && text.startsWith("{\n"));
  return report;
}

function assertShape(value: unknown, shape: Shape): void {
  assert.ok(typeof value === "object" && value !== null);
  assert.deepEqual(Object.keys(value), Object.keys(shape));
  for (const [name, member] of Object.entries(value)) {
    const type = member === null ? "null" : Array.isArray(member) ? "list" : typeof member;
    assert.ok(shape[name]?.split("|").includes(type), `${name} is of type ${type}`);
  }
}
