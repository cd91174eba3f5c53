/** `secure-install npm …`: npm's own commands by the same river, and everything that is none of it said in plain words. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { type Project, registryEntry } from "../../registry-fixtures/project.js";
import { readLine } from "../../src/cli/npm-words.js";
import { type Altered, setScene } from "../attacks/scene.js";
import { brief, codesOf } from "../attacks/shown.js";
import { SPOILED } from "./wrapper-three.js";

const scene = await setScene(undefined, { inside: true });
const { simulator } = scene;
const commands = (): readonly string[] => scene.witness.runs().map(([command = ""]) => command);
const locked = async (project: Project) => JSON.parse(await project.read("package-lock.json")) as Altered;
const manifestOf = async (project: Project, folder = ".") =>
  JSON.parse(await project.read(join(folder, "package.json"))) as Record<string, unknown>;

/** A project whose package.json asks for greeter, and whose lockfile is as before that. */
async function behind(): Promise<Project> {
  const project = await scene.project({ "left-padder": "1.0.0" });
  await project.write("package.json", {
    ...project.manifest,
    dependencies: { "left-padder": "1.0.0", greeter: "1.0.0" },
  });
  return project;
}

for (const [line, says] of [
  ["npm publish", /^npm publish is not among the commands that are wrapped$/],
  ["npm run build", /^npm run is not among/],
  ["npm config set registry=https://x.example", /^npm config is not among/],
  ["npm audit", /^npm audit asks for known weaknesses, which is npm's own business$/],
  ["npm --json ci", /^the sub-command comes first/],
  ["--quiet npm ci", /^"npm" is taken for an installer's name/],
  ["pnpm install", /^pnpm is not there yet: of installers, secure-install knows npm$/],
  ["yarn", /^yarn is not there yet/],
  ["bun add x", /^bun is not there yet/],
  ["pip install x", /^pip is not there yet/],
  ["uv sync", /^uv is not there yet/],
  ["--with pnpm ci", /^pnpm is not there yet/],
  ["ci --with yarn", /^yarn is not there yet/],
  ["--with node ci", /^--with names an installer, and "node" is none$/],
  ["npm install --registry=https://x.example greeter", /^npm install --registry is not taken here$/],
  ["npm install greeter --no-save", /^npm install --no-save is not taken here$/],
  ["npm i --force greeter", /^npm install --force is not taken here$/],
  ["npm ci --dry-run", /^npm ci --dry-run is not taken here$/],
  ["npm ci -w a", /^npm ci -w is not taken here$/],
  ["npm ci --workspaces", /^npm ci --workspaces is not taken here$/],
  ["npm install -w a", /^--workspace=a says where packages go, and none is named$/],
  ["npm install -D", /^--save-dev says where packages go/],
  ["npm ci greeter", /^too many arguments/],
  ["npm ci --frobnicate", /^unknown option '--frobnicate'$/],
  ["npm update ../elsewhere", /^"..\/elsewhere" is not the name of a package$/],
  ["npm update -g greeter", /^npm update -g is not taken here$/],
  ["npm uninstall", /^missing required argument 'name'$/],
  ["npm uninstall --global greeter", /^npm uninstall --global is not taken here$/],
  ["npm exec", /^missing required argument 'command'$/],
  ["npm exec -c ls", /^npm exec -c is not taken here$/],
  ["npm install greeter --prefix elsewhere", /^--prefix is for --global alone$/],
  ["npm ci -- --registry=https://x.example", /^--registry=https:\/\/x\.example can't be passed on to npm/],
] as const) {
  test(`a usage error, and nothing is started: secure-install ${line}`, async () => {
    const project = await scene.project({ "left-padder": "1.0.0" });
    const error = await scene.stopped(project, { code: "USAGE", status: 64, args: line.split(" ") });
    assert.match(error.says, says);
  });
}

test("what is refused says where to go instead", async () => {
  const project = await scene.project({});
  for (const [line, help] of [
    ["npm publish", /Wrapped are install, ci, update, uninstall, exec; for everything else run npm itself/],
    ["npm audit", /secure-install audit verifies the lockfile/],
    ["bun install", /The package called bun is npm:bun/],
    ["npm ci --registry=x", /belongs into \.npmrc/],
    ["npm ci --production", /--omit=dev/],
    ["npm ci -w a", /the whole tree is installed and proven/],
  ] as const) {
    const { report } = await scene.run(project, line.split(" "));
    assert.match(report.error?.help ?? "", help, line);
  }
});

for (const [at, { what, code, spoil }] of SPOILED.entries()) {
  test(`npm ci, npm install: a dependency is ${what}`, async () => {
    const project = await scene.project({ greeter: "1.0.0" });
    spoil(simulator);
    await scene.refused(project, { code, of: "left-padder@1.1.1", args: ["npm", "ci"] });
    await scene.refused(project, { code, of: "left-padder@1.1.1", args: ["npm", "install"] });
  });

  const line = ["npm install", "npm update", "npm rm duet"][at] ?? "";
  test(`${line}, with a new lockfile: what would come in is ${what}`, async () => {
    const project = at < 2 ? await behind() : await scene.project({ greeter: "1.0.0", duet: "1.0.0" });
    const before = await project.snapshot();
    spoil(simulator);
    const { status, report } = await scene.run(project, line.split(" "));
    assert.deepEqual([status, report.handedOff], [65, false], brief(report));
    assert.ok(codesOf(report, "left-padder@1.1.1").includes(code), brief(report));
    assert.deepEqual(commands(), ["install", "update", "uninstall"].slice(at, at + 1), "npm only locked, in a copy");
    assert.deepEqual(await project.snapshot(), before);
  });
}

test("a lockfile with more against it than its age is refused, not written anew", async () => {
  const project = await behind();
  const lockfile = await locked(project);
  delete lockfile.packages["node_modules/left-padder"]?.integrity;
  await project.writeLockfile(lockfile);
  const args = ["npm", "install"];
  await scene.refused(project, { code: "LOCKFILE_INTEGRITY_ABSENT", of: "left-padder@1.0.0", args });
});

test("npm install in a folder without package.json, and with a lockfile that can't be read", async () => {
  const project = await scene.project({});
  await project.write("package-lock.json", "{");
  await scene.stopped(project, { code: "LOCKFILE_UNREADABLE", args: ["npm", "install"] });
  await rm(join(project.directory, "package.json"));
  const error = await scene.stopped(project, { code: "LOCKFILE_UNREADABLE", args: ["npm", "install"] });
  assert.match(error.says, /^there is no package\.json in /);
});

test("npm's spellings, and --with, come to the same", () => {
  for (const [line, own] of [
    ["npm i greeter", "npm install greeter"],
    ["npm add greeter", "npm install greeter"],
    ["npm clean-install", "npm ci"],
    ["npm up", "npm update"],
    ["npm remove greeter", "npm uninstall greeter"],
    ["npm rm -ws greeter", "npm uninstall --workspaces greeter"],
    ["npm x cowsay -ws", "npm exec cowsay -ws"],
    ["--with npm ci --json", "npm ci --json"],
    ["--with=npm rm greeter", "npm uninstall greeter"],
    ["--with npm greeter", "greeter"],
    ["npm:pnpm", "npm:pnpm"],
    ["npm", "npm"],
  ] as const) {
    assert.deepEqual(readLine(line.split(" ")), { own: own.split(" "), extra: [] }, line);
  }
  assert.deepEqual(readLine(["npm", "ci", "--", "--silent"]), { own: ["npm", "ci"], extra: ["--silent"] });
});

test("a lockfile in step is installed as it is", async () => {
  const project = await scene.project({ greeter: "1.0.0" });
  const before = await project.read("package-lock.json");
  const { status, report } = await scene.run(project, ["npm", "install"]);
  assert.deepEqual([status, report.result, report.handedOff], [0, "PASSED", true], brief(report));
  assert.deepEqual([commands(), await project.read("package-lock.json")], [["ci"], before]);
});

test("npm install makes a lockfile where there is none, and brings an older one in step", async () => {
  const fresh = await scene.project({ greeter: "1.0.0" });
  await rm(join(fresh.directory, "package-lock.json"));
  for (const project of [fresh, await behind()]) {
    const { status, report } = await scene.run(project, ["npm", "install"]);
    assert.equal(status, 0, brief(report));
    assert.equal((await locked(project)).packages["node_modules/greeter"]?.version, "1.0.0");
    assert.ok(existsSync(join(project.directory, "node_modules/greeter/index.js")));
  }
  assert.deepEqual(commands(), ["install", "ci", "install", "ci"]);
});

test("a workspace that is gone, and one that is new, are what npm install brings in step; a planted link is not", async () => {
  const project = await scene.project({ duet: "1.0.0" });
  const root = { ...project.manifest, workspaces: ["old", "new"] };
  await project.write("package.json", root);
  await project.write("new/package.json", { name: "new", version: "1.0.0" });
  const lockfile = await locked(project);
  Object.assign(lockfile.packages[""] ?? {}, { workspaces: ["old"] });
  const older = { "node_modules/old": { resolved: "old", link: true }, old: { version: "1.0.0" } };
  await project.writeLockfile({ ...lockfile, packages: { ...lockfile.packages, ...older } } as Altered);
  const { status, report } = await scene.run(project, ["npm", "install"]);
  assert.equal(status, 0, brief(report));
  // npm 10 keeps the entry of a folder that is gone, and calls it extraneous.
  const left = Object.entries((await locked(project)).packages).filter(([, entry]) => entry.extraneous !== true);
  assert.deepEqual(
    left.map(([key]) => key).filter((key) => /old|new/.test(key)),
    ["new", "node_modules/new"],
  );

  await project.write("planted/package.json", { name: "duet", version: "1.0.0" });
  const planted = {
    "node_modules/duet": { resolved: "planted", link: true },
    planted: { name: "duet", version: "1.0.0" },
  };
  await project.writeLockfile({ ...lockfile, packages: { ...lockfile.packages, ...planted } } as Altered);
  const before = await project.snapshot();
  scene.witness.clear();
  const refused = await scene.run(project, ["npm", "install"]);
  assert.deepEqual([refused.status, refused.report.handedOff], [65, false], brief(refused.report));
  assert.deepEqual(await project.snapshot(), before);
});

test("npm install <spec>: npm's flags mean what they mean there", async () => {
  const project = await scene.project({});
  const line = ["npm", "add", "greeter", "-DE", "--no-audit", "--no-fund", "--loglevel=error", "--omit=optional"];
  const { status, report } = await scene.run(project, line);
  assert.equal(status, 0, brief(report));
  assert.deepEqual((await manifestOf(project)).devDependencies, { greeter: "1.0.0" });
  assert.ok(scene.witness.runs().every((run) => run.includes("--loglevel=error")));
});

test("npm update takes newer versions within the ranges, and leaves the ranges alone", async () => {
  const project = await scene.project({ "left-padder": "1.0.0" });
  const wish = { ...project.manifest, dependencies: { "left-padder": "^1.0.0" } };
  await project.write("package.json", wish);
  const lockfile = await locked(project);
  Object.assign(lockfile.packages[""] ?? {}, { dependencies: wish.dependencies });
  await project.writeLockfile(lockfile);
  const { status, report } = await scene.run(project, ["npm", "update", "left-padder"]);
  assert.equal(status, 0, brief(report));
  assert.equal((await locked(project)).packages["node_modules/left-padder"]?.version, "1.1.1");
  assert.deepEqual(await manifestOf(project), wish);
});

test("npm uninstall takes a package out, and what only it needed", async () => {
  const project = await scene.project({ greeter: "1.0.0", duet: "1.0.0" });
  const { status, report } = await scene.run(project, ["npm", "uninstall", "greeter"]);
  assert.equal(status, 0, brief(report));
  assert.deepEqual((await manifestOf(project)).dependencies, { duet: "1.0.0" });
  assert.ok(!existsSync(join(project.directory, "node_modules/greeter")));
  assert.ok(existsSync(join(project.directory, "node_modules/duet")));
});

test("-w is repeatable: a package goes into the workspaces that are named, and out again; the whole tree is proven", async () => {
  const project = await scene.project({ hummer: "1.0.0" });
  const root = { ...project.manifest, workspaces: ["packages/*"] };
  await project.write("package.json", root);
  for (const name of ["a", "b", "c"]) await project.write(`packages/${name}/package.json`, { name, version: "1.0.0" });
  await rm(join(project.directory, "package-lock.json"));
  const added = await scene.run(project, ["greeter", "-w", "a", "--workspace=b"]);
  assert.equal(added.status, 0, brief(added.report));
  const wishes = async () =>
    Promise.all(["a", "b", "c"].map(async (name) => (await manifestOf(project, `packages/${name}`)).dependencies));
  assert.deepEqual(await wishes(), [{ greeter: "^1.0.0" }, { greeter: "^1.0.0" }, undefined]);
  assert.ok(existsSync(join(project.directory, "node_modules/hummer")), "a part of the tree only");
  const removed = await scene.run(project, ["npm", "rm", "greeter", "-ws"]);
  assert.equal(removed.status, 0, brief(removed.report));
  assert.deepEqual(
    (await wishes()).map((wish) => (wish as Record<string, string> | undefined)?.greeter),
    [undefined, undefined, undefined],
  );
});

test("a workspace that does not exist: npm's own words, and the project is as it was", async () => {
  const project = await scene.project({ hummer: "1.0.0" });
  const before = await project.snapshot();
  const { status, report } = await scene.run(project, ["npm", "install", "greeter", "-w", "nowhere"]);
  assert.deepEqual([status, codesOf(report)], [65, ["LOCK_FAILED"]]);
  assert.match(brief(report), /No workspaces found/);
  assert.deepEqual(await project.snapshot(), before);
});

test("--ignore-scripts: not even what trust.json allows is run", async () => {
  const project = await scene.project({ "noisy-installer": "1.0.0" });
  await project.writeTrust({
    registries: { fixture: registryEntry(simulator) },
    scripts: [{ allow: "npm:noisy-installer", reason: "it is read" }],
  });
  const { status, report } = await scene.run(project, ["npm", "ci", "--ignore-scripts"]);
  assert.deepEqual([status, report.scripts[0]?.outcome], [0, "blocked"], brief(report));
});
