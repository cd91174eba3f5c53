/** Digests and the SRI strings that carry them (W3C Subresource Integrity; in-toto DigestSet). */

/** The algorithms that satisfy a requirement. sha1 and md5 are readable, and satisfy nothing. */
export type Algorithm = "sha256" | "sha384" | "sha512";

/** Strongest first. */
export const ALGORITHMS: readonly Algorithm[] = ["sha512", "sha384", "sha256"];

/** Lowercase hex by algorithm, as in-toto's DigestSet. */
export type DigestSet = Readonly<Partial<Record<Algorithm, string>>>;

export interface Digest {
  readonly algorithm: Algorithm;
  /** Lowercase hex. */
  readonly hex: string;
}

const BYTES: Readonly<Record<Algorithm, number>> = { sha256: 32, sha384: 48, sha512: 64 };
const WEAK = new Set(["sha1", "md5"]);
const MAX_SRI_LENGTH = 4096;

/** What an SRI string says. `problem` is set when it must not be believed at all. */
export interface Integrity {
  readonly digests: DigestSet;
  /** Weak algorithms named beside (or instead of) the strong ones. */
  readonly weak: readonly string[];
  readonly problem: "malformed" | "two-of-one-algorithm" | null;
}

/**
 * Reads an SRI string such as `sha512-<base64>`; several hashes are separated by white space.
 * Two hashes of one algorithm are a problem: npm would accept bytes that match either of them.
 * Unlike SRI in a browser, an unknown algorithm or an option is a problem too: fail closed.
 */
export function parseIntegrity(text: string): Integrity {
  const digests: Partial<Record<Algorithm, string>> = {};
  const weak: string[] = [];
  const broken = (problem: "malformed" | "two-of-one-algorithm"): Integrity => ({ digests: {}, weak, problem });
  if (text.length > MAX_SRI_LENGTH) return broken("malformed");
  const parts = text.trim().split(/\s+/);
  for (const part of parts) {
    const match = /^([a-z0-9]+)-([A-Za-z0-9+/]+={0,2})$/.exec(part);
    if (match === null) return broken("malformed");
    const [, algorithm = "", base64 = ""] = match;
    if (WEAK.has(algorithm)) {
      if (weak.includes(algorithm)) return broken("two-of-one-algorithm");
      weak.push(algorithm);
      continue;
    }
    if (!isAlgorithm(algorithm)) return broken("malformed");
    const bytes = Buffer.from(base64, "base64");
    if (bytes.length !== BYTES[algorithm] || bytes.toString("base64") !== base64) return broken("malformed");
    if (digests[algorithm] !== undefined) return broken("two-of-one-algorithm");
    digests[algorithm] = bytes.toString("hex");
  }
  return { digests, weak, problem: null };
}

/** The SRI spelling of one digest: `sha512-<base64>`. */
export function toIntegrity(digest: Digest): string {
  return `${digest.algorithm}-${Buffer.from(digest.hex, "hex").toString("base64")}`;
}

/** `sha512:<hex>`, the spelling used in reports. */
export function formatDigest(digest: Digest): string {
  return `${digest.algorithm}:${digest.hex}`;
}

/** The strongest digest of a set, or null if it holds none. */
export function strongest(set: DigestSet): Digest | null {
  for (const algorithm of ALGORITHMS) {
    const hex = set[algorithm];
    if (hex !== undefined) return { algorithm, hex };
  }
  return null;
}

/** Whether `text` names an algorithm that can satisfy a requirement. */
export function isAlgorithm(text: string): text is Algorithm {
  return text === "sha256" || text === "sha384" || text === "sha512";
}

/**
 * Compares what was expected with what was computed: every expected algorithm must have been computed
 * and must agree. An empty expectation agrees with nothing.
 */
export function agree(expected: DigestSet, computed: DigestSet): boolean {
  const wanted = ALGORITHMS.filter((algorithm) => expected[algorithm] !== undefined);
  return wanted.length > 0 && wanted.every((algorithm) => expected[algorithm] === computed[algorithm]);
}
