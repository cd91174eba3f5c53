/** The command line itself: version, help, flags, and help on a finding. Nothing here needs a network. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { fixtureFolder } from "../../registry-fixtures/fixture-files.js";
import { makeProject } from "../../registry-fixtures/project.js";
import { secureInstall } from "../../registry-fixtures/secure-install.js";
import { CATALOGUE } from "../../src/model/codes.js";

const project = await makeProject();
after(() => project.remove());
const run = (...args: readonly string[]) => secureInstall(project, args);
const COMMANDS = ["install", "ci", "gate", "audit", "trust", "explain"];

test("--version: our own, and nothing else", async () => {
  const { version } = JSON.parse(readFileSync(join(fixtureFolder(), "..", "package.json"), "utf8")) as {
    version: string;
  };
  for (const flag of ["--version", "-V"]) {
    assert.deepEqual(await run(flag), { status: 0, stdout: `${version}\n`, stderr: "" });
  }
});

test("--help: on stdout, with every command, examples and the exit statuses", async () => {
  const { status, stdout, stderr } = await run("--help");
  assert.deepEqual([status, stderr], [0, ""]);
  for (const command of COMMANDS) assert.match(stdout, new RegExp(`^  ${command}\\b`, "m"));
  assert.match(stdout, /secure-install ci /);
  for (const number of [0, 64, 65, 70, 75, 78]) assert.match(stdout, new RegExp(`\\b${number}\\b`));
});

test("help on each command", async () => {
  const runs = await Promise.all(COMMANDS.map((command) => run(command, "--help")));
  for (const [at, { status, stdout }] of runs.entries()) {
    assert.equal(status, 0);
    assert.match(stdout, new RegExp(`Usage: secure-install ${COMMANDS[at]}`));
  }
});

for (const [what, args, says] of [
  ["an unknown flag", ["gate", "--no-verify"], /unknown option '--no-verify'/],
  ["an unknown flag before a command", ["--insecure", "ci"], /unknown option '--insecure'/],
  ["an unknown flag of an installation", ["greeter", "--force"], /unknown option '--force'/],
  ["too many arguments", ["ci", "greeter"], /too many arguments/],
  ["an installation of nothing", ["install"], /missing required argument 'spec'/],
  ["help on what is no command", ["help", "nonsense"], /there is no command nonsense/],
  ["a concurrency that is no number", ["gate", "--concurrency", "many"], /whole number/],
  ["a concurrency of none", ["gate", "--concurrency", "0"], /whole number/],
  ["a kind that can't be left out", ["ci", "--omit", "security"], /dev, optional, peer/],
  ["a format that does not exist", ["audit", "--format", "yaml"], /human, json/],
  ["a command with a letter missing", ["adit"], /no command adit; did you mean "audit"\?/],
  ["a command with two letters swapped", ["--quiet", "agte"], /no command agte; did you mean "gate"\?/],
  ["an unknown subcommand of trust", ["trust", "everyone"], /unknown command 'everyone'|everyone/],
] as const) {
  test(`usage: ${what}`, async () => {
    const { status, stdout, stderr } = await run(...args);
    assert.deepEqual([status, stdout], [64, ""]);
    assert.match(stderr, /USAGE/);
    assert.match(stderr, says);
    assert.doesNotMatch(stderr, /\n\s+at /, "no stack trace");
  });
}

for (const [command, args] of [
  ["trust", ["trust", "everyone", "--json"]],
  ["trust except", ["trust", "except", "--json", "greeter"]],
  ["trust evidence import", ["trust", "evidence", "import", "nowhere", "--json"]],
  ["store prune", ["store", "prune", "extra", "--json"]],
  ["audit", ["audit", "nowhere", "--json"]],
] as const) {
  test(`an error names its command as its results do: ${command}`, async () => {
    const { stdout } = await run(...args);
    assert.deepEqual([JSON.parse(stdout).command, JSON.parse(stdout).result], [command, "ERROR"]);
  });
}

for (const flag of ["--registry=https://elsewhere.invalid/", "--ignore-scripts=false", "evil"]) {
  test(`behind --, what would break the seal is a usage error: ${flag}`, async () => {
    await project.writeLockfile({ name: "project", lockfileVersion: 3, requires: true, packages: { "": {} } });
    const { status, stderr } = await run("ci", "--", flag);
    assert.equal(status, 64, stderr);
    assert.match(stderr, /can't be passed on to npm/);
  });
}

for (const [what, args, usage] of [
  ["nothing at all", [], "Usage: secure-install [options] [command]"],
  ["trust alone", ["trust"], "Usage: secure-install trust [options] [command]"],
] as const) {
  test(`help goes to stderr where nothing is asked for: ${what}`, async () => {
    const [bare, asked] = await Promise.all([run(...args), run(...args, "--help")]);
    assert.deepEqual([bare.status, bare.stdout, asked.status], [64, "", 0]);
    assert.ok(bare.stderr.startsWith(usage), bare.stderr);
    assert.equal(bare.stderr, asked.stdout);
  });
}

test("explain: what a finding means and one next step, in any capitals", async () => {
  const { status, stdout } = await run("explain", "signature_absent");
  assert.equal(status, 0);
  assert.match(stdout, /^SIGNATURE_ABSENT {2}\(exit status 65\)/);
  assert.ok(stdout.includes(CATALOGUE.SIGNATURE_ABSENT.means));
  assert.ok(stdout.includes(CATALOGUE.SIGNATURE_ABSENT.help));
});

test("explain: a code that does not exist, with those that are near", async () => {
  const { status, stderr } = await run("explain", "SIGNATURE_MISSING");
  assert.equal(status, 64);
  assert.match(stderr, /SIGNATURE_ABSENT/);
});

test("no next step is the way to switch verification off", () => {
  for (const [code, { help, means }] of Object.entries(CATALOGUE)) {
    assert.doesNotMatch(help, /--no-|--force|--ignore|strict-ssl|NODE_TLS|disable|switch off|skip/i, code);
    assert.ok(help.length > 0 && means.length > 0, code);
  }
});
