/** Folders of the disk in the place of packages: npm would link them, load them and run their scripts. */
import assert from "node:assert/strict";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { lockfileFor } from "../../registry-fixtures/lockfile.js";
import { setScene } from "./scene.js";
import { codesOf } from "./shown.js";

const scene = await setScene(undefined, { inside: true });
const FOLDER = { name: "left-padder", version: "1.1.1", license: "MIT", scripts: { install: "touch ran.txt" } };

for (const [what, target] of [
  ["inside the project", "docs/fixtures/bar"],
  ["outside of it", "../elsewhere"],
  ["at an absolute path", "/tmp"],
  ["to the project itself", ""],
] as const) {
  test(`a link in the place of a registry package: ${what}`, async () => {
    const project = await scene.forged({ greeter: "1.0.0" }, ({ packages }) => {
      packages["node_modules/left-padder"] = { resolved: target, link: true };
      if (target.startsWith("docs/")) packages[target] = { name: "left-padder", version: "1.1.1" };
    });
    await project.write("docs/fixtures/bar/package.json", FOLDER);
    const report = await scene.refused(project, { code: "LOCKFILE_LINK", of: "left-padder" });
    assert.equal(report.tampered, true);
  });
}

test("a declared workspace in the place of a package that a registry is asked for", async () => {
  const project = await scene.forged({ greeter: "1.0.0" }, ({ packages }) => {
    Object.assign(packages[""] ?? {}, { workspaces: ["packages/*"] });
    packages["node_modules/left-padder"] = { resolved: "packages/mine", link: true };
    packages["packages/mine"] = { name: "left-padder", version: "9.0.0", license: "MIT" };
  });
  await project.write("package.json", { ...project.manifest, workspaces: ["packages/*"] });
  await project.write("packages/mine/package.json", { ...FOLDER, version: "9.0.0" });
  await scene.refused(project, { code: "LOCKFILE_LINK", of: "left-padder" });
});

test("a declared workspace whose own package.json has another name than the lockfile gives it", async () => {
  const project = await scene.forged({ greeter: "1.0.0" }, ({ packages }) => {
    Object.assign(packages[""] ?? {}, { workspaces: ["packages/*"] });
    packages["node_modules/left-padder"] = { resolved: "packages/mine", link: true };
    packages["packages/mine"] = { name: "left-padder", version: "1.1.1", license: "MIT" };
  });
  await project.write("package.json", { ...project.manifest, workspaces: ["packages/*"] });
  await project.write("packages/mine/package.json", { ...FOLDER, name: "mine" });
  await scene.refused(project, { code: "LOCKFILE_LINK", of: "left-padder" });
});

test("a declared workspace that is a symbolic link out of the project", async () => {
  const manifest = { workspaces: ["packages/*"], dependencies: { greeter: "1.0.0" } };
  const project = await scene.project(manifest.dependencies);
  const outside = join(project.home, "mine");
  await mkdir(outside);
  await writeFile(join(outside, "package.json"), JSON.stringify({ ...FOLDER, name: "mine" }));
  await mkdir(join(project.directory, "packages"));
  await symlink(outside, join(project.directory, "packages", "mine"), "dir");
  const root = { ...project.manifest, ...manifest };
  await project.write("package.json", root);
  const lockfile = lockfileFor(scene.simulator, project.manifest);
  Object.assign(lockfile.packages?.[""] ?? {}, { workspaces: ["packages/*"] });
  Object.assign(lockfile.packages ?? {}, {
    "node_modules/mine": { resolved: "packages/mine", link: true },
    "packages/mine": { ...FOLDER, name: "mine", scripts: undefined, hasInstallScript: true },
  });
  await project.writeLockfile(lockfile);
  const report = await scene.refused(project, { code: "LOCKFILE_LINK", of: "mine" });
  assert.ok(codesOf(report, "greeter@1.0.0").length === 0);
});

test("an honest workspace is no attack: it is accounted for by name, and linked", async () => {
  const project = await scene.project({ greeter: "1.0.0" });
  await project.write("package.json", { ...project.manifest, workspaces: ["packages/*"] });
  await project.write("packages/mine/package.json", { name: "mine", version: "1.0.0", license: "MIT" });
  const lockfile = lockfileFor(scene.simulator, project.manifest);
  Object.assign(lockfile.packages?.[""] ?? {}, { workspaces: ["packages/*"] });
  Object.assign(lockfile.packages ?? {}, {
    "node_modules/mine": { resolved: "packages/mine", link: true },
    "packages/mine": { version: "1.0.0", license: "MIT" },
  });
  await project.writeLockfile(lockfile);
  const report = await scene.installed(project);
  assert.deepEqual([report.counts.local, report.counts.passed], [2, 3]);
});
