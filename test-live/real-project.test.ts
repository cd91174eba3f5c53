/**
 * A project as people have them, from the registry that npm uses here, installed by this machine's npm. Where that
 * registry shows no signatures, the built-in floor must refuse it, and a stated weakening let it through.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, describe, type TestContext, test } from "node:test";
import type { Lockfile } from "../registry-fixtures/lockfile.js";
import { makeProject, type Project } from "../registry-fixtures/project.js";
import { PUBLIC_URL } from "../registry-fixtures/public-registry.js";
import { type Run, secureInstall } from "../registry-fixtures/secure-install.js";
import { download, machineNpm, machineRegistry, npmSetting } from "./machine.js";

const MANIFEST = {
  name: "real-project",
  private: true,
  dependencies: { express: "*" },
  devDependencies: { vite: "*", typescript: "*", eslint: "*" },
};
const FILES = {
  "src/sum.ts": "export const sum = (one: number, other: number): number => one + other;\n",
  "tsconfig.json": { compilerOptions: { outDir: "out", rootDir: "src", module: "nodenext" }, include: ["src"] },
  "eslint.config.js": 'module.exports = [{ files: ["lint.js"], rules: { "no-undef": "error" } }];\n',
  "lint.js": "missing();\n",
};
const PROXY_VARIABLES = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"];

interface Surroundings {
  readonly registry: string;
  /** Whether the registry shows a signature on what the project needs. */
  readonly signs: boolean;
  /** What a run needs of this machine: the way to the registry, and the user's own settings of npm. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Why nothing here can be tried, or null. */
let unreachable: string | null = null;
let here: Surroundings;

before(async () => {
  const registry = await machineRegistry(tmpdir());
  const asked = await download(`${registry}express/latest`);
  if (!asked.ok) {
    unreachable = `${registry} can't be reached: ${asked.why}`;
    return;
  }
  const manifest = JSON.parse(asked.bytes.toString("utf8"));
  const names = [...PROXY_VARIABLES, "NODE_EXTRA_CA_CERTS"];
  here = {
    registry,
    signs: (manifest.dist?.signatures?.length ?? 0) > 0,
    env: {
      ...Object.fromEntries(names.map((name) => [name, process.env[name]])),
      npm_config_userconfig: (await npmSetting(tmpdir(), "userconfig")) ?? undefined,
    },
  };
});

function live(name: string, body: (t: TestContext) => Promise<void>): void {
  test(name, async (t) => (unreachable === null ? body(t) : t.skip(unreachable)));
}

/** A mirror needs to be declared; that alone changes nothing that is asked of its packages. */
function registries(npmjs: Readonly<Record<string, unknown>> | null) {
  const mirror = { url: here.registry, ecosystem: "npm", serves: "npmjs" };
  return {
    ...(npmjs === null ? {} : { npmjs }),
    ...(here.registry === PUBLIC_URL ? {} : { mirror }),
  };
}

/** The lockfile that npm makes here and now. */
async function lock(resolved: boolean): Promise<Lockfile> {
  const project = await makeProject(MANIFEST);
  const omitted = `--omit-lockfile-registry-resolved=${!resolved}`;
  await machineNpm(project.directory, ["install", "--package-lock-only", "--ignore-scripts", omitted]);
  const made = JSON.parse(await project.read("package-lock.json"));
  await project.remove();
  return made;
}

async function projectWith(lockfile: Lockfile, trust: Readonly<Record<string, unknown>>): Promise<Project> {
  const project = await makeProject(MANIFEST);
  await project.writeLockfile(lockfile);
  for (const [path, content] of Object.entries(FILES)) await project.write(path, content);
  if (Object.keys(trust).length > 0) await project.writeTrust({ registries: trust });
  return project;
}

/** Runs a program of the project. Rejects where it ends with an error. */
async function runIn(project: Project, args: readonly string[]): Promise<string> {
  return await new Promise((resolve, reject) => {
    execFile(process.execPath, [...args], { cwd: project.directory }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${args.join(" ")}: ${stdout}${stderr}`));
    });
  });
}

/** The script behind a command of a package, as npm linked it. */
async function command(project: Project, name: string): Promise<string> {
  const { bin } = JSON.parse(await project.read(`node_modules/${name}/package.json`));
  const path = typeof bin === "string" ? bin : bin[name === "typescript" ? "tsc" : name];
  return join(project.directory, "node_modules", name, path);
}

async function assertItRuns(project: Project): Promise<void> {
  const served = "const app = require('express')(); app.get('/', () => {}); console.log(typeof app.listen);";
  assert.equal((await runIn(project, ["-e", served])).trim(), "function");
  await runIn(project, [await command(project, "typescript"), "-p", "."]);
  assert.match(await project.read("out/sum.js"), /const sum = \(one, other\) => one \+ other/);
  assert.match(await runIn(project, [await command(project, "vite"), "--version"]), /^vite\/\d+\./);
  await assert.rejects(runIn(project, [await command(project, "eslint"), "lint.js"]), /no-undef/);
}

function said({ stdout, stderr }: Run) {
  try {
    return JSON.parse(stdout);
  } catch {
    assert.fail(`no JSON: ${stdout}${stderr}`);
  }
}

for (const resolved of [true, false]) {
  describe(`express, vite, typescript and eslint, the lockfile ${resolved ? "with" : "without"} addresses`, () => {
    let lockfile: Lockfile;

    before(async () => {
      if (unreachable === null) lockfile = await lock(resolved);
    });

    live("installs by the locked digests where trust.json says so, and runs; the weakening is reported", async (t) => {
      const project = await projectWith(lockfile, registries({ require: ["integrity"] }));
      t.after(() => project.remove());
      const entries = Object.keys(lockfile.packages ?? {}).length - 1;
      for (const args of [["ci"], ["ci", "--offline"]]) {
        const started = performance.now();
        const run = await secureInstall(project, [...args, "--json"], { env: here.env });
        const seconds = ((performance.now() - started) / 1000).toFixed(1);
        const told = said(run);
        assert.deepEqual(
          [run.status, told.result, told.tampered, told.handedOff],
          [0, "PASSED", false, true],
          run.stdout,
        );
        assert.equal(told.counts.entries, entries);
        assert.equal(told.counts.passed + told.counts.otherPlatform, entries);
        const codes: string[] = told.findings.map(({ code }: { code: string }) => code);
        assert.ok(codes.includes("POLICY_WEAKENED"), codes.join(" "));
        assert.equal(told.weakenings.length, 1);
        const alarms = told.verdicts.flatMap(({ purl, findings }: { purl: string; findings: { severity: string }[] }) =>
          findings.filter(({ severity }) => severity !== "note").map((item) => ({ purl, ...item })),
        );
        assert.deepEqual(alarms, []);
        await assertItRuns(project);
        const { passed, otherPlatform } = told.counts;
        t.diagnostic(
          `${args.join(" ")}: ${entries} entries, ${passed} passed, ${otherPlatform} elsewhere, ${seconds} s`,
        );
      }
    });

    live("without that trust.json a registry that shows no signatures is refused, and npm is not run", async (t) => {
      if (here.signs) {
        t.skip(`${here.registry} shows signatures`);
        return;
      }
      const project = await projectWith(lockfile, registries(null));
      t.after(() => project.remove());
      const earlier = await project.snapshot();
      const run = await secureInstall(project, ["ci", "--json"], { env: here.env });
      const told = said(run);
      assert.deepEqual([run.status, told.result, told.handedOff, told.counts.passed], [65, "FAILED", false, 0]);
      const codes = told.verdicts.flatMap(({ findings }: { findings: { code: string }[] }) =>
        findings.map(({ code }) => code),
      );
      assert.deepEqual(new Set(codes), new Set(["SIGNATURE_ABSENT"]));
      assert.deepEqual(await project.snapshot(), earlier);
      const { stdout } = await secureInstall(project, ["ci"], { env: here.env });
      assert.match(stdout, /This registry signs all that it serves/);
      t.diagnostic(`${codes.length} of ${told.counts.entries} refused with SIGNATURE_ABSENT`);
    });

    live("without a trust.json a registry that shows its signatures passes", async (t) => {
      if (!here.signs) {
        t.skip(`${here.registry} shows no signatures`);
        return;
      }
      const project = await projectWith(lockfile, registries(null));
      t.after(() => project.remove());
      const run = await secureInstall(project, ["ci", "--json"], { env: here.env });
      const told = said(run);
      assert.deepEqual([run.status, told.result, told.weakenings], [0, "PASSED", []], run.stdout);
      await assertItRuns(project);
    });
  });
}

live("a package that is asked for by name, into a fresh folder", async (t) => {
  const project = await makeProject();
  t.after(() => project.remove());
  await project.writeTrust({ registries: registries({ require: ["integrity"] }) });
  const run = await secureInstall(project, ["is-odd", "--json"], { env: here.env });
  const told = said(run);
  assert.deepEqual([run.status, told.result, told.handedOff], [0, "PASSED", true], run.stdout);
  assert.match(JSON.parse(await project.read("package.json")).dependencies["is-odd"], /^\^\d/);
  assert.equal((await runIn(project, ["-p", "require('is-odd')(3)"])).trim(), "true");
  t.diagnostic(`${told.counts.passed} packages, ${(told.elapsedMs / 1000).toFixed(1)} s`);
});
