/** DRIFT_EVIDENCE_VANISHED: a kind of evidence that the baseline had is gone. Kinds never stand in for one another. */
import type { Evidence, EvidenceKind, Signer } from "../model/evidence.js";
import { type Finding, finding } from "../model/finding.js";
import { LASTING_KINDS } from "../model/observation.js";
import { baselineText, type Change, helpToAccept, isPast, nameOf, publishedText, STORY } from "./drift-words.js";
import { lineOf } from "./line.js";

/** One finding for each kind that is gone; where it could not be asked for, why not: then it is undecided. */
export function evidenceDrift(change: Change): Finding[] {
  const { baseline, sight } = change;
  return LASTING_KINDS.filter((kind) => baseline.kinds.has(kind) && !sight.evidence.includes(kind)).flatMap((kind) =>
    gone(change, kind),
  );
}

function gone(change: Change, kind: EvidenceKind): Finding[] {
  const { how } = change;
  const item = how.evidence.find((other) => other.kind === kind);
  // Nobody asked for it (an OpenPGP signature of which no rule speaks any more), or it was looked at and is refused.
  if (item === undefined || item.outcome === "invalid" || how.waived.has(kind)) return [];
  if (item.outcome === "unavailable") return [finding(item.code, { says: item.detail })];
  if (kind === "openpgp-signature" && (item.outcome === "unknown-signer" || !sawBytes(how.evidence))) return [];
  return [vanished(change, kind, item)];
}

/** An OpenPGP signature covers bytes; where they were not looked at, none was asked for. */
function sawBytes(evidence: readonly Evidence[]): boolean {
  return evidence.some(({ kind }) => kind === "archive");
}

function vanished(change: Change, kind: EvidenceKind, item: Evidence): Finding {
  const { sight, baseline } = change;
  const { severity, story } = gravity(change);
  const was = baseline.relation === "itself" ? "it" : nameOf(baseline.observation);
  return finding("DRIFT_EVIDENCE_VANISHED", {
    severity,
    says: `${nameOf(sight)} has no ${kind} that holds, and ${was} had one. ${story}`,
    expected: `${kind} (${baselineText(change)})`,
    got: `${whatCame(item)} (${publishedText(sight)})`,
    help: helpToAccept(sight, isUntellable(item) ? RENEW : ASK),
  });
}

const ASK =
  "Find out whether the publisher stopped signing, or something between you and the registry takes the proof off.";
const RENEW =
  "Run secure-install trust refresh first: a log or an authority that is newer than the roots here can't be told from a stranger's. If that changes nothing, find out who signs there.";

/** By somebody whom nobody pinned: with old roots that is whatever came after them. */
function isUntellable(item: Evidence): boolean {
  return item.outcome === "unknown-signer" && item.signers.length === 0;
}

/**
 * An older line never had what a later one has; whatever came after the baseline should have kept it, and so should
 * what its own line brings out later under a lower number.
 */
function gravity(change: Change) {
  const { sight, baseline } = change;
  if (isPast(change)) return { severity: "note", story: STORY.past } as const;
  const isOwnLine = lineOf(sight.version) === lineOf(baseline.observation.version);
  if (baseline.relation !== "above" || isOwnLine) return { severity: "refuse", story: STORY.takeover } as const;
  return { severity: "warn", story: STORY.first } as const;
}

function whatCame(item: Evidence): string {
  if (item.outcome === "unknown-signer") {
    return item.detail ?? `one by a key that is not pinned: ${item.signers.map(keyOf).join(", ")}`;
  }
  // What holds, and is not seen all the same, is by more than one.
  if (item.outcome === "verified") return `by several different builds: ${item.signers.map(keyOf).join(", ")}`;
  return (item.outcome === "absent" ? item.detail : undefined) ?? "none";
}

function keyOf(signer: Signer): string {
  if (signer.type === "registry-key") return signer.keyid;
  return signer.type === "openpgp" ? signer.fingerprint : `${signer.san} (${signer.issuer})`;
}
