/** What came of one entry, and of all. */
import type { ArchiveListing } from "../model/archive.js";
import type { Finding } from "../model/finding.js";
import type { Sight } from "../model/observation.js";
import type { Requirements } from "../model/policy.js";
import type { Reported } from "../model/verdict.js";

/** A verdict, and what was read of the archive behind it. */
export interface Judged {
  readonly verdict: Reported;
  /** Null where no archive was read, or it was refused; and where nobody will ask for it again. */
  readonly listing: ArchiveListing | null;
  /** Bytes of the archive as it was fetched; 0 where none was. */
  readonly packedSize: number;
  /** What the policy asked of it, where something lies in its archive that answers to the same; else null. */
  readonly requirements: Requirements | null;
  /** What was seen of it, for observed.lock; null for what has no registry, or was refused before it was fetched. */
  readonly sight: Sight | null;
}

/** Whether nothing at all stands against an installation. */
export function allPassed(verified: {
  readonly project: { readonly findings: readonly Finding[] };
  readonly judged: readonly Judged[];
}): boolean {
  const settled = new Set(["PASSED", "LOCAL", "OTHER_PLATFORM", "OMITTED"]);
  const clear = verified.project.findings.every((item) => item.severity === "note" || item.severity === "warn");
  return clear && verified.judged.every(({ verdict }) => settled.has(verdict.result));
}
