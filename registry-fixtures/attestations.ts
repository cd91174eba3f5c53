/** How npm's registry shows the attestations of a version: in an answer of their own, and mentioned in the manifest. */
import type { AttestationsNotice } from "./manifest.js";
import { idOf } from "./release.js";

export interface Attestation {
  readonly predicateType: string;
  /** A Sigstore bundle, as JSON. */
  readonly bundle: object;
}

/** Where they are, relative to the registry's address, as it is decoded on arrival. */
export function attestationsPath(id: string): string {
  return `-/npm/v1/attestations/${id}`;
}

/** What `dist.attestations` says. The slash of a scope is encoded in the address; clients send it either way. */
export function shownAttestations(
  name: string,
  version: string,
  attestations: readonly Attestation[],
): AttestationsNotice {
  const url = attestationsPath(idOf({ name: name.replace("/", "%2f"), version }));
  const provenance = attestations.find(({ predicateType }) => predicateType.startsWith("https://slsa.dev/provenance/"));
  return provenance === undefined ? { url } : { url, provenance: { predicateType: provenance.predicateType } };
}
