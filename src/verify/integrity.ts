/** Evidence `integrity`: the locked digest, our own digest of the bytes, and the registry's claim are of one content. */
import { agree, type DigestSet, parseIntegrity, strongest, toIntegrity } from "../model/digest.js";
import type { Outcome } from "../model/evidence.js";

/**
 * @param locked digests from the lockfile
 * @param own our own digests of the bytes in hand (or, where no bytes are seen, the locked ones)
 * @param claimed the registry's `dist.integrity`, or null if it claims none
 */
export function verifyIntegrity(locked: DigestSet, own: DigestSet, claimed: string | null): Outcome {
  if (strongest(locked) === null) return { outcome: "absent", detail: "the lockfile holds no usable digest" };
  if (!agree(locked, own)) {
    return mismatch("the bytes are not those that the lockfile names", locked, own);
  }
  if (claimed === null || claimed === "") return { outcome: "verified", signers: [] };
  const claim = parseIntegrity(claimed);
  if (claim.problem !== null) {
    const detail = "the registry's dist.integrity is malformed, or names two digests of one algorithm";
    return { outcome: "invalid", code: "DIGEST_MISMATCH", detail, expected: sri(own), got: claimed };
  }
  // A claim of SHA-1 alone is no claim that could be held against anything.
  if (strongest(claim.digests) === null) return { outcome: "verified", signers: [] };
  if (agree(claim.digests, own)) return { outcome: "verified", signers: [] };
  return mismatch("the registry says that this version has other bytes than the lockfile names", own, claim.digests);
}

function mismatch(detail: string, expected: DigestSet, got: DigestSet): Outcome {
  return { outcome: "invalid", code: "DIGEST_MISMATCH", detail, expected: sri(expected), got: sri(got, expected) };
}

/** The digest to show: in the algorithm of `like` where there is one, so that the two can be compared by eye. */
function sri(set: DigestSet, like: DigestSet = set): string {
  const shown = strongest(like);
  const hex = shown === null ? undefined : set[shown.algorithm];
  const digest = shown !== null && hex !== undefined ? { algorithm: shown.algorithm, hex } : strongest(set);
  return digest === null ? "(none)" : toIntegrity(digest);
}
