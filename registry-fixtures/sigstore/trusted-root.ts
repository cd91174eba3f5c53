/** What a verifier is told to believe, as Sigstore's TUF repository has it: TrustedRoot of protobuf-specs, as JSON. */
import type { CertificateLog } from "./certificate-log.js";
import type { Fulcio } from "./fulcio.js";
import type { TransparencyLog } from "./log.js";
import type { TimestampAuthority } from "./timestamp-authority.js";

/** Nothing is read-only: tests take members away, end them, or put a stranger's there. */
export interface TrustedRoot {
  mediaType: string;
  tlogs: TrustedLog[];
  certificateAuthorities: TrustedAuthority[];
  ctlogs: TrustedLog[];
  timestampAuthorities: TrustedAuthority[];
}

export interface TrustedLog {
  baseUrl: string;
  hashAlgorithm: string;
  publicKey: { rawBytes: string; keyDetails: string; validFor: Period };
  logId: { keyId: string };
}

export interface TrustedAuthority {
  subject: { organization: string; commonName: string };
  uri: string;
  certChain: { certificates: { rawBytes: string }[] };
  validFor: Period;
}

export interface Period {
  start?: string;
  end?: string;
}

const START = "2020-01-01T00:00:00Z";

export function trustedLog({ name, generation, spki, id }: TransparencyLog): TrustedLog {
  const keyDetails = generation === 1 ? "PKIX_ECDSA_P256_SHA_256" : "PKIX_ED25519";
  return logOf(`https://${name}`, spki, keyDetails, id);
}

export function trustedCertificateLog({ url, spki, id }: CertificateLog): TrustedLog {
  return logOf(url, spki, "PKIX_ECDSA_P256_SHA_256", id);
}

/** Either kind of authority; `host` is where it would be found. */
export function trustedAuthority(
  { chain }: Pick<Fulcio | TimestampAuthority, "chain">,
  organization: string,
  host: string,
): TrustedAuthority {
  return {
    subject: { organization, commonName: "sigstore" },
    uri: `https://${host}`,
    certChain: { certificates: chain.map((one) => ({ rawBytes: one.toString("base64") })) },
    validFor: { start: START },
  };
}

function logOf(baseUrl: string, spki: Buffer, keyDetails: string, id: Buffer): TrustedLog {
  return {
    baseUrl,
    hashAlgorithm: "SHA2_256",
    publicKey: { rawBytes: spki.toString("base64"), keyDetails, validFor: { start: START } },
    logId: { keyId: id.toString("base64") },
  };
}
