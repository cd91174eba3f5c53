/** `secure-install npm exec`: only what was verified and proven in this run is run; its exit status is passed on. */
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { Project } from "../../registry-fixtures/project.js";
import { registryEntry } from "../../registry-fixtures/project.js";
import { secureInstall } from "../../registry-fixtures/secure-install.js";
import { setScene } from "../attacks/scene.js";
import { brief, codesOf } from "../attacks/shown.js";
import { typeInside } from "../pipeline/inside.js";
import { SPOILED } from "./wrapper-three.js";

const scene = await setScene(undefined, { inside: true });
const { simulator } = scene;

const manifest = { name: "teller", version: "1.0.0", bin: { teller: "teller.js", "teller-other": "other.js" } };
const program = `#!/usr/bin/env node
console.log(JSON.stringify([process.argv.slice(2), process.cwd(), process.env.MARK]));
process.exitCode = 3;
`;
simulator.publish({ "package.json": JSON.stringify(manifest), "teller.js": program, "other.js": program });
simulator.publish({
  "package.json": JSON.stringify({
    name: "node-thief",
    version: "1.0.0",
    bin: { node: "node.js" },
    dependencies: { teller: "1.0.0" },
  }),
  "node.js": "#!/bin/sh\necho stolen\n",
});

const leftOver = (project: Project) => readdirSync(join(project.home, "cache/secure-install/private"));
const exec = (project: Project, args: readonly string[]) =>
  typeInside(project, ["npm", "exec", `--cafile=${scene.served.caFile}`, ...args], { MARK: "own" });

for (const { what, code, spoil } of SPOILED) {
  test(`nothing is run where a dependency is ${what}`, async () => {
    const project = await scene.project({});
    const before = await project.snapshot();
    spoil(simulator);
    const { status, report } = await scene.run(project, ["npm", "exec", "--package=greeter", "--", "greeter", "you"]);
    assert.deepEqual(
      [status, report.handedOff, codesOf(report, "left-padder@1.1.1")],
      [65, false, [code]],
      brief(report),
    );
    assert.ok(scene.witness.runs().every(([command]) => command !== "ci"));
    assert.deepEqual(await project.snapshot(), before);
    assert.deepEqual(leftOver(project), []);
  });
}

test("what the trust store of this folder denies is not run", async () => {
  const project = await scene.project({});
  await project.write(".secure-install/deny.json", { format: 1, deny: [{ select: "npm:teller", reason: "it tells" }] });
  const { status, report } = await scene.run(project, ["npm", "x", "--", "teller"]);
  assert.deepEqual([status, codesOf(report, "teller@1.0.0")], [65, ["POLICY_DENIED"]], brief(report));
});

test("a command of the project's own was not verified in this run, and a package of its name is not meant", async () => {
  const project = await scene.project({});
  await project.write("node_modules/.bin/teller", "#!/bin/sh\ntouch ran\n");
  await chmod(join(project.directory, "node_modules/.bin/teller"), 0o755);
  const error = await scene.stopped(project, { code: "USAGE", status: 64, args: ["npm", "exec", "--", "teller"] });
  assert.match(error.says, /^teller is a command of the project in .*, which was not verified in this run$/);
  assert.match(error.help, /--package=teller/);
  assert.ok(!existsSync(join(project.directory, "ran")));
  const own = await scene.project({});
  await own.write("package.json", { ...own.manifest, bin: { teller: "x.js" } });
  await scene.stopped(own, { code: "USAGE", status: 64, args: ["npm", "exec", "--", "teller"] });
});

test("the command is run where one stands, with everything behind it, and its exit status is ours", async () => {
  const project = await scene.project({});
  const before = await project.snapshot();
  for (const line of [
    ["-y", "teller@1.0.0", "--", "--json", "-g", "two words", "--version"],
    ["--package=teller", "--quiet", "--", "teller-other", "--json", "-g", "two words", "--version"],
  ]) {
    // The authority is given in the environment, as nothing can stand behind the command.
    const env = { MARK: "own", NODE_EXTRA_CA_CERTS: scene.served.caFile };
    const ran = await secureInstall(project, ["npm", "exec", ...line], { env });
    assert.equal(ran.status, 3, ran.stderr);
    const args = ["--json", "-g", "two words", "--version"];
    assert.deepEqual(JSON.parse(ran.stdout), [args, project.directory, "own"], "stdout is the command's alone");
    if (!line.includes("--quiet")) assert.match(ran.stderr, /^PASSED {2}1 package/m);
  }
  assert.deepEqual(await project.snapshot(), before);
  assert.deepEqual(leftOver(project), []);
});

test("with --json the report has stdout, and the command's own goes to stderr", async () => {
  const project = await scene.project({});
  const ran = await exec(project, ["--json", "--", "teller", "x"]);
  assert.equal(ran.status, 3);
  const report = JSON.parse(ran.stdout) as Record<string, unknown>;
  assert.deepEqual([report.command, report.result, report.handedOff], ["exec", "PASSED", true]);
  assert.match(ran.stderr, /\["x"\]/);
});

test("a command that none of the packages brings, and a package that brings none", async () => {
  const project = await scene.project({});
  const absent = await exec(project, ["--package=teller", "--", "nothing"]);
  assert.equal(absent.status, 64);
  assert.match(absent.stderr, /the packages bring no command nothing, but teller, teller-other/);
  const none = await exec(project, ["--", "left-padder"]);
  assert.equal(none.status, 64);
  assert.match(none.stderr, /left-padder brings no command/);
});

test("a package that calls its command node does not run in the place of node", async () => {
  const project = await scene.project({});
  const ran = await exec(project, ["--package=node-thief", "--", "teller"]);
  assert.deepEqual([ran.status, /stolen/.test(ran.stdout)], [3, false], ran.stderr);
});

test("install scripts are run as trust.json allows, and no others", async () => {
  const project = await scene.project({});
  const line = ["npm", "exec", "--package=noisy-installer", "--package=teller", "--", "teller"];
  await project.writeTrust({
    registries: { fixture: registryEntry(simulator) },
    scripts: [{ allow: "npm:noisy-installer", reason: "it is read" }],
  });
  const allowed = await scene.run(project, line);
  assert.deepEqual([allowed.status, allowed.report.scripts[0]?.outcome], [3, "ran"], brief(allowed.report));
});
