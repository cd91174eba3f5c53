/** The JSON report: one object, the shape of which is a promise (`format: 1`). */

import { formatDigest } from "../model/digest.js";
import type { Evidence, Signer } from "../model/evidence.js";
import type { StopError } from "../model/finding.js";
import { isTampered, type LockfileReport, type Report, resultOf } from "../model/report.js";
import type { Reported } from "../model/verdict.js";
import { forJson } from "./escape.js";
import { observedOf } from "./summary.js";

/** The whole report as text, with a line break at its end. `more` are members of a command's own. */
export function jsonReport(report: Report, more: Readonly<Record<string, unknown>> = {}): string {
  const verdicts = report.lockfiles.flatMap((lockfile) => lockfile.verdicts.map((verdict) => shape(verdict, lockfile)));
  const count = (result: string) => verdicts.filter((verdict) => verdict.result === result).length;
  const body = {
    format: 1,
    command: report.command,
    result: resultOf(report),
    tampered: isTampered(report),
    handedOff: report.handedOff,
    signaturesOnly: report.signaturesOnly,
    counts: {
      entries: report.lockfiles.reduce((sum, lockfile) => sum + lockfile.entries, 0),
      passed: count("PASSED"),
      failed: count("FAILED"),
      undecided: count("UNDECIDED"),
      otherPlatform: count("OTHER_PLATFORM"),
      omitted: count("OMITTED"),
      local: count("LOCAL"),
      ...observedOf(report),
    },
    findings: [...report.findings, ...report.lockfiles.flatMap((lockfile) => lockfile.findings)],
    verdicts,
    weakenings: weakenings(report),
    scripts: report.scripts,
    proposals: report.proposals,
    ...more,
    judgedBy: report.judgedBy,
    elapsedMs: Math.round(report.elapsedMs),
  };
  return `${forJson(body, 2)}\n`;
}

/** A run that could not start, in the same form. */
export function jsonError(command: string, error: Pick<StopError, "code" | "at" | "message" | "help">): string {
  const body = { code: error.code, at: error.at, says: error.message, help: error.help };
  return `${forJson({ format: 1, command, result: "ERROR", error: body }, 2)}\n`;
}

function shape(verdict: Reported, lockfile: LockfileReport) {
  return {
    purl: verdict.artifact.purl,
    lockfile: lockfile.path,
    location: verdict.artifact.location,
    paths: verdict.artifact.paths,
    result: verdict.result,
    rules: verdict.rules,
    publishers: verdict.publishers,
    waived: verdict.waived,
    digest: verdict.digest === null ? null : formatDigest(verdict.digest),
    evidence: verdict.evidence.map(shapeEvidence),
    findings: verdict.findings,
  };
}

function shapeEvidence(item: Evidence) {
  const { kind, subject, ...outcome } = item;
  const signers = "signers" in item ? item.signers.map(shapeSigner) : [];
  return { kind, subject: formatDigest(subject), ...outcome, signers };
}

/** Times as everywhere in a report. */
function shapeSigner(signer: Signer) {
  if (signer.type === "openpgp" || signer.time === undefined) return signer;
  return { ...signer, time: new Date(signer.time).toISOString() };
}

/** The two forms of weakening: a registry that asks for less than its floor, and an exception in use. */
function weakenings(report: Report) {
  const ofStore = report.findings
    .filter((item) => item.code === "POLICY_WEAKENED")
    .map((item) => ({ type: "floor", says: item.says }));
  const ofVerdicts = report.lockfiles.flatMap((lockfile) =>
    lockfile.verdicts
      .filter((verdict) => verdict.waived.length > 0)
      .map((verdict) => ({ type: "exception", purl: verdict.artifact.purl, waived: verdict.waived })),
  );
  return [...ofStore, ...ofVerdicts];
}
