/** Where and how something was built, and which instances of Sigstore are believed about it. */
import type { Selector } from "./selector.js";

/**
 * What a certificate of Fulcio says of a build (its extensions, OID 1.3.6.1.4.1.57264.1.*). Ids survive renames, and
 * come never again; certificates from before 2023 have none. What a certificate does not say is null.
 */
export interface BuildSource {
  /** Who vouches for the build towards Sigstore: `https://token.actions.githubusercontent.com`. */
  readonly issuer: string;
  /** `https://github.com/acme/lib`. */
  readonly repository: string;
  readonly repositoryId: string | null;
  readonly ownerId: string | null;
  /** Path of the workflow in the repository: `.github/workflows/release.yml`. */
  readonly workflow: string | null;
  /** What was built: `refs/tags/v1.2.0`. */
  readonly ref: string | null;
  /** Its commit, in hex. */
  readonly commit: string | null;
  /** Address of the run that built it. */
  readonly run: string | null;
  /** On whose machine: `github-hosted`, `self-hosted`. */
  readonly runner: string | null;
}

/** An instance of Sigstore: who certifies builds, and which logs and authorities say when. */
export interface SigstoreInstance {
  /** `public-good`, or its name under "sigstore" in trust.json. */
  readonly id: string;
  /** Its trusted root as JSON (protobuf-specs, TrustedRoot); null for that of the public instance, as it is shipped. */
  readonly root: Uint8Array | null;
  /** Whose packages it may speak for; null for everybody's. */
  readonly select: readonly Selector[] | null;
  /** Whose builds count: OIDC issuers, spelled as certificates spell them. */
  readonly issuers: readonly string[];
  /** Of how many entries of its transparency logs an attestation needs a proof. */
  readonly logEntries: number;
  /** By how many logs of certificates a certificate must have been seen. */
  readonly scts: number;
}
