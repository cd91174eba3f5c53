/** Generated packages, for a lockfile of any length: small, all different, each with its own name and tarball. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { LockEntry, Lockfile } from "../registry-fixtures/lockfile.js";
import { npmTarball } from "../registry-fixtures/tarball.js";
import type { ProjectManifest } from "../registry-fixtures/tree.js";
import { catalogueOf } from "./catalogue.js";
import { packagesOf } from "./lockfile.js";
import type { Supply } from "./stage.js";
import { tarballFile } from "./tarballs.js";

/** Fewer than real packages have (27 in the mean), so that npm gets through 20,000 of them in minutes. */
const FILES_EACH = 10;
const FORMAT = 2;

/** `count` packages that the project depends on directly, made once and kept in `cache`. */
export async function syntheticSupply(cache: string, count: number): Promise<Supply> {
  const folder = join(cache, `synthetic-${FORMAT}-${count}`);
  const lockPlace = join(folder, "package-lock.json");
  if (!existsSync(lockPlace)) makeTarballs(cache, lockPlace, count);
  const lockfile = JSON.parse(readFileSync(lockPlace, "utf8")) as Lockfile;
  const kept = join(folder, "catalogue.json");
  const catalogue = await catalogueOf(packagesOf(lockfile), kept, (integrity) => tarballFile(cache, integrity));
  const what = `${count.toLocaleString("en")} generated packages of ${FILES_EACH} files each`;
  const manifest = { ...(lockfile.packages?.[""] as ProjectManifest) };
  return { what, manifest, lockfile, catalogue, kept };
}

function makeTarballs(cache: string, lockPlace: string, count: number): void {
  mkdirSync(join(cache, "tarballs"), { recursive: true });
  const packages: Record<string, LockEntry> = {};
  const dependencies: Record<string, string> = {};
  for (let at = 0; at < count; at += 1) {
    const name = `generated-${String(at).padStart(6, "0")}`;
    const tarball = npmTarball(filesOf(name));
    const integrity = `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
    writeFileSync(tarballFile(cache, integrity), tarball);
    packages[`node_modules/${name}`] = { version: "1.0.0", integrity, license: "MIT" };
    dependencies[name] = "^1.0.0";
  }
  const project = { name: "generated-project", version: "1.0.0" };
  const lockfile: Lockfile = {
    ...project,
    lockfileVersion: 3,
    requires: true,
    packages: { "": { ...project, dependencies }, ...packages },
  };
  mkdirSync(dirname(lockPlace), { recursive: true });
  writeFileSync(lockPlace, JSON.stringify(lockfile));
}

function filesOf(name: string): Record<string, string> {
  const manifest = { name, version: "1.0.0", license: "MIT", main: "lib/module-0.js" };
  const files: Record<string, string> = {
    "package.json": JSON.stringify(manifest, null, 2),
    "README.md": `# ${name}\n`,
  };
  for (let at = 0; at < FILES_EACH - 2; at += 1) {
    files[`lib/module-${at}.js`] = `"use strict";\nexports.name = "${name}";\nexports.at = ${at};\n`.repeat(8);
  }
  return files;
}
