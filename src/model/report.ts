/** What a run has to say, before any format is chosen. */
import type { Finding } from "./finding.js";
import type { Reported } from "./verdict.js";

export type RunResult = "PASSED" | "FAILED" | "UNDECIDED";

/** One install script that was asked for: run because trust.json allows it, or blocked. */
export interface ScriptReport {
  readonly purl: string;
  readonly location: string;
  /** Names of the scripts: `postinstall`, or `install` for a bare binding.gyp. */
  readonly scripts: readonly string[];
  readonly outcome: "ran" | "blocked" | "failed";
  /** The place in trust.json that allows it. */
  readonly allowedBy: string | null;
}

/** By what, and by which version of it, was judged. */
export interface JudgedBy {
  readonly tool: string;
  readonly toolDigest: string | null;
  readonly trustDigest: string | null;
  readonly trustCommit: string | null;
  readonly installer: string | null;
  /** ISO 8601. */
  readonly now: string;
  /** Day on which the built-in keys and roots were last renewed, ISO 8601. */
  readonly rootsAge: string | null;
}

export interface LockfileReport {
  /** As a person would name it: relative to the working folder where it lies below. */
  readonly path: string;
  readonly entries: number;
  readonly verdicts: readonly Reported[];
  /** About the lockfile as a whole. */
  readonly findings: readonly Finding[];
  /** How its entries stand to observed.lock; not there where the trust store has no observations at all. */
  readonly observed?: Observed;
}

/** Of the entries that passed. */
export interface Observed {
  /** Those of which an observation of the same version and bytes is there that no person has reviewed. */
  readonly firstSeen: number;
  /** Those of which nobody has written down anything. */
  readonly unobserved: number;
}

/** A line of the trust store that would settle refusals: for a person to weigh, and to paste. */
export interface Proposal {
  /** `trust.json`. */
  readonly file: string;
  /** Where it stands there: `["registries", "acme"]`. */
  readonly path: readonly string[];
  readonly value: unknown;
  /** The last step of the path with the value, in one line of JSON. */
  readonly line: string;
  /** Entries against which nothing else stands. */
  readonly settles: number;
  /** What speaks for it, or what is to be asked first. */
  readonly says: string;
}

export interface Report {
  readonly command: string;
  readonly lockfiles: readonly LockfileReport[];
  /** About the run: weakenings of the trust store, the environment, the tree that was installed. */
  readonly findings: readonly Finding[];
  readonly scripts: readonly ScriptReport[];
  /** The one that settles most first. */
  readonly proposals: readonly Proposal[];
  /** Whether the real installer was started. */
  readonly handedOff: boolean;
  /** The bytes were not looked at: `--signatures-only`. */
  readonly signaturesOnly: boolean;
  readonly judgedBy: JudgedBy;
  readonly elapsedMs: number;
}

/** All findings of a run, in the order in which they are shown. */
export function allFindings(report: Report): Finding[] {
  const ofLockfiles = report.lockfiles.flatMap((lockfile) => [
    ...lockfile.findings,
    ...lockfile.verdicts.flatMap((verdict) => verdict.findings),
  ]);
  return [...report.findings, ...ofLockfiles];
}

/** Failed before undecided before passed; notes and warnings change nothing. */
export function resultOf(report: Report): RunResult {
  const verdicts = report.lockfiles.flatMap((lockfile) => lockfile.verdicts.map((verdict) => verdict.result));
  const severities = new Set(allFindings(report).map((item) => item.severity));
  if (verdicts.includes("FAILED") || severities.has("tamper") || severities.has("refuse")) return "FAILED";
  return verdicts.includes("UNDECIDED") || severities.has("undecided") ? "UNDECIDED" : "PASSED";
}

/** Whether anything looked like an attack, as distinct from merely not meeting the policy. */
export function isTampered(report: Report): boolean {
  return allFindings(report).some((item) => item.severity === "tamper");
}
