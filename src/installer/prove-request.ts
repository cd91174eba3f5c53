/** What the proof of a tree is given, and what it gives. */
import type { Finding } from "../model/finding.js";
import type { Files } from "../model/world.js";
import type { ExpectedLink, ExpectedPackage } from "./prove-expected.js";

export interface ProofRequest {
  readonly files: Files;
  /** SHA-256 (lowercase hex) of each file, in order; null for what is no regular file. Runs beside us. */
  readonly hash: (paths: readonly string[]) => Promise<readonly (string | null)[]>;
  /** Absolute path of the project's folder. */
  readonly project: string;
  readonly platform: NodeJS.Platform;
  readonly packages: readonly ExpectedPackage[];
  readonly links: readonly ExpectedLink[];
  /** Locations that this platform, or an omission, leaves out. */
  readonly absent: readonly string[];
  /** False where npm was told to link no commands (`bin-links=false`). */
  readonly binLinks: boolean;
}

export interface Proof {
  /** TREE_MISMATCH, at most 21 of them; none means that the tree is what was verified. */
  readonly findings: readonly Finding[];
  /** Files that were hashed and agreed. */
  readonly filesProven: number;
  /** Locations of optional packages that npm left out. */
  readonly leftOut: readonly string[];
}
