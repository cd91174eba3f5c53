/** Publishes as a trusted publisher's workflow does: the package, its provenance, and the registry's own attestation. */
import type { Attestation } from "../attestations.js";
import type { PublishOptions } from "../registry.js";
import type { Release } from "../release.js";
import type { Simulator } from "../simulator.js";
import type { Files } from "../tarball.js";
import type { TextArchive } from "../text-archive.js";
import { type Build, githubBuild } from "./build.js";
import type { AttestOptions, SigningOptions, Sigstore } from "./instance.js";
import { provenanceStatement, publishStatement, type Statement, type Subject } from "./npm-statements.js";

export interface PublishAttestedOptions extends PublishOptions {
  /** `githubBuild()` unless given; null for a package that was published by hand, and has no provenance. */
  readonly build?: Build | null;
  /** How the provenance is signed; by default with the build's certificate, five seconds before the publication. */
  readonly provenance?: AttestOptions;
  /** How the registry's attestation is signed; by default at the time of publication. Null for none. */
  readonly publication?: SigningOptions | null;
  /** Changes what is stated, before it is signed: the provenance's statement first, then the registry's. */
  readonly state?: (statement: Statement) => void;
}

export interface Attested {
  readonly release: Release;
  /** As the registry shows them: the provenance, where there is one, before the registry's own. */
  readonly attestations: readonly Attestation[];
}

const BUILT_BEFORE_MS = 5_000;

/** Publishes one version with its attestations. The registry has to be served before: they speak of its address. */
export function publishAttested(
  simulator: Simulator,
  sigstore: Sigstore,
  files: TextArchive | Files,
  options: PublishAttestedOptions = {},
): Attested {
  const { build = githubBuild(), provenance = {}, publication = {}, state = () => {}, ...publishing } = options;
  const release = simulator.publish(files, publishing);
  const subject = subjectOf(release);
  const at = new Date(release.publishTime ?? Number.NaN);
  const stated = (statement: Statement): Statement => {
    state(statement);
    return statement;
  };
  const attestations: Attestation[] = [];
  if (build !== null) {
    const statement = stated(provenanceStatement({ ...subject, build }));
    const how = { at: new Date(at.getTime() - BUILT_BEFORE_MS), build, ...provenance };
    attestations.push({ predicateType: statement.predicateType, bundle: sigstore.attest(statement, how) });
  }
  if (publication !== null) {
    const statement = stated(publishStatement({ ...subject, registry: simulator.url }));
    const bundle = sigstore.attestWithKey(statement, simulator.signingKey(options.keyid), { at, ...publication });
    attestations.push({ predicateType: statement.predicateType, bundle });
  }
  simulator.attest(release.name, release.version, attestations);
  return { release: simulator.release(release.name, release.version), attestations };
}

/** Name, version and digest of what was published, as attestations name them. */
export function subjectOf({ name, version, manifest }: Release): Subject {
  const sha512 = Buffer.from(manifest.dist.integrity.replace(/^sha512-/, ""), "base64").toString("hex");
  return { name, version, sha512 };
}
