/** Whether a version's attestations are wanted, and what the registry answers. */
import { attestationsAddress, type NpmClaims } from "../ecosystem/npm.js";
import { type Finding, finding } from "../model/finding.js";
import { parseObject } from "../model/json.js";
import { LIMITS } from "../model/limits.js";
import type { Registry, Requirements } from "../model/policy.js";
import type { Named } from "../trust/lookup.js";
import { observedName } from "../trust/observed.js";
import type { River } from "./river.js";

/** What came of asking. */
export type Answer =
  /** `body` is null where the registry has none. */
  | { readonly ok: true; readonly body: Buffer | null; readonly kept: boolean }
  | { readonly ok: false; readonly finding: Finding; readonly kept: false };

const KINDS = ["provenance", "publish-attestation"] as const;

/**
 * Whether anybody wants to see attestations of it: the registry announces some, a rule asks for them, or earlier
 * versions had them. What a registry no longer announces is asked for all the same, lest its silence decide.
 */
export function wantsAttestations(
  { trust }: River,
  named: Named,
  { kinds, candidates }: Requirements,
  claims: NpmClaims | null,
): boolean {
  if (claims?.announcesAttestations === true || KINDS.some((kind) => kinds.has(kind))) return true;
  if (candidates.some(({ identities }) => identities.some(({ type }) => type === "built-by"))) return true;
  const seen = trust.observations.get(observedName(named)) ?? [];
  return seen.some(({ evidence }) => KINDS.some((kind) => evidence.includes(kind)));
}

/** The answer of `/-/npm/v1/attestations/…`, or one that was kept, unless `fresh`. Kept ones may only confirm. */
export async function askAttestations(river: River, registry: Registry, named: Named, fresh: boolean): Promise<Answer> {
  const address = attestationsAddress(registry.url, named.name, named.version);
  const kept = fresh ? null : await river.quarantine.kept(address, "attestations", LIMITS.attestationsBytes);
  if (kept !== null) return { ok: true, body: kept.length === 0 ? null : kept, kept: true };
  const wanted = { maxBytes: LIMITS.attestationsBytes, redirects: registry.redirects, accept: "application/json" };
  const answer = await river.client.get(address, wanted);
  if (answer.ok) {
    // Whoever is in between may answer with a page of their own.
    if (parseObject(answer.value.body) === null) return { ok: true, body: answer.value.body, kept: false };
    await river.quarantine.keep(address, "attestations", answer.value.body);
    return { ok: true, body: answer.value.body, kept: false };
  }
  if (answer.status === 404 || answer.status === 410) {
    // Mirrors pass on what announces attestations, and have none: that is not asked again for each run.
    await river.quarantine.keep(address, "attestations", Buffer.alloc(0));
    return { ok: true, body: null, kept: false };
  }
  return { ok: false, finding: finding(answer.code, { says: answer.says }), kept: false };
}
