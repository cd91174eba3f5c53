/**
 * Evidence `openpgp-signature`: detached OpenPGP signatures by pinned certificates (RFC 9580). Stricter than sqv in all
 * but RFC 9580's own novelties (version 6, SHA-3), which sqv 1.1 does not know.
 */
import type { Code } from "../model/codes.js";
import type { Outcome, Signer } from "../model/evidence.js";
import { type Candidate, illFormed, type Judgement, judge, type OpenPgpInput, unusable } from "./openpgp-judge.js";
import { type Outline, outline } from "./openpgp-outline.js";
import { type FileSignature, readSignatureFile } from "./openpgp-signature.js";
import { refuse } from "./openpgp-standing.js";

/**
 * Holds every signature of the file against the bytes. Each that names a pinned key must be good: one that is not
 * refuses, whatever stands beside it. Those that name nobody pinned can't be verified, and are noted; if there is
 * nothing else, the signer is unknown, and no signer is told, since none was proven. Never fetches a key.
 * Throws StopError where a pinned certificate is not one: the trust store is to be read with `readCertificate` first.
 */
export async function verifyOpenPgp(input: OpenPgpInput): Promise<Outcome> {
  const pinned = outlines(input.certificates);
  const file = readSignatureFile(input.signature);
  if (!file.ok) return invalid("SIGNATURE_MALFORMED", file.why);
  const signers = new Map<string, Signer>();
  const notes = new Set<string>();
  for (const signature of file.value) {
    const candidates = candidatesFor(signature, pinned);
    if (candidates.length === 0) {
      notes.add(stranger(signature));
      continue;
    }
    const judgement = await judgeAny(signature, candidates, input);
    if (!judgement.ok) return invalid(judgement.code, judgement.detail);
    // The same signature twice, or two by one key, prove what one proves.
    signers.set(JSON.stringify(judgement.signer), judgement.signer);
    for (const note of judgement.notes) notes.add(note);
  }
  if (signers.size === 0) return { outcome: "unknown-signer", signers: [], detail: [...notes].join("; ") };
  return { outcome: "verified", signers: [...signers.values()], notes: [...notes] };
}

function outlines(certificates: ReadonlyMap<string, Uint8Array>): readonly Outline[] {
  return [...certificates].map(([fingerprint, bytes]) => {
    const outlined = outline(bytes);
    if (!outlined.ok) throw unusable(fingerprint, outlined.why);
    if (outlined.value.fingerprint === fingerprint) return outlined.value;
    throw unusable(fingerprint, `the file holds the certificate ${outlined.value.fingerprint}`);
  });
}

/** The pinned keys that a signature names: by fingerprint where it gives one; a 64-bit id leads to all that have it. */
function candidatesFor(signature: FileSignature, pinned: readonly Outline[]): readonly Candidate[] {
  return pinned.flatMap((outline) =>
    outline.keys
      .filter(({ fingerprint, keyId }) =>
        signature.fingerprint === null
          ? keyId !== "" && keyId === signature.keyId
          : fingerprint === signature.fingerprint,
      )
      .map(({ fingerprint }) => ({ outline, fingerprint })),
  );
}

/** A signature is good if it is good for exactly one of the keys it may be by. */
async function judgeAny(
  signature: FileSignature,
  candidates: readonly Candidate[],
  input: OpenPgpInput,
): Promise<Judgement> {
  const ill = illFormed(signature);
  if (ill !== null) return ill;
  const judgements: Judgement[] = [];
  for (const candidate of candidates) judgements.push(await judge(signature, candidate, input));
  const [good, another] = judgements.filter((judgement) => judgement.ok);
  if (another !== undefined) return refuse("KEY_WEAK", "the signing key belongs to two pinned certificates");
  // Of several refusals, one over arithmetic says least: it may only mean that another key of that id signed.
  const told = judgements.find((judgement) => !judgement.ok && judgement.code !== "SIGNATURE_INVALID") ?? judgements[0];
  return good ?? told ?? refuse("SIGNATURE_INVALID", "the signature names nobody");
}

function stranger({ version, fingerprint, keyId }: FileSignature): string {
  const named = fingerprint ?? keyId;
  if (named !== null) return `a signature by ${named}, which is not pinned: it could not be verified`;
  return version === 4 || version === 6
    ? "a signature that names no key: it could not be verified"
    : `a signature of version ${version}, which is not known: it could not be verified`;
}

function invalid(code: Code, detail: string): Outcome {
  return { outcome: "invalid", code, detail };
}
