/**
 * The decision: a pure, total function of what was proven, what is required, and the time. The only code that makes
 * a `Passed`. Order: denial, then floor and rules, then exceptions. Asking for more never passes more.
 */

import { day } from "../model/day.js";
import type { Digest } from "../model/digest.js";
import type { Evidence, EvidenceKind } from "../model/evidence.js";
import { type Finding, finding, refuses } from "../model/finding.js";
import type { Exception, Publisher, Requirements } from "../model/policy.js";
import type { Failed, Passed, Undecided, Verdict } from "../model/verdict.js";
import type { Case } from "./case.js";
import { firstKnown, publishersProven } from "./publishers.js";
import { unmetKinds, unmetPublishers } from "./unmet.js";

const admitted = new WeakSet<Verdict>();

/** Whether this very verdict was made by `decide`: the hand-off takes nothing else. */
export function isPassed(verdict: { readonly result: string }): verdict is Passed {
  return admitted.has(verdict as Verdict);
}

/**
 * Judges one artifact.
 * @param requirements everything that the policy asks of it
 * @param now milliseconds since the epoch
 */
export function decide(given: Case, requirements: Requirements, now: number): Verdict {
  const exceptions = requirements.exceptions.filter((exception) => fits(exception, given.digest));
  const valid = inForce(requirements, given.digest, now);
  const waived = waivedKinds(requirements, given.digest, now);
  const proven = publishersProven(requirements.candidates, given.evidence);
  const findings = [
    ...given.artifact.findings,
    ...given.findings,
    ...denied(requirements),
    ...tampered(given.evidence).flatMap(broken),
    ...unmetKinds(given, requirements, waived),
    ...unmetPublishers(given, requirements, proven, waived),
    ...compromised(proven, given, now),
    ...exceptions.filter((exception) => exception.expires <= now).map(expired),
  ];
  const common = {
    artifact: given.artifact,
    digest: given.digest,
    evidence: given.evidence,
    findings: withoutRepeats(findings),
    rules: valid.length === 0 ? requirements.applied : [...requirements.applied, ...valid.map(({ id }) => id)],
    waived: [...waived],
    publishers: proven.map((publisher) => publisher.name),
  };
  if (findings.some(refuses)) return { ...common, result: "FAILED" } as Failed;
  if (findings.some((item) => item.severity === "undecided")) return { ...common, result: "UNDECIDED" } as Undecided;
  const passed = { ...common, result: "PASSED" } as unknown as Passed;
  admitted.add(passed);
  return passed;
}

/** The kinds that exceptions waive for exactly this digest, at `now`. What is invalid, and `integrity`, is never waived. */
export function waivedKinds(requirements: Requirements, digest: Digest | null, now: number): ReadonlySet<EvidenceKind> {
  const waived = inForce(requirements, digest, now).flatMap((exception) => exception.waive);
  return new Set(waived.filter((kind) => kind !== "integrity"));
}

function inForce(requirements: Requirements, digest: Digest | null, now: number): readonly Exception[] {
  return requirements.exceptions.filter((exception) => fits(exception, digest) && exception.expires > now);
}

function denied(requirements: Requirements): Finding[] {
  const denial = requirements.denial;
  const uncovered = requirements.uncovered.map((rule) =>
    finding("POLICY_UNCOVERED", { says: `${rule} speaks of this package, but no rule covers this version` }),
  );
  if (denial === null) return uncovered;
  return [
    finding("POLICY_DENIED", { says: `${denial.id} denies ${denial.select.text}: ${denial.reason}` }),
    ...uncovered,
  ];
}

/** Where the bytes are not those that were locked, whatever else is said of them is said of other bytes. */
function tampered(evidence: readonly Evidence[]): readonly Evidence[] {
  const integrity = evidence.find((item) => item.kind === "integrity" && item.outcome === "invalid");
  return integrity === undefined ? evidence : [integrity];
}

/** What is invalid refuses always: nothing waives it, and nobody needs to have required it. */
function broken(item: Evidence): Finding[] {
  if (item.outcome !== "invalid") return [];
  return [finding(item.code, { says: item.detail, expected: item.expected, got: item.got })];
}

/**
 * Of a publisher who is compromised since some time, only what was signed before counts, by a log's time, or seen before:
 * a signature can be dated at will by itself, and nobody has signed the registry's publish time.
 */
function compromised(proven: readonly Publisher[], { evidence, sightings = [] }: Case, now: number): Finding[] {
  return proven.flatMap((publisher) => {
    const since = publisher.compromised;
    if (since === null || since.since > now) return [];
    const seen = firstKnown(publisher, evidence, sightings);
    if (seen !== null && seen < since.since) return [];
    const at = new Date(since.since).toISOString();
    return [
      finding("KEY_COMPROMISED", {
        says: `${publisher.name} is compromised since ${at}: ${since.reason}`,
        expected: `a signature of theirs that was logged or seen before ${at}`,
        got:
          seen === null
            ? "one of which nothing proves when it was made"
            : `one logged or first seen on ${new Date(seen).toISOString()}`,
      }),
    ];
  });
}

function fits(exception: Exception, digest: Digest | null): boolean {
  return digest !== null && digest.algorithm === exception.digest.algorithm && digest.hex === exception.digest.hex;
}

function expired(exception: Exception): Finding {
  const end = day(exception.expires);
  return finding("EXCEPTION_EXPIRED", { says: `${exception.id} for ${exception.select.text} ended on ${end}` });
}

/** Where a kind and those who should have signed are missing for one reason, the one that tells more tells both. */
function withoutRepeats(findings: readonly Finding[]): Finding[] {
  const seen = new Set<string>();
  const told = findings.filter(({ expected }) => expected !== null);
  return findings.filter((item) => {
    const tellsLess = ({ code, says }: Finding): boolean => item.code === code && item.says.startsWith(says);
    if (item.expected === null && told.some(tellsLess)) return false;
    const key = `${item.code}\n${item.says}\n${item.expected}\n${item.got}`;
    return !seen.has(key) && seen.add(key);
  });
}
