/** Folders called node_modules that npm leaves as they are: node loads from them before it comes to what was verified. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { lockfileFor } from "../../registry-fixtures/lockfile.js";
import type { Project } from "../../registry-fixtures/project.js";
import { runInside } from "../pipeline/inside.js";
import { setScene } from "./scene.js";
import { brief, findingsOf } from "./shown.js";

const scene = await setScene(undefined, { inside: true });
const STRAY = "module.exports = 'nobody verified this';\n";

test("packages/node_modules, between the project and its workspace, shadows a verified package", async () => {
  const project = await withFolder("packages/mine", { workspaces: ["packages/*"] });
  await project.write("packages/node_modules/greeter/index.js", STRAY);
  const before = await project.snapshot();
  const { status, report } = await scene.run(project, ["ci"]);
  assert.deepEqual([status, report.handedOff, scene.witness.runs().length], [65, false, 0], brief(report));
  const [found] = findingsOf(report).filter(({ code }) => code === "HANDOFF_UNSEALED");
  assert.match(found?.says ?? "", /^packages\/node_modules holds greeter, .* node would load it before/);
  assert.match(found?.help ?? "", /remove packages\/node_modules/);
  assert.deepEqual(await project.snapshot(), before);
});

test("what npm empties in a workspace may hold anything before", async () => {
  const project = await withFolder("packages/mine", { workspaces: ["packages/*"] });
  await project.write("packages/mine/node_modules/stray/index.js", STRAY);
  await scene.installed(project);
  assert.ok(!existsSync(join(project.directory, "packages/mine/node_modules/stray")));
});

test("a developer's own node_modules in a `file:` folder is left as it is, and said not to be verified", async () => {
  const project = await withFolder("lib", { dependencies: { greeter: "1.0.0", lib: "file:lib" } });
  await project.write("lib/node_modules/tool/index.js", STRAY);
  await project.write("lib/node_modules/.package-lock.json", {});
  const report = await scene.installed(project);
  assert.equal(await project.read("lib/node_modules/tool/index.js"), STRAY);
  const told = findingsOf(report).filter(({ severity }) => severity === "warn");
  assert.match(told[0]?.says ?? "", /^lib\/node_modules is your own: .* nothing in it was verified$/);
});

test("a `file:` folder's own node_modules is not moved aside with a tree that is refused", async () => {
  const project = await withFolder("lib", { dependencies: { greeter: "1.0.0", lib: "file:lib" } });
  await project.write("lib/node_modules/tool/index.js", STRAY);
  const { status, report } = await runInside(project, ["ci"], {
    caFile: scene.served.caFile,
    npm: {
      ci: async (_command, real) => {
        const ended = await real();
        await project.write("node_modules/greeter/more.js", STRAY);
        return ended;
      },
    },
  });
  assert.deepEqual([status, existsSync(join(project.directory, "node_modules"))], [65, false], brief(report));
  assert.equal(await project.read("lib/node_modules/tool/index.js"), STRAY);
});

test("a `file:` folder's own node_modules holds a package that the lockfile places further up", async () => {
  const project = await withFolder("lib", { dependencies: { greeter: "1.0.0", lib: "file:lib" } });
  await project.write("lib/node_modules/greeter/index.js", STRAY);
  await unsealed(project, /^lib\/node_modules holds greeter, which the lockfile does not place there/);
});

test("the lockfile places packages in a `file:` folder, which holds others: npm would keep them there", async () => {
  const project = await withFolder("lib", { dependencies: { greeter: "1.0.0", lib: "file:lib" } }, "1.0.0");
  await scene.installed(project);
  scene.witness.clear();
  await scene.installed(project);
  scene.witness.clear();
  await project.write("lib/node_modules/tool/index.js", STRAY);
  await unsealed(project, /^lib\/node_modules holds tool, /);
});

/** npm is not started, and nothing is touched. */
async function unsealed(project: Project, says: RegExp): Promise<void> {
  const report = await scene.refused(project, { code: "HANDOFF_UNSEALED" });
  assert.match(findingsOf(report)[0]?.says ?? "", says);
}

/** A project with greeter, and a folder of its own that asks for another version of its words where `words` says so. */
async function withFolder(
  folder: string,
  manifest: { readonly workspaces?: string[]; readonly dependencies?: Record<string, string> },
  words?: string,
): Promise<Project> {
  const project = await scene.project({ greeter: "1.0.0" });
  const lockfile = lockfileFor(scene.simulator, project.manifest);
  const name = folder.replace(/.*\//, "");
  const asked = words === undefined ? {} : { dependencies: { "@fixture/words": words } };
  await project.write("package.json", { ...project.manifest, ...manifest });
  await project.write(`${folder}/package.json`, { name, version: "1.0.0", license: "MIT", ...asked });
  Object.assign(lockfile.packages?.[""] ?? {}, manifest);
  Object.assign(lockfile.packages ?? {}, {
    [`node_modules/${name}`]: { resolved: folder, link: true },
    [folder]: { version: "1.0.0", license: "MIT", ...asked },
  });
  if (words !== undefined) {
    const { integrity, tarball } = scene.simulator.release("@fixture/words", words).manifest.dist;
    const entry = { version: words, resolved: `${scene.served.url}${tarball}`, integrity, license: "MIT" };
    Object.assign(lockfile.packages ?? {}, { [`${folder}/node_modules/@fixture/words`]: entry });
  }
  await project.writeLockfile(lockfile);
  return project;
}
