/** Which keys and hashes are strong enough, in one place. Never laxer than Sequoia's standard policy. */
import type { KeyPacket } from "./openpgp-library.js";

/** RFC 9580, section 9.5: SHA2-256, -384 and -512, SHA3-256 and -512. SHA-1, MD5, RIPEMD-160 and SHA-224 are not there. */
const STRONG_HASHES = new Set([8, 9, 10, 12, 14]);

const MIN_RSA_BITS = 2048;
const GOOD_RSA_BITS = 3072;
const CURVES = new Set(["ed25519Legacy", "nistP256", "nistP384", "nistP521"]);

/** Whether a hash resists collisions, as a signature over someone else's words, or one's own, needs. */
export function isStrongHash(hash: number | null): boolean {
  return hash !== null && STRONG_HASHES.has(hash);
}

/** An algorithm as people write it: `rsa3072`, `ed25519`, `nistp256`. */
export function nameOfAlgorithm(packet: KeyPacket): string {
  const { algorithm, bits, curve } = packet.getAlgorithmInfo();
  if (algorithm.startsWith("rsa")) return `rsa${bits}`;
  if (curve !== undefined) return curve.replace("Legacy", "").toLowerCase();
  return bits === undefined ? algorithm : `${algorithm}${bits}`;
}

/** Why a key of this kind can't prove anything, or null. */
export function weaknessOf(packet: KeyPacket): string | null {
  const { algorithm, bits = 0, curve = "" } = packet.getAlgorithmInfo();
  const name = nameOfAlgorithm(packet);
  switch (algorithm) {
    case "rsaEncryptSign":
    case "rsaSign":
      return bits < MIN_RSA_BITS ? `${name} is too short: at least ${MIN_RSA_BITS} bits are asked for` : null;
    case "ecdsa":
    case "eddsaLegacy":
      return CURVES.has(curve) ? null : `curve ${name} is not accepted`;
    case "ed25519":
    case "ed448":
      // RFC 9580's own encodings. Few programs know them in a version 4 key; sqv does not, and so it is refused.
      return packet.version === 6 ? null : `${name} in this encoding belongs in a version 6 key`;
    default:
      return `${name} is not accepted`;
  }
}

/** What is worth saying of a key that is accepted today, or null. */
export function remarkOn(packet: KeyPacket): string | null {
  const { algorithm, bits = Infinity } = packet.getAlgorithmInfo();
  if (!algorithm.startsWith("rsa") || bits >= GOOD_RSA_BITS) return null;
  return `the key has ${bits} bits only; new RSA keys are made with at least ${GOOD_RSA_BITS}`;
}
