/**
 * The decision: a pure, total function of what was proven, what is required, and the time. The only code that makes
 * a `Passed`. Order: denial, then floor and rules, then exceptions. Asking for more never passes more.
 */

import type { Artifact } from "../model/artifact.js";
import type { Code } from "../model/codes.js";
import { day } from "../model/day.js";
import type { Digest } from "../model/digest.js";
import type { Evidence, EvidenceKind, Signer } from "../model/evidence.js";
import { type Finding, finding, refuses } from "../model/finding.js";
import type { Observation } from "../model/observation.js";
import type { Exception, Publisher, PublisherRequirement, Requirements } from "../model/policy.js";
import type { Failed, Passed, Undecided, Verdict } from "../model/verdict.js";
import { proves, publishersProven, seenFirst } from "./publishers.js";

/** All that is known of one artifact. */
export interface Case {
  readonly artifact: Artifact;
  /** Our own digest of its bytes; null where none were seen. */
  readonly digest: Digest | null;
  readonly evidence: readonly Evidence[];
  /** What was found wrong on the way, beside the artifact's own findings. */
  readonly findings: readonly Finding[];
  /** Kinds that must hold whatever the policy says, in this mode of running. */
  readonly always: readonly EvidenceKind[];
  /** Observations of exactly these bytes in the store that judges: a trusted time for the signatures that they tell of. */
  readonly sightings?: readonly Observation[];
}

/** What a required kind is refused with when it was asked for and not offered. */
const WHEN_ABSENT: Readonly<Record<EvidenceKind, Code>> = {
  integrity: "LOCKFILE_INTEGRITY_ABSENT",
  "registry-signature": "SIGNATURE_ABSENT",
  "openpgp-signature": "SIGNATURE_ABSENT",
  "publish-attestation": "ATTESTATION_ABSENT",
  provenance: "ATTESTATION_ABSENT",
  archive: "POLICY_UNMET",
  manifest: "POLICY_UNMET",
  identity: "POLICY_UNMET",
};

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
    ...compromised(proven, given.sightings ?? [], now),
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

function unmetKinds(given: Case, requirements: Requirements, waived: ReadonlySet<EvidenceKind>): Finding[] {
  const asked = [...requirements.kinds.keys()].filter((kind) => !waived.has(kind));
  const required = new Set<EvidenceKind>([...given.always, ...asked]);
  return [...required].flatMap((kind) => unmet(kind, given, requirements.kinds.get(kind) ?? []));
}

function unmet(kind: EvidenceKind, given: Case, askedBy: readonly string[]): Finding[] {
  const by = askedBy.length === 0 ? "" : ` (asked for by ${askedBy.join(", ")})`;
  const item = given.evidence.find((candidate) => candidate.kind === kind);
  if (item === undefined) {
    // What was refused before its bytes were fetched, or could not be read, says so already; anything else without an outcome fails closed.
    const stopped =
      [...given.artifact.findings, ...given.findings].some(
        (found) => refuses(found) || found.severity === "undecided",
      ) || given.evidence.some((other) => other.outcome === "invalid");
    return stopped ? [] : [finding(WHEN_ABSENT[kind], { says: `no ${kind} was gathered${by}` })];
  }
  switch (item.outcome) {
    case "verified":
    case "invalid":
      return [];
    case "absent":
      return [finding(WHEN_ABSENT[kind], { says: `${item.detail ?? `it has no ${kind}`}${by}` })];
    case "unavailable":
      return [finding(item.code, { says: item.detail })];
    case "unknown-signer": {
      const keys = item.signers.map(describeSigner).join(", ");
      const code = kind === "provenance" || kind === "publish-attestation" ? "SIGNER_UNTRUSTED" : "KEY_UNKNOWN";
      return [finding(code, { says: item.detail ?? `its ${kind} is by a key that is not pinned${by}`, got: keys })];
    }
  }
}

function unmetPublishers(
  given: Case,
  requirements: Requirements,
  proven: readonly Publisher[],
  waived: ReadonlySet<EvidenceKind>,
): Finding[] {
  return requirements.publishers.flatMap((requirement) => {
    const able = requirements.candidates.filter((publisher) => requirement.of.includes(publisher.name));
    const kinds = new Set(able.flatMap((publisher) => publisher.identities.map(proves)));
    if (kinds.size > 0 && [...kinds].every((kind) => waived.has(kind))) return [];
    // What is invalid is refused as such; it is not absent, nor by a stranger.
    if (given.evidence.some((item) => item.outcome === "invalid" && kinds.has(item.kind))) return [];
    const names = requirement.of.filter((name) => proven.some((publisher) => publisher.name === name));
    if (new Set(names).size >= requirement.atLeast) return [];
    return [unmetPublisher(given, requirement, names, kinds)];
  });
}

function unmetPublisher(
  given: Case,
  requirement: PublisherRequirement & { readonly rule: string },
  names: readonly string[],
  kinds: ReadonlySet<EvidenceKind>,
): Finding {
  const items = given.evidence.filter((item) => kinds.has(item.kind));
  const wanted = `${requirement.atLeast} of ${requirement.of.join(", ")} (${requirement.rule})`;
  const got = names.length === 0 ? "none of them" : names.join(", ");
  for (const item of items) {
    if (item.outcome === "unavailable") return finding(item.code, { says: item.detail, expected: wanted, got });
  }
  const stranger = items.find((item) => item.outcome === "unknown-signer");
  if (stranger?.outcome === "unknown-signer") {
    const signers = stranger.signers.map(describeSigner).join(", ");
    const says = stranger.detail ?? "it is signed, but by nobody whom the rule names";
    return finding("SIGNER_UNTRUSTED", { says, expected: wanted, got: signers || got });
  }
  const attested = kinds.has("provenance") && !kinds.has("openpgp-signature");
  const someone = items.some((item) => item.outcome === "verified");
  const code = someone ? "SIGNER_UNTRUSTED" : attested ? "ATTESTATION_ABSENT" : "SIGNATURE_ABSENT";
  const absent = items.find((item) => item.outcome === "absent");
  return finding(code, {
    says:
      (absent?.outcome === "absent" ? absent.detail : undefined) ??
      "too few of the publishers that the rule names stand behind it",
    expected: wanted,
    got,
    help:
      code === "SIGNATURE_ABSENT"
        ? "Ask the publisher for the signature of this version, or choose a version that they have signed."
        : undefined,
  });
}

/**
 * Of a publisher who is compromised since some time, only what was seen before that time counts: the signature itself
 * can be dated at will, and nobody has signed the registry's publish time.
 */
function compromised(proven: readonly Publisher[], sightings: readonly Observation[], now: number): Finding[] {
  return proven.flatMap((publisher) => {
    const since = publisher.compromised;
    if (since === null || since.since > now) return [];
    const seen = seenFirst(publisher, sightings);
    if (seen !== null && seen < since.since) return [];
    const at = new Date(since.since).toISOString();
    return [
      finding("KEY_COMPROMISED", {
        says: `${publisher.name} is compromised since ${at}: ${since.reason}`,
        expected: `a signature of theirs that was seen before ${at}`,
        got:
          seen === null
            ? "one of which nothing proves when it was made"
            : `one first seen on ${new Date(seen).toISOString()}`,
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

function describeSigner(signer: Signer): string {
  if (signer.type === "registry-key") return `${signer.keyid} (${signer.registry})`;
  return signer.type === "openpgp" ? signer.fingerprint || signer.signingKey : `${signer.san} (${signer.issuer})`;
}

function withoutRepeats(findings: readonly Finding[]): Finding[] {
  const seen = new Set<string>();
  return findings.filter((item) => {
    const key = `${item.code}\n${item.says}\n${item.expected}\n${item.got}`;
    return !seen.has(key) && seen.add(key);
  });
}
