/** Reports made by hand, as small as a test needs them. */
import type { Artifact } from "../../src/model/artifact.js";
import type { Evidence } from "../../src/model/evidence.js";
import { type Finding, finding } from "../../src/model/finding.js";
import { npmPurl } from "../../src/model/names.js";
import type { Report } from "../../src/model/report.js";
import type { Reported, Result } from "../../src/model/verdict.js";

const SUBJECT = { algorithm: "sha512", hex: "0".repeat(128) } as const;

/** The verdict on one package; all that it does not say is empty. */
export function verdict(
  name: string,
  result: Result,
  more: Partial<Omit<Reported, "artifact" | "result">> = {},
): Reported {
  const artifact: Artifact = {
    purl: npmPurl(name, "1.0.0"),
    ecosystem: "npm",
    name,
    version: "1.0.0",
    filename: `${name}-1.0.0.tgz`,
    source: { type: "registry", url: null },
    locked: {},
    paths: [`express > ${name}`],
    location: `node_modules/${name}`,
    npm: null,
    findings: [],
  };
  const nothing = { digest: SUBJECT, evidence: [], findings: [], rules: [], waived: [], publishers: [] };
  return { ...nothing, ...more, artifact, result } as unknown as Reported;
}

export function refused(name: string, code: Finding["code"] = "SIGNATURE_ABSENT"): Reported {
  return verdict(name, "FAILED", { findings: [finding(code, { says: `${name} was refused` })] });
}

export function proven(kind: Evidence["kind"]): Evidence {
  return { kind, subject: SUBJECT, outcome: "verified", signers: [] };
}

/** A report on one lockfile. */
export function report(verdicts: readonly Reported[], more: Partial<Report> = {}): Report {
  return {
    command: "audit",
    lockfiles: [{ path: "package-lock.json", entries: verdicts.length, verdicts, findings: [] }],
    findings: [],
    scripts: [],
    proposals: [],
    handedOff: false,
    signaturesOnly: false,
    judgedBy: {
      tool: "secure-install 0.0.0",
      toolDigest: null,
      trustDigest: null,
      trustCommit: null,
      installer: null,
      now: "2026-01-01T00:00:00.000Z",
      rootsAge: null,
    },
    elapsedMs: 12.4,
    ...more,
  };
}
