/** The one line at the end that anyone understands: what stands on what. */
import { allFindings, isTampered, type Observed, type Report } from "../model/report.js";
import type { Reported } from "../model/verdict.js";

export interface Tally {
  readonly entries: number;
  readonly passed: number;
  readonly failed: number;
  readonly undecided: number;
  readonly otherPlatform: number;
  readonly omitted: number;
  readonly local: number;
  /** Of those that passed: */
  readonly signedByRegistry: number;
  readonly withProvenance: number;
  readonly byPublisher: number;
  readonly checksumAlone: number;
  readonly exceptions: number;
  readonly weakenings: number;
  /** Of those that passed, those that were merely seen first, and those that nobody has observed; null without any observations. */
  readonly observed: Observed | null;
}

/** Counts a report; an entry can stand on several kinds of evidence at once. */
export function tally(report: Report): Tally {
  const verdicts = report.lockfiles.flatMap((lockfile) => lockfile.verdicts);
  const of = (result: Reported["result"]) => verdicts.filter((verdict) => verdict.result === result);
  const passed = of("PASSED");
  const holds = (verdict: Reported, kind: string) =>
    verdict.evidence.some((item) => item.kind === kind && item.outcome === "verified");
  const registry = passed.filter((verdict) => holds(verdict, "registry-signature"));
  const provenance = passed.filter((verdict) => holds(verdict, "provenance"));
  const publisher = passed.filter((verdict) => verdict.publishers.length > 0);
  const proven = new Set([...registry, ...provenance, ...publisher]);
  return {
    entries: report.lockfiles.reduce((sum, lockfile) => sum + lockfile.entries, 0),
    passed: passed.length,
    failed: of("FAILED").length,
    undecided: of("UNDECIDED").length,
    otherPlatform: of("OTHER_PLATFORM").length,
    omitted: of("OMITTED").length,
    local: of("LOCAL").length,
    signedByRegistry: registry.length,
    withProvenance: provenance.length,
    byPublisher: publisher.length,
    checksumAlone: passed.filter((verdict) => !proven.has(verdict)).length,
    exceptions: passed.filter((verdict) => verdict.waived.length > 0).length,
    weakenings: allFindings(report).filter((item) => item.code === "POLICY_WEAKENED").length,
    observed: observedOf(report),
  };
}

/** How the lockfiles of a run stand to observed.lock, together; null where the trust store has no observations. */
export function observedOf(report: Report): Observed | null {
  const known = report.lockfiles.flatMap(({ observed }) => (observed === undefined ? [] : [observed]));
  if (known.length === 0) return null;
  return {
    firstSeen: known.reduce((sum, { firstSeen }) => sum + firstSeen, 0),
    unobserved: known.reduce((sum, { unobserved }) => sum + unobserved, 0),
  };
}

/** The closing sentence, without colour. */
export function summaryLine(report: Report): string {
  const counts = tally(report);
  const parts = [
    `${counts.signedByRegistry} signed by the registry`,
    `${counts.withProvenance} with provenance`,
    `${counts.byPublisher} by a pinned publisher`,
    `${counts.checksumAlone} on a checksum alone`,
    ...(counts.observed === null ? [] : [`${counts.observed.firstSeen} first seen`]),
    ...(counts.observed === null ? [] : [`${counts.observed.unobserved} never observed`]),
  ];
  const aside = [
    counted(counts.failed, "refused"),
    counted(counts.undecided, "undecided"),
    counted(counts.local, "local"),
    counted(counts.otherPlatform, "for other platforms"),
    counted(counts.omitted, "omitted"),
  ].filter((part) => part !== null);
  const debts = [
    counts.exceptions === 0 ? "no exceptions" : plural(counts.exceptions, "exception"),
    counts.weakenings === 0 ? "no weakenings" : plural(counts.weakenings, "weakening"),
    isTampered(report) ? "TAMPERED" : "nothing tampered",
  ];
  const packages = plural(counts.entries, "package");
  const rest = aside.length === 0 ? "" : ` (${aside.join(", ")})`;
  return `${packages}${rest}: ${parts.join(", ")}; ${debts.join(", ")}.`;
}

function counted(count: number, what: string): string | null {
  return count === 0 ? null : `${count} ${what}`;
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
