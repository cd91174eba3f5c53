/**
 * An npm that leaves another tree than the one that was verified, whatever led it to: the tree is refused before any
 * script of it has run, and moved aside as a whole.
 */
import assert from "node:assert/strict";
import { appendFileSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { makeProject, type Project, registryEntry } from "../../registry-fixtures/project.js";
import { endedWith, hasTree, runInside } from "../pipeline/inside.js";
import { setScene } from "./scene.js";
import { brief, codesOf, findingsOf } from "./shown.js";

const scene = await setScene(undefined, { inside: true });
const MODULES = "node_modules";

/** What is found in the tree after npm; each a way in which real npm was led astray, or somebody else wrote. */
const TAMPERING: Readonly<Record<string, (at: (...parts: string[]) => string) => void>> = {
  "a file altered": (at) => appendFileSync(at("left-padder", "index.js"), "// more\n"),
  "a file missing": (at) => rmSync(at("left-padder", "index.js")),
  "a file added to a package": (at) => writeFileSync(at("greeter", "binding.gyp"), "{}"),
  "a package added": (at) => {
    mkdirSync(at("stowaway"));
    writeFileSync(at("stowaway", "package.json"), '{ "name": "stowaway" }');
  },
  "a package nested where none belongs": (at) => {
    mkdirSync(at("greeter", MODULES, "left-padder"), { recursive: true });
    writeFileSync(at("greeter", MODULES, "left-padder", "index.js"), "module.exports = evil;\n");
  },
  "a package missing": (at) => rmSync(at("left-padder"), { recursive: true }),
  "a package replaced by a link": (at) => {
    rmSync(at("left-padder"), { recursive: true });
    symlinkSync("greeter", at("left-padder"), "dir");
  },
  "a command linked elsewhere": (at) => {
    rmSync(at(".bin", "greeter"), { force: true });
    symlinkSync("../left-padder/index.js", at(".bin", "greeter"));
  },
  "a command added": (at) => symlinkSync("../left-padder/index.js", at(".bin", "git")),
};

/** What npm itself makes of the lockfile, made once. */
let honestTree = "";
let honest: Project;
before(async () => {
  honest = await makeProject();
  const allowed = await allowing();
  for (const name of ["package.json", "package-lock.json", ".npmrc", ".secure-install/trust.json"]) {
    await honest.write(name, await allowed.read(name));
  }
  const { status, report } = await runInside(honest, ["ci"], { caFile: scene.served.caFile });
  assert.equal(status, 0, brief(report));
  honestTree = join(honest.directory, MODULES);
  rmSync(join(honestTree, "noisy-installer", "postinstall-ran.txt"));
});
after(() => honest.remove());

test("the tree as npm makes it is no attack: it is proven, and the allowed script is run", async () => {
  const project = await allowing();
  const { status, report } = await runInside(project, ["ci"], {
    caFile: scene.served.caFile,
    npm: {
      ci: async () => {
        await cp(honestTree, join(project.directory, MODULES), { recursive: true, verbatimSymlinks: true });
        return endedWith(0);
      },
    },
  });
  assert.equal(status, 0, brief(report));
  assert.ok(existsSync(join(project.directory, MODULES, "noisy-installer", "postinstall-ran.txt")));
});

for (const [what, tamper] of Object.entries(TAMPERING)) {
  test(`the tree: ${what}`, { skip: process.platform === "win32" && /link|command/.test(what) }, async () => {
    const project = await allowing();
    const kept = await inputs(project);
    let rebuilt = false;
    const { status, report } = await runInside(project, ["ci"], {
      caFile: scene.served.caFile,
      npm: {
        ci: async () => {
          await cp(honestTree, join(project.directory, MODULES), { recursive: true, verbatimSymlinks: true });
          tamper((...parts) => join(project.directory, MODULES, ...parts));
          return endedWith(0);
        },
        rebuild: async () => {
          rebuilt = true;
          return endedWith(0);
        },
      },
    });
    assert.equal(status, 65, brief(report));
    assert.ok(codesOf(report).includes("TREE_MISMATCH"), brief(report));
    assert.deepEqual([report.result, report.handedOff, rebuilt], ["FAILED", true, false]);
    assert.ok(!hasTree(project), "moved aside as a whole");
    assert.deepEqual(await inputs(project), kept);
    const aside = readdirSync(project.directory).filter((name) => name.startsWith(".refused-"));
    assert.equal(aside.length, 1);
    assert.ok(
      findingsOf(report).some(({ says }) => says.includes(aside[0] ?? "?")),
      "it says where",
    );
    assert.ok(!existsSync(join(project.directory, aside[0] ?? "", MODULES, "noisy-installer", "postinstall-ran.txt")));
  });
}

test("the tree: what lies in a workspace's own node_modules is refused and moved aside as well", async () => {
  const project = await scene.project({ "@fixture/words": "2.1.0" });
  const manifest = { ...project.manifest, workspaces: ["packages/*"] };
  const workspace = { name: "mine", version: "1.0.0", license: "MIT", dependencies: { "@fixture/words": "1.0.0" } };
  await project.write("package.json", manifest);
  await project.write("packages/mine/package.json", workspace);
  const lockfile = JSON.parse(await project.read("package-lock.json"));
  const { name: _name, ...described } = workspace;
  const nested = `packages/mine/${MODULES}/@fixture/words`;
  const { integrity, tarball } = scene.simulator.release("@fixture/words", "1.0.0").manifest.dist;
  lockfile.packages[""].workspaces = manifest.workspaces;
  lockfile.packages["node_modules/mine"] = { resolved: "packages/mine", link: true };
  lockfile.packages["packages/mine"] = described;
  const resolved = `${scene.served.url}${tarball}`;
  lockfile.packages[nested] = { version: "1.0.0", resolved, integrity, license: "MIT" };
  await project.writeLockfile(lockfile);
  const { status, report } = await runInside(project, ["ci"], {
    caFile: scene.served.caFile,
    npm: {
      ci: async (_command, real) => {
        const ended = await real();
        appendFileSync(join(project.directory, nested, "index.js"), "// more\n");
        return ended;
      },
    },
  });
  assert.equal(status, 65, brief(report));
  assert.ok(codesOf(report).includes("TREE_MISMATCH"), brief(report));
  assert.deepEqual([hasTree(project), existsSync(join(project.directory, nested))], [false, false]);
});

test("npm ends without having installed anything: its own status, and nothing is called installed", async () => {
  const project = await allowing();
  const before = await project.snapshot();
  const { status, report } = await runInside(project, ["ci"], {
    caFile: scene.served.caFile,
    npm: { ci: async () => endedWith(7) },
  });
  assert.deepEqual([status, report.result, codesOf(report)], [7, "FAILED", ["HANDOFF_FAILED"]]);
  assert.deepEqual(await project.snapshot(), before);
});

test("npm fails half-way: what it left is moved aside, and nothing of it can be loaded", async () => {
  const project = await allowing();
  const kept = await inputs(project);
  const { status, report } = await runInside(project, ["ci"], {
    caFile: scene.served.caFile,
    npm: {
      ci: async (_command, real) => {
        await real();
        rmSync(join(project.directory, MODULES, "left-padder"), { recursive: true });
        return endedWith(1);
      },
    },
  });
  assert.deepEqual([status, report.result, hasTree(project)], [1, "FAILED", false], brief(report));
  assert.ok(codesOf(report).includes("HANDOFF_FAILED"));
  assert.deepEqual(await inputs(project), kept);
});

test("npm stops before it begins: an older tree is left as it was", async () => {
  const project = await allowing();
  await runInside(project, ["ci"], { caFile: scene.served.caFile });
  const before = await project.snapshot();
  const { status } = await runInside(project, ["ci"], {
    caFile: scene.served.caFile,
    npm: { ci: async () => endedWith(1) },
  });
  assert.equal(status, 1);
  assert.deepEqual(await project.snapshot(), before);
});

test("npm says that all went well, and did nothing", async () => {
  const project = await allowing();
  const { status, report } = await runInside(project, ["ci"], {
    caFile: scene.served.caFile,
    npm: { ci: async () => endedWith(0) },
  });
  assert.deepEqual([status, report.result], [65, "FAILED"]);
  assert.ok(codesOf(report).includes("TREE_MISMATCH"), brief(report));
});

test("npm is ended by a signal: nothing of what it left is run", async () => {
  const project = await allowing();
  const { status, report } = await runInside(project, ["ci"], {
    caFile: scene.served.caFile,
    npm: { ci: async () => ({ status: null, signal: "SIGTERM", output: "" }) },
  });
  assert.deepEqual([status, codesOf(report)], [143, ["HANDOFF_FAILED"]]);
});

async function allowing(): Promise<Project> {
  const project = await scene.project({ greeter: "1.0.0", "noisy-installer": "1.0.0" });
  await project.writeTrust({
    registries: { fixture: registryEntry(scene.simulator) },
    scripts: [{ allow: "npm:noisy-installer", reason: "its script is known" }],
  });
  return project;
}

async function inputs(project: Project): Promise<readonly string[]> {
  return Promise.all(["package.json", "package-lock.json", ".npmrc"].map((name) => project.read(name)));
}
