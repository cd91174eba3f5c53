/** The real supply: the committed lockfile, its tarballs, and what the registry says of them. */
import { join } from "node:path";
import type { Lockfile } from "../registry-fixtures/lockfile.js";
import type { ProjectManifest } from "../registry-fixtures/tree.js";
import { catalogueOf } from "./catalogue.js";
import { entriesOf, fingerprintOf, packagesOf } from "./lockfile.js";
import { committed, type Supply } from "./stage.js";
import { bringTarballs, tarballFile } from "./tarballs.js";

/** Fetches what the cache does not hold yet. `root` is the repository's folder. */
export async function realSupply(root: string, cache: string, told: (line: string) => void): Promise<Supply> {
  const manifest = await committed<ProjectManifest>(root, "bench/project/package.json");
  const lockfile = await committed<Lockfile>(root, "bench/project/package-lock.json");
  const packages = packagesOf(lockfile);
  await bringTarballs(cache, packages, told);
  const kept = join(cache, `catalogue-${fingerprintOf(packages)}.json`);
  const catalogue = await catalogueOf(packages, kept, (integrity) => tarballFile(cache, integrity));
  const entries = entriesOf(lockfile).length.toLocaleString("en");
  const what = `${entries} entries of well-known packages, ${packages.length.toLocaleString("en")} of them distinct`;
  return { what, manifest, lockfile, catalogue, kept };
}
