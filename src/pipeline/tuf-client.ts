/**
 * Follows a repository of The Update Framework to its newest state (the client's workflow: its specification 1.0,
 * sections 5.3 to 5.7), from what was kept of it. The rules are trust/tuf.ts's; what is here asks, in their order.
 */
import type { TrustedMetadataStore } from "tuf-js/dist/store.js";
import type { Client } from "../fetch/settings.js";
import { type Finding, finding } from "../model/finding.js";
import { LIMITS } from "../model/limits.js";
import type { RootsRepository } from "../trust/builtin.js";
import type { RootFiles } from "../trust/roots.js";
import { differsFrom, ROOT_FILES, rootFile, shippedRoot, speakerFor, targetIn, trustedSet } from "../trust/tuf.js";

export interface Following {
  readonly client: Pick<Client, "get">;
  readonly repository: RootsRepository;
  /** What a former refresh left, as readRoots has proven it; empty the first time. */
  readonly kept: RootFiles;
  /** Milliseconds: what has ended by then is refused. */
  readonly now: number;
  /** JSON of the root with which everything begins; null for the one that is shipped. */
  readonly shipped: Uint8Array | null;
}

export type Followed =
  /** Everything that `roots/` has to hold but the time, by its names in the store. */
  { readonly ok: true; readonly files: RootFiles } | { readonly ok: false; readonly finding: Finding };

/** Rotations since the root that is shipped; there were fifteen in five years. */
const MOST_ROOTS = 64;
/** Bytes. What is kept has to fit into a store. */
const ROOT_BYTES = 512 * 1024;
const TIMESTAMP_BYTES = 16 * 1024;
const METADATA_BYTES = LIMITS.trustFileBytes;

/** Ends the following; caught where it began. */
class Stopped extends Error {
  readonly finding: Finding;
  constructor(found: Finding) {
    super(found.says);
    this.finding = found;
  }
}

/**
 * The newest state of the repository, proven. What could not be had is a FETCH_ finding; what is not signed as it must
 * be, older than what was kept, past its end or not of one piece is ROOTS_INVALID, whoever sent it.
 */
export async function followRepository(following: Following): Promise<Followed> {
  try {
    const set = await trustedSet(following.shipped ?? (await shippedRoot()), following.now);
    const files = new Map<string, Uint8Array>();
    await newestRoot(following, set, files);
    await newestTimestamp(following, set, files);
    await newestSnapshot(following, set, files);
    await bringTarget(following, set, files, following.repository.npmKeys, ROOT_FILES.npmKeys);
    await bringTarget(following, set, files, following.repository.trustedRoot, ROOT_FILES.trustedRoot);
    return { ok: true, files };
  } catch (error) {
    if (error instanceof Stopped) return { ok: false, finding: error.finding };
    throw error;
  }
}

type Files = Map<string, Uint8Array>;

/** 5.3: one root after the other, each signed by the one before it and by itself, until there is no later one. */
async function newestRoot(following: Following, set: TrustedMetadataStore, files: Files): Promise<void> {
  for (let count = 0; count < MOST_ROOTS; count += 1) {
    const version = set.root.signed.version + 1;
    const name = rootFile(version);
    const bytes = following.kept.get(name) ?? (await ask(following, `${version}.root.json`, ROOT_BYTES, true));
    if (bytes === null) return;
    apply(name, () => set.updateRoot(Buffer.from(bytes)));
    files.set(name, bytes);
  }
  throw refused(rootFile(set.root.signed.version + 1), `more than ${MOST_ROOTS} roots follow the one that is shipped`);
}

/** 5.4: never older than the one that was kept, and never past its end. */
async function newestTimestamp(following: Following, set: TrustedMetadataStore, files: Files): Promise<void> {
  const name = ROOT_FILES.timestamp;
  const kept = following.kept.get(name);
  // Past its end it still says what must not come before it. Where its keys were changed, it no longer does (5.3.11).
  if (kept !== undefined) attempt(() => set.updateTimestamp(Buffer.from(kept)));
  const bytes = await ask(following, "timestamp.json", TIMESTAMP_BYTES);
  const { EqualVersionError } = await import("tuf-js/dist/error.js");
  const isSame = apply(name, () => {
    try {
      set.updateTimestamp(Buffer.from(bytes));
      return false;
    } catch (error) {
      if (error instanceof EqualVersionError) return true;
      throw error;
    }
  });
  // The library looks at the end of a new one only.
  if (isSame && set.timestamp?.signed.isExpired(new Date(following.now))) throw refused(name, "it is expired");
  files.set(name, isSame && kept !== undefined ? kept : bytes);
}

/** 5.5 and 5.6.1: the snapshot that the timestamp names, and the top-level targets that it names. */
async function newestSnapshot(following: Following, set: TrustedMetadataStore, files: Files): Promise<void> {
  const name = ROOT_FILES.snapshot;
  const meta = set.timestamp?.signed.snapshotMeta;
  if (meta === undefined) throw refused(name, "the timestamp names none");
  const kept = following.kept.get(name);
  const isNewest =
    kept !== undefined &&
    attempt(() => {
      // An older one is remembered, for what may not go back behind it; only then it is refused.
      set.updateSnapshot(Buffer.from(kept), true);
      meta.verify(Buffer.from(kept));
    });
  if (isNewest) files.set(name, kept);
  else {
    const bytes = await ask(following, versioned(set, meta.version, "snapshot"), METADATA_BYTES);
    apply(name, () => set.updateSnapshot(Buffer.from(bytes)));
    files.set(name, bytes);
  }
  await newestTargets(following, set, files, "targets", "root", ROOT_FILES.targets);
}

/** 5.6: the metadata of one role that speaks for targets. */
async function newestTargets(
  following: Following,
  set: TrustedMetadataStore,
  files: Files,
  role: string,
  delegatedBy: string,
  name: string,
): Promise<void> {
  const metas = set.snapshot?.signed.meta ?? {};
  const meta = Object.hasOwn(metas, `${role}.json`) ? metas[`${role}.json`] : undefined;
  if (meta === undefined) throw refused(name, `the snapshot does not name ${role}.json`);
  const update = (bytes: Uint8Array): void => set.updateDelegatedTargets(Buffer.from(bytes), role, delegatedBy);
  const kept = following.kept.get(name);
  if (kept !== undefined && attempt(() => update(kept))) {
    files.set(name, kept);
    return;
  }
  const bytes = await ask(following, versioned(set, meta.version, encodeURIComponent(role)), METADATA_BYTES);
  apply(name, () => update(bytes));
  files.set(name, bytes);
}

/** 5.7: the bytes that whoever speaks for the path has signed for. */
async function bringTarget(
  following: Following,
  set: TrustedMetadataStore,
  files: Files,
  path: string,
  name: string,
): Promise<void> {
  const speaker = speakerFor(set, path);
  if (speaker === null) throw refused(ROOT_FILES.targets, `nobody speaks for ${path}`);
  const { role, delegatedBy } = speaker;
  if (delegatedBy !== null) await newestTargets(following, set, files, role, delegatedBy, ROOT_FILES.npm);
  const target = targetIn(set, role, path);
  if (typeof target === "string") throw refused(name, target);
  const kept = following.kept.get(name);
  if (kept !== undefined && differsFrom(target, kept) === null) {
    files.set(name, kept);
    return;
  }
  const [folder, file] = splitPath(path);
  const spelled = set.root.signed.consistentSnapshot ? `${folder}${target.sha256}.${file}` : path;
  const bytes = await askAt(following, `${following.repository.targets}${spelled}`, target.length);
  const why = bytes === null ? "it is not there" : differsFrom(target, bytes);
  if (bytes === null || why !== null) throw refused(name, `${path}: ${why}`);
  files.set(name, bytes);
}

function splitPath(path: string): [folder: string, file: string] {
  const slash = path.lastIndexOf("/") + 1;
  return [path.slice(0, slash), path.slice(slash)];
}

function versioned(set: TrustedMetadataStore, version: number, role: string): string {
  return set.root.signed.consistentSnapshot ? `${version}.${role}.json` : `${role}.json`;
}

function ask(following: Following, file: string, maxBytes: number): Promise<Uint8Array>;
function ask(following: Following, file: string, maxBytes: number, mayMiss: true): Promise<Uint8Array | null>;
async function ask(following: Following, file: string, maxBytes: number, mayMiss = false): Promise<Uint8Array | null> {
  return askAt(following, `${following.repository.metadata}${file}`, maxBytes, mayMiss);
}

/** Null where `mayMiss` is given, and the repository says that there is none: some answer 403 for it. */
async function askAt(
  { client }: Following,
  address: string,
  maxBytes: number,
  mayMiss = false,
): Promise<Uint8Array | null> {
  const answer = await client.get(address, { maxBytes, redirects: [], accept: "*/*" });
  if (answer.ok) return answer.value.body;
  if (mayMiss && (answer.status === 404 || answer.status === 403)) return null;
  throw new Stopped(finding(answer.code, { says: answer.says }));
}

/** Whether it could be done; what is in its way does not matter. */
function attempt(act: () => void): boolean {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}

/** Whatever the library throws on bytes from outside is a refusal of those bytes. */
function apply<Result>(name: string, act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    throw refused(name, error instanceof Error ? error.message : String(error));
  }
}

function refused(name: string, why: string): Stopped {
  return new Stopped(finding("ROOTS_INVALID", { says: `${name}: ${why}` }));
}
