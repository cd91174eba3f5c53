/**
 * Proves one installed tree by the tarballs it came from, and prints how long the proof itself took. Reading the
 * tarballs is part of the verification, and not timed here. Input: a JSON file with `project`, `lockfile`, `tarballs`.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Lockfile } from "../../registry-fixtures/lockfile.js";
import { diskFiles } from "../../src/files/disk.js";
import { proveTree } from "../../src/installer/prove.js";
import type { ExpectedPackage } from "../../src/installer/prove-expected.js";
import type { Inspection } from "../../src/model/archive.js";
import { readArchived } from "../../src/verify/read-archived.js";
import { archiveReaders } from "../catalogue.js";
import { entriesOf } from "../lockfile.js";

export interface Listed {
  readonly ms: number;
  /** Below the project. */
  readonly files: readonly string[];
}

const [, , input = ""] = process.argv;
const { project, lockfile, tarballs } = JSON.parse(readFileSync(input, "utf8")) as {
  readonly project: string;
  readonly lockfile: Lockfile;
  /** By integrity. */
  readonly tarballs: Readonly<Record<string, string>>;
};
const workers = archiveReaders();
const files = diskFiles();
const packages: ExpectedPackage[] = await Promise.all(
  entriesOf(lockfile)
    .filter(([location]) => existsSync(join(project, location)))
    .map(async ([location, { version = "", integrity = "", bin = {} }]) => {
      const file = tarballs[integrity] ?? "";
      const inspection = await workers.run<Inspection>("inspect", file);
      if (!inspection.ok) throw new Error(`${location}: ${inspection.finding.says}`);
      return {
        label: `${location} ${version}`,
        location,
        files: inspection.listing.files,
        bins: bin as Readonly<Record<string, string>>,
        optional: false,
        readArchived: (path: string) => readArchived(files.stream(file), path),
      };
    }),
);
const began = performance.now();
const proof = await proveTree({
  files,
  hash: (paths) => workers.run<(string | null)[]>("hash", paths),
  project,
  platform: process.platform,
  packages,
  links: [],
  absent: [],
  binLinks: true,
});
const ms = performance.now() - began;
await workers.close();
const [first] = proof.findings;
if (first !== undefined) throw new Error(first.says);
const listed = packages.flatMap((one) => one.files.map((file) => `${one.location}/${file.path}`));
const there = listed.filter((path) => existsSync(join(project, path)));
process.stdout.write(JSON.stringify({ ms, files: there } satisfies Listed));
