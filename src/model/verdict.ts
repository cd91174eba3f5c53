/** What was decided of one lockfile entry. As many verdicts as entries, always. */
import type { Artifact } from "./artifact.js";
import type { Digest } from "./digest.js";
import type { Evidence, EvidenceKind } from "./evidence.js";
import type { Finding } from "./finding.js";

interface Judged {
  readonly artifact: Artifact;
  /** Our own digest of the bytes, or null where no bytes were seen. */
  readonly digest: Digest | null;
  readonly evidence: readonly Evidence[];
  readonly findings: readonly Finding[];
  /** Which parts of the policy were applied, in words: `registries.npmjs`, `rules[2]`. */
  readonly rules: readonly string[];
  /** Kinds that an exception waived here. */
  readonly waived: readonly EvidenceKind[];
  /** Names of the pinned publishers whose proof verified. */
  readonly publishers: readonly string[];
}

declare const decided: unique symbol;

/** Only `policy/decide.ts` makes these: the symbol is not exported, and the hand-off asks decide whether it knows them. */
export interface Passed extends Judged {
  readonly result: "PASSED";
  readonly [decided]: true;
}
export interface Failed extends Judged {
  readonly result: "FAILED";
}
export interface Undecided extends Judged {
  readonly result: "UNDECIDED";
}
export type Verdict = Passed | Failed | Undecided;

/** An entry that is accounted for by name, and brings no bytes from outside into this installation. */
export interface Accounted extends Judged {
  readonly result: "OTHER_PLATFORM" | "OMITTED" | "LOCAL";
}

export type Reported = Verdict | Accounted;
export type Result = Reported["result"];
