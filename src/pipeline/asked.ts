/** What a registry says of an artifact: its claims, and where somebody wants to see them, its attestations. */
import type { Artifact } from "../model/artifact.js";
import type { Registry, Requirements } from "../model/policy.js";
import { type Answer, askAttestations, wantsAttestations } from "./attestations-asked.js";
import { askClaims, type Claimed } from "./claims.js";
import type { River } from "./river.js";

/** Nothing where no registry speaks for it. */
export interface Asked {
  readonly claimed: Claimed | null;
  readonly answer: Answer | null;
}

/** Asks a registry, or takes what was kept unless `fresh`; null where none speaks for the artifact. */
export async function askRegistry(
  river: River,
  registry: Registry | null,
  artifact: Artifact,
  requirements: Requirements,
  fresh: boolean,
): Promise<Asked> {
  if (registry === null) return { claimed: null, answer: null };
  const claimed = await askClaims(river, registry, artifact, fresh);
  const wants = wantsAttestations(river, artifact, requirements, claimed.ok ? claimed.claims : null);
  return { claimed, answer: wants ? await askAttestations(river, registry, artifact, fresh) : null };
}
