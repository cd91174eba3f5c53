/** What the bench's registry says of each package: made from its own tarball, as npm does when it publishes. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname } from "node:path";
import { type Manifest, type PackageJson, publishedManifest } from "../registry-fixtures/manifest.js";
import { tarballPath } from "../registry-fixtures/release.js";
import type { Inspection } from "../src/model/archive.js";
import { workerPool } from "../src/parallel/pool.js";
import type { Wanted } from "./lockfile.js";

/** A manifest without signatures, and the file that holds the bytes. */
export interface Entry {
  readonly manifest: Manifest;
  readonly file: string;
}

/** Our own worker threads: what reads an archive in a verification reads it here. */
export function archiveReaders() {
  return workerPool(new URL("../src/worker.js", import.meta.url), availableParallelism());
}

/**
 * The catalogue of these packages; made once and then kept in `kept`. Throws where an archive is refused.
 * @param fileOf where the tarball of an integrity lies
 */
export async function catalogueOf(
  packages: readonly Wanted[],
  kept: string,
  fileOf: (integrity: string) => string,
): Promise<readonly Entry[]> {
  if (existsSync(kept)) return JSON.parse(readFileSync(kept, "utf8")) as Entry[];
  const readers = archiveReaders();
  try {
    const entries = await Promise.all(
      packages.map(async (wanted) => {
        const file = fileOf(wanted.integrity);
        return { file, manifest: describe(wanted, file, await readers.run<Inspection>("inspect", file)) };
      }),
    );
    mkdirSync(dirname(kept), { recursive: true });
    writeFileSync(kept, JSON.stringify(entries));
    return entries;
  } finally {
    await readers.close();
  }
}

function describe({ name, version, integrity }: Wanted, file: string, inspection: Inspection): Manifest {
  if (!inspection.ok) throw new Error(`${name}@${version}: ${inspection.finding.says}`);
  const { manifest, files, unpackedSize } = inspection.listing;
  const content = { ...(JSON.parse(manifest.replace(/^\ufeff/, "")) as PackageJson), name, version };
  const shasum = createHash("sha1").update(readFileSync(file)).digest("hex");
  const tarball = tarballPath(name, version);
  const dist = { integrity, shasum, tarball, fileCount: files.length, unpackedSize, size: statSync(file).size };
  return publishedManifest(
    content,
    dist,
    files.map(({ path }) => path),
  );
}
