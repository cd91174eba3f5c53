/** What is decided about. */
import type { Artifact } from "../model/artifact.js";
import type { Digest } from "../model/digest.js";
import type { Evidence, EvidenceKind } from "../model/evidence.js";
import type { Finding } from "../model/finding.js";
import type { Observation } from "../model/observation.js";

/** All that is known of one artifact. */
export interface Case {
  readonly artifact: Artifact;
  /** Our own digest of its bytes; null where none were seen. */
  readonly digest: Digest | null;
  readonly evidence: readonly Evidence[];
  /** What was found wrong on the way, beside the artifact's own findings. */
  readonly findings: readonly Finding[];
  /** Kinds that must hold whatever the policy says, in this mode of running. */
  readonly always: readonly EvidenceKind[];
  /** Observations of exactly these bytes in the store that judges: a trusted time for the signatures that they tell of. */
  readonly sightings?: readonly Observation[];
}
