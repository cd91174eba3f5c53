/** `secure-install <spec…>`: what is asked for is locked in a copy, verified, and only then written into the project. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { Project } from "../../registry-fixtures/project.js";
import { secureInstall } from "../../registry-fixtures/secure-install.js";
import { setScene } from "../attacks/scene.js";
import { brief, codesOf, findingsOf, parseReport } from "../attacks/shown.js";
import { endedWith, hasTree, runInside } from "../pipeline/inside.js";

const scene = await setScene(undefined, { inside: true });
const { simulator } = scene;

/** A project that has no dependencies, and no lockfile yet. */
async function fresh(): Promise<Project> {
  const project = await scene.project({});
  await rm(join(project.directory, "package-lock.json"));
  return project;
}

async function manifestOf(project: Project): Promise<Readonly<Record<string, unknown>>> {
  return JSON.parse(await project.read("package.json")) as Record<string, unknown>;
}

test("a name: the newest version is locked, written down as npm does, installed, and works", async () => {
  const project = await fresh();
  const temporary = join(project.home, "temporary");
  await mkdir(temporary);
  const ran = await secureInstall(project, ["greeter", "--json"], {
    caFile: scene.served.caFile,
    env: { PATH: scene.witness.path, TMPDIR: temporary, TEMP: temporary, TMP: temporary },
  });
  const report = parseReport(ran.stdout, ran.stderr);
  assert.equal(ran.status, 0, `${brief(report)}${ran.stderr}`);
  assert.deepEqual(readdirSync(temporary), [], "no temporary folder is left behind");
  assert.deepEqual((await manifestOf(project)).dependencies, { greeter: "^1.0.0" });
  assert.deepEqual([report.counts.passed, report.handedOff], [3, true]);
  const lockfile = JSON.parse(await project.read("package-lock.json"));
  assert.equal(lockfile.packages["node_modules/left-padder"].version, "1.1.1");
  const code = 'import { greet } from "greeter"; console.log(greet("you"));';
  const said = execFileSync(process.execPath, ["--input-type=module", "-e", code], { cwd: project.directory });
  assert.match(said.toString(), /you!/);
  assert.deepEqual(
    scene.witness.runs().map(([command]) => command),
    ["install", "ci"],
  );
});

test("several at once, an exact version, a scope, an ecosystem; as development dependencies", async () => {
  const project = await scene.project({ duet: "1.0.0" });
  const args = ["left-padder@1.0.0", "@fixture/words@^2", "npm:hummer", "-D", "--save-exact"];
  const { status, report } = await scene.run(project, args);
  assert.equal(status, 0, brief(report));
  const { dependencies, devDependencies } = await manifestOf(project);
  assert.deepEqual(dependencies, { duet: "1.0.0" });
  assert.deepEqual(devDependencies, { "@fixture/words": "2.1.0", hummer: "1.0.0", "left-padder": "1.0.0" });
});

test("an unknown package: said in plain words, before npm is even started", async () => {
  const project = await fresh();
  const report = await scene.refused(project, { code: "LOCK_FAILED", args: ["no-such-package"] });
  assert.equal(findingsOf(report)[0]?.says, "no-such-package: the registry knows no package of that name");
});

test("an unknown version of a known package", async () => {
  const project = await fresh();
  const report = await scene.refused(project, { code: "LOCK_FAILED", args: ["greeter@^9.0.0"] });
  assert.match(findingsOf(report)[0]?.says ?? "", /greeter@\^9\.0\.0/);
});

for (const spec of ["", "greeter; touch x", "node_modules", "__proto__", "npm:", "@fixture/../greeter"]) {
  test(`no name of a package: ${JSON.stringify(spec)}`, async () => {
    const project = await fresh();
    const before = await project.snapshot();
    const { status, report } = await runInside(project, [spec], { caFile: scene.served.caFile });
    assert.deepEqual([status, report.handedOff], [65, false]);
    assert.doesNotMatch(brief(report), /undefined|127\.0\.0\.1/);
    assert.deepEqual(await project.snapshot(), before);
  });
}

for (const spec of [
  "git+https://git.example/tool.git",
  "github:somebody/something",
  "somebody/something",
  "https://cdn.example/tool-1.0.0.tgz",
  "./vendor/tool.tgz",
  "file:../elsewhere",
]) {
  test(`no registry stands behind it: ${spec}`, async () => {
    const project = await fresh();
    const before = await project.snapshot();
    const { status, report } = await runInside(project, [spec], { caFile: scene.served.caFile });
    assert.deepEqual([status, codesOf(report), report.handedOff], [65, ["LOCKFILE_SOURCE_UNSUPPORTED"], false]);
    assert.deepEqual(await project.snapshot(), before);
  });
}

test("an alias is verified under its own name", async () => {
  const project = await fresh();
  simulator.strip("left-padder", "1.1.1");
  const args = ["greeter-by-another-name@npm:left-padder@1.1.1"];
  await scene.run(project, args);
  assert.ok(!hasTree(project));
  simulator.reset();
  const { status, report } = await scene.run(project, args);
  assert.equal(status, 0, brief(report));
  assert.equal(report.verdicts[0]?.purl, "pkg:npm/left-padder@1.1.1");
});

test("a dependency of it is refused: the project is as it was", async () => {
  const project = await scene.project({ duet: "1.0.0" });
  const before = await project.snapshot();
  simulator.strip("left-padder", "1.1.1");
  const { status, report } = await scene.run(project, ["greeter"]);
  assert.deepEqual([status, report.handedOff], [65, false]);
  assert.deepEqual(codesOf(report, "left-padder@1.1.1"), ["SIGNATURE_ABSENT"]);
  assert.deepEqual(await project.snapshot(), before);
  assert.ok(scene.witness.runs().every(([command]) => command !== "ci"));
});

test("npm fails after everything had passed: package.json and the lockfile are as before", async () => {
  for (const project of [await scene.project({ duet: "1.0.0" }), await fresh()]) {
    const before = await project.snapshot();
    let written: string | null = null;
    const { status, report } = await runInside(project, ["greeter"], {
      caFile: scene.served.caFile,
      npm: {
        ci: async () => {
          written = await project.read("package-lock.json");
          return endedWith(1);
        },
      },
    });
    assert.deepEqual([status, codesOf(report), report.handedOff], [1, ["HANDOFF_FAILED"], true], brief(report));
    assert.match(String(written), /node_modules\/greeter/, "npm had the new lockfile before it");
    assert.deepEqual(await project.snapshot(), before);
  }
});

test("a package that brings others with it, and does not pass: what stands against it, not what npm makes of that", async () => {
  const project = await fresh();
  simulator.strip("picnic-basket", "1.0.0");
  const report = await scene.run(project, ["picnic-basket"]);
  assert.deepEqual([report.status, codesOf(report.report)], [65, ["SIGNATURE_ABSENT"]], brief(report.report));
  const says = findingsOf(report.report)[0]?.says ?? "";
  assert.match(says, /^picnic-basket@1\.0\.0, into which npm must look .*: the registry's answer carries no signature/);
});

test("npm leaves another tree: refused, and package.json and the lockfile are as before", async () => {
  const project = await scene.project({ duet: "1.0.0" });
  const before = await project.snapshot();
  const { status, report } = await runInside(project, ["greeter"], {
    caFile: scene.served.caFile,
    npm: {
      ci: async (_command, real) => {
        const ended = await real();
        await project.write("node_modules/greeter/index.js", "evil\n");
        return ended;
      },
    },
  });
  assert.equal(status, 65);
  assert.ok(codesOf(report).includes("TREE_MISMATCH"), brief(report));
  const after = Object.entries(await project.snapshot()).filter(([name]) => !name.startsWith(".refused-"));
  assert.deepEqual(Object.fromEntries(after), before);
});

test("the project changes while it is being verified: nothing is written over it", async () => {
  const project = await scene.project({ duet: "1.0.0" });
  const changed = { ...project.manifest, description: "somebody is at work here" };
  const { status, report } = await runInside(project, ["greeter"], {
    caFile: scene.served.caFile,
    after: async (job) => {
      if (job === "inspect") await project.write("package.json", changed);
    },
  });
  assert.deepEqual([status, codesOf(report)], [65, ["HANDOFF_UNSEALED"]], brief(report));
  assert.deepEqual(await manifestOf(project), changed);
  assert.ok(!hasTree(project));
});
