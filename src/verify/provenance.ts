/**
 * Evidence `provenance`: a statement of SLSA (https://slsa.dev/provenance/v1, and v0.2) about where a package was built,
 * signed by that build with a certificate of Fulcio. What counts is in the certificate; the predicate is the build's own
 * story, of which nothing is believed.
 */
import type { Outcome, Signer } from "../model/evidence.js";
import { type AttestationRequest, heldUnder, invalid, keyidOf, refusalOf, unknown, wrongSubject } from "./attested.js";
import type { Opened } from "./sigstore.js";
import type { Statement } from "./statement.js";

export const PROVENANCE_TYPES: readonly string[] = [
  "https://slsa.dev/provenance/v0.2",
  "https://slsa.dev/provenance/v1",
];

/** The outcome of one attestation whose statement is a provenance: by a build of an issuer that counts. */
export async function verifyProvenance(
  request: AttestationRequest,
  opened: Opened,
  statement: Statement,
): Promise<Outcome> {
  if (keyidOf(opened) !== "") return invalid("it names a key, and provenance is signed with a certificate");
  const held = await heldUnder(request, opened);
  if (!held.ok) return refusalOf(held, "provenance");
  const { by, times, instance } = held;
  if (by.type !== "certificate") return invalid("it is signed with a key, and provenance with a certificate");
  const wrong = wrongSubject(request, statement);
  if (wrong !== null) return wrong;
  const { issuer, san, source, trigger } = by.facts;
  if (source === null || !instance.issuers.includes(issuer)) {
    return unknown(`it is signed by ${san}, for whom ${issuer} vouches: that is no build service that counts here`);
  }
  if (isPullRequest(source.ref, trigger)) {
    return unknown(
      `it was built in ${source.repository} for a pull request: what such a build makes need not be what was merged`,
    );
  }
  const { repositoryId, ownerId } = source;
  const signer: Signer = {
    ...{ type: "sigstore", issuer, san, source, time: Math.max(...times) },
    ...(repositoryId === null ? {} : { repositoryId }),
    ...(ownerId === null ? {} : { ownerId }),
  };
  return { outcome: "verified", signers: [signer] };
}

/** What anybody may propose is not what the repository's owners build, whoever's name is on it. */
function isPullRequest(ref: string | null, trigger: string | null): boolean {
  return (
    /^refs\/(remotes\/)?(pull|merge-requests)\//.test(ref ?? "") || /(^|_)(pull|merge)_request/.test(trigger ?? "")
  );
}
