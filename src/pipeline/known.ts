/** What is known of an artifact before anything is weighed. */
import type { Inspection } from "../model/archive.js";
import type { Artifact } from "../model/artifact.js";
import type { Digest, DigestSet } from "../model/digest.js";
import type { EvidenceKind } from "../model/evidence.js";
import type { Publisher, Registry } from "../model/policy.js";
import type { Answer } from "./attestations-asked.js";
import type { Claimed } from "./claims.js";

export interface Known {
  readonly artifact: Artifact;
  /** Our own digest (or, with --signatures-only, the locked one); null where there is none at all. */
  readonly subject: Digest | null;
  readonly own: DigestSet;
  /** Null with --signatures-only. */
  readonly inspection: Inspection | null;
  /** Null for pinned sources, which no registry speaks for. */
  readonly claimed: Claimed | null;
  /** Attestations as the registry gave them; null where nobody wanted to see any. */
  readonly answer: Answer | null;
  readonly home: Registry | null;
  /** Who was asked for the claims. */
  readonly asked: Registry | null;
  /** The tarball's address, for `signatureUrl`. */
  readonly address: string;
  /** Publishers that the rules name for it. */
  readonly candidates: readonly Publisher[];
  /** Kinds that the policy asks for. */
  readonly required: ReadonlySet<EvidenceKind>;
}

/** The archive's reader has made sure that it is a JSON object. */
export function packageJson(text: string): Readonly<Record<string, unknown>> {
  return JSON.parse(text) as Record<string, unknown>;
}
