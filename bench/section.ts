/** What every section is given, and what it gives. */
import type { Held } from "./report.js";
import type { Stage } from "./stage.js";

export interface Bench {
  readonly stage: Stage;
  /** Where tarballs, pnpm and generated packages are kept between runs. */
  readonly cache: string;
  /** Rounds of each comparison. */
  readonly pairs: number;
  /** Entries of the long generated lockfile. */
  readonly many: number;
  told(line: string): void;
}

export interface Section {
  readonly title: string;
  /** Markdown: what was measured, and the numbers. */
  readonly body: string;
  readonly held: readonly Held[];
}
