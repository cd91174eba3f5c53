/** Where refreshing is tried: the repository under its own name, and a clock that stands at a date. */
import { after, afterEach } from "node:test";
import { mintAuthority } from "../../registry-fixtures/authority.js";
import { makeProject, type Project } from "../../registry-fixtures/project.js";
import { openProxy } from "../../registry-fixtures/proxy.js";
import { serve } from "../../registry-fixtures/server.js";
import { TufRepository } from "../../registry-fixtures/tuf-repository.js";
import { ROOTS_REPOSITORY } from "../../src/trust/builtin.js";
import { type Typed, typeInside } from "./inside.js";

export interface ToldRefresh {
  readonly result: string;
  readonly dryRun: boolean;
  readonly changed: readonly string[];
  readonly changes: readonly {
    readonly direction: string;
    readonly place: string;
    readonly says: string;
    readonly inUseBy: number;
  }[];
  readonly findings: readonly { readonly code: string; readonly says: string }[];
  readonly rootsAge: string;
  readonly error?: { readonly code: string; readonly at: string; readonly says: string };
}

export interface RefreshScene {
  readonly repository: TufRepository;
  /** A project with an empty trust store and an empty lockfile. */
  project(): Promise<Project>;
  /** Runs `trust refresh --json` at noon of that day. */
  refresh(
    project: Project,
    day: string,
    args?: readonly string[],
  ): Promise<{ readonly status: number; readonly told: ToldRefresh }>;
  /** Runs any command line at noon of that day. */
  run(project: Project, argv: readonly string[], day: string): Promise<Typed>;
  /** Where the repository has `keys.json` or `trusted_root.json`, by its newest state. */
  targetPath(name: "keys.json" | "trusted_root.json"): string;
  /** The paths that the repository was asked for, in their order. */
  asked(): readonly string[];
}

const KEYS = "targets/registry.npmjs.org/160677eb6e1c7083c89b166b20f8fe4e837fb71181506aff1991b80b89184f7d.keys.json";
const TRUSTED_ROOT = "targets/6494e21ea73fa7ee769f85f57d5a3e6a08725eae1e38c755fc3517c9e6bc0b66.trusted_root.json";

/** Sets the scene for all tests of a file; the repository is honest again after each. */
export async function setRefreshScene(): Promise<RefreshScene> {
  const authority = await mintAuthority();
  const repository = new TufRepository();
  const { host } = new URL(ROOTS_REPOSITORY.metadata);
  const served = await serve(repository, { host, authority });
  const proxy = await openProxy({ [host]: served.port });
  const projects: Project[] = [];
  after(() => Promise.all([served.close(), proxy.close()]));
  afterEach(async () => {
    repository.reset();
    await Promise.all(projects.splice(0).map((project) => project.remove()));
  });
  const env = { HTTPS_PROXY: proxy.url, NO_PROXY: "localhost" };
  const run = (project: Project, argv: readonly string[], day: string) =>
    typeInside(project, [...argv, `--cafile=${served.caFile}`], env, (world) => ({
      ...world,
      clock: { ...world.clock, now: () => Date.parse(`${day}T12:00:00Z`) },
    }));
  return {
    repository,
    run,
    project: async () => {
      const project = await makeProject();
      projects.push(project);
      await project.writeTrust({});
      const root = { name: "project", version: "1.0.0" };
      await project.write("package-lock.json", { ...root, lockfileVersion: 3, packages: { "": root } });
      return project;
    },
    refresh: async (project, day, args = []) => {
      const { status, stdout, stderr } = await run(project, ["trust", "refresh", "--json", ...args], day);
      if (stdout === "") throw new Error(stderr);
      return { status, told: JSON.parse(stdout) as ToldRefresh };
    },
    targetPath: (name) => (name === "keys.json" ? KEYS : TRUSTED_ROOT),
    asked: () => repository.log.map(({ path }) => path.slice(1)),
  };
}
