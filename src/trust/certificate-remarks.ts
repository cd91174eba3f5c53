/** What is to be said of the certificates in keys/, by what was read of them. Pure. */
import { day } from "../model/day.js";
import { standing } from "./findings.js";
import type { Remark } from "./remark.js";

/** What was read of a certificate. Times are milliseconds; null is open. */
export interface CertificateState {
  /** Of the primary key: `ed25519`, `rsa2048`. */
  readonly algorithm: string;
  readonly expires: number | null;
  /** Why it is revoked, or null. */
  readonly revocation: string | null;
  /** Why its primary key counts for nothing, or null. */
  readonly weakness: string | null;
  readonly signingKeys: readonly {
    readonly fingerprint: string;
    readonly algorithm: string;
    readonly expires: number | null;
  }[];
}

export type CertificateStates = ReadonlyMap<string, CertificateState>;

/** NIST SP 800-57 part 1, section 5.6.1: what is worth 128 bits. */
const STRONG_RSA_BITS = 3072;

const placeOf = (fingerprint: string): string => `keys/${fingerprint}.asc`;

/** Certificates that are weak, or can prove nothing. */
export function weakCertificates(states: CertificateStates): readonly Remark[] {
  return [...states].flatMap(([fingerprint, state]) => {
    const place = placeOf(fingerprint);
    if (state.revocation !== null) return [];
    if (state.weakness !== null) return [{ place, says: `It can prove nothing: ${state.weakness}.` }];
    if (state.signingKeys.length === 0) return [{ place, says: "It can prove nothing: no key in it may sign." }];
    const weak = [state, ...state.signingKeys].map(({ algorithm }) => algorithm).filter(isShortRsa);
    const kinds = [...new Set(weak)].join(", ");
    return weak.length === 0
      ? []
      : [{ place, says: `It has a key of ${kinds}; RSA below ${STRONG_RSA_BITS} bits is short.` }];
  });
}

function isShortRsa(algorithm: string): boolean {
  const bits = /^rsa(\d+)$/.exec(algorithm)?.[1];
  return bits !== undefined && Number(bits) < STRONG_RSA_BITS;
}

/** Certificates whose time ends soon, or that have ended: those that were revoked, too. */
export function endingCertificates(
  states: CertificateStates,
  now: number,
  state: "ends soon" | "ended",
): readonly Remark[] {
  return [...states].flatMap(([fingerprint, certificate]) => {
    const place = placeOf(fingerprint);
    if (certificate.revocation !== null) {
      return state === "ended" ? [{ place, says: `It is revoked: ${certificate.revocation}.` }] : [];
    }
    const expires = endOf(certificate);
    if (expires === null || standing({ expires }, now) !== state) return [];
    const word = state === "ended" ? "ended" : "ends";
    const help = "ask for the certificate with its end moved on";
    return [{ place, says: `Nothing can be signed with it any more once it ${word} on ${day(expires)}: ${help}.` }];
  });
}

/** When the certificate ends, or the last of its signing keys. */
function endOf({ expires, signingKeys }: CertificateState): number | null {
  const ends = signingKeys.map((key) => key.expires ?? Number.POSITIVE_INFINITY);
  const last = Math.min(
    expires ?? Number.POSITIVE_INFINITY,
    ends.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...ends),
  );
  return Number.isFinite(last) ? last : null;
}
