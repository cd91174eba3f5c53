/**
 * Changes of the trust store, made so that nothing is lost: neither what another run writes at the same time, nor what
 * a person saves in an editor, nor the store itself where the disk is full or the run is killed.
 */
import path from "node:path";
import { StopError } from "../model/finding.js";
import type { TrustStore } from "../model/policy.js";
import type { Files, World } from "../model/world.js";
import { findStore, readStoreFiles, STORE_FOLDER } from "../trust/load.js";
import { readStore, type StoreFiles } from "../trust/store.js";
import { replaceAll, type Step, same, sweepDrafts, unusable } from "./store-write.js";
import { readCertificate, repositoryRoot, type TrustPlace } from "./trust.js";
import { inTurn } from "./turn.js";

/** How often a change is applied anew, because somebody else wrote in between. */
const MOST_ATTEMPTS = 5;

/**
 * Observations of two branches are all kept by a merge, and a review need not show each of them. What lies in roots/ is
 * signed byte by byte, so no clone may write its line ends otherwise.
 */
const ATTRIBUTES = "observed.lock merge=union\nobserved.lock linguist-generated\nroots/* -text\n";

export type StoreChange = (files: StoreFiles) => StoreFiles | Promise<StoreFiles>;

export interface Changed {
  /** Absolute path of the store. */
  readonly directory: string;
  /** Names in the store of what was written or removed, sorted; empty where all was so already. */
  readonly changed: readonly string[];
  /** The store as it was, and as it is now. */
  readonly before: TrustStore;
  readonly after: TrustStore;
}

/**
 * Reads the store's files, has `change` give them back as they should be (those it did not touch by the same bytes),
 * and writes what differs. Where a file is changed by somebody else before it is replaced, everything that was written
 * is put back, and `change` is called again with what is there by then. The folder is made where there is none.
 *
 * Throws StopError: what `change` throws; TRUST_MALFORMED, before anything is written, where the store is not readable
 * or would not be; ENVIRONMENT_UNUSABLE where the disk refuses, or others write without pause.
 */
export async function changeStore(world: World, place: TrustPlace, change: StoreChange): Promise<Changed> {
  const directory = await directoryFor(world, place);
  const real = (await world.files.realPath(path.dirname(directory))) ?? path.dirname(directory);
  return inTurn(world, path.join(real, path.basename(directory)), async () => {
    for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt += 1) {
      const before = await filesIn(world.files, directory, place);
      const stores = await readBoth(world, directory, before, change);
      const steps = await stepsBetween(world.files, directory, before, stores.files);
      await sweepDrafts(world, directory);
      // What is not written counts as well: the result was read as a whole.
      const isAsRead = async () => areSame(await filesIn(world.files, directory, place), before);
      const written = await replaceAll(world.files, directory, steps, isAsRead);
      if (written !== null) return { directory, changed: written, before: stores.before, after: stores.after };
    }
    throw unusable(directory, "somebody else keeps writing into it, so that no change could be made");
  });
}

async function directoryFor(world: World, place: TrustPlace): Promise<string> {
  if (place.directory !== null) return place.directory;
  const root = await repositoryRoot(world, place.project);
  const found = await findStore(world.files, { project: place.project, repositoryRoot: root });
  return found ?? path.join(root ?? place.project, STORE_FOLDER);
}

/** A folder that was named must be there: a mistyped --trust would otherwise make a second store. */
async function filesIn(files: Files, directory: string, place: TrustPlace): Promise<StoreFiles> {
  const isMissing = place.directory === null && (await files.status(directory)) === null;
  return isMissing ? new Map() : readStoreFiles(files, directory);
}

/** Refuses a change that would leave a store by which nobody could judge. One that is so already is for a person. */
async function readBoth(
  world: World,
  directory: string,
  files: StoreFiles,
  change: StoreChange,
): Promise<{ readonly before: TrustStore; readonly after: TrustStore; readonly files: StoreFiles }> {
  const from = { directory, now: world.clock.now() };
  const before = await readStore(files, from, readCertificate);
  const changed = await change(files);
  try {
    return { before, after: await readStore(changed, from, readCertificate), files: changed };
  } catch (error) {
    if (!(error instanceof StopError)) throw error;
    const detail = { help: error.help, ...(error.at === null ? {} : { at: error.at }) };
    throw new StopError(error.code, `Nothing was written, since the store would be wrong: ${error.message}`, detail);
  }
}

/**
 * In an order in which the store can be read after each step: certificates come before the file that names them, and
 * go after it.
 */
async function stepsBetween(
  files: Files,
  directory: string,
  before: StoreFiles,
  after: StoreFiles,
): Promise<readonly Step[]> {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  const steps = names
    .map((name) => ({ name, before: before.get(name) ?? null, after: after.get(name) ?? null }))
    .filter((step) => !same(step.before, step.after));
  if (after.has("observed.lock") && !before.has("observed.lock")) {
    const name = ".gitattributes";
    const isThere = (await files.status(path.join(directory, name))) !== null;
    if (!isThere) steps.push({ name, before: null, after: Buffer.from(ATTRIBUTES) });
  }
  const turnOf = ({ name, after: to }: Step): number => (name.includes("/") ? (to === null ? 2 : 0) : 1);
  return steps.sort((a, b) => turnOf(a) - turnOf(b));
}

function areSame(one: StoreFiles, other: StoreFiles): boolean {
  return one.size === other.size && [...one].every(([name, bytes]) => same(bytes, other.get(name) ?? null));
}
