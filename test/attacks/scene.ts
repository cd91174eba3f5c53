/**
 * Where attacks take place: one simulated registry over TLS for a whole file of tests, a project of its own for each,
 * and secure-install run as a user would run it. What every attack asserts is here: that it was refused with its code,
 * that npm was never started, and that the project is byte-identical.
 */
import assert from "node:assert/strict";
import { after, afterEach } from "node:test";
import { type Lockfile, type LockfileOptions, lockfileFor } from "../../registry-fixtures/lockfile.js";
import { makeProject, type Project, registryEntry } from "../../registry-fixtures/project.js";
import { type Run, type RunOptions, secureInstall } from "../../registry-fixtures/secure-install.js";
import { type Served, type ServeOptions, serve } from "../../registry-fixtures/server.js";
import { createSimulator, type Simulator } from "../../registry-fixtures/simulator.js";
import type { Hooks } from "../../registry-fixtures/tarball.js";
import { runInside } from "../pipeline/inside.js";
import { brief, codesOf, parseReport, type ShownReport } from "./shown.js";
import { npmWitness, type Witness } from "./witness.js";

/** How an attack is to end. */
export interface Refusal {
  readonly code: string;
  /** The package, as `name@version`, that the finding is about; without it, the run or the lockfile as a whole. */
  readonly of?: string;
  /** 65 unless given. */
  readonly status?: number;
  /** `ci` unless given. */
  readonly args?: readonly string[];
  readonly env?: RunOptions["env"];
}

export interface SceneOptions extends ServeOptions {
  /**
   * Runs the program in this process instead of one of its own, which costs a fifth: for attacks that have nothing to
   * do with how it was started.
   */
  readonly inside?: boolean;
}

export interface Told extends Run {
  readonly report: ShownReport;
}

export interface Scene {
  readonly simulator: Simulator;
  readonly served: Served;
  readonly witness: Witness;
  /** A project that trusts the registry with all its keys, and has the lockfile that npm would write. */
  project(dependencies: Readonly<Record<string, string>>, options?: LockfileOptions): Promise<Project>;
  /** The same, its lockfile altered on the way. */
  forged(
    dependencies: Readonly<Record<string, string>>,
    alter: (lockfile: Altered) => void,
    options?: LockfileOptions,
  ): Promise<Project>;
  /** Runs with --json, and reads what came. */
  run(project: Project, args: readonly string[], options?: RunOptions): Promise<Told>;
  /** Asserts the refusal of an attack, as above. */
  refused(project: Project, refusal: Refusal): Promise<ShownReport>;
  /** Asserts that the run never began: the error's code, exit status 78 unless given, nothing started or changed. */
  stopped(project: Project, refusal: Refusal): Promise<NonNullable<ShownReport["error"]>>;
  /** Asserts that all is well, and npm was started exactly once. */
  installed(project: Project, options?: RunOptions): Promise<ShownReport>;
}

/** A lockfile of version 2 or 3, whose entries are certainly there. */
export type Altered = Lockfile & { packages: NonNullable<Lockfile["packages"]> };

/** Sets the scene for all tests of a file; the registry is honest again after each of them. */
export async function setScene(
  simulator = createSimulator({ name: "fixture" }).loadPackages(),
  { inside = false, ...options }: SceneOptions = {},
): Promise<Scene> {
  const projects: Project[] = [];
  const [served, witness] = await Promise.all([serve(simulator, options), npmWitness()]);
  after(async () => {
    witness.remove();
    await served.close();
  });
  afterEach(async () => {
    simulator.reset();
    witness.clear();
    await Promise.all(projects.splice(0).map((project) => project.remove()));
  });

  const make = async (dependencies: Readonly<Record<string, string>>): Promise<Project> => {
    const project = await makeProject({ dependencies });
    projects.push(project);
    await project.writeNpmrc({ registry: served.url });
    await project.writeTrust({ registries: { fixture: registryEntry(simulator) } });
    return project;
  };
  const run = async (project: Project, args: readonly string[], options: RunOptions = {}): Promise<Told> => {
    const how = { caFile: served.caFile, ...options, env: { PATH: witness.path, ...options.env } };
    if (inside) return runInside(project, args, how);
    const ran = await secureInstall(project, [...args, "--json"], how);
    return { ...ran, report: parseReport(ran.stdout, ran.stderr) };
  };
  const refusedWith = async (project: Project, refusal: Refusal, fallback: number): Promise<ShownReport> => {
    const untouched = await project.snapshot();
    const options = refusal.env === undefined ? {} : { env: refusal.env };
    const { status, report, stderr } = await run(project, refusal.args ?? ["ci"], options);
    const codes = report.error === undefined ? codesOf(report, refusal.of) : [report.error.code];
    assert.ok(codes.includes(refusal.code), `${refusal.code} is not among [${codes}]: ${brief(report)}${stderr}`);
    assert.equal(status, refusal.status ?? fallback, brief(report));
    assert.notEqual(report.handedOff, true);
    assert.deepEqual(witness.runs(), [], "npm was started");
    assert.deepEqual(await project.snapshot(), untouched);
    return report;
  };

  return {
    simulator,
    served,
    witness,
    project: async (dependencies, options = {}) => {
      const project = await make(dependencies);
      await project.writeLockfile(lockfileFor(simulator, project.manifest, options));
      return project;
    },
    forged: async (dependencies, alter, options = {}) => {
      const project = await make(dependencies);
      const lockfile = lockfileFor(simulator, project.manifest, options);
      alter(lockfile as Altered);
      await project.writeLockfile(lockfile);
      return project;
    },
    run,
    refused: (project, refusal) => refusedWith(project, refusal, 65),
    stopped: async (project, refusal) => {
      const report = await refusedWith(project, refusal, 78);
      assert.equal(report.result, "ERROR");
      assert.ok(report.error);
      return report.error;
    },
    installed: async (project, options) => {
      const { status, report, stderr } = await run(project, ["ci"], options);
      assert.equal(status, 0, `${brief(report)}${stderr}`);
      assert.deepEqual([report.result, report.handedOff, witness.runs().length], ["PASSED", true, 1]);
      return report;
    },
  };
}

/** A package of two files. `more` goes into its package.json. */
export function small(name: string, version = "1.0.0", more: Readonly<Record<string, unknown>> = {}) {
  const manifest = { name, version, license: "MIT", main: "index.js", ...more };
  return { "package.json": JSON.stringify(manifest), "index.js": `module.exports = ${JSON.stringify(name)};\n` };
}

/**
 * Publishes 1.0.0 of a package once more, as a tarball that npm would not make, and has the lockfile name that one:
 * digests and signature are over what came out.
 */
export function repack(simulator: Simulator, packages: Altered["packages"], name: string, tarball: Hooks): void {
  const { manifest } = simulator.publish(small(name), { tarball, replace: true });
  Object.assign(packages[`node_modules/${name}`] ?? {}, { integrity: manifest.dist.integrity });
}
