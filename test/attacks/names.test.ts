/** Names made to deceive a reader: terminal control, bidirectional marks, annotations, Markdown, HTML. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { Run } from "../../registry-fixtures/secure-install.js";
import { secureInstall } from "../../registry-fixtures/secure-install.js";
import { setScene, small } from "./scene.js";
import type { ShownReport } from "./shown.js";

const scene = await setScene();
const { simulator } = scene;

const PAYLOADS = {
  "terminal control": "\u001b[2K\u001b[1A\u001b[32mPASSED",
  "a window's title": "\u001b]0;all is well\u0007",
  "the one-byte control sequence introducer": "\u009b31m",
  "a bidirectional override": "left\u202egnp.js",
  "bidirectional isolates": "\u2066left\u2069-pad",
  "an interlinear annotation": "\ufff9left\ufffapad\ufffb",
  "a zero-width joiner": "left\u200dpad",
  "tag characters": `left${String.fromCodePoint(0xe0061, 0xe007f)}`,
  "line breaks": "left\r\n\u2028\u0085PASSED  3 packages",
  HTML: "<img src=x onerror=alert(1)>",
  Markdown: "[![x](https://evil.example/x)](https://evil.example)",
  "a prototype's name": "__proto__",
} as const;
/** What neither a terminal nor a log may ever be given as it is; `\n` ends the lines of a report. */
const RAW = /[\p{Cf}\p{Zl}\p{Zp}\p{Co}]|(?!\n)\p{Cc}/u;

let json: Run & { report: ShownReport };
let human: Run;
before(async () => {
  const project = await scene.forged({ greeter: "1.0.0" }, ({ packages }) => {
    for (const name of Object.values(PAYLOADS)) {
      // Not by assignment: that would set the prototype instead of a member.
      const entry = { version: "1.0.0", resolved: `${scene.served.url}a/-/a-1.0.0.tgz`, integrity: "sha512-AAAA" };
      Object.defineProperty(packages, `node_modules/${name}`, { value: entry, enumerable: true });
    }
  });
  const untouched = await project.snapshot();
  const options = { caFile: scene.served.caFile, env: { PATH: scene.witness.path, FORCE_COLOR: "0" } };
  json = await scene.run(project, ["ci"]);
  human = await secureInstall(project, ["ci", "--verbose"], options);
  assert.deepEqual(await project.snapshot(), untouched);
  assert.deepEqual(scene.witness.runs(), []);
});

for (const [what, name] of Object.entries(PAYLOADS)) {
  test(`a name with ${what} is refused by the grammar of names`, () => {
    const verdict = json.report.verdicts.find(({ location }) => location === `node_modules/${name}`);
    assert.equal(verdict?.result, "FAILED");
    assert.ok(verdict.findings.some(({ code }) => code === "LOCKFILE_NAME_INVALID"));
  });
}

test("the JSON report shows none of them as it is, and says exactly the same when it is read", () => {
  assert.equal(json.status, 65);
  assert.doesNotMatch(json.stdout, RAW);
  assert.equal(json.report.counts.failed, Object.keys(PAYLOADS).length);
});

test("the report for people shows none of them as it is", () => {
  assert.equal(human.status, 65);
  assert.doesNotMatch(human.stdout + human.stderr, RAW);
  assert.match(human.stdout, /\\u\{1b\}\[2K/);
  assert.equal(human.stdout.match(/^(PASSED|FAILED|UNDECIDED)/gm)?.length, 1, "one line of result");
});

test("what a registry says of itself is escaped as well", async () => {
  simulator.publish(small("honest"));
  const project = await scene.project({ honest: "1.0.0" });
  simulator.alterManifest("honest", "1.0.0", (manifest) => ({ ...manifest, version: PAYLOADS["terminal control"] }));
  await scene.refused(project, { code: "CLAIM_NAME_MISMATCH", of: "honest@1.0.0" });
  const options = { caFile: scene.served.caFile, env: { PATH: scene.witness.path } };
  const { stdout, stderr } = await secureInstall(project, ["gate"], options);
  assert.match(stdout, /honest@\\u\{1b\}/);
  assert.doesNotMatch(stdout + stderr, RAW);
});

test("a hostile name on the command line, in --trust and among the settings is escaped in the error", async () => {
  const project = await scene.project({ greeter: "1.0.0" });
  for (const args of [
    ["explain", PAYLOADS["terminal control"]],
    ["gate", `--trust=${PAYLOADS["a bidirectional override"]}`],
  ]) {
    const { status, stdout, stderr } = await secureInstall(project, args);
    assert.ok(status === 64 || status === 78);
    assert.doesNotMatch(stdout + stderr, RAW);
  }
});
