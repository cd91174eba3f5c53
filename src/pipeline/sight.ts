/** What was seen of an artifact in this run: the raw material of an observation, and of drift. */
import type { NpmClaims } from "../ecosystem/npm.js";
import type { Artifact } from "../model/artifact.js";
import type { BuildSource } from "../model/build.js";
import type { Digest } from "../model/digest.js";
import type { Evidence, Signer } from "../model/evidence.js";
import { LASTING_KINDS, type Sight } from "../model/observation.js";
import type { Registry } from "../model/policy.js";
import { oneSource } from "../policy/built-by.js";
import { signerText } from "../trust/observed.js";

/**
 * Null where there is nothing to compare with later: no SHA-512 of our own, or no registry where the name is at home.
 * Only what held is seen: a signature that is invalid, or could not be asked for, is none.
 */
export function sightOf(
  artifact: Artifact,
  digest: Digest | null,
  evidence: readonly Evidence[],
  from: { readonly home: Registry | null; readonly claims: NpmClaims | null },
): Sight | null {
  if (from.home === null || digest?.algorithm !== "sha512") return null;
  const lasting = evidence.filter((item) => LASTING_KINDS.some((kind) => kind === item.kind) && holds(item));
  const signers = new Map<string, Signer>();
  for (const signer of lasting.flatMap(signersOf)) signers.set(signerText(signer), signer);
  return {
    ecosystem: artifact.ecosystem,
    name: artifact.name,
    version: artifact.version,
    digest,
    registry: from.home.id,
    evidence: LASTING_KINDS.filter((kind) => lasting.some((item) => item.kind === kind)),
    signers: [...signers.values()],
    publisher: from.claims?.publisher ?? null,
    source: sourceIn(lasting),
    published: from.claims?.published ?? null,
  };
}

/** From where it was built, as a provenance proves: whoever's build it was. */
function sourceIn(lasting: readonly Evidence[]): BuildSource | null {
  const provenance = lasting.find(({ kind }) => kind === "provenance");
  return provenance === undefined ? null : oneSource(signersOf(provenance));
}

function signersOf(item: Evidence): readonly Signer[] {
  return item.outcome === "verified" || item.outcome === "unknown-signer" ? item.signers : [];
}

/**
 * Whether it was proven, if not by somebody whom a rule names. What is said to be signed by a key that nobody has here
 * was never verified: junk in the place of a signature must not pass for one. Neither must provenance by two different
 * builds: which of them made the package, nobody can tell, and either would be the measure for what comes next.
 */
function holds(item: Evidence): boolean {
  if (item.kind === "provenance" && oneSource(signersOf(item)) === null) return false;
  if (item.outcome === "verified") return true;
  return item.outcome === "unknown-signer" && item.kind !== "registry-signature" && item.signers.length > 0;
}
