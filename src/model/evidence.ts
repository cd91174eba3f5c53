/** The outcome of each kind of proof, for one artifact. */
import type { BuildSource } from "./build.js";
import type { Code } from "./codes.js";
import type { Digest } from "./digest.js";

export type EvidenceKind =
  | "integrity"
  | "registry-signature"
  | "openpgp-signature"
  | "publish-attestation"
  | "provenance"
  | "trusted-publishing"
  | "archive"
  | "manifest"
  | "identity";

export const EVIDENCE_KINDS: readonly EvidenceKind[] = [
  "integrity",
  "registry-signature",
  "openpgp-signature",
  "publish-attestation",
  "provenance",
  "trusted-publishing",
  "archive",
  "manifest",
  "identity",
];

/** Who stands behind an artifact. */
export type Signer =
  | {
      readonly type: "registry-key";
      readonly registry: string;
      readonly keyid: string;
      /** When it signed (ms), by a transparency log: of attestations only. */
      readonly time?: number;
    }
  /** Both are full fingerprints, upper-case hex: of the certificate, and of the (sub)key that signed. */
  | { readonly type: "openpgp"; readonly fingerprint: string; readonly signingKey: string }
  | {
      readonly type: "sigstore";
      readonly issuer: string;
      readonly san: string;
      readonly repositoryId?: string;
      readonly ownerId?: string;
      /** What was built from where, where the certificate is a build's. */
      readonly source?: BuildSource;
      /** When it was signed (ms), by a transparency log or a timestamp authority. */
      readonly time?: number;
    };

/**
 * The five outcomes, never merged:
 * `verified` holds; `unknown-signer` is sound but by nobody pinned for this name; `invalid` is a tamper
 * signal; `absent` was asked for and not offered; `unavailable` could not be asked.
 */
export type Outcome =
  | { readonly outcome: "verified"; readonly signers: readonly Signer[]; readonly notes?: readonly string[] }
  | { readonly outcome: "unknown-signer"; readonly signers: readonly Signer[]; readonly detail?: string }
  | {
      readonly outcome: "invalid";
      readonly code: Code;
      readonly detail: string;
      readonly expected?: string;
      readonly got?: string;
    }
  | { readonly outcome: "absent"; readonly detail?: string }
  | { readonly outcome: "unavailable"; readonly code: Code; readonly detail: string };

/** `subject` is the digest of the bytes that the proof was held against: always our own computation. */
export type Evidence = { readonly kind: EvidenceKind; readonly subject: Digest } & Outcome;

/** Binds an outcome to its kind and subject. */
export function evidence(kind: EvidenceKind, subject: Digest, outcome: Outcome): Evidence {
  return { kind, subject, ...outcome };
}
