/** Keeps the statements of a file of evidence in this user's store, as if their registries had made them just now. */
import type { NpmClaims } from "../ecosystem/npm.js";
import type { Finding } from "../model/finding.js";
import type { Registry } from "../model/policy.js";
import { homeOf } from "../trust/lookup.js";
import { CARRIED, keptClaims, keptPublication, publicationKey } from "./claims.js";
import { addressOf, answerOf, type EvidenceLine, readEvidence } from "./evidence-line.js";
import { standingOf } from "./evidence-standing.js";
import type { River } from "./river.js";

export type Imported =
  | { readonly ok: false; readonly findings: readonly Finding[] }
  | {
      readonly ok: true;
      /** Statements that were kept. */
      readonly kept: number;
      /** Those in whose place the store holds something as good, or better. */
      readonly better: number;
      /** Those of registries that the trust store does not declare: nobody would ever look at them. */
      readonly foreign: number;
    };

/**
 * Keeps what the file says, under the addresses at which its registries would have been asked. Nothing is proven by
 * it: a run verifies kept claims over the bytes, as it does a registry's answer. What a pinned key has signed is never
 * replaced by what none has, and nothing by its like. Where a signature is not its key's, nothing at all is kept.
 * Throws StopError EVIDENCE_MALFORMED.
 */
export async function keepEvidence(river: River, bytes: Uint8Array, file: string): Promise<Imported> {
  const lines = readEvidence(bytes, file);
  const known = new Map(river.trust.registries.map((registry) => [registry.url, registry]));
  const declared = lines.flatMap((line) => {
    const registry = known.get(line.registry);
    return registry === undefined ? [] : [{ line, registry }];
  });
  const findings = declared.flatMap(({ line }) => forgery(river, line));
  if (findings.length > 0) return { ok: false, findings };
  let kept = 0;
  for (const { line, registry } of declared) if (await keep(river, line, registry)) kept += 1;
  return { ok: true, kept, better: declared.length - kept, foreign: lines.length - declared.length };
}

function forgery({ trust, now }: River, line: EvidenceLine): readonly Finding[] {
  if (line.kind !== "claims") return [];
  const standing = standingOf(line, line.claims, homeOf(trust, "npm", line.name), now);
  return standing.type === "forged" ? [standing.finding] : [];
}

async function keep(river: River, line: EvidenceLine, registry: Registry): Promise<boolean> {
  const address = addressOf(line);
  if (line.kind === "publication") {
    const key = publicationKey(address, line.version);
    if ((await keptPublication(river, key, CARRIED, line)) !== null) return false;
    await river.quarantine.keep(key, CARRIED, answerOf(line));
    return true;
  }
  if (!(await isBetter(river, line, line.claims, registry))) return false;
  await river.quarantine.keep(address, "claims", answerOf(line));
  return true;
}

/** Whether the store holds nothing of it, or nothing that a pinned key has signed where this is signed. */
async function isBetter(river: River, line: EvidenceLine, claims: NpmClaims, registry: Registry): Promise<boolean> {
  const known = await keptClaims(river, registry, line);
  if (known === null) return true;
  const home = homeOf(river.trust, "npm", line.name);
  const isSigned = (some: NpmClaims): boolean => standingOf(line, some, home, river.now).type === "signed";
  return !isSigned(known) && isSigned(claims);
}
