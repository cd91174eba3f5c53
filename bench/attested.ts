/** Attestations for a share of a registry's packages, as npm's have them, by an instance of Sigstore minted for it. */
import { createHash } from "node:crypto";
import type { Attestation } from "../registry-fixtures/attestations.js";
import type { Release } from "../registry-fixtures/release.js";
import { githubBuild } from "../registry-fixtures/sigstore/build.js";
import type { KnownKey, Sigstore } from "../registry-fixtures/sigstore/instance.js";
import { provenanceStatement, publishStatement } from "../registry-fixtures/sigstore/npm-statements.js";
import { subjectOf } from "../registry-fixtures/sigstore/publish.js";

const BUILT_BEFORE_MS = 5_000;
const WHOLE = 2 ** 32;

/** Whether a package is of the attested share (0 to 1): the same ones in each run, whatever else there is. */
export function isAttested(name: string, version: string, share: number): boolean {
  const digest = createHash("sha256").update(`${name}@${version}`).digest();
  return digest.readUInt32BE(0) / WHOLE < share;
}

/** A build's provenance and the registry's own attestation, of a release that the registry at `registry` shows. */
export function attestationsOf(
  release: Release,
  { sigstore, key, registry }: { readonly sigstore: Sigstore; readonly key: KnownKey; readonly registry: string },
): readonly Attestation[] {
  const subject = subjectOf(release);
  const at = new Date(release.publishTime ?? Number.NaN);
  const name = release.name.replace(/^@/, "").replace("/", "-");
  const build = githubBuild({ repository: `https://github.com/acme/${name}` });
  const provenance = provenanceStatement({ ...subject, build });
  const publication = publishStatement({ ...subject, registry });
  const built = new Date(at.getTime() - BUILT_BEFORE_MS);
  return [
    { predicateType: provenance.predicateType, bundle: sigstore.attest(provenance, { at: built, build }) },
    { predicateType: publication.predicateType, bundle: sigstore.attestWithKey(publication, key, { at }) },
  ];
}
