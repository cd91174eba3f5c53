/** DRIFT_KEY: who signed with OpenPGP. A certificate keeps its fingerprint; its subkeys come and go. */
import type { Severity } from "../model/codes.js";
import type { Signer } from "../model/evidence.js";
import { type Finding, finding } from "../model/finding.js";
import type { Observation } from "../model/observation.js";
import {
  baselineText,
  type Change,
  helpToAccept,
  isPast,
  makesKnown,
  nameOf,
  publishedText,
  STORY,
  versionsText,
} from "./drift-words.js";

type OpenPgpSigner = Extract<Signer, { readonly type: "openpgp" }>;

interface Told {
  readonly severity: Severity;
  readonly says: string;
  readonly story: string;
}

/** A signature by another certificate than the baseline's, or by a new subkey of the same. One that is gone has vanished. */
export function keyDrift(change: Change): Finding[] {
  const { sight, baseline } = change;
  const was = openPgpSigners(baseline.observation.signers);
  const is = openPgpSigners(sight.signers);
  if (was.length === 0) return [];
  const told = is.length === 0 ? byStranger(change) : ofSigners(change, was, is);
  if (told === null) return [];
  return [
    finding("DRIFT_KEY", {
      severity: isPast(change) ? "note" : told.severity,
      says: `${nameOf(sight)} is signed by ${told.says}. ${isPast(change) ? STORY.past : told.story}`,
      expected: `${was.map(signerText).join(", ")} (${baselineText(change)})`,
      got: `${is.map(signerText).join(", ") || "a key that is not pinned"} (${publishedText(sight)})`,
      help: helpToAccept(sight, "Ask the publisher, over a channel that you already trust, which key is theirs."),
    }),
  ];
}

/** Signed, but by a key whose certificate is nowhere in the store: it could not even be verified. */
function byStranger({ how }: Change): Told | null {
  const item = how.evidence.find(({ kind }) => kind === "openpgp-signature");
  if (item?.outcome !== "unknown-signer") return null;
  return { severity: "refuse", says: "a key that nobody knows here", story: STORY.takeover };
}

function ofSigners(change: Change, was: readonly OpenPgpSigner[], is: readonly OpenPgpSigner[]): Told | null {
  const { seen, how } = change;
  const same = is.filter(({ fingerprint }) => was.some((signer) => signer.fingerprint === fingerprint));
  if (same.length > 0) {
    if (same.some(({ signingKey }) => was.some((signer) => signer.signingKey === signingKey))) return null;
    const says = "a new subkey of the same certificate, which vouches for it";
    return { severity: "note", says, story: STORY.rotation };
  }
  const others = is.map(({ fingerprint }) => fingerprint);
  const another = "another certificate than before";
  if (others.some((fingerprint) => how.pinned.has(fingerprint))) {
    const says = `${another}, which trust.json names for this package`;
    return { severity: "note", says, story: STORY.rotation };
  }
  const known = seen.filter((item) => isBy(item, others) && makesKnown(item, change));
  if (known.length > 0) {
    return { severity: "note", says: `${another}, which signed ${versionsText(known)} as well`, story: STORY.rotation };
  }
  if (others.some((fingerprint) => how.vouched.has(fingerprint))) {
    const says = `${another}; the earlier one has certified it, and a person must agree`;
    return { severity: "refuse", says, story: STORY.rotation };
  }
  const says = `${another}, and the earlier one does not vouch for it`;
  return { severity: "refuse", says, story: STORY.takeover };
}

function isBy({ signers }: Observation, fingerprints: readonly string[]): boolean {
  return openPgpSigners(signers).some(({ fingerprint }) => fingerprints.includes(fingerprint));
}

function openPgpSigners(signers: readonly Signer[]): readonly OpenPgpSigner[] {
  return signers.filter((signer) => signer.type === "openpgp");
}

function signerText({ fingerprint, signingKey }: OpenPgpSigner): string {
  return signingKey === fingerprint ? fingerprint : `${fingerprint} (subkey ${signingKey})`;
}
