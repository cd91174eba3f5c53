/** Names made to deceive a reader: terminal control, bidirectional marks, annotations, Markdown, HTML. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { Project } from "../../registry-fixtures/project.js";
import { runInside, type Typed, typeInside } from "../pipeline/inside.js";
import { repack, setScene, small, type Told } from "./scene.js";

const scene = await setScene(undefined, { inside: true });
const { simulator } = scene;
const asTyped = (project: Project, [command = "", ...args]: readonly string[]): Promise<Typed> =>
  typeInside(project, [command, `--cafile=${scene.served.caFile}`, ...args], {
    PATH: scene.witness.path,
    FORCE_COLOR: "0",
  });

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
  "an annotation of a CI system": "::error file=a.js,line=1::all is lost",
  "a command to GitHub's runner": "x ##[add-path]/tmp/evil",
  "a command to Azure's agent": "x ##vso[task.setvariable variable=PATH]/tmp/evil",
  HTML: "<img src=x onerror=alert(1)>",
  Markdown: "[![x](https://evil.example/x)](https://evil.example)",
  "a prototype's name": "__proto__",
} as const;
/**
 * What neither a terminal nor a log may ever be given as it is; `\n` ends the lines of a report. CI systems read
 * `##[…]` and `##vso[…]` anywhere in a line as commands, `::…::` where it begins.
 */
const RAW = /[\p{Cf}\p{Zl}\p{Zp}\p{Co}]|(?!\n)\p{Cc}|##|^\s*::/mu;

let json: Told;
let human: Typed;
before(async () => {
  const project = await scene.forged({ greeter: "1.0.0" }, ({ packages }) => {
    for (const name of Object.values(PAYLOADS)) {
      // Not by assignment: that would set the prototype instead of a member.
      const entry = { version: "1.0.0", resolved: `${scene.served.url}a/-/a-1.0.0.tgz`, integrity: "sha512-AAAA" };
      Object.defineProperty(packages, `node_modules/${name}`, { value: entry, enumerable: true });
    }
  });
  const untouched = await project.snapshot();
  json = await scene.run(project, ["ci"]);
  human = await asTyped(project, ["ci", "--verbose"]);
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
  const { stdout, stderr } = await asTyped(project, ["gate"]);
  assert.match(stdout, /honest@\\u\{1b\}/);
  assert.doesNotMatch(stdout + stderr, RAW);
});

test("wherever else a registry, an archive or a lockfile can put text into a report, it is escaped", async () => {
  const payload = Object.values(PAYLOADS).slice(0, -1).join(" ");
  const telling = ["in-an-archive", "in-a-manifest", "in-a-keyid", "in-a-redirect"];
  const locked = ["in-a-version", "in-an-address", "in-an-integrity", "in-a-flag"];
  for (const name of [...telling, ...locked]) simulator.publish(small(name));
  const wanted = Object.fromEntries([...telling, ...locked].map((name) => [name, "1.0.0"]));
  const project = await scene.forged(wanted, ({ packages }) => {
    const set = (name: string, more: object) => Object.assign(packages[`node_modules/${name}`] ?? {}, more);
    set("in-a-version", { version: `1.0.0-${payload}` });
    set("in-an-address", { resolved: `git+https://evil.example/${payload}.git#${payload}` });
    set("in-an-integrity", { integrity: `sha512-${payload}` });
    set("in-a-flag", { os: [payload], bin: { [payload]: payload }, engines: { [payload]: payload } });
    repack(simulator, packages, "in-an-archive", { after: [{ path: `package/${payload}.js`, data: "x" }] });
  });
  simulator.alterManifest("in-a-manifest", "1.0.0", (own) => ({ ...own, dependencies: { [payload]: payload } }));
  simulator.alterSignatures("in-a-keyid", "1.0.0", ([good]) => [{ keyid: payload, sig: good?.sig ?? "" }]);
  simulator.redirect("https://elsewhere.invalid/\u009b31m\u0085PASSED", 302, { on: /in-a-redirect-/ });
  const told = await scene.run(project, ["gate"]);
  assert.equal(told.status, 65);
  for (const { result, purl } of told.report.verdicts) assert.equal(result, "FAILED", purl);
  assert.doesNotMatch(told.stdout + told.stderr, RAW);
  const { status, stdout, stderr } = await asTyped(project, ["gate", "--verbose"]);
  assert.equal(status, 65);
  assert.doesNotMatch(stdout + stderr, RAW);
  assert.equal(stdout.match(/^(PASSED|FAILED|UNDECIDED)/gm)?.length, 1, "one line of result");
});

test("what a repository's own files put into an error is escaped, on the terminal and in JSON", async () => {
  const payload = `${PAYLOADS["terminal control"]}${PAYLOADS["a bidirectional override"]}`;
  const files: Readonly<Record<string, string>> = {
    ".secure-install/trust.json": JSON.stringify({ format: 1, [payload]: 1 }),
    ".npmrc": `registry=${scene.served.url}\ngit=${payload}\n`,
    "package-lock.json": `{ "${payload.replace("\u001b", "\\u001b")}": }`,
  };
  for (const [name, content] of Object.entries(files)) {
    const project = await scene.project({ greeter: "1.0.0" });
    await project.write(name, content);
    const { status, stdout, stderr } = await asTyped(project, ["gate"]);
    assert.deepEqual([status, stdout], [78, ""], name);
    assert.doesNotMatch(stderr, RAW, name);
    const json = await runInside(project, ["gate"], { caFile: scene.served.caFile });
    assert.equal(json.report.result, "ERROR", name);
    assert.doesNotMatch(json.stdout + json.stderr, RAW, name);
  }
});

test("a hostile name on the command line, in --trust and among the settings is escaped in the error", async () => {
  const project = await scene.project({ greeter: "1.0.0" });
  for (const args of [
    ["explain", PAYLOADS["terminal control"]],
    ["gate", `--trust=${PAYLOADS["a bidirectional override"]}`],
  ]) {
    const { status, stdout, stderr } = await typeInside(project, args);
    assert.ok(status === 64 || status === 78);
    assert.doesNotMatch(stdout + stderr, RAW);
    const json = await runInside(project, args, { caFile: scene.served.caFile });
    assert.equal(json.report.result, "ERROR");
    assert.doesNotMatch(json.stdout + json.stderr, RAW);
  }
});
