/**
 * The rules of The Update Framework (its specification, version 1.0, section 5), kept by tuf-js' set of trusted
 * metadata, which reaches for neither network nor disk. Two use it: `trust refresh`, which follows the repository at a
 * time, and the reader of the store, which holds what was kept against its signatures, whatever the clock says.
 */
import { createHash } from "node:crypto";
import type { TrustedMetadataStore } from "tuf-js/dist/store.js";
import { StopError } from "../model/finding.js";
import { LIMITS } from "../model/limits.js";

/** Names in the store of what a refresh keeps. */
export const ROOT_FILES = {
  timestamp: "roots/tuf-timestamp.json",
  snapshot: "roots/tuf-snapshot.json",
  targets: "roots/tuf-targets.json",
  /** The role to which the repository leaves npm's keys. */
  npm: "roots/tuf-npm.json",
  npmKeys: "roots/npm-keys.json",
  trustedRoot: "roots/trusted-root.json",
  renewed: "roots/renewed.json",
} as const;

/** The root metadata of a version above the one that is shipped. */
export function rootFile(version: number): string {
  return `roots/tuf-root-${version}.json`;
}

/** What the repository says of one of its files. */
export interface Target {
  /** Bytes. */
  readonly length: number;
  /** Lowercase hex. */
  readonly sha256: string;
}

/** The roles that speak for a target: `targets` itself, or the first to which it leaves that path. */
export interface Speaker {
  readonly role: string;
  /** Null for `targets`. */
  readonly delegatedBy: "targets" | null;
}

/** The root metadata that is shipped with this program, as JSON text. */
export async function shippedRoot(): Promise<Buffer> {
  const { default: root } = await import("./tuf-root.json", { with: { type: "json" } });
  return Buffer.from(JSON.stringify(root));
}

/**
 * A set that trusts `root` (its JSON) and nothing else yet. Metadata that has ended by `now` (ms) is refused; with null
 * nothing has ended. Throws what the library throws for a root that is not signed by its own keys.
 */
export async function trustedSet(root: Uint8Array, now: number | null): Promise<TrustedMetadataStore> {
  const { TrustedMetadataStore } = await import("tuf-js/dist/store.js");
  const set = new TrustedMetadataStore(Buffer.from(root));
  // The library would read the clock by itself; here it is read once for a run.
  const own = set as unknown as { referenceTime: unknown };
  if (!(own.referenceTime instanceof Date)) throw new StopError("INTERNAL", "tuf-js has no reference time");
  own.referenceTime = new Date(now ?? 0);
  return set;
}

/** Who speaks for `path` (5.6.7: `targets` first, then its delegations in their order); null where nobody does. */
export function speakerFor(set: TrustedMetadataStore, path: string): Speaker | null {
  const signed = set.targets?.signed;
  if (signed === undefined) return null;
  if (Object.hasOwn(signed.targets, path)) return { role: "targets", delegatedBy: null };
  for (const { role } of signed.delegations?.rolesForTarget(path) ?? []) return { role, delegatedBy: "targets" };
  return null;
}

/** What `role` says of `path`, or in a word why that can't be followed. */
export function targetIn(set: TrustedMetadataStore, role: string, path: string): Target | string {
  const targets = set.getRole(role)?.signed.targets;
  if (targets === undefined || !Object.hasOwn(targets, path)) return `${role} has no target ${path}`;
  const { length = -1, hashes = {} } = targets[path] ?? {};
  const sha256 = Object.hasOwn(hashes, "sha256") ? hashes.sha256 : undefined;
  if (sha256 === undefined || !/^[0-9a-f]{64}$/.test(sha256)) return `${role} gives no SHA-256 of ${path}`;
  if (!Number.isInteger(length) || length < 0 || length > LIMITS.trustFileBytes) {
    return `${role} gives ${path} a length of ${length} bytes, and ${LIMITS.trustFileBytes} are the most that is taken`;
  }
  return { length, sha256 };
}

/** Whether these are the bytes of the target (5.7.2 and 5.7.3); else what they are instead. */
export function differsFrom(target: Target, bytes: Uint8Array): string | null {
  if (bytes.length !== target.length) return `${bytes.length} bytes came where ${target.length} are signed for`;
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return sha256 === target.sha256 ? null : `SHA-256 ${sha256} came where ${target.sha256} is signed for`;
}
