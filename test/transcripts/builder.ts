/** A build that publishes greeter with its provenance, on an instance of Sigstore that the project's store believes. */
import { registryEntry } from "../../registry-fixtures/project.js";
import { type Build, githubBuild } from "../../registry-fixtures/sigstore/build.js";
import { mintSigstore, type Sigstore } from "../../registry-fixtures/sigstore/instance.js";
import { provenanceStatement, publishStatement } from "../../registry-fixtures/sigstore/npm-statements.js";
import { subjectOf } from "../../registry-fixtures/sigstore/publish.js";
import type { Simulator } from "../../registry-fixtures/simulator.js";
import type { Stage } from "./told.js";

const REPOSITORY = "https://github.com/acme/greeter";

/** Attests greeter as made by its own workflow, or by another build; the store believes the instance, and pins nobody. */
export async function attestGreeter(stage: Stage, build: Partial<Build> = {}): Promise<void> {
  const { project, simulator } = stage;
  const sigstore = mintSigstore();
  attest(simulator, sigstore, "greeter", "1.0.0", githubBuild({ repository: REPOSITORY, ...build }));
  await project.write(".secure-install/sigstore/acme.json", sigstore.trustedRoot());
  await project.writeTrust({
    registries: { acme: registryEntry(simulator) },
    sigstore: { acme: { trustedRoot: "sigstore/acme.json", select: ["npm:*"], issuers: [githubBuild().issuer] } },
  });
}

/** The same, and greeter's own workflow is pinned: by whom it was built is for `build` to say. */
export async function pinBuild(stage: Stage, build: Partial<Build> | null): Promise<void> {
  await attestGreeter(stage, build ?? {});
  if (build === null) stage.simulator.stripAttestations("greeter", "1.0.0", "endpoint");
  const { issuer, repositoryId, ownerId, workflow, runner } = githubBuild();
  const identity = { type: "built-by", issuer, repository: REPOSITORY, repositoryId, ownerId, workflow };
  const trust = JSON.parse(await stage.project.read(".secure-install/trust.json")) as object;
  await stage.project.writeTrust({
    ...trust,
    publishers: { "greeter-release": { identities: [{ ...identity, ref: "refs/tags/*", runner }] } },
    rules: [
      {
        select: "npm:greeter",
        require: ["provenance"],
        publishers: { atLeast: 1, of: ["greeter-release"] },
        reason: "releases are built in the open",
      },
    ],
  });
}

function attest(simulator: Simulator, sigstore: Sigstore, name: string, version: string, build: Build): void {
  const subject = subjectOf(simulator.release(name, version));
  const provenance = provenanceStatement({ ...subject, build });
  const publication = publishStatement({ ...subject, registry: simulator.url });
  simulator.attest(name, version, [
    { predicateType: provenance.predicateType, bundle: sigstore.attest(provenance, { build }) },
    {
      predicateType: publication.predicateType,
      bundle: sigstore.attestWithKey(publication, simulator.signingKey()),
    },
  ]);
}
