/** A finding: one thing that a person should know about one artifact, lockfile, or file of the tree. */
import { CATALOGUE, type Code, type Severity } from "./codes.js";

export interface Finding {
  readonly code: Code;
  readonly severity: Severity;
  /** What happened here, one sentence, naming the thing. Text from outside in it is raw: reports escape it. */
  readonly says: string;
  readonly expected: string | null;
  readonly got: string | null;
  /** What to do next: the catalogue's, unless this case knows better. */
  readonly help: string;
}

export interface FindingDetail {
  readonly says: string;
  readonly expected?: string | undefined;
  readonly got?: string | undefined;
  readonly help?: string | undefined;
  readonly severity?: Severity;
}

/** Makes a finding from the catalogue's entry and what is particular to this case. */
export function finding(code: Code, detail: FindingDetail): Finding {
  const entry = CATALOGUE[code];
  return {
    code,
    severity: detail.severity ?? entry.severity,
    says: detail.says,
    expected: detail.expected ?? null,
    got: detail.got ?? null,
    help: detail.help ?? entry.help,
  };
}

/** Whether a finding alone makes a verdict FAILED. */
export function refuses(item: Finding): boolean {
  return item.severity === "tamper" || item.severity === "refuse";
}

/** Whether a finding alone keeps a verdict from being PASSED: it refuses, or something could not be asked. */
export function isAgainst(item: Finding): boolean {
  return refuses(item) || item.severity === "undecided";
}

/**
 * A run that could not start, or could not go on: usage, configuration, our bug. Thrown, unlike a refusal.
 * `at` is a position such as `trust.json:12:5`, or the name of a variable or a file.
 */
export class StopError extends Error {
  readonly code: Code;
  readonly at: string | null;
  readonly help: string;
  constructor(code: Code, says: string, detail: { readonly at?: string; readonly help?: string } = {}) {
    super(says);
    this.name = "StopError";
    this.code = code;
    this.at = detail.at ?? null;
    this.help = detail.help ?? CATALOGUE[code].help;
  }
}
