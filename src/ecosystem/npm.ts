/**
 * What an npm registry says of a package: its claims. Unauthenticated by construction; they are parsed here, at the
 * door, and believed only as far as evidence carries them.
 */
import semver from "semver";
import { type Finding, finding } from "../model/finding.js";
import { type JsonObject, object, parseObject } from "../model/json.js";
import { tarballName } from "../model/names.js";
import type { RegistryPublisher } from "../model/observation.js";

const LONGEST_NAME = 214;

/** What the registry claims of one version. */
export interface NpmClaims {
  /** The manifest as the registry shows it. */
  readonly manifest: JsonObject;
  /** `dist.integrity`, verbatim. */
  readonly integrity: string | null;
  /** `dist.tarball`, verbatim. */
  readonly tarball: string | null;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
  /** Whether it names attestations (`dist.attestations`); that there are some is for the attestations to show. */
  readonly announcesAttestations: boolean;
  /** Who put it there, as the registry says. */
  readonly publisher: RegistryPublisher | null;
  /** When, as the registry says (ms): npm shows it in the name of the file that was uploaded. */
  readonly published: number | null;
}

/** From the full packument: when a version was published, and how its siblings were signed. All unsigned. */
export interface NpmPublication {
  /** Milliseconds since the epoch, or null. */
  readonly at: number | null;
  readonly siblings: readonly {
    readonly version: string;
    readonly integrity: string;
    readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
  }[];
}

export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly finding: Finding };

/** The address of one version's manifest. npm spells a scope's slash as %2f. */
export function manifestAddress(registry: string, name: string, version: string): string {
  return `${packumentAddress(registry, name)}/${encodeURIComponent(version)}`;
}

/** The address of the packument. */
export function packumentAddress(registry: string, name: string): string {
  return `${registry}${name.replace("/", "%2f")}`;
}

/** The address of a version's attestations (https://github.com/npm/attestation). */
export function attestationsAddress(registry: string, name: string, version: string): string {
  return `${registry}-/npm/v1/attestations/${name.replace("/", "%2f")}@${encodeURIComponent(version)}`;
}

/** The address that a registry's tarball has by npm's convention; what the registry claims may differ. */
export function tarballAddress(registry: string, name: string, version: string): string {
  return `${registry}${name}/-/${tarballName(name, version)}`;
}

/**
 * Reads the answer of `GET /name/version`. An answer for another name or version than was asked for is refused: its
 * signature would be genuine, and for the wrong thing.
 */
export function parseClaims(bytes: Uint8Array, name: string, version: string): Parsed<NpmClaims> {
  const manifest = parseObject(bytes);
  if (manifest === null) return unreadable(name, version);
  if (manifest.name !== name || manifest.version !== version) {
    const got = `${text(manifest.name) ?? "(no name)"}@${text(manifest.version) ?? "(no version)"}`;
    const says = "the registry answered for another package or version than it was asked for";
    return { ok: false, finding: finding("CLAIM_NAME_MISMATCH", { says, expected: `${name}@${version}`, got }) };
  }
  const dist = object(manifest.dist) ?? {};
  const signatures = readSignatures(dist.signatures);
  if (signatures === null) {
    const says = "dist.signatures in the registry's answer is not a list of keyid and sig";
    return { ok: false, finding: finding("SIGNATURE_MALFORMED", { says }) };
  }
  return {
    ok: true,
    value: {
      manifest,
      integrity: text(dist.integrity),
      tarball: text(dist.tarball),
      signatures,
      announcesAttestations: object(dist.attestations) !== null,
      publisher: publisherOf(manifest._npmUser),
      published: publishedOf(manifest._npmOperationalInternal),
    },
  };
}

/** `_npmUser`: an account, or the system that published by itself (npm docs, "Trusted publishing"). */
function publisherOf(value: unknown): RegistryPublisher | null {
  const user = object(value);
  const system = text(object(user?.trustedPublisher)?.id);
  const name = system ?? text(user?.name);
  return name === null || name === "" || name.length > LONGEST_NAME ? null : { name, trusted: system !== null };
}

/** `{"tmp":"tmp/left-pad_1.3.0_1523286226190_0.4"}`: full packuments, which say it too, are a hundred times as large. */
function publishedOf(value: unknown): number | null {
  const at = Number(/_(\d{13})_[\d.e-]+$/.exec(text(object(value)?.tmp) ?? "")?.[1] ?? Number.NaN);
  return Number.isNaN(at) ? null : at;
}

/**
 * Reads of a full packument what a retired key's signature is held against. Versions that are not spelled as semver
 * are left out; what is kept is what was signed.
 */
export function parsePublication(bytes: Uint8Array, name: string, version: string): Parsed<NpmPublication> {
  const packument = parseObject(bytes);
  if (packument === null || packument.name !== name) return unreadable(name, version);
  const times = object(packument.time) ?? {};
  const at = Object.hasOwn(times, version) ? Date.parse(text(times[version]) ?? "") : Number.NaN;
  const siblings = Object.entries(object(packument.versions) ?? {}).flatMap(([other, manifest]) => {
    const dist = object(object(manifest)?.dist);
    const integrity = text(dist?.integrity);
    const signatures = readSignatures(dist?.signatures) ?? [];
    const counts = other !== version && semver.valid(other) === other && integrity !== null && signatures.length > 0;
    return counts ? [{ version: other, integrity, signatures }] : [];
  });
  return { ok: true, value: { at: Number.isNaN(at) ? null : at, siblings } };
}

/** One version out of a packument, in the form of `GET /name/version`; null if it is not there. */
export function manifestFromPackument(bytes: Uint8Array, version: string): Buffer | null {
  const versions = object(parseObject(bytes)?.versions);
  if (versions === null || !Object.hasOwn(versions, version)) return null;
  try {
    return Buffer.from(JSON.stringify(versions[version]));
  } catch {
    return null; // Nested so deep that it can be read, and not written.
  }
}

function unreadable(name: string, version: string): { readonly ok: false; readonly finding: Finding } {
  const says = `what the registry answered for ${name}@${version} is not a package's manifest`;
  return { ok: false, finding: finding("FETCH_FAILED", { says }) };
}

function readSignatures(value: unknown): { keyid: string; sig: string }[] | null {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) return null;
  const signatures: { keyid: string; sig: string }[] = [];
  for (const item of value) {
    const { keyid, sig } = object(item) ?? {};
    if (typeof keyid !== "string" || typeof sig !== "string") return null;
    signatures.push({ keyid, sig });
  }
  return signatures;
}

function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
