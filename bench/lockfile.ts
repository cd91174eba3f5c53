/** The lockfile that is measured with: committed without addresses, which it is given for the registry of one run. */
import { createHash } from "node:crypto";
import type { LockEntry, Lockfile } from "../registry-fixtures/lockfile.js";
import { tarballPath } from "../registry-fixtures/release.js";

/** One package of a lockfile, at however many places it stands. */
export interface Wanted {
  readonly name: string;
  readonly version: string;
  /** SRI, sha512. */
  readonly integrity: string;
}

/** Every package once, in the lockfile's order. Throws where an entry has no sha512 digest: it could not be served. */
export function packagesOf(lockfile: Lockfile): readonly Wanted[] {
  const found = new Map<string, Wanted>();
  for (const [location, entry] of entriesOf(lockfile)) {
    const { version, integrity } = entry;
    if (version === undefined || integrity?.startsWith("sha512-") !== true) {
      throw new Error(`${location} has no version, or no sha512 digest`);
    }
    const name = nameOf(location, entry);
    found.set(`${name}@${version}`, { name, version, integrity });
  }
  return [...found.values()];
}

/** The same lockfile with each tarball's address at the registry `url`, which ends in a slash. */
export function withAddresses(lockfile: Lockfile, url: string): Lockfile {
  const addressed = entriesOf(lockfile).map(([location, entry]) => {
    const { version = "", ...rest } = entry;
    const resolved = `${url}${tarballPath(nameOf(location, entry), version)}`;
    return [location, { version, resolved, ...rest }] as const;
  });
  return { ...lockfile, packages: { "": lockfile.packages?.[""] ?? {}, ...Object.fromEntries(addressed) } };
}

/** Lowercase hex of a sha512 SRI: the name of the tarball's file. */
export function hexOf(integrity: string): string {
  return Buffer.from(integrity.slice("sha512-".length), "base64").toString("hex");
}

/** By which a catalogue of these packages is kept. */
export function fingerprintOf(packages: readonly Wanted[]): string {
  return createHash("sha256").update(JSON.stringify(packages)).digest("hex").slice(0, 16);
}

/** Everything but the project itself. */
export function entriesOf(lockfile: Lockfile): readonly (readonly [string, LockEntry])[] {
  return Object.entries(lockfile.packages ?? {}).filter(([location]) => location !== "");
}

/** An alias stands at a place that has another name than its package. */
function nameOf(location: string, entry: LockEntry): string {
  return typeof entry.name === "string" ? entry.name : location.replace(/^.*node_modules\//, "");
}
