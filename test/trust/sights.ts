/** Sights and observations made by hand: of one package, all alike but for what a test is about. */

import type { BuildSource } from "../../src/model/build.js";
import { parseIntegrity } from "../../src/model/digest.js";
import { type Evidence, type EvidenceKind, evidence, type Outcome, type Signer } from "../../src/model/evidence.js";
import type { Observation, Observations, Sight } from "../../src/model/observation.js";
import type { Context } from "../../src/trust/drift-words.js";
import { observedName } from "../../src/trust/observed.js";
import { SHA512 } from "./samples.js";

export const DAY = 24 * 60 * 60 * 1000;
/** When what is said to have been seen was first seen, unless a test says otherwise. */
export const SEEN = Date.UTC(2026, 0, 2);
/** After that: what the registry says of the time of a sight. */
export const LATER = Date.UTC(2026, 2, 1);
export const HEX = parseIntegrity(SHA512).digests.sha512 ?? "";
export const OTHER_HEX = "ab".repeat(64);

export const ANNA: Sight["publisher"] = { name: "anna", trusted: false };
export const BERT: Sight["publisher"] = { name: "bert", trusted: false };
export const GITHUB: Sight["publisher"] = { name: "github", trusted: true };

export const SOURCE: BuildSource = {
  issuer: "https://token.actions.githubusercontent.com",
  repository: "https://github.com/acme/lib",
  repositoryId: "1234",
  ownerId: "5678",
  workflow: ".github/workflows/release.yml",
  ref: "refs/tags/v1.0.0",
  commit: "1f".repeat(20),
  run: "https://github.com/acme/lib/actions/runs/77/attempts/1",
  runner: "github-hosted",
};

/** What was seen in this run of a version of `lib`. */
export function sight(version: string, more: Partial<Sight> = {}): Sight {
  return {
    ecosystem: "npm",
    name: "lib",
    version,
    digest: { algorithm: "sha512", hex: HEX },
    registry: "npmjs",
    evidence: ["registry-signature"],
    signers: [{ type: "registry-key", registry: "npmjs", keyid: "SHA256:k" }],
    publisher: ANNA,
    source: null,
    published: LATER,
    ...more,
  };
}

/** What was seen of a version before. */
export function observation(version: string, more: Partial<Observation> = {}): Observation {
  return { ...sight(version), published: SEEN - DAY, seen: SEEN, reviewed: false, ...more };
}

export function observations(...all: readonly Observation[]): Observations {
  const index = new Map<string, Observation[]>();
  for (const item of all) index.set(observedName(item), [...(index.get(observedName(item)) ?? []), item]);
  return index;
}

/** Outcomes by kind, over the bytes that all sights have. */
export function outcomes(byKind: Readonly<Partial<Record<EvidenceKind, Outcome>>>): Evidence[] {
  return Object.entries(byKind).map(([kind, outcome]) =>
    evidence(kind as EvidenceKind, { algorithm: "sha512", hex: HEX }, outcome),
  );
}

/** The surroundings of an honest run of `ci`: everything was asked for, and what is not in the sight was not there. */
export function context(seen: Sight, more: Partial<Context> = {}): Context {
  const asked: readonly EvidenceKind[] = [
    "registry-signature",
    "openpgp-signature",
    "publish-attestation",
    "provenance",
  ];
  const outcome = (kind: EvidenceKind): Outcome =>
    seen.evidence.includes(kind) ? { outcome: "verified", signers: [] } : { outcome: "absent" };
  const came = Object.fromEntries([...asked, "archive" as const].map((kind) => [kind, outcome(kind)]));
  return {
    gate: false,
    evidence: outcomes({ ...came, archive: { outcome: "verified", signers: [] } }),
    waived: new Set(),
    pinned: new Set(),
    vouched: new Set(),
    ...more,
  };
}

export function openpgp(fingerprint: string, signingKey = fingerprint): Signer {
  return { type: "openpgp", fingerprint, signingKey };
}
