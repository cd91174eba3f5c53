/** Opens the trust store by which a project is judged. */
import path from "node:path";
import type { TrustStore } from "../model/policy.js";
import type { World } from "../model/world.js";
import { loadTrust } from "../trust/load.js";
import { builtinStore, type ReadCertificate } from "../trust/store.js";

/** Where a store is looked for. */
export interface TrustPlace {
  /** The project's folder, absolute. */
  readonly project: string;
  /** `--trust`, absolute, or null. */
  readonly directory: string | null;
  /** Where `--trust` names no store, the built-in floor applies, whatever lies in the project or above it. */
  readonly builtinOnly: boolean;
}

/** Reads the store. Throws StopError TRUST_MALFORMED and TRUST_NESTED. `now` in milliseconds. */
export async function openTrust(world: World, place: TrustPlace, now: number): Promise<TrustStore> {
  if (place.builtinOnly && place.directory === null) return builtinStore();
  const where = { ...place, repositoryRoot: await repositoryRoot(world, place.project), now };
  return loadTrust(world.files, where, readCertificate);
}

/** For reading a store, wherever its files come from. OpenPGP is loaded where there is a certificate. */
export const readCertificate: ReadCertificate = async (bytes) => {
  const verify = await import("../verify/openpgp-certificate.js");
  return verify.readCertificate(bytes);
};

/** The nearest folder at or above `folder` that holds `.git`; null outside of a repository. */
export async function repositoryRoot(world: World, folder: string): Promise<string | null> {
  for (let at = folder; ; at = path.dirname(at)) {
    if ((await world.files.status(path.join(at, ".git"))) !== null) return at;
    if (path.dirname(at) === at) return null;
  }
}
