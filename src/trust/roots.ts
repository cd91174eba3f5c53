/**
 * The store's folder `roots/`: npm's own keys and Sigstore's roots as `trust refresh` brought them, with the metadata
 * that proves them. Nobody but the holders of the repository's keys can put a key here: whatever a hand changes in it
 * is TRUST_MALFORMED. How old it is stops no run; that is for the next refresh.
 */
import { StopError } from "../model/finding.js";
import type { RegistryKey } from "../model/policy.js";
import { ROOTS_REPOSITORY } from "./builtin.js";
import { readDocument } from "./document.js";
import { malformed, quote } from "./json.js";
import { readNpmKeys } from "./renewed-keys.js";
import { readTrustedRoot } from "./sigstore-root.js";
import { differsFrom, ROOT_FILES, rootFile, shippedRoot, speakerFor, targetIn, trustedSet } from "./tuf.js";
import { readTime } from "./values.js";

/** The files of a store, or of its folder `roots/`, by their names in the store. */
export type RootFiles = ReadonlyMap<string, Uint8Array>;

export interface Roots {
  /** When they were brought (ms). */
  readonly renewed: number;
  /** npm's keys for signatures of packages. */
  readonly npmKeys: readonly RegistryKey[];
  /** Sigstore's trusted root, JSON. */
  readonly trustedRoot: Uint8Array;
}

const FOLDER = "roots/";
const LINK = /^roots\/tuf-root-([1-9]\d{0,5})\.json$/;
const HELP =
  "Take the folder roots/ from version control as it was reviewed; or remove it, and run secure-install trust refresh.";

/** What of a store's files lies in `roots/`. */
export function rootsIn(files: RootFiles): RootFiles {
  return new Map([...files].filter(([name]) => name.startsWith(FOLDER)));
}

/**
 * Reads `roots/`, or null where there is none, and holds all of it against the signatures: from the root that is
 * shipped (or `shipped`, its JSON) along every later one, down to the bytes of both targets. Throws StopError
 * TRUST_MALFORMED for whatever is not so signed, does not belong together, or is not known.
 */
export async function readRoots(files: RootFiles, shipped: Uint8Array | null = null): Promise<Roots | null> {
  const kept = rootsIn(files);
  if (kept.size === 0) return null;
  const known = new Set<string>(Object.values(ROOT_FILES));
  for (const name of kept.keys()) {
    if (!known.has(name) && !LINK.test(name)) {
      throw malformed(name, `${quote(name)} is nothing that trust refresh writes.`, HELP);
    }
  }
  const validUntil = await prove(kept, shipped ?? (await shippedRoot()));
  const renewed = readRenewed(need(kept, ROOT_FILES.renewed));
  if (renewed > validUntil) {
    throw malformed(ROOT_FILES.renewed, `${ROOT_FILES.renewed} names a day on which this could not be had.`, HELP);
  }
  const trustedRoot = need(kept, ROOT_FILES.trustedRoot);
  readTrustedRoot(trustedRoot, ROOT_FILES.trustedRoot, "public");
  return { renewed, npmKeys: readNpmKeys(need(kept, ROOT_FILES.npmKeys), ROOT_FILES.npmKeys), trustedRoot };
}

/** Until when (ms) the repository called the kept timestamp its newest. */
async function prove(kept: RootFiles, shipped: Uint8Array): Promise<number> {
  const set = await trustedSet(shipped, null);
  const apply = (name: string, act: (bytes: Buffer) => void): void => {
    try {
      act(Buffer.from(need(kept, name)));
    } catch (error) {
      if (error instanceof StopError) throw error;
      throw malformed(name, `${name} is not what the repository has signed: ${reasonOf(error)}.`, HELP);
    }
  };
  const first = set.root.signed.version + 1;
  const links = [...kept.keys()].flatMap((name) => LINK.exec(name)?.[1] ?? []).map(Number);
  for (const [index, version] of links.sort((a, b) => a - b).entries()) {
    if (version !== first + index) throw malformed(rootFile(version), `${rootFile(first + index)} is missing.`, HELP);
    apply(rootFile(version), (bytes) => set.updateRoot(bytes));
  }
  apply(ROOT_FILES.timestamp, (bytes) => set.updateTimestamp(bytes));
  apply(ROOT_FILES.snapshot, (bytes) => set.updateSnapshot(bytes));
  apply(ROOT_FILES.targets, (bytes) => set.updateDelegatedTargets(bytes, "targets", "root"));
  const places = [
    [ROOTS_REPOSITORY.npmKeys, ROOT_FILES.npmKeys],
    [ROOTS_REPOSITORY.trustedRoot, ROOT_FILES.trustedRoot],
  ] as const;
  for (const [path, name] of places) {
    const speaker = speakerFor(set, path);
    if (speaker === null) throw malformed(ROOT_FILES.targets, `Nobody speaks for ${path}.`, HELP);
    if (speaker.delegatedBy !== null) {
      apply(ROOT_FILES.npm, (bytes) => set.updateDelegatedTargets(bytes, speaker.role, "targets"));
    }
    const target = targetIn(set, speaker.role, path);
    const why = typeof target === "string" ? target : differsFrom(target, need(kept, name));
    if (why !== null) throw malformed(name, `${name} is not what the repository has signed: ${why}.`, HELP);
  }
  return Date.parse(set.timestamp?.signed.expires ?? "");
}

function need(kept: RootFiles, name: string): Uint8Array {
  const bytes = kept.get(name);
  if (bytes === undefined) throw malformed(name, `${name} is missing, and the rest of roots/ stands on it.`, HELP);
  return bytes;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Reads renewed.json: when a refresh brought what lies beside it (ms). */
export function readRenewed(bytes: Uint8Array): number {
  return readTime(readDocument(bytes, ROOT_FILES.renewed, ["renewed"]).need("renewed"), '"renewed"');
}
