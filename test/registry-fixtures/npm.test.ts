/** The fixtures before the judge that counts: this machine's npm. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { type LockfileOptions, lockfileFor } from "../../registry-fixtures/lockfile.js";
import { npmLockfile, npmMajor, runNpm } from "../../registry-fixtures/npm.js";
import { makeProject, type Project } from "../../registry-fixtures/project.js";
import { type Served, serve } from "../../registry-fixtures/server.js";
import { createSimulator } from "../../registry-fixtures/simulator.js";
import type { ProjectManifest } from "../../registry-fixtures/tree.js";

/** Every kind of package and of dependency at once, with two versions of one name in several places. */
const EVERYTHING: ProjectManifest = {
  dependencies: {
    ...{ duet: "1.0.0", greeter: "^1.0.0", hummer: "^1.0.0", "picnic-basket": "*" },
    // From version 12 on npm does not follow the shrinkwrap of a dependency.
    ...(npmMajor() < 12 ? { "frozen-choir": "^1.0.0" } : {}),
  },
  devDependencies: { "@fixture/words": "next", "noisy-installer": "*", sandwich: "^1.0.0" },
  optionalDependencies: { "native-bell": "1.0.0", "old-tune": "0.9.0" },
};
const simulator = createSimulator({ name: "fixture" }).loadPackages();
let served: Served;

before(async () => {
  served = await serve(simulator);
});
after(() => served.close());
afterEach(() => simulator.reset());

test("npm install brings greeter and what it needs over TLS, and the command runs", async () => {
  await inProject({ dependencies: { greeter: "^1.0.0" } }, async (project) => {
    const run = await runNpm(project, served, ["install"]);
    assert.deepEqual([run.status, run.stderr], [0, ""]);
    const tarballs = simulator.log.map(({ path }) => path).filter((path) => path.endsWith(".tgz"));
    assert.deepEqual(tarballs.sort(), [
      "/@fixture/words/-/words-2.1.0.tgz",
      "/greeter/-/greeter-1.0.0.tgz",
      "/left-padder/-/left-padder-1.1.1.tgz",
    ]);
    const greeted = await runNpm(project, served, ["exec", "--offline", "--", "greeter", "Ada"]);
    assert.equal(greeted.stdout, "   Hello there, Ada!\n");
  });
});

for (const options of [
  { version: 3, resolved: true },
  { version: 2, resolved: false },
  { version: 1, resolved: true },
] satisfies LockfileOptions[]) {
  test(`lockfileFor writes what npm writes: ${JSON.stringify(options)}`, async () => {
    await inProject(EVERYTHING, async (project) => {
      const ours = lockfileFor(simulator, project.manifest, options);
      assert.deepEqual(ours, await npmLockfile(project, served, options));
    });
  });
}

test("npm ci takes our lockfile, and runs the install script", async () => {
  await inProject({ dependencies: { "noisy-installer": "^1.0.0", "picnic-basket": "*" } }, async (project) => {
    await project.writeLockfile(lockfileFor(simulator, project.manifest));
    assert.equal((await runNpm(project, served, ["ci"])).status, 0);
    assert.ok(existsSync(join(project.directory, "node_modules/noisy-installer/postinstall-ran.txt")));
    assert.ok(existsSync(join(project.directory, "node_modules/picnic-basket/node_modules/sandwich/index.js")));
  });
});

test("npm ci stops at bytes that are not the locked ones", async () => {
  await inProject({ dependencies: { "left-padder": "^1.0.0" } }, async (project) => {
    await project.writeLockfile(lockfileFor(simulator, project.manifest));
    simulator.substitute("left-padder", "1.1.1", { name: "left-padder", version: "1.0.0" });
    const run = await runNpm(project, served, ["ci"]);
    assert.notEqual(run.status, 0);
    assert.match(run.stderr, /EINTEGRITY/);
  });
});

test("a tree that the plain resolver cannot build soundly is refused", () => {
  const locking = (dependencies: Record<string, string>) => () => lockfileFor(simulator, { dependencies });
  assert.throws(locking({ nobody: "*" }), /nothing fits nobody/);
  assert.throws(locking({ greeter: "^2.0.0" }), /nothing fits greeter/);
  const quarrel = createSimulator({ name: "quarrel" });
  const publish = (content: object) => quarrel.publish({ "package.json": JSON.stringify(content) });
  for (const version of ["1.0.0", "2.0.0"]) publish({ name: "host", version });
  publish({ name: "plugin", version: "1.0.0", peerDependencies: { host: "^1.0.0" } });
  const dependencies = { host: "^2.0.0", plugin: "*" };
  assert.throws(() => lockfileFor(quarrel, { dependencies }), /let npm resolve this tree/);
});

async function inProject(manifest: ProjectManifest, use: (project: Project) => Promise<void>): Promise<void> {
  const project = await makeProject(manifest);
  await use(project).finally(() => project.remove());
}
