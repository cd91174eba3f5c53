/** Gathers what the registries say of the packages of a lockfile, as lines that can be carried elsewhere. */
import type { NpmClaims, NpmPublication } from "../ecosystem/npm.js";
import type { Artifact } from "../model/artifact.js";
import { type Finding, finding } from "../model/finding.js";
import { parseObject } from "../model/json.js";
import type { Registry } from "../model/policy.js";
import { withoutBeginnings } from "../trust/builtin.js";
import { requirementsFor } from "../trust/lookup.js";
import { needsPublication, sameLine } from "../verify/registry-signature.js";
import { askAttestations, wantsAttestations } from "./attestations-asked.js";
import { askClaims, askPublication } from "./claims.js";
import { mapConcurrent } from "./concurrent.js";
import { type EvidenceLine, evidenceLine } from "./evidence-line.js";
import { standingOf } from "./evidence-standing.js";
import { originOf, type RegistryOrigin } from "./origin.js";
import type { River } from "./river.js";

export interface Gathered {
  /** Sorted, each without its end. */
  readonly lines: readonly string[];
  /** Names and versions of which something is said. */
  readonly packages: number;
  /** Entries of no registry: nobody says anything of them. */
  readonly others: number;
  /** What could not be had, or not be written. */
  readonly missing: readonly Finding[];
}

/** Asks for the claims of every registry package, each once, wherever the trust store says that they are asked for. */
export async function gatherEvidence(river: River, artifacts: readonly Artifact[]): Promise<Gathered> {
  const asked = new Map<string, { readonly artifact: Artifact; readonly origin: RegistryOrigin }>();
  const missing: Finding[] = [];
  let others = 0;
  for (const artifact of artifacts) {
    const found = originOf(artifact, river);
    if (found.ok && found.origin.type === "registry") {
      const key = `${artifact.name}@${artifact.version} ${found.origin.evidence.id}`;
      asked.set(key, { artifact, origin: found.origin });
    } else if (!found.ok && artifact.source.type === "registry") missing.push(found.finding);
    else others += 1;
  }
  const lines: string[] = [];
  river.progress.stage("asking", asked.size);
  await mapConcurrent([...asked.values()], river.options.concurrency, async ({ artifact, origin }) => {
    const told = await linesFor(river, artifact, origin);
    if ("finding" in told) missing.push(told.finding);
    else lines.push(...told.lines);
    river.progress.step(0);
  });
  const sorted = lines.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return { lines: sorted, packages: asked.size, others, missing };
}

async function linesFor(
  river: River,
  artifact: Artifact,
  { home, evidence }: RegistryOrigin,
): Promise<{ readonly lines: readonly string[] } | { readonly finding: Finding }> {
  const claimed = await claimsFor(river, artifact, home, evidence);
  if (!claimed.ok) return { finding: claimed.finding };
  const { name, version } = artifact;
  const about = { name, version, registry: evidence.url };
  const told: EvidenceLine[] = [{ ...about, kind: "claims", claims: claimed.claims }];
  if (needsPublication(withoutBeginnings(home.keys), claimed.claims.signatures, river.now)) {
    const publication = await askPublication(river, evidence, artifact);
    if (!publication.ok) return { finding: publication.finding };
    told.push({ ...about, kind: "publication", publication: needed(publication.value, claimed.claims, version) });
  }
  const attestations = await attestationsFor(river, artifact, { home, evidence }, claimed.claims);
  if (attestations !== null && "finding" in attestations) return attestations;
  if (attestations !== null) told.push({ ...about, kind: "attestations", ...attestations });
  const lines = told.flatMap((line) => evidenceLine(line) ?? []);
  if (lines.length === told.length) return { lines };
  const says = `what the registry says of ${name}@${version} is longer than any line of evidence may be`;
  return { finding: finding("FETCH_TOO_LARGE", { says }) };
}

/** The registry's answer where a run would ask for it; null where it would not, or there are none. */
async function attestationsFor(
  river: River,
  artifact: Artifact,
  { home, evidence }: Pick<RegistryOrigin, "home" | "evidence">,
  claims: NpmClaims,
): Promise<{ readonly attestations: Readonly<Record<string, unknown>> } | { readonly finding: Finding } | null> {
  const requirements = requirementsFor(river.trust, artifact, home, river.now);
  if (!wantsAttestations(river, artifact, requirements, claims)) return null;
  const answer = await askAttestations(river, evidence, artifact, false);
  if (!answer.ok) return { finding: answer.finding };
  const attestations = answer.body === null ? null : parseObject(answer.body);
  return attestations === null ? null : { attestations };
}

/** Kept claims will do where a pinned key has signed them; else the registry is asked again, if it may be. */
async function claimsFor(river: River, artifact: Artifact, home: Registry, evidence: Registry) {
  const claimed = await askClaims(river, evidence, artifact, false);
  if (!claimed.ok || !claimed.kept || river.options.offline) return claimed;
  const isSigned = standingOf(artifact, claimed.claims, home, river.now).type === "signed";
  return isSigned ? claimed : askClaims(river, evidence, artifact, true);
}

/** Of the other versions those that may count against this one: of its line, signed by another key. */
function needed(publication: NpmPublication, claims: NpmClaims, version: string): NpmPublication {
  const own = new Set(claims.signatures.map(({ keyid }) => keyid));
  const siblings = publication.siblings.filter(
    (sibling) => sameLine(sibling.version, version) && sibling.signatures.some(({ keyid }) => !own.has(keyid)),
  );
  return { at: publication.at, siblings };
}
