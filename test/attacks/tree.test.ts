/** What lies in the project already: a poisoned tree, links in the place of folders, and an npm of the project's own. */
import assert from "node:assert/strict";
import { chmod, mkdir, readFile, rename, symlink, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { test } from "node:test";
import type { Project } from "../../registry-fixtures/project.js";
import { filesOfRelease } from "../../registry-fixtures/release.js";
import { snapshot } from "../../registry-fixtures/snapshot.js";
import { setScene } from "./scene.js";
import { brief } from "./shown.js";

const scene = await setScene(undefined, { inside: true });
const GREETER = { greeter: "1.0.0" };

test("a poisoned tree left by an earlier install is replaced, and what is there then is proven", async () => {
  const project = await scene.project(GREETER);
  await scene.installed(project);
  const honest = await snapshot(join(project.directory, "node_modules"));
  await project.write("node_modules/left-padder/index.js", "module.exports = () => 'poisoned';\n");
  await project.write("node_modules/left-padder/extra.js", "added\n");
  await project.write("node_modules/stowaway/package.json", { name: "stowaway", version: "1.0.0" });
  await project.write("node_modules/.bin/npm", "#!/bin/sh\ntouch ran.txt\n");
  scene.witness.clear();
  await scene.installed(project);
  assert.deepEqual(await snapshot(join(project.directory, "node_modules")), honest);
});

test("what an earlier tree links to outside of the project is left alone: only the links go", async () => {
  const project = await scene.project(GREETER);
  const outside = join(project.home, "precious");
  await mkdir(join(outside, "words"), { recursive: true });
  await writeFile(join(outside, "words", "thesis.txt"), "two years of work\n");
  await mkdir(join(project.directory, "node_modules"));
  for (const name of ["@fixture", "greeter", ".bin"]) {
    await symlink(outside, join(project.directory, "node_modules", name), "dir");
  }
  const before = await snapshot(outside);
  await scene.installed(project);
  assert.deepEqual(await snapshot(outside), before);
});

test("a poisoned tree is no part of what an install by name starts from", async () => {
  const project = await scene.project(GREETER);
  await project.write("node_modules/left-padder/index.js", "module.exports = () => 'poisoned';\n");
  await project.write("node_modules/left-padder/package.json", { name: "left-padder", version: "1.1.1" });
  await project.write("node_modules/hummer/package.json", { name: "hummer", version: "1.0.0", main: "evil.js" });
  const { status, report } = await scene.run(project, ["hummer@1.0.0"]);
  assert.equal(status, 0, brief(report));
  for (const [name, version] of [
    ["left-padder", "1.1.1"],
    ["hummer", "1.0.0"],
  ] as const) {
    const files = filesOfRelease(scene.simulator.release(name, version));
    for (const [path, content] of Object.entries(files)) {
      assert.equal(await project.read(`node_modules/${name}/${path}`), content.toString(), `${name}/${path}`);
    }
  }
});

test("a poisoned tree survives no refusal either: it is left as it was, and not added to", async () => {
  const project = await scene.project(GREETER);
  await project.write("node_modules/left-padder/index.js", "module.exports = () => 'poisoned';\n");
  scene.simulator.strip("left-padder", "1.1.1");
  await scene.refused(project, { code: "SIGNATURE_ABSENT", of: "left-padder@1.1.1" });
});

test("node_modules is a symbolic link: npm would empty what lies behind it", async () => {
  const project = await scene.project(GREETER);
  await mkdir(join(project.home, "precious"));
  await writeFile(join(project.home, "precious", "thesis.txt"), "two years of work\n");
  await symlink(join(project.home, "precious"), join(project.directory, "node_modules"), "dir");
  await scene.refused(project, { code: "TREE_SYMLINK" });
  assert.equal(await readFile(join(project.home, "precious", "thesis.txt"), "utf8"), "two years of work\n");
});

test("the lockfile is a symbolic link", async () => {
  const project = await scene.project(GREETER);
  await moveOut(project, "package-lock.json", "file");
  await scene.refused(project, { code: "TREE_SYMLINK" });
});

test("a workspace's node_modules is a symbolic link: npm would empty what lies behind it as well", async () => {
  const project = await scene.project(GREETER);
  const lockfile = JSON.parse(await project.read("package-lock.json"));
  await project.write("package.json", { ...project.manifest, workspaces: ["packages/*"] });
  await project.write("packages/mine/package.json", { name: "mine", version: "1.0.0" });
  lockfile.packages[""].workspaces = ["packages/*"];
  lockfile.packages["node_modules/mine"] = { resolved: "packages/mine", link: true };
  lockfile.packages["packages/mine"] = { version: "1.0.0" };
  await project.writeLockfile(lockfile);
  await mkdir(join(project.home, "precious"));
  await writeFile(join(project.home, "precious", "thesis.txt"), "two years of work\n");
  await symlink(join(project.home, "precious"), join(project.directory, "packages", "mine", "node_modules"), "dir");
  await scene.refused(project, { code: "TREE_SYMLINK" });
  assert.equal(await readFile(join(project.home, "precious", "thesis.txt"), "utf8"), "two years of work\n");
});

test("a part of the trust store is a symbolic link", async () => {
  for (const [name, type] of [
    ["trust.json", "file"],
    ["keys", "dir"],
  ] as const) {
    const project = await scene.project(GREETER);
    await mkdir(join(project.directory, ".secure-install", "keys"), { recursive: true });
    await moveOut(project, join(".secure-install", name), type);
    await scene.stopped(project, { code: "TRUST_MALFORMED" });
  }
});

test("the trust store is a symbolic link", async () => {
  const project = await scene.project(GREETER);
  await moveOut(project, ".secure-install", "dir");
  await scene.stopped(project, { code: "TRUST_MALFORMED" });
});

test("our own store is a symbolic link", async () => {
  const project = await scene.project(GREETER);
  const cache = join(project.home, "cache");
  await mkdir(join(project.home, "elsewhere"), { recursive: true });
  await mkdir(cache);
  await symlink(join(project.home, "elsewhere"), join(cache, "secure-install"), "dir");
  await scene.stopped(project, { code: "ENVIRONMENT_UNSAFE" });
});

test("a planted npm or git in any node_modules/.bin, or in PATH from inside the project, is never started", async () => {
  const project = await scene.project(GREETER);
  const ran = join(project.home, "planted-program-ran");
  // The last one is what npx puts into PATH where the project is a part of a larger repository.
  const folders = [
    join(project.directory, "node_modules", ".bin"),
    join(project.directory, "tools"),
    join(project.home, "node_modules", ".bin"),
  ];
  // Makes it a repository, so that git is asked for its commit.
  await project.write(".git/HEAD", "ref: refs/heads/main\n");
  for (const folder of folders) {
    await mkdir(join(folder, "node_modules", "npm", "bin"), { recursive: true });
    const plant = async (name: string, text: string) => {
      await writeFile(join(folder, name), text);
      await chmod(join(folder, name), 0o755);
    };
    await plant("npm", `#!/bin/sh\ntouch ${ran}\n`);
    await plant("npm.cmd", `type nul > "${ran}"\r\n`);
    await plant("git", `#!/bin/sh\ntouch ${ran}\n`);
    await plant("node_modules/npm/bin/npm-cli.js", `require("node:fs").writeFileSync(${JSON.stringify(ran)}, "");\n`);
    await plant("node_modules/npm/package.json", JSON.stringify({ name: "npm", version: "99.0.0" }));
  }
  // As `npm run` puts it, by name, by a relative path, and by a link from outside that leads in.
  await symlink(folders[1] ?? "", join(project.home, "linked"), "dir");
  const planted = [...folders, "tools", ".", "", join(project.home, "linked")];
  await scene.installed(project, { env: { PATH: [...planted, scene.witness.path].join(delimiter) } });
  await assert.rejects(readFile(ran), { code: "ENOENT" });
});

test("a project whose packageManager and .npmrc choose another npm is installed with ours", async () => {
  const project = await scene.project(GREETER);
  const manifest = {
    ...project.manifest,
    packageManager: "npm@9.9.9",
    devEngines: { packageManager: { name: "npm" } },
  };
  await project.write("package.json", manifest);
  await scene.installed(project);
});

async function moveOut(project: Project, name: string, type: "file" | "dir"): Promise<void> {
  await rename(join(project.directory, name), join(project.home, "moved"));
  await symlink(join(project.home, "moved"), join(project.directory, name), type);
}
