/** Install scripts run last, and only those that trust.json allows; all others are named, and were not run. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Project, registryEntry } from "../../registry-fixtures/project.js";
import { setScene, small } from "./scene.js";
import { brief } from "./shown.js";

const scene = await setScene(undefined, { inside: true });
const { simulator } = scene;
const leavesMark = (text: string) =>
  `require("node:fs").writeFileSync("mark.json", JSON.stringify({ text: ${JSON.stringify(text)}, env: process.env, argv: process.argv }));\n`;
const script = (name: string, scripts: Readonly<Record<string, string>>, version = "1.0.0", more = {}) =>
  simulator.publish({ ...small(name, version, { scripts, ...more }), "mark.cjs": leavesMark(name) });
script("eager", { postinstall: "node mark.cjs" });
script("quiet", { preinstall: "node mark.cjs" });
script("older", { install: "node mark.cjs" }, "1.0.0");
script("older", { install: "node mark.cjs" }, "2.0.0");
script("clumsy", { install: "exit 3" });

test("without a word in trust.json no script is run, and each is named", async () => {
  const project = await scene.project({ eager: "1.0.0", quiet: "1.0.0", "native-bell": "1.0.0" });
  const report = await scene.installed(project);
  assert.deepEqual(outcomes(report.scripts), { eager: "blocked", quiet: "blocked", "native-bell": "blocked" });
  assert.ok(!ran(project, "eager") && !ran(project, "quiet"));
});

test("an allowed script runs and sees no token; others are reported as blocked, and so are the project's own", async () => {
  const project = await scene.project({ eager: "1.0.0", quiet: "1.0.0" });
  const own = { preinstall: "echo > ran.txt", postinstall: "echo > ran.txt", prepare: "echo > ran.txt" };
  await project.write("package.json", { ...project.manifest, scripts: own });
  await allow(project, ["npm:eager@1.x"]);
  const secrets = { NPM_TOKEN: "secret-1", AWS_SECRET_ACCESS_KEY: "secret-2", GITHUB_TOKEN: "secret-3" };
  const hostile = {
    BASH_ENV: "planted-1",
    ENV: "planted-2",
    LD_PRELOAD: "planted-3",
    DYLD_INSERT_LIBRARIES: "planted-4",
    NODE_OPTIONS: "--max-old-space-size=4444",
    NODE_PATH: "planted-5",
    GIT_SSH_COMMAND: "planted-6",
    npm_config_node_gyp: "planted-7",
    npm_config_anything: "planted-8",
    COREPACK_ROOT: "planted-9",
    UV_THREADPOOL_SIZE: "4443",
  };
  const { status, report } = await scene.run(project, ["ci"], { env: { ...secrets, ...hostile } });
  assert.equal(status, 0, brief(report));
  const [mine, ...others] = report.scripts.toReversed();
  assert.deepEqual(outcomes(others), { eager: "ran", quiet: "blocked" });
  assert.deepEqual([mine?.purl, mine?.outcome], ["pkg:npm/project@1.0.0", "blocked"]);
  assert.ok(!existsSync(join(project.directory, "ran.txt")));
  const mark = await project.read("node_modules/eager/mark.json");
  for (const value of Object.values({ ...secrets, ...hostile })) assert.ok(!mark.includes(value), value);
  assert.equal(
    JSON.parse(mark).env.NODE_DISABLE_COMPILE_CACHE,
    "1",
    "a planted cache would run in honest source's place",
  );
  assert.deepEqual(
    report.scripts.map(({ allowedBy }) => allowedBy),
    ["scripts[0]", null, null],
  );
  assert.deepEqual([ran(project, "eager"), ran(project, "quiet")], [true, false]);
  assert.deepEqual(
    scene.witness.runs().map(([command]) => command),
    ["ci", "rebuild"],
  );
});

test("what is allowed for one version is allowed for no other, wherever it stands in the tree", async () => {
  simulator.publish(small("holder", "1.0.0", { dependencies: { older: "1.0.0" } }));
  const project = await scene.project({ holder: "1.0.0", older: "2.0.0" });
  await allow(project, ["npm:older@1.0.0"]);
  const { status, report } = await scene.run(project, ["ci"]);
  assert.equal(status, 0);
  const byPlace = report.scripts.map(({ purl, outcome }) => [purl, outcome]).sort();
  assert.deepEqual(byPlace, [
    ["pkg:npm/older@1.0.0", "ran"],
    ["pkg:npm/older@2.0.0", "blocked"],
  ]);
  assert.deepEqual([ran(project, "older"), ran(project, "holder/node_modules/older")], [false, true]);
});

test("a command called node, brought by a package that may run nothing, keeps every script from running", async () => {
  simulator.publish({ ...small("helper", "1.0.0", { bin: { node: "mark.cjs" } }), "mark.cjs": leavesMark("helper") });
  const project = await scene.project({ eager: "1.0.0", helper: "1.0.0" });
  await allow(project, ["npm:eager@1.x"]);
  const { status, report } = await scene.run(project, ["ci"]);
  assert.equal(status, 65, brief(report));
  assert.ok(report.findings.some(({ code, says }) => code === "HANDOFF_UNSEALED" && /\.bin.node/.test(says)));
  assert.deepEqual(outcomes(report.scripts), { eager: "blocked" });
  assert.ok(!ran(project, "eager"));
});

test("a command called node in a folder above the project keeps every script from running", async () => {
  const project = await scene.project({ eager: "1.0.0" });
  await allow(project, ["npm:eager@1.x"]);
  const planted = join(project.directory, "..", "node_modules", ".bin");
  mkdirSync(planted, { recursive: true });
  writeFileSync(join(planted, "node"), "#!/bin/sh\necho > ran.txt\n", { mode: 0o755 });
  const { status, report } = await scene.run(project, ["ci"]);
  assert.equal(status, 65, brief(report));
  assert.ok(!ran(project, "eager"));
});

test("a lockfile that keeps quiet about a script neither hides it nor lets it run", async () => {
  const project = await scene.forged({ eager: "1.0.0", quiet: "1.0.0" }, ({ packages }) => {
    for (const name of ["eager", "quiet"]) delete packages[`node_modules/${name}`]?.hasInstallScript;
  });
  await allow(project, ["npm:eager"]);
  const { status, report } = await scene.run(project, ["ci"]);
  assert.equal(status, 0);
  assert.deepEqual(outcomes(report.scripts), { eager: "ran", quiet: "blocked" });
  assert.deepEqual([ran(project, "eager"), ran(project, "quiet")], [true, false]);
});

test("an allowed script that fails: named, with the installer's own exit status", async () => {
  const project = await scene.project({ clumsy: "1.0.0" });
  await allow(project, ["npm:clumsy"]);
  const { status, report } = await scene.run(project, ["ci"]);
  assert.ok(status !== 0 && status !== null);
  assert.deepEqual(outcomes(report.scripts), { clumsy: "failed" });
  assert.ok(report.findings.some(({ code }) => code === "SCRIPT_FAILED"));
  assert.equal(report.result, "FAILED");
});

function allow(project: Project, selectors: readonly string[]): Promise<void> {
  return project.writeTrust({
    registries: { fixture: registryEntry(simulator) },
    scripts: selectors.map((selector) => ({ allow: selector, reason: "its script is known" })),
  });
}

function outcomes(scripts: readonly { readonly purl: string; readonly outcome: string }[]) {
  return Object.fromEntries(scripts.map(({ purl, outcome }) => [/npm\/(.+)@/.exec(purl)?.[1], outcome]));
}

function ran(project: Project, name: string): boolean {
  return existsSync(join(project.directory, "node_modules", name, "mark.json"));
}
