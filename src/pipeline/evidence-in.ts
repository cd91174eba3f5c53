/** Keeps the statements of a file of evidence in this user's store, as if their registries had made them just now. */
import type { NpmClaims } from "../ecosystem/npm.js";
import { type DigestSet, parseIntegrity } from "../model/digest.js";
import type { Outcome } from "../model/evidence.js";
import { type Finding, finding } from "../model/finding.js";
import { LIMITS } from "../model/limits.js";
import type { Registry } from "../model/policy.js";
import { homeOf } from "../trust/lookup.js";
import type { Attested } from "../verify/attestations.js";
import { holdAttestations } from "./attestations.js";
import { CARRIED, keptClaims, keptPublication, publicationKey } from "./claims.js";
import { mapConcurrent } from "./concurrent.js";
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
  const digests = new Map(
    lines.flatMap((line) => (line.kind === "claims" ? [[keyOf(line), digestsIn(line.claims)] as const] : [])),
  );
  const weighed = await mapConcurrent(declared, river.options.concurrency, async ({ line, registry }) => {
    const own = digests.get(keyOf(line)) ?? {};
    return { line, registry, own, attested: await held(river, line, own) };
  });
  const findings = weighed.flatMap(({ line, attested }) => forgery(river, line, attested));
  if (findings.length > 0) return { ok: false, findings };
  let kept = 0;
  for (const one of weighed) if (await keep(river, one)) kept += 1;
  return { ok: true, kept, better: declared.length - kept, foreign: lines.length - declared.length };
}

/** A line, and what of its attestations holds over the digests of the claims beside it. */
interface Weighed {
  readonly line: EvidenceLine;
  readonly registry: Registry;
  readonly own: DigestSet;
  readonly attested: Partial<Attested>;
}

function keyOf({ name, version, registry }: EvidenceLine): string {
  return `${name}@${version} ${registry}`;
}

function digestsIn({ integrity }: NpmClaims): DigestSet {
  return integrity === null ? {} : parseIntegrity(integrity).digests;
}

/** What is signed in the name of somebody pinned, and not by them. */
function forgery(river: River, line: EvidenceLine, attested: Partial<Attested>): readonly Finding[] {
  if (line.kind === "attestations") return Object.values(attested).flatMap(invalidIn);
  if (line.kind !== "claims") return [];
  const standing = standingOf(line, line.claims, homeOf(river.trust, "npm", line.name), river.now);
  return standing.type === "forged" ? [standing.finding] : [];
}

/** Nothing where no digest is known. */
async function held(river: River, line: EvidenceLine, own: DigestSet): Promise<Partial<Attested>> {
  if (line.kind !== "attestations" || own.sha512 === undefined) return {};
  return holdAttestations(river, { ecosystem: "npm", ...line }, own, answerOf(line));
}

function invalidIn(outcome: Outcome): readonly Finding[] {
  return outcome.outcome === "invalid" ? [finding(outcome.code, { says: outcome.detail })] : [];
}

async function keep(river: River, weighed: Weighed): Promise<boolean> {
  const { line, registry } = weighed;
  const address = addressOf(line);
  if (line.kind === "publication") {
    const key = publicationKey(address, line.version);
    if ((await keptPublication(river, key, CARRIED, line)) !== null) return false;
    await river.quarantine.keep(key, CARRIED, answerOf(line));
    return true;
  }
  if (line.kind === "attestations") {
    const known = await river.quarantine.kept(address, "attestations", LIMITS.attestationsBytes);
    if (known !== null && known.length > 0 && !(await provesMore(river, weighed, known))) return false;
    await river.quarantine.keep(address, "attestations", answerOf(line));
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

/** Whether more of what the line says holds than of what is kept. */
async function provesMore(river: River, { line, own, attested }: Weighed, known: Buffer): Promise<boolean> {
  const count = (some: Partial<Attested>): number =>
    Object.values(some).filter(({ outcome }) => outcome === "verified").length;
  return count(attested) > count(await holdAttestations(river, { ecosystem: "npm", ...line }, own, known));
}
