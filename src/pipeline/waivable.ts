/** What an exception could do for one lockfile entry: asked of the decision itself, with exceptions on trial. */
import type { Artifact } from "../model/artifact.js";
import type { EvidenceKind } from "../model/evidence.js";
import { type Finding, isAgainst } from "../model/finding.js";
import { LASTING_KINDS } from "../model/observation.js";
import { proves } from "../model/policy.js";
import type { Verdict } from "../model/verdict.js";
import type { Places } from "./places.js";
import type { River } from "./river.js";
import { judge, type Weighed } from "./weigh.js";

export interface Waivable {
  /** The kinds without which it does not pass. */
  readonly needed: readonly EvidenceKind[];
  /** All kinds that the policy asks for and an exception can waive, whether they are there or not. */
  readonly asked: readonly EvidenceKind[];
  /** What stands against it all the same: denied, invalid, drifted, or not to be had. */
  readonly left: readonly Finding[];
}

/**
 * What would have to be waived for this entry to pass, and what no exception lets through. Exceptions that the store
 * has already do not count.
 */
export function waivable(river: River, artifact: Artifact, weighed: Weighed, places: Places): Waivable {
  const { digest } = weighed.given;
  const against = (waive: readonly EvidenceKind[]): readonly Finding[] => {
    const trial = {
      id: "on trial",
      select: { text: "", ecosystem: artifact.ecosystem, pattern: artifact.name, range: artifact.version },
      waive,
      expires: Number.POSITIVE_INFINITY,
      reason: "",
    };
    const exceptions = digest === null ? [] : [{ ...trial, digest }];
    const requirements = { ...weighed.requirements, exceptions };
    return standing(judge(river, artifact, { ...weighed, requirements }, places));
  };
  const left = against(LASTING_KINDS);
  const needed = LASTING_KINDS.filter(
    (kind) => against(LASTING_KINDS.filter((other) => other !== kind)).length > left.length,
  );
  return { needed, asked: askedFor(weighed), left };
}

function askedFor({ requirements }: Weighed): readonly EvidenceKind[] {
  const { kinds, publishers, candidates } = requirements;
  const named = candidates.filter(({ name }) => publishers.some(({ of }) => of.includes(name)));
  const proofs = new Set(named.flatMap(({ identities }) => identities.map(proves)));
  return LASTING_KINDS.filter((kind) => kinds.has(kind) || proofs.has(kind));
}

/** What keeps a verdict from being PASSED. */
function standing({ findings }: Verdict): readonly Finding[] {
  return findings.filter(isAgainst);
}
