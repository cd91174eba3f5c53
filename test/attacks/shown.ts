/** What tests look at of a JSON report, and how they ask it. */
import assert from "node:assert/strict";

export interface ShownFinding {
  readonly code: string;
  readonly severity: string;
  readonly says: string;
  readonly expected: string | null;
  readonly got: string | null;
  readonly help: string;
}

export interface ShownVerdict {
  readonly purl: string;
  readonly location: string;
  readonly result: string;
  readonly publishers: readonly string[];
  readonly evidence: readonly { readonly kind: string; readonly outcome: string; readonly notes?: readonly string[] }[];
  readonly findings: readonly ShownFinding[];
}

export interface ShownReport {
  readonly result: string;
  readonly tampered: boolean;
  readonly handedOff: boolean;
  readonly counts: Readonly<Record<string, number>>;
  readonly findings: readonly ShownFinding[];
  readonly verdicts: readonly ShownVerdict[];
  readonly scripts: readonly { readonly purl: string; readonly outcome: string; readonly allowedBy: string | null }[];
  readonly error?: { readonly code: string; readonly at: string | null; readonly says: string; readonly help: string };
}

/** Reads stdout of a run with --json. Fails the test if that is anything but one JSON object. */
export function parseReport(stdout: string, stderr: string): ShownReport {
  try {
    return JSON.parse(stdout) as ShownReport;
  } catch {
    throw new assert.AssertionError({ message: `stdout is not one JSON object: ${stdout}\nstderr: ${stderr}` });
  }
}

/** Codes of the findings on one package, or on the run and its lockfiles. */
export function codesOf(report: ShownReport, of?: string): readonly string[] {
  return findingsOf(report, of).map((finding) => finding.code);
}

/** The findings on one package (`name@version`), or on the run and its lockfiles. */
export function findingsOf(report: ShownReport, of?: string): readonly ShownFinding[] {
  if (of === undefined) return report.findings;
  return report.verdicts.filter((verdict) => nameOf(verdict.purl) === of).flatMap((verdict) => verdict.findings);
}

/** All findings, for the message of a failed assertion. */
export function brief({ result, error, findings = [], verdicts = [] }: ShownReport): string {
  const told = (of: string, { code, says, expected, got }: ShownFinding) =>
    `${of} ${code}: ${says} (expected ${expected}, got ${got})`;
  const lines = [
    ...findings.map((finding) => told("run", finding)),
    ...verdicts.flatMap(({ purl, findings: own }) => own.map((finding) => told(purl, finding))),
  ];
  return [result, JSON.stringify(error ?? null), ...lines, ""].join("\n");
}

function nameOf(purl: string): string {
  return decodeURIComponent(purl.replace(/^pkg:npm\//, ""));
}
