/** Small npm lockfiles for tests, and what a reader says of them. */
import assert from "node:assert/strict";
import { type NpmLockfile, parseNpmLockfile, readNpmLockfile } from "../../src/lockfile/npm.js";
import { readRoot } from "../../src/lockfile/npm-root.js";
import type { Artifact } from "../../src/model/artifact.js";
import type { Code } from "../../src/model/codes.js";
import { StopError } from "../../src/model/finding.js";

export const SHA512 = `sha512-${Buffer.alloc(64, 7).toString("base64")}`;
export const OTHER_SHA512 = `sha512-${Buffer.alloc(64, 8).toString("base64")}`;
export const SHA1 = `sha1-${Buffer.alloc(20, 7).toString("base64")}`;
export const BASE = "https://registry.example";

type Json = Record<string, unknown>;

/** The address that a registry gives to a tarball. */
export function tarball(name: string, version: string, base = BASE): string {
  return `${base}/${name}/-/${name.slice(name.indexOf("/") + 1)}-${version}.tgz`;
}

/** A sound entry of a registry's package, with `more` over it (undefined takes a field away). */
export function entry(name: string, version: string, more: Json = {}): Json {
  return { version, resolved: tarball(name, version), integrity: SHA512, ...more };
}

/** The bytes of a lockfile; version 3 unless `more` says otherwise. */
export function lock(root: Json, packages: Json, more: Json = {}): Uint8Array {
  return bytes({ name: "project", version: "1.0.0", lockfileVersion: 3, packages: { "": root, ...packages }, ...more });
}

/** The bytes of a version 1 lockfile. */
export function lockV1(dependencies: Json, more: Json = {}): Uint8Array {
  return bytes({ name: "project", version: "1.0.0", lockfileVersion: 1, requires: true, dependencies, ...more });
}

export function bytes(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value, null, 2));
}

/** `folders`: the package.json of folders, by folder; none lies in the others. */
export function read(lockfile: Uint8Array, packageJson: unknown = null, folders: Json = {}): NpmLockfile {
  const path = "package-lock.json";
  const manifests = new Map(Object.entries(folders).map(([folder, manifest]) => [folder, readRoot(manifest)]));
  return readNpmLockfile(parseNpmLockfile(lockfile, path), { path, packageJson, folders: manifests });
}

export function at(lockfile: NpmLockfile, location: string): Artifact {
  const found = lockfile.artifacts.find((artifact) => artifact.location === location);
  assert.ok(found, `no artifact at ${location}`);
  return found;
}

/** Codes on one artifact, notes left out. */
export function codes(lockfile: NpmLockfile, location: string): Code[] {
  return at(lockfile, location)
    .findings.filter(({ severity }) => severity !== "note")
    .map(({ code }) => code);
}

/** Codes on all artifacts and on the lockfile, notes left out. */
export function allCodes(lockfile: NpmLockfile): Code[] {
  return [...lockfile.artifacts.flatMap(({ findings }) => findings), ...lockfile.findings]
    .filter(({ severity }) => severity !== "note")
    .map(({ code }) => code);
}

/** Holds that reading stops with LOCKFILE_UNREADABLE, and gives the error. */
export function unreadable(lockfile: Uint8Array): StopError {
  try {
    read(lockfile);
  } catch (error) {
    assert.ok(error instanceof StopError, String(error));
    assert.equal(error.code, "LOCKFILE_UNREADABLE");
    return error;
  }
  assert.fail("the lockfile was read");
}
