/** A project whose store believes an instance of Sigstore that was minted for the test. */
import { type Project, registryEntry } from "../../registry-fixtures/project.js";
import { type Build, githubBuild, gitlabBuild } from "../../registry-fixtures/sigstore/build.js";
import type { Sigstore } from "../../registry-fixtures/sigstore/instance.js";
import type { Simulator } from "../../registry-fixtures/simulator.js";

export const REASON = "as an example";

/** An identity of trust.json that names everything that a build's certificate says, tags standing for any tag. */
export function pinOf({ issuer, repository, repositoryId, ownerId, workflow, runner, ref }: Build) {
  const pattern = ref.startsWith("refs/tags/") ? "refs/tags/*" : ref;
  return { type: "built-by", issuer, repository, repositoryId, ownerId, workflow, ref: pattern, runner } as const;
}

/** A build of another repository of the same owner: what is pinned for it overlaps with no other pin. */
export function otherBuild(name: string, id: number, more: Partial<Build> = {}): Build {
  return githubBuild({ repository: `https://github.com/acme/${name}`, repositoryId: String(id), ...more });
}

export interface Believed {
  readonly simulator: Simulator;
  readonly sigstore: Sigstore;
  /** More of the instance's entry under "sigstore", or other values. */
  readonly instance?: object;
  /** What the registry asks for, unless the built-in floor. */
  readonly require?: readonly string[];
}

/** Writes trust.json with the registry, the instance and its trusted root, and whatever else is given. */
export async function believe(
  project: Project,
  { simulator, sigstore, instance = {}, require }: Believed,
  more: object = {},
): Promise<void> {
  await project.write(".secure-install/sigstore/fixture.json", sigstore.trustedRoot());
  const issuers = [githubBuild().issuer, gitlabBuild().issuer];
  await project.writeTrust({
    registries: { fixture: registryEntry(simulator, require === undefined ? {} : { require }) },
    sigstore: {
      fixture: { trustedRoot: "sigstore/fixture.json", select: ["npm:*"], issuers, ...instance },
    },
    ...more,
  });
}

/** A rule by which a package must be built by exactly this build. */
export function builtBy(name: string, build: Build, require: readonly string[] = ["provenance"]) {
  const publisher = `builder-of-${name}`;
  return {
    publishers: { [publisher]: { identities: [pinOf(build)] } },
    rules: [{ select: `npm:${name}`, require, publishers: { atLeast: 1, of: [publisher] }, reason: REASON }],
  };
}
