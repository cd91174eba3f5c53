/** The trust store as it is after reading: every value parsed, nothing left as text that could mean two things. */
import type { SigstoreInstance } from "./build.js";
import type { Digest } from "./digest.js";
import type { EvidenceKind } from "./evidence.js";
import type { Finding } from "./finding.js";
import type { Ecosystem } from "./names.js";
import type { Observations } from "./observation.js";
import type { Selector } from "./selector.js";

/** A registry's signing key. Times are milliseconds since the epoch; null means open. */
export interface RegistryKey {
  readonly keyid: string;
  /** Base64 of the SubjectPublicKeyInfo, DER. */
  readonly spki: string;
  readonly notBefore: number | null;
  readonly expires: number | null;
  /** Proven by the metadata in `roots/`, which `trust refresh` brought: as good as built in. */
  readonly renewed?: true;
}

export interface Registry {
  /** The key under "registries": `npmjs`, `acme`. */
  readonly id: string;
  /** With a slash at its end. */
  readonly url: string;
  readonly ecosystem: Ecosystem;
  /** Patterns of the names whose home this is: exact, `@scope/*`, `*`. */
  readonly home: readonly string[];
  readonly require: readonly EvidenceKind[];
  /** What the built-in floor asks; empty for registries that are not built in. */
  readonly floor: readonly EvidenceKind[];
  readonly keys: readonly RegistryKey[];
  /** Id of the registry that this one mirrors. */
  readonly serves: string | null;
  /** Id of the registry that is asked for the signatures, where not this one. */
  readonly evidenceFrom: string | null;
  /** Hosts (`host` or `host:port`) to which it may redirect. */
  readonly redirects: readonly string[];
}

export type Identity =
  | {
      readonly type: "openpgp";
      /** 40 or 64 hex digits, upper case. */
      readonly fingerprint: string;
      /** Template of the signature's address: `{url}` the tarball's, `{name}`, `{version}`, `{filename}`. */
      readonly signatureUrl: string | null;
      /** When the key was retired (ms): what is of a later time is not by its owner. Left out where it was not. */
      readonly until?: number;
    }
  | {
      readonly type: "built-by";
      readonly issuer: string;
      readonly repository: string;
      readonly repositoryId: string | null;
      readonly ownerId: string | null;
      readonly workflow: string | null;
      readonly ref: string | null;
      /** On whose machines: `github-hosted`. */
      readonly runner: string | null;
    };

/** The kind of evidence through which an identity proves itself. */
export function proves(identity: Identity): EvidenceKind {
  return identity.type === "openpgp" ? "openpgp-signature" : "provenance";
}

/** The full fingerprints by which these owners are known, each once. */
export function pinnedFingerprints(
  owners: readonly { readonly identities: readonly (Identity | SshIdentity)[] }[],
): readonly string[] {
  const all = owners.flatMap(({ identities }) => [...identities]);
  return [...new Set(all.flatMap((identity) => (identity.type === "openpgp" ? [identity.fingerprint] : [])))];
}

export interface Publisher {
  readonly name: string;
  readonly identities: readonly Identity[];
  /** Set when the publisher is compromised: from when (ms), and why. */
  readonly compromised: { readonly since: number; readonly reason: string } | null;
}

export interface PublisherRequirement {
  readonly atLeast: number;
  /** Names under "publishers". */
  readonly of: readonly string[];
}

export interface Rule {
  /** Its place in trust.json, such as `rules[2]`. */
  readonly id: string;
  readonly select: Selector;
  readonly except: readonly Selector[];
  readonly require: readonly EvidenceKind[];
  readonly publishers: PublisherRequirement | null;
  /** After this (ms) the rule no longer applies. */
  readonly expires: number | null;
  readonly reason: string;
}

export interface Exception {
  readonly id: string;
  readonly select: Selector;
  readonly digest: Digest;
  readonly waive: readonly EvidenceKind[];
  readonly expires: number;
  readonly reason: string;
}

export interface Denial {
  readonly id: string;
  readonly select: Selector;
  readonly reason: string;
}

/** A package allowed to run install scripts, or to be built from source. */
export interface Allowance {
  readonly id: string;
  readonly allow: Selector;
  readonly reason: string;
}

export interface SourcePin extends Allowance {
  /** The exact source: `git+https://…#<commit>`, a URL, or `file:…`. */
  readonly from: string;
}

/** A key with which ssh-keygen signs changes of the store: `ssh-ed25519 AAAA…`, without a comment. */
export interface SshIdentity {
  readonly type: "ssh";
  readonly key: string;
}

export type OwnerIdentity = Extract<Identity, { type: "openpgp" }> | SshIdentity;

export interface Owners {
  readonly atLeast: number;
  readonly identities: readonly OwnerIdentity[];
}

export interface TrustStore {
  /** Absolute path of the store's folder, or null when only the built-in floor applies. */
  readonly directory: string | null;
  readonly registries: readonly Registry[];
  readonly publishers: readonly Publisher[];
  readonly rules: readonly Rule[];
  readonly exceptions: readonly Exception[];
  readonly denials: readonly Denial[];
  readonly scripts: readonly Allowance[];
  readonly sources: readonly SourcePin[];
  readonly sdists: readonly Allowance[];
  readonly owners: Owners | null;
  /** The instances of Sigstore that are believed, the public one first. */
  readonly sigstore: readonly SigstoreInstance[];
  /** What was seen of packages so far (observed.lock). */
  readonly observations: Observations;
  /** Armored OpenPGP certificates by upper-case fingerprint, as they lie in `keys/`. */
  readonly certificates: ReadonlyMap<string, Uint8Array>;
  /** SHA-256 (hex) of each file of the store, by its name in the folder. */
  readonly files: ReadonlyMap<string, string>;
  /** When `trust refresh` last brought npm's keys and Sigstore's roots (ms), or null where the built-in ones stand. */
  readonly renewed: number | null;
  /** SHA-256 (hex) over all files of the store, or null without one. */
  readonly digest: string | null;
  /** What the store weakens, and what in it is about to end. */
  readonly findings: readonly Finding[];
}

/** Everything the policy asks of one artifact: the home's floor, and every rule that selects it. */
export interface Requirements {
  /** Each required kind, with the places that ask for it. */
  readonly kinds: ReadonlyMap<EvidenceKind, readonly string[]>;
  readonly publishers: readonly (PublisherRequirement & { readonly rule: string })[];
  /** Publishers that the rules name for this artifact. */
  readonly candidates: readonly Publisher[];
  readonly denial: Denial | null;
  /** Rules name the package, and none covers this version. */
  readonly uncovered: readonly string[];
  /** Exceptions whose selector names this version; whether the digest fits is for decide to say. */
  readonly exceptions: readonly Exception[];
  /** All places of the policy that were applied. */
  readonly applied: readonly string[];
}
