/**
 * Bundles as JSON, versions 0.1 to 0.3. Nothing is read-only: a lie that no option offers is a plain assignment to what
 * came out. Bytes are base64, and int64 are decimal text, as protobuf's JSON has them.
 */

export interface Bundle {
  mediaType: string;
  verificationMaterial: VerificationMaterial;
  dsseEnvelope: Envelope;
}

/** One of the first three. */
export interface VerificationMaterial {
  certificate?: { rawBytes: string };
  x509CertificateChain?: { certificates: { rawBytes: string }[] };
  publicKey?: { hint: string };
  tlogEntries: LogEntry[];
  timestampVerificationData: { rfc3161Timestamps: { signedTimestamp: string }[] };
}

export interface Envelope {
  payload: string;
  payloadType: string;
  signatures: { sig: string; keyid: string }[];
}

export interface LogEntry {
  logIndex: string;
  logId: { keyId: string };
  kindVersion: KindVersion;
  /** Seconds. Logs of version 2 tell no time. */
  integratedTime?: string;
  inclusionPromise?: { signedEntryTimestamp: string };
  inclusionProof?: InclusionProof;
  /** Of JSON (`canonicalJson`). */
  canonicalizedBody: string;
}

export interface KindVersion {
  kind: string;
  version: string;
}

export interface InclusionProof {
  /** In the tree; of logs of version 1 another number than the entry's own. */
  logIndex: string;
  rootHash: string;
  treeSize: string;
  hashes: string[];
  checkpoint: { envelope: string };
}

export type BundleVersion = "0.1" | "0.2" | "0.3";

/** What a bundle is made of; which of it is shown, and how, is for its version to say. */
export interface BundleParts {
  readonly envelope: Envelope;
  /** DER; the leaf first. Only the oldest bundles show more than the leaf. */
  readonly certificates?: readonly Buffer[];
  /** The hint of a key that the verifier has, in the place of certificates. */
  readonly hint?: string;
  readonly entries: readonly LogEntry[];
  readonly timestamps: readonly Buffer[];
}

const MEDIA_TYPES: Readonly<Record<BundleVersion, string>> = {
  "0.1": "application/vnd.dev.sigstore.bundle+json;version=0.1",
  "0.2": "application/vnd.dev.sigstore.bundle+json;version=0.2",
  "0.3": "application/vnd.dev.sigstore.bundle.v0.3+json",
};

/** Puts a bundle together. In 0.1 entries have no proofs yet, unless they have nothing else. */
export function bundleOf(version: BundleVersion, parts: BundleParts): Bundle {
  return {
    mediaType: MEDIA_TYPES[version],
    verificationMaterial: {
      ...signerOf(version, parts),
      tlogEntries: parts.entries.map((entry) => (version === "0.1" ? promisedOnly(entry) : entry)),
      timestampVerificationData: {
        rfc3161Timestamps: parts.timestamps.map((stamp) => ({ signedTimestamp: stamp.toString("base64") })),
      },
    },
    dsseEnvelope: parts.envelope,
  };
}

function signerOf(version: BundleVersion, { certificates = [], hint }: BundleParts): Partial<VerificationMaterial> {
  if (hint !== undefined) return { publicKey: { hint } };
  const [leaf = { rawBytes: "" }, ...others] = certificates.map((one) => ({ rawBytes: one.toString("base64") }));
  if (version === "0.3") return { certificate: leaf };
  return { x509CertificateChain: { certificates: version === "0.1" ? [leaf, ...others] : [leaf] } };
}

function promisedOnly(entry: LogEntry): LogEntry {
  if (entry.inclusionPromise === undefined) return entry;
  const { inclusionProof: _later, ...promised } = entry;
  return promised;
}
