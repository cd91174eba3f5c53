/**
 * What was seen of one version of a package, and when: what drift is measured against. An observation proves nothing,
 * and never satisfies what a rule asks for; it says what was there the first time.
 */
import type { BuildSource } from "./build.js";
import type { Digest } from "./digest.js";
import type { EvidenceKind, Signer } from "./evidence.js";
import type { Ecosystem } from "./names.js";

/** Kinds of evidence whose absence, where a line of versions had them, means something. */
export const LASTING_KINDS = [
  "registry-signature",
  "openpgp-signature",
  "publish-attestation",
  "provenance",
] as const satisfies readonly EvidenceKind[];

/** Who put a version into the registry, as the registry says, unsigned. */
export interface RegistryPublisher {
  /** An account of the registry (`sindresorhus`), or the name of the system that published by itself (`github`). */
  readonly name: string;
  /** Whether a build published it without a token of anybody's: npm's trusted publishing. */
  readonly trusted: boolean;
}

/** What can be seen of one version. */
export interface Sight {
  readonly ecosystem: Ecosystem;
  /** As its ecosystem normalises it. */
  readonly name: string;
  readonly version: string;
  /** SHA-512 of the archive. */
  readonly digest: Digest;
  /** Id of its home registry: `npmjs`. */
  readonly registry: string;
  /** Of LASTING_KINDS, those that held, whoever signed: in the order of LASTING_KINDS. */
  readonly evidence: readonly EvidenceKind[];
  /** Who signed what held: each once, sorted by their text (trust/observed.ts). */
  readonly signers: readonly Signer[];
  readonly publisher: RegistryPublisher | null;
  readonly source: BuildSource | null;
  /** When the registry says that it was published (ms); nobody has signed that. */
  readonly published: number | null;
}

export interface Observation extends Sight {
  /** When it was first seen (ms). */
  readonly seen: number;
  /** Whether a person has looked at it; what was merely seen first has not been. */
  readonly reviewed: boolean;
}

/** All observations of a store, by `npm:name`. */
export type Observations = ReadonlyMap<string, readonly Observation[]>;
