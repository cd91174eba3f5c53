/** Has the attestations of a version held on a worker thread, against whoever may have built it. */
import type { SigstoreInstance } from "../model/build.js";
import type { DigestSet } from "../model/digest.js";
import type { Outcome } from "../model/evidence.js";
import { npmPurl } from "../model/names.js";
import { selects } from "../model/selector.js";
import { builtByWhom } from "../policy/built-by.js";
import { homeOf, type Named } from "../trust/lookup.js";
import type { Attested } from "../verify/attestations.js";
import type { AttestationRequest } from "../verify/attested.js";
import type { Known } from "./known.js";
import type { River } from "./river.js";

/** The outcomes of both kinds, or null where nobody asked. Verified is what one of the publishers' builds made. */
export async function gatherAttestations(river: River, known: Known): Promise<Attested | null> {
  const { answer, home, artifact, own, candidates } = known;
  if (answer === null || home === null) return null;
  if (!answer.ok) return both({ outcome: "unavailable", code: answer.finding.code, detail: answer.finding.says });
  if (answer.body === null) return both({ outcome: "absent", detail: whyAbsent(known) });
  const attested = await holdAttestations(river, artifact, own, answer.body);
  return { ...attested, provenance: builtByWhom(attested.provenance, candidates) };
}

/** The outcomes for these digests, by the keys of the name's home, and all instances that may speak for it. */
export async function holdAttestations(
  river: Pick<River, "trust" | "world">,
  { ecosystem, name, version }: Named,
  own: DigestSet,
  answer: Uint8Array,
): Promise<Attested> {
  const { id, url, keys } = homeOf(river.trust, ecosystem, name);
  const instances = instancesFor(river.trust.sigstore, { ecosystem, name, version });
  const request: AttestationRequest = {
    ...{ name, version, purl: npmPurl(name, version), own, keys, registry: { id, url }, instances, answer },
  };
  return river.world.workers.run<Attested>("attest", request);
}

function both(outcome: Outcome): Attested {
  return { provenance: outcome, publish: outcome };
}

function whyAbsent({ claimed }: Known): string {
  const announced = claimed?.ok === true && claimed.claims.announcesAttestations;
  return announced
    ? "the registry's manifest announces attestations, and the registry has none: somebody may have taken them off"
    : "the registry has no attestations of it";
}

function instancesFor(all: readonly SigstoreInstance[], { ecosystem, name, version }: Named) {
  return all
    .filter(({ select }) => select?.some((one) => selects(one, ecosystem, name, version)) ?? true)
    .map(({ select: _, ...instance }) => instance);
}

/**
 * When a publish attestation was logged (ms), or null: whatever the registry signed for these bytes, it had published
 * them by then, and no thief of an old key can have.
 */
export function publishedBy(attested: Attested | null): number | null {
  if (attested?.publish.outcome !== "verified") return null;
  const times = attested.publish.signers.flatMap((by) =>
    by.type === "registry-key" && by.time !== undefined ? [by.time] : [],
  );
  return times.length === 0 ? null : Math.min(...times);
}
