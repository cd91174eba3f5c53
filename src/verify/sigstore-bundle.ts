/**
 * Reads one Sigstore bundle (protobuf-specs, sigstore_bundle.proto; versions 0.1 to 0.3) at the door: what
 * `@sigstore/bundle` takes, and no looser spelling of it.
 */
import { type Bundle, bundleFromJSON, bundleToJSON } from "@sigstore/bundle";

/**
 * An honest bundle has one or two of each, of two or three kilobytes. What is larger is never taken apart: the library
 * reads numbers and names of any length, in a time that grows with their square.
 */
const MOST = { entries: 16, timestamps: 16, certificates: 10, hashes: 64 } as const;
const LONGEST = {
  certificate: 16_384,
  timestamp: 16_384,
  checkpoint: 8_192,
  signature: 1_024,
  number: 20,
  hash: 32,
} as const;
/** One leaf after the other: an honest bundle has about sixty. */
const DEEPEST = 24;

/** The library takes any number for a version, and reads it as the newest that it knows. */
const KNOWN: readonly string[] = [
  "application/vnd.dev.sigstore.bundle+json;version=0.1",
  "application/vnd.dev.sigstore.bundle+json;version=0.2",
  "application/vnd.dev.sigstore.bundle+json;version=0.3",
  "application/vnd.dev.sigstore.bundle.v0.3+json",
];

export type ReadBundle =
  | { readonly ok: true; readonly bundle: Bundle }
  /** `unknown` for a version that is not known here: it may be sound. */
  | { readonly ok: false; readonly unknown: boolean; readonly why: string };

/** Whatever the library throws on what came from outside is a refusal of that. */
export function readBundle(json: unknown): ReadBundle {
  try {
    const bundle = bundleFromJSON(json);
    if (!KNOWN.includes(bundle.mediaType)) {
      return {
        ok: false,
        unknown: true,
        why: `it is a bundle of another version than is known here: ${bundle.mediaType}`,
      };
    }
    const why = twoOf(json) ?? tooMuch(bundle) ?? spelledOtherwise(json, bundleToJSON(bundle), 0);
    return why === null ? { ok: true, bundle } : { ok: false, unknown: false, why };
  } catch (error) {
    return {
      ok: false,
      unknown: false,
      why: `it is not a bundle of Sigstore: ${error instanceof Error ? error.message : error}`,
    };
  }
}

/** Of each of these there can be one. Of two the library takes one, and another reader perhaps the other. */
const CHOICES = [
  [[], ["messageSignature", "dsseEnvelope"]],
  [["verificationMaterial"], ["x509CertificateChain", "publicKey", "certificate"]],
] as const;

function twoOf(json: unknown): string | null {
  for (const [path, keys] of CHOICES) {
    let holder = json;
    for (const key of path) holder = (holder as Readonly<Record<string, unknown>>)[key];
    const there = keys.filter((key) => ((holder as Readonly<Record<string, unknown>>)[key] ?? null) !== null);
    if (there.length > 1) return `it has both ${there.join(" and ")}`;
  }
  return null;
}

function tooMuch({ verificationMaterial, content }: Bundle): string | null {
  const { tlogEntries, timestampVerificationData, content: by } = verificationMaterial;
  const chain = by.$case === "x509CertificateChain" ? by.x509CertificateChain.certificates : [];
  const leaf = by.$case === "certificate" ? [by.certificate] : [];
  const times = timestampVerificationData?.rfc3161Timestamps ?? [];
  const signatures = content.$case === "dsseEnvelope" ? content.dsseEnvelope.signatures : [];
  const isLess =
    tlogEntries.length <= MOST.entries &&
    times.length <= MOST.timestamps &&
    chain.length <= MOST.certificates &&
    [...chain, ...leaf].every(({ rawBytes }) => rawBytes.length <= LONGEST.certificate) &&
    times.every(({ signedTimestamp }) => signedTimestamp.length <= LONGEST.timestamp) &&
    signatures.every(({ sig, keyid }) => sig.length <= LONGEST.signature && keyid.length <= LONGEST.signature) &&
    (by.$case !== "publicKey" || by.publicKey.hint.length <= LONGEST.signature) &&
    tlogEntries.every(isSmall);
  return isLess ? null : "it is larger, or has more log entries, timestamps or certificates, than an honest bundle";
}

function isSmall(entry: Bundle["verificationMaterial"]["tlogEntries"][number]): boolean {
  const { logIndex, integratedTime, inclusionPromise, inclusionProof, logId } = entry;
  const numbers = [logIndex, integratedTime, inclusionProof?.logIndex ?? "", inclusionProof?.treeSize ?? ""];
  const hashes = inclusionProof?.hashes ?? [];
  return (
    numbers.every((text) => text.length <= LONGEST.number) &&
    (logId?.keyId.length ?? 0) <= LONGEST.signature &&
    (inclusionPromise?.signedEntryTimestamp.length ?? 0) <= LONGEST.signature &&
    (inclusionProof?.checkpoint?.envelope.length ?? 0) <= LONGEST.checkpoint &&
    hashes.length <= MOST.hashes &&
    hashes.every((hash) => hash.length <= LONGEST.hash)
  );
}

/**
 * Where what was read, written again, is not what stood there: base64 with bits that mean nothing, a number that is a
 * text or none. What the library did not read (an unknown field, an empty one) is left alone: it means nothing.
 */
function spelledOtherwise(given: unknown, written: unknown, depth: number): string | null {
  if (depth > DEEPEST) return "it is nested too deep";
  if (isEmpty(written)) return null;
  if (typeof written === "string" || typeof written === "number") {
    return typeof given !== "object" && String(given) === String(written)
      ? null
      : "a field is not spelled as it is read";
  }
  if (Array.isArray(written)) {
    if (!Array.isArray(given) || given.length !== written.length) return "a list is not as it is read";
    return first(written.map((item, at) => spelledOtherwise(given[at], item, depth + 1)));
  }
  if (typeof written !== "object" || written === null) return given === written ? null : "a field is not as it is read";
  if (typeof given !== "object" || given === null) return "a part of it is not as it is read";
  const object = given as Readonly<Record<string, unknown>>;
  return first(
    Object.entries(written).map(([key, value]) =>
      spelledOtherwise(Object.hasOwn(object, key) ? object[key] : undefined, value, depth + 1),
    ),
  );
}

/** What protobuf leaves out, or writes as if it were there. */
function isEmpty(written: unknown): boolean {
  if (written === undefined || written === null || written === "" || written === "0" || written === 0) return true;
  return Array.isArray(written)
    ? written.length === 0
    : typeof written === "object" && Object.keys(written).length === 0;
}

function first(problems: readonly (string | null)[]): string | null {
  return problems.find((problem) => problem !== null) ?? null;
}
