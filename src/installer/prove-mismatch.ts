/** What differs between the disk and the admitted archives, collected and told in bounded words. */
import { type Finding, finding } from "../model/finding.js";

/** One thing on disk, or missing from it, that is not as it was verified. */
export interface Mismatch {
  /** Below the project's folder, with `/`. */
  readonly path: string;
  /** Ends the sentence that begins with the path: `is missing`. */
  readonly says: string;
  /** The package in whose folder it is, for people. */
  readonly within: string | null;
  readonly expected?: string;
  readonly got?: string;
}

const TOLD = 20;
/** So many are kept to be sorted; a tree that is wrong altogether is told no better by more. */
const KEPT = 10_000;

/** Collects mismatches in any order, and tells the first of them by path. */
export class Mismatches {
  readonly #kept: Mismatch[] = [];
  #count = 0;

  add(mismatch: Mismatch): void {
    this.#count++;
    if (this.#kept.length < KEPT) this.#kept.push(mismatch);
  }

  /** At most 20 findings, and one more that counts the rest. */
  findings(): readonly Finding[] {
    const sorted = this.#kept.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
    const told = sorted.slice(0, TOLD).map((one) =>
      finding("TREE_MISMATCH", {
        says: `${one.path} ${one.says}${one.within === null ? "" : ` (in ${one.within})`}`,
        expected: one.expected,
        got: one.got,
      }),
    );
    const rest = this.#count - told.length;
    if (rest > 0) told.push(finding("TREE_MISMATCH", { says: `${rest} more of the tree is not what was verified` }));
    return told;
  }
}
