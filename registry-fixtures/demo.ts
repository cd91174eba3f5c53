/**
 * The main job, on the embedded fixture registry: a signed package with a real dependency tree is locked, fetched,
 * verified, installed by real npm into a temporary project, and used. Then three that must be refused.
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { makeProject, type Project, registryEntry } from "./project.js";
import { type Run, secureInstall } from "./secure-install.js";
import { type Served, serve } from "./server.js";
import { createSimulator, type Simulator } from "./simulator.js";

interface Stage {
  readonly simulator: Simulator;
  readonly served: Served;
}

const failures: string[] = [];

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function show(command: string, run: Run): void {
  const output = `${run.stdout}${run.stderr}`.trimEnd();
  say(`\n$ ${command}\n${output}\n(exit status ${run.status})`);
}

function expect(what: string, holds: boolean): void {
  say(`${holds ? "ok  " : "FAIL"} ${what}`);
  if (!holds) failures.push(what);
}

/** A project of somebody who declared the fixture registry, and its key, in .secure-install/trust.json. */
async function openProject({ simulator, served }: Stage): Promise<Project> {
  const project = await makeProject({ name: "demo" });
  await project.writeNpmrc({ registry: served.url });
  await project.writeTrust({ registries: { fixture: registryEntry(simulator) } });
  return project;
}

async function installAndUse(stage: Stage): Promise<void> {
  say("1. A signed package is locked, fetched, verified, installed by npm, and used.");
  const project = await openProject(stage);
  const run = await secureInstall(project, ["greeter"], { caFile: stage.served.caFile });
  show("secure-install greeter", run);
  const program = 'import { greet } from "greeter"; console.log(greet("world"));';
  const line =
    run.status === 0
      ? execFileSync(process.execPath, ["--input-type=module", "-e", program], { cwd: project.directory })
      : "";
  say(`\n$ node -e '${program}'\n${line.toString().trimEnd()}`);
  expect("it is installed, and it works", line.toString().includes("world!"));
  await project.remove();
}

async function refuse(stage: Stage, title: string, code: string, spoil: () => void): Promise<void> {
  say(`\n${title}`);
  const project = await openProject(stage);
  spoil();
  const before = JSON.stringify(await project.snapshot());
  const run = await secureInstall(project, ["greeter"], { caFile: stage.served.caFile });
  show("secure-install greeter", run);
  expect(`it is refused with ${code}`, run.status === 65 && run.stdout.includes(code));
  expect("nothing was installed, and the project is as it was", !existsSync(join(project.directory, "node_modules")));
  expect("every file of the project is byte-identical", JSON.stringify(await project.snapshot()) === before);
  stage.simulator.reset();
  await project.remove();
}

const simulator = createSimulator({ name: "fixture" });
simulator.loadPackages();
const served = await serve(simulator);
const stage: Stage = { simulator, served };
try {
  await installAndUse(stage);
  await refuse(stage, "2. The tarball of a dependency is tampered with on the server.", "DIGEST_MISMATCH", () => {
    simulator.tamper("left-padder", "1.1.1", (tarball) => Buffer.from(tarball).fill(0xff, tarball.length - 8));
  });
  await refuse(stage, "3. A dependency has lost its signature.", "SIGNATURE_ABSENT", () => {
    simulator.strip("left-padder", "1.1.1");
  });
  await refuse(stage, "4. A dependency is signed by a stranger.", "KEY_UNKNOWN", () => {
    const stranger = createSimulator({ name: "stranger" });
    stranger.loadPackages();
    const { signatures } = stranger.release("left-padder", "1.1.1").manifest.dist;
    simulator.alterSignatures("left-padder", "1.1.1", () => signatures ?? []);
  });
} finally {
  await served.close();
}
say(failures.length === 0 ? "\nThe demo did what it promises." : `\nThe demo failed: ${failures.join("; ")}`);
process.exitCode = failures.length === 0 ? 0 : 1;
