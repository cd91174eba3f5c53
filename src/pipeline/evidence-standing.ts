/** What a registry's claims are worth before any bytes are there: whether its home's keys speak for them, or against. */
import type { NpmClaims } from "../ecosystem/npm.js";
import { parseIntegrity } from "../model/digest.js";
import type { Finding } from "../model/finding.js";
import { finding } from "../model/finding.js";
import type { Registry } from "../model/policy.js";
import { verifyRegistrySignature } from "../verify/registry-signature.js";

export type ClaimsStanding =
  /** A pinned key has signed this name, version and digest; whether its time allowed it is for the judgement. */
  | { readonly type: "signed" }
  | { readonly type: "unsigned" }
  /** A signature in the name of a pinned key that the key did not make. */
  | { readonly type: "forged"; readonly finding: Finding };

/** Holds the signatures of claims against the digest that is claimed. `now` in milliseconds. */
export function standingOf(
  asked: { readonly name: string; readonly version: string },
  claims: NpmClaims,
  home: Registry,
  now: number,
): ClaimsStanding {
  const { name, version } = asked;
  const outcome = verifyRegistrySignature({
    name,
    version,
    registry: home.id,
    keys: home.keys,
    own: parseIntegrity(claims.integrity ?? "").digests,
    published: claims.integrity,
    signatures: claims.signatures,
    publication: null,
    now,
  });
  if (outcome.outcome === "verified") return { type: "signed" };
  if (outcome.outcome !== "invalid") return { type: "unsigned" };
  if (outcome.code === "KEY_EXPIRED" || outcome.code === "SIGNATURE_TIME") return { type: "signed" };
  return { type: "forged", finding: finding(outcome.code, { says: `${name}@${version}: ${outcome.detail}` }) };
}
