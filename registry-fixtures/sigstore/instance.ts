/**
 * A whole instance of Sigstore in memory: authority, logs of certificates, transparency logs of both generations, and a
 * timestamp authority. All keys are minted with it. What it makes is honest by default; every option is a lie, and what
 * no option offers is done to the JSON that comes out.
 */
import { type KeyObject, sign } from "node:crypto";
import { type Build, githubBuild } from "./build.js";
import { type Bundle, type BundleVersion, bundleOf, type Envelope, type LogEntry } from "./bundle.js";
import type { Holder } from "./certificate.js";
import { type CertificateLog, mintCertificateLog } from "./certificate-log.js";
import { type EntryKind, type EntryVerifier, entryBody, generationOf } from "./entry-body.js";
import { IN_TOTO, payloadOf, signedEnvelope } from "./envelope.js";
import { type CertificateOptions, type Fulcio, firstOf, mintFulcio } from "./fulcio.js";
import { mintLog, type TransparencyLog } from "./log.js";
import { mintTimestampAuthority, type TimestampAuthority } from "./timestamp-authority.js";
import { type TrustedRoot, trustedAuthority, trustedCertificateLog, trustedLog } from "./trusted-root.js";

/** When things are signed unless a test says otherwise. */
export const SIGNED_AT = new Date("2026-02-01T00:00:00Z");

/** A key that verifiers know beforehand, as a registry has it: `SigningKey` is one. */
export interface KnownKey {
  readonly keyid: string;
  /** SubjectPublicKeyInfo, DER, base64. */
  readonly key: string;
  /** ECDSA with SHA-256, DER. */
  signBytes(bytes: Uint8Array): Buffer;
}

/** What is the same for every bundle. */
export interface SigningOptions {
  /** When it was signed, certified, logged and stamped; `SIGNED_AT` unless given. */
  readonly at?: Date;
  /** When the log says that it took it in, if that is another time. */
  readonly loggedAt?: Date;
  /** 0.3 unless given. */
  readonly bundle?: BundleVersion;
  /** `v1-dsse` unless given. Entries of version 2 tell no time, and so bring a timestamp with them. */
  readonly log?: EntryKind;
  /** In how many of the instance's logs (1; there are two of each generation), or in which. */
  readonly entries?: number | readonly TransparencyLog[];
  /** What the entry says the signature was verified with, if not the truth. */
  readonly entryVerifier?: EntryVerifier;
  /** An RFC 3161 timestamp over the signature: whether, when, or in which wrong way. */
  readonly timestamp?: boolean | Date | StampOptions;
  readonly payloadType?: string;
}

export interface StampOptions {
  readonly at?: Date;
  readonly by?: TimestampAuthority;
  /** Other bytes than the signature. */
  readonly over?: Uint8Array;
  /** With the authority's certificate inside. */
  readonly embed?: boolean;
}

export interface AttestOptions extends SigningOptions {
  /** `githubBuild()` unless given. */
  readonly build?: Build;
  readonly certificate?: CertificateOptions;
  /** Somebody who was certified already (`fulcio.certify`), in the place of a new certificate. */
  readonly holder?: Holder;
  /** Signs with this key, and shows the certificate all the same. */
  readonly signWith?: KeyObject;
}

export interface Sigstore {
  readonly fulcio: Fulcio;
  readonly certificateLogs: readonly CertificateLog[];
  /** The first log of version 1, and of version 2; and all of each. */
  readonly rekor: TransparencyLog;
  readonly rekor2: TransparencyLog;
  readonly logs: Readonly<Record<1 | 2, readonly TransparencyLog[]>>;
  readonly timestampAuthority: TimestampAuthority;
  /** What verifiers of this instance are to believe; a new object each time, changed by `change`. */
  trustedRoot(change?: (root: TrustedRoot) => void): TrustedRoot;
  /** Signs a statement as a build, with a certificate. Bytes are signed as they are. */
  attest(statement: object | Uint8Array, how?: AttestOptions): Bundle;
  /** Signs a statement with a known key, as npm's registry signs its publish attestations. */
  attestWithKey(statement: object | Uint8Array, key: KnownKey, how?: SigningOptions): Bundle;
}

export interface SigstoreOptions {
  /** Below which all its hosts lie, and its organization; `sigstore.example` unless given. */
  readonly name?: string;
}

/** A new instance that nobody has heard of. */
export function mintSigstore({ name = "sigstore.example" }: SigstoreOptions = {}): Sigstore {
  const certificateLogs = ["2024", "2026"].map((year) => mintCertificateLog(`https://ctfe.${name}/${year}`));
  const fulcio = mintFulcio(name, certificateLogs);
  const timestampAuthority = mintTimestampAuthority(name);
  const rekor = mintLog({ name: `rekor.${name}`, generation: 1 });
  const rekor2 = mintLog({ name: `log2025-1.rekor.${name}`, generation: 2 });
  const logs = {
    1: [rekor, mintLog({ name: `second.rekor.${name}`, generation: 1 })],
    2: [rekor2, mintLog({ name: `log2026-1.rekor.${name}`, generation: 2 })],
  };

  const bundled = (envelope: Envelope, verifier: EntryVerifier, how: SigningOptions, signer: object): Bundle => {
    const { log = "v1-dsse", at = SIGNED_AT } = how;
    const entries = entriesOf(envelope, how.entryVerifier ?? verifier, log, how, logs[generationOf(log)]);
    const stamps = stampsOf(envelope, how.timestamp ?? generationOf(log) === 2, at, timestampAuthority);
    return bundleOf(how.bundle ?? "0.3", { envelope, entries, timestamps: stamps, ...signer });
  };

  return {
    fulcio,
    certificateLogs,
    rekor,
    rekor2,
    logs,
    timestampAuthority,
    trustedRoot: (change) => {
      const root: TrustedRoot = {
        mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
        tlogs: [...logs[1], ...logs[2]].map(trustedLog),
        certificateAuthorities: [trustedAuthority(fulcio, name, `fulcio.${name}`)],
        ctlogs: certificateLogs.map(trustedCertificateLog),
        timestampAuthorities: [trustedAuthority(timestampAuthority, name, `timestamp.${name}`)],
      };
      change?.(root);
      return root;
    },
    attest: (statement, how = {}) => {
      const { at = SIGNED_AT, build = githubBuild(), payloadType = IN_TOTO } = how;
      const { certificate, privateKey } = how.holder ?? fulcio.certify(build, at, how.certificate);
      const signing = how.signWith ?? privateKey;
      const envelope = signedEnvelope(payloadOf(statement), payloadType, "", (bytes) => sign("sha256", bytes, signing));
      return bundled(envelope, { certificate }, how, { certificates: [certificate, ...fulcio.chain] });
    },
    attestWithKey: (statement, key, how = {}) => {
      const payloadType = how.payloadType ?? IN_TOTO;
      const envelope = signedEnvelope(payloadOf(statement), payloadType, key.keyid, (bytes) => key.signBytes(bytes));
      return bundled(envelope, { publicKey: Buffer.from(key.key, "base64") }, how, { hint: key.keyid });
    },
  };
}

function entriesOf(
  envelope: Envelope,
  verifier: EntryVerifier,
  kind: EntryKind,
  { entries = 1, at = SIGNED_AT, loggedAt = at }: SigningOptions,
  own: readonly TransparencyLog[],
): readonly LogEntry[] {
  const into = typeof entries === "number" ? firstOf(own, entries) : entries;
  return into.map((log) => log.add(entryBody(kind, envelope, verifier), loggedAt).entry);
}

function stampsOf(
  envelope: Envelope,
  wanted: boolean | Date | StampOptions,
  signedAt: Date,
  own: TimestampAuthority,
): readonly Buffer[] {
  if (wanted === false) return [];
  const { at = signedAt, by = own, over, embed } = stampOptions(wanted);
  const signature = Buffer.from(envelope.signatures[0]?.sig ?? "", "base64");
  return [by.stamp(over ?? signature, at, embed)];
}

function stampOptions(wanted: true | Date | StampOptions): StampOptions {
  if (wanted === true) return {};
  return wanted instanceof Date ? { at: wanted } : wanted;
}
