/** A project's own folders: what their package.json says counts, and real npm must agree with what is made of it. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Project } from "../../registry-fixtures/project.js";
import { setScene } from "../attacks/scene.js";
import { brief } from "../attacks/shown.js";
import { runInside } from "./inside.js";

const scene = await setScene(undefined, { inside: true });
const APP = {
  name: "app",
  version: "1.0.0",
  license: "MIT",
  bin: { serve: "./serve.js" },
  dependencies: { pad: "npm:left-padder@1.1.1", lib: "file:../../libs/lib" },
};
const LIB = {
  name: "@mine/other-name",
  version: "1.0.0",
  license: "MIT",
  dependencies: { deeper: "file:../deeper" },
  devDependencies: { sandwich: "1.1.0" },
};
const DEEPER = { version: "1.0.0", license: "MIT", dependencies: { "left-padder": "1.0.0" } };

const run = (project: Project, ...args: string[]) => runInside(project, args, { caFile: scene.served.caFile });

/** A workspace with an alias and a `file:` folder, which has one of its own; locked and installed by real npm. */
async function withFolders(): Promise<Project> {
  const project = await scene.project({});
  await project.write("package.json", { ...project.manifest, workspaces: ["packages/*"] });
  await project.write("packages/app/package.json", APP);
  await project.write("packages/app/serve.js", "#!/usr/bin/env node\n");
  await project.write("libs/lib/package.json", LIB);
  await project.write("libs/deeper/package.json", DEEPER);
  const installed = await run(project, "greeter@1.0.0");
  assert.equal(installed.status, 0, brief(installed.report));
  return project;
}

test("workspaces with aliases and file: folders that npm locks are installed, now and by ci", async () => {
  const project = await withFolders();
  const ci = await run(project, "ci");
  assert.equal(ci.status, 0, brief(ci.report));
  for (const place of ["pad", "lib", "deeper", "app", "left-padder", "sandwich"]) {
    const found = ["node_modules", "libs/lib/node_modules", "libs/deeper/node_modules"].some((folder) =>
      existsSync(join(project.directory, folder, place, "package.json")),
    );
    assert.ok(found, place);
  }
});

test("a workspace of a new version needs no new lockfile; with other commands or dependencies it does", async () => {
  const project = await withFolders();
  await project.write("packages/app/package.json", { ...APP, version: "2.0.0", scripts: { test: "true" } });
  const bumped = await run(project, "ci");
  assert.equal(bumped.status, 0, brief(bumped.report));
  for (const more of [
    { bin: { other: "./serve.js" } },
    { bin: { serve: "./other.js" } },
    { dependencies: { ...APP.dependencies, duet: "1.0.0" } },
    { dependencies: { ...APP.dependencies, pad: "npm:sandwich@1.1.0" } },
    { dependencies: {} },
    { name: "another" },
  ]) {
    await project.write("packages/app/package.json", { ...APP, ...more });
    await scene.refused(project, { code: "LOCKFILE_OUT_OF_DATE" });
  }
});
