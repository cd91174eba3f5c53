/**
 * One package in the place of another, and packages that are said to be left out. A lockfile alone must achieve
 * neither: what it says of a folder is held against the folder, and its flags against who asks for whom.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Altered, setScene } from "./scene.js";
import { codesOf } from "./shown.js";

const scene = await setScene(undefined, { inside: true });

/** Puts sandwich 1.1.0, validly signed, into the place of left-padder. */
function swap({ packages }: Altered): void {
  const { license, ...stranger } = packages["node_modules/sandwich"] ?? {};
  packages["node_modules/left-padder"] = { name: "sandwich", ...stranger, license };
  delete packages["node_modules/sandwich"];
}

const ALIAS = { "left-padder": "npm:sandwich@1.1.0" };

test("an alias that only the lockfile's copy of a workspace asks for", async () => {
  const project = await scene.forged({ "left-padder": "1.1.1", sandwich: "1.1.0" }, (lockfile) => {
    const { packages } = lockfile;
    swap(lockfile);
    packages[""] = { ...packages[""], workspaces: ["packages/*"], dependencies: { "left-padder": "1.1.1" } };
    packages["node_modules/app"] = { resolved: "packages/app", link: true };
    packages["packages/app"] = { version: "1.0.0", dependencies: ALIAS };
  });
  const root = { ...project.manifest, workspaces: ["packages/*"], dependencies: { "left-padder": "1.1.1" } };
  await project.write("package.json", root);
  await project.write("packages/app/package.json", { name: "app", version: "1.0.0" });
  const report = await scene.refused(project, { code: "LOCKFILE_NAME_MISMATCH", of: "sandwich@1.1.0" });
  assert.deepEqual(
    report.findings.map(({ code }) => code),
    ["LOCKFILE_OUT_OF_DATE"],
  );
});

test("an alias that the lockfile alone puts into a package's dependencies", async () => {
  const project = await scene.forged({ greeter: "1.0.0", sandwich: "1.1.0" }, (lockfile) => {
    const { packages } = lockfile;
    swap(lockfile);
    packages[""] = { ...packages[""], dependencies: { greeter: "1.0.0" } };
    const greeter = packages["node_modules/greeter"] as { dependencies: object };
    packages["node_modules/greeter"] = { ...greeter, dependencies: { ...greeter.dependencies, ...ALIAS } };
  });
  await project.write("package.json", { ...project.manifest, dependencies: { greeter: "1.0.0" } });
  await scene.refused(project, { code: "MANIFEST_MISMATCH", of: "greeter@1.0.0" });
});

test("the same in a version 1 lockfile, whose entries have only requires", async () => {
  const project = await scene.project({ greeter: "1.0.0", sandwich: "1.1.0" }, { version: 1 });
  const lockfile = JSON.parse(await project.read("package-lock.json"));
  const { sandwich, greeter } = lockfile.dependencies;
  lockfile.dependencies["left-padder"] = { ...sandwich, version: "npm:sandwich@1.1.0" };
  delete lockfile.dependencies.sandwich;
  greeter.requires = { ...greeter.requires, ...ALIAS };
  await project.write("package-lock.json", lockfile);
  await project.write("package.json", { ...project.manifest, dependencies: { greeter: "1.0.0" } });
  await scene.refused(project, { code: "MANIFEST_MISMATCH", of: "greeter@1.0.0" });
});

for (const flag of ["dev", "peer", "optional", "devOptional"]) {
  test(`a dependency that the lockfile calls ${flag}, to have it installed unseen under --omit`, async () => {
    scene.simulator.strip("left-padder", "1.1.1");
    for (const version of [3, 1] as const) {
      const project = await scene.project({ "left-padder": "1.1.1" }, { version });
      const lockfile = JSON.parse(await project.read("package-lock.json"));
      const entry = (lockfile.packages ?? lockfile.dependencies)[
        version === 1 ? "left-padder" : "node_modules/left-padder"
      ];
      entry[flag] = true;
      await project.write("package-lock.json", lockfile);
      const args = ["ci", "--omit=dev", "--omit=optional", "--omit=peer"];
      await scene.refused(project, { code: "SIGNATURE_ABSENT", of: "left-padder@1.1.1", args });
    }
  });
}

test("a dependency that the lockfile calls optional, and for another platform", async () => {
  const project = await scene.forged({ "left-padder": "1.1.1" }, ({ packages }) => {
    Object.assign(packages["node_modules/left-padder"] ?? {}, { optional: true, os: ["aix"] });
  });
  const report = await scene.refused(project, { code: "LOCKFILE_OUT_OF_DATE", of: "left-padder@1.1.1" });
  assert.deepEqual(codesOf(report, "left-padder@1.1.1"), ["LOCKFILE_OUT_OF_DATE"]);
});
