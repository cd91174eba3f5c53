/** What the policy asks for, and the evidence does not show: of kinds, and of publishers. */
import type { Code } from "../model/codes.js";
import type { EvidenceKind, Signer } from "../model/evidence.js";
import { type Finding, finding, isAgainst } from "../model/finding.js";
import { type Publisher, type PublisherRequirement, proves, type Requirements } from "../model/policy.js";
import type { Case } from "./case.js";

/** What a required kind is refused with when it was asked for and not offered. */
const WHEN_ABSENT: Readonly<Record<EvidenceKind, Code>> = {
  integrity: "LOCKFILE_INTEGRITY_ABSENT",
  "registry-signature": "SIGNATURE_ABSENT",
  "openpgp-signature": "SIGNATURE_ABSENT",
  "publish-attestation": "ATTESTATION_ABSENT",
  provenance: "ATTESTATION_ABSENT",
  "trusted-publishing": "POLICY_UNMET",
  archive: "POLICY_UNMET",
  manifest: "POLICY_UNMET",
  identity: "POLICY_UNMET",
};

const ASK_FOR_BUILD =
  "Find out, over a channel that you already trust, where the publisher builds their releases. Another build is taken with secure-install trust add --built-by; newer logs and authorities come with secure-install trust refresh.";

/** Of the kinds that must hold always, and those that are asked for, what is missing. */
export function unmetKinds(given: Case, requirements: Requirements, waived: ReadonlySet<EvidenceKind>): Finding[] {
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
      [...given.artifact.findings, ...given.findings].some(isAgainst) ||
      given.evidence.some((other) => other.outcome === "invalid");
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
      return [
        finding(code, {
          says: item.detail ?? `its ${kind} is by a key that is not pinned${by}`,
          got: keys || undefined,
          help: kind === "provenance" ? ASK_FOR_BUILD : undefined,
        }),
      ];
    }
  }
}

/** Of the publishers who must stand behind it, where too few do. */
export function unmetPublishers(
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
    const help = stranger.kind === "provenance" ? ASK_FOR_BUILD : undefined;
    return finding("SIGNER_UNTRUSTED", { says, expected: wanted, got: signers || got, help });
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

function describeSigner(signer: Signer): string {
  if (signer.type === "registry-key") return `${signer.keyid} (${signer.registry})`;
  return signer.type === "openpgp" ? signer.fingerprint || signer.signingKey : `${signer.san} (${signer.issuer})`;
}
