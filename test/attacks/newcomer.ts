/**
 * A project that has never seen us: packages that npm really signed, under the public registry's own name; packages of
 * a private registry beside it; an .npmrc, a lockfile of both, and no trust store.
 */
import assert from "node:assert/strict";
import { after, afterEach } from "node:test";
import type { Lockfile } from "../../registry-fixtures/lockfile.js";
import { makeProject, type Project } from "../../registry-fixtures/project.js";
import { type PublicRegistry, servePublicly } from "../../registry-fixtures/public-registry.js";
import { recordedAsServed, recordedTarball } from "../../registry-fixtures/recorded.js";
import type { RecordedManifest } from "../../registry-fixtures/release.js";
import type { Served } from "../../registry-fixtures/server.js";
import { sideBySide } from "../../registry-fixtures/side-by-side.js";
import { createSimulator, type Simulator } from "../../registry-fixtures/simulator.js";
import { typeInside } from "../pipeline/inside.js";
import { type Altered, small } from "./scene.js";
import { parseReport, type ShownReport } from "./shown.js";

export interface Proposed {
  readonly file: string;
  readonly path: readonly string[];
  readonly value: Readonly<Record<string, unknown>>;
  readonly line: string;
  readonly settles: number;
  readonly says: string;
}

export interface Initiated extends ShownReport {
  readonly proposals: readonly Proposed[];
  readonly provenBy: readonly {
    readonly by: string;
    readonly kind: string;
    readonly count: number;
    readonly packages: readonly string[];
  }[];
  readonly declared: readonly { readonly id: string; readonly because: readonly string[] }[];
  readonly observed: { readonly added: number; readonly total: number };
  readonly written: readonly string[];
}

export interface Ran {
  readonly status: number;
  readonly report: Initiated;
}

/** What a project takes from where. */
export interface Wants {
  /** The first so many of the recorded packages that have their bytes. */
  readonly public?: number;
  /** Packages of the private registry, as `name@version`. */
  readonly acme?: readonly string[];
  /** Lines of .npmrc; @acme is sent to the private registry unless given. */
  readonly npmrc?: Readonly<Record<string, string>>;
  readonly alter?: (lockfile: Altered) => void;
}

/** npm's own packages, of which the bytes were kept. */
export const RECORDED = recordedAsServed().filter((record) => recordedTarball(record) !== null);

/** A registry that holds recorded packages as they are, and signs nothing itself. */
export function recordedRegistry(name: string, held: readonly RecordedManifest[] = RECORDED): Simulator {
  const made = createSimulator({ name, signs: false });
  for (const record of held) made.publishSigned(record, recordedTarball(record));
  return made;
}

export interface Newcomers {
  readonly origin: Simulator;
  readonly acme: Simulator;
  readonly reach: PublicRegistry;
  readonly served: Served;
  project(wants: Wants): Promise<Project>;
  run(project: Project, args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ran>;
  /** What a person sees. */
  told(project: Project, args: readonly string[]): Promise<string>;
}

/** Serves both registries for a whole file of tests; they are honest again after each. */
export async function setNewcomers({ signs = false } = {}): Promise<Newcomers> {
  const origin = recordedRegistry("npmjs");
  const acme = createSimulator({ name: "acme", signs });
  for (const name of ["@acme/lib", "@acme/tool", "@tools/saw", "acme-internal"]) acme.publish(small(name));
  const reach = await servePublicly(origin);
  const served = await reach.serveBeside(acme);
  const projects: Project[] = [];
  after(() => reach.close());
  afterEach(async () => {
    origin.reset();
    acme.reset();
    await Promise.all(projects.splice(0).map((project) => project.remove()));
  });
  const line = (args: readonly string[]) => [...args, `--cafile=${reach.caFile}`];
  return {
    origin,
    acme,
    reach,
    served,
    project: async ({ public: count = 0, acme: own = [], npmrc, alter }) => {
      const theirs = sideBySide(origin, RECORDED.slice(0, count));
      const ours = sideBySide(acme, own.map(named));
      const dependencies = { ...theirs.manifest.dependencies, ...ours.manifest.dependencies };
      const project = await makeProject({ dependencies });
      projects.push(project);
      await project.writeNpmrc(npmrc ?? { "@acme:registry": served.url });
      const lockfile = merged(theirs.lockfile, ours.lockfile, dependencies);
      alter?.(lockfile);
      await project.writeLockfile(lockfile);
      return project;
    },
    run: async (project, args, env = {}) => {
      const { status, stdout, stderr } = await typeInside(project, line([...args, "--json"]), { ...reach.env, ...env });
      return { status, report: parseReport(stdout, stderr) as Initiated };
    },
    told: async (project, args) => (await typeInside(project, line(args), reach.env)).stdout,
  };
}

function named(text: string) {
  const at = text.lastIndexOf("@");
  return { name: text.slice(0, at), version: text.slice(at + 1) };
}

function merged(one: Lockfile, other: Lockfile, dependencies: object): Altered {
  const root = { name: "project", version: "1.0.0", dependencies };
  const packages = { ...one.packages, ...other.packages, "": root };
  return { ...one, name: "project", version: "1.0.0", packages } as unknown as Altered;
}

/** The lines of observed.lock, parsed; none where there is no such file. */
export async function observedIn(project: Project): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const text = await project.read(".secure-install/observed.lock").catch(() => "");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** trust.json, parsed, after asserting that it is short. */
export async function trustIn(project: Project): Promise<{ registries?: Record<string, Record<string, unknown>> }> {
  const text = await project.read(".secure-install/trust.json");
  assert.ok(text.split("\n").length <= 20, text);
  return JSON.parse(text);
}
