/**
 * Evidence `manifest`: the lockfile, the registry and the package.json inside the tarball must tell one story of what
 * is installed, linked and run. Where they differ, a reviewer reads one and the installer acts on another.
 */
import npa from "npm-package-arg";
import type { NpmEntry, Requires } from "../model/artifact.js";
import type { Outcome } from "../model/evidence.js";
import { type PackageFacts, readFacts } from "./npm-facts.js";

export interface ManifestInput {
  readonly name: string;
  readonly lock: NpmEntry | null;
  /** The registry's manifest of this version, or null where the registry is not asked (a pinned URL or file). */
  readonly registry: Readonly<Record<string, unknown>> | null;
  /** The parsed package.json of the archive, and the paths of all its files. */
  readonly archive: { readonly manifest: Readonly<Record<string, unknown>>; readonly files: ReadonlySet<string> };
}

interface Difference {
  readonly field: string;
  readonly sides: string;
  readonly expected: string;
  readonly got: string;
}

/** Compares the three; the archive's own word is what the installer will act on, so the others are held against it. */
export async function verifyManifest(input: ManifestInput): Promise<Outcome> {
  let archive: PackageFacts;
  let registry: PackageFacts | null;
  let lock: PackageFacts | null;
  try {
    archive = await readFacts(input.archive.manifest, input.name, input.archive.files);
    registry = input.registry === null ? null : await readFacts(input.registry, input.name, null);
    lock = input.lock?.facts
      ? await readFacts({ ...input.lock.facts, bundleDependencies: input.lock.facts.bundled }, input.name, null)
      : null;
  } catch (error) {
    const detail = `npm's own reader cannot make sense of the manifest: ${(error as Error).message}`;
    return { outcome: "invalid", code: "MANIFEST_MISMATCH", detail };
  }
  const difference =
    compareFlags(input, archive, registry) ??
    (input.lock?.requires == null ? null : compareRequires(input.lock.requires, archive)) ??
    (registry === null ? null : compareWithRegistry(registry, archive)) ??
    (lock === null
      ? null
      : compareWithLock(lock, input.lock?.facts?.optionalPeers ?? [], archive, input.archive.files));
  if (difference === null) return { outcome: "verified", signers: [] };
  return {
    outcome: "invalid",
    code: "MANIFEST_MISMATCH",
    detail: `${difference.field} in the archive is not what ${difference.sides} says`,
    expected: difference.expected,
    got: difference.got,
  };
}

/** What the lockfile's flags promise, and the script that only the presence of a file makes. */
function compareFlags(input: ManifestInput, archive: PackageFacts, registry: PackageFacts | null): Difference | null {
  if (input.lock?.hasShrinkwrap && !input.archive.files.has("npm-shrinkwrap.json")) {
    const got = "no such file";
    return { field: "npm-shrinkwrap.json", sides: "the lockfile", expected: "hasShrinkwrap", got };
  }
  const raw = input.registry;
  const announced =
    registry?.scripts.install !== undefined ||
    raw?.gypfile === true ||
    raw?.hasInstallScript === true ||
    input.lock?.hasInstallScript === true;
  if (archive.implicitBuild && !announced) {
    const got = "a bare binding.gyp, which npm builds when it installs";
    return { field: "scripts.install", sides: "anyone", expected: "no install script", got };
  }
  return null;
}

function compareWithRegistry(registry: PackageFacts, archive: PackageFacts): Difference | null {
  const side = "the registry";
  // An announced node-gyp stands in the registry's scripts or only in a flag; compareFlags has seen to it.
  const scripts = archive.implicitBuild ? { ...registry.scripts, install: "node-gyp rebuild" } : registry.scripts;
  return (
    compareShared(side, registry, archive) ??
    compareBins(side, registry, archive, registry.binFolder === archive.binFolder) ??
    compareMaps("scripts", side, scripts, archive.scripts) ??
    compareLists("bundleDependencies", side, registry.bundled, archive.bundled)
  );
}

function compareWithLock(
  lock: PackageFacts,
  optionalPeers: readonly string[],
  archive: PackageFacts,
  files: ReadonlySet<string>,
): Difference | null {
  const side = "the lockfile";
  const peers = optionalPeers.filter((name) => Object.hasOwn(archive.peerDependencies, name)).sort();
  return (
    compareShared(side, { ...lock, dependencies: withoutBundled(lock.dependencies, archive, files) }, archive) ??
    compareBins(side, lock, archive, true) ??
    compareLists("bundleDependencies", side, lock.bundled, archive.bundled) ??
    compareLists("peerDependenciesMeta", side, peers, archive.optionalPeers) ??
    compareMaps("acceptDependencies", side, lock.acceptDependencies, archive.acceptDependencies) ??
    // Lockfiles of older npm say nothing of libc.
    (lock.libc.length === 0 ? null : compareLists("libc", side, lock.libc, archive.libc))
  );
}

/**
 * Version 1 of the lockfile has only `requires`, where ranges are of use to nobody: npm takes what is locked. But who is
 * said to ask for what decides which names may stand where, and what is left out: so no name of the archive's may be
 * missing that the lockfile has an entry for, and a text that leads to another package or an address must be its own.
 */
function compareRequires({ texts, locked }: Requires, archive: PackageFacts): Difference | null {
  const peers = archive.peerDependencies;
  const asked = { ...peers, ...archive.dependencies, ...archive.optionalDependencies };
  const isForeign = (text: string | undefined): boolean => text !== undefined && /[:/]/.test(text);
  const told: Record<string, string> = {};
  const own: Record<string, string> = {};
  for (const name of new Set([...Object.keys(texts), ...Object.keys(asked)])) {
    const [text, wish] = [
      Object.hasOwn(texts, name) ? texts[name] : undefined,
      Object.hasOwn(asked, name) ? asked[name] : undefined,
    ];
    const isMissing =
      text === undefined && !Object.hasOwn(peers, name) && locked.has(name) && !archive.bundled.includes(name);
    if (!isForeign(text) && !(isForeign(wish) && text !== undefined) && !isMissing) continue;
    if (text !== undefined) told[name] = spelled(name, text);
    if (wish !== undefined) own[name] = spelled(name, wish);
  }
  return compareMaps("requires", "the lockfile", told, own);
}

/** npm 6 wrote down how it understood an address: `u/r` became `github:u/r`. */
function spelled(name: string, text: string): string {
  try {
    const { saveSpec, fetchSpec, raw, type } = npa.resolve(name, text, "/");
    return type === "alias" || type === "range" || type === "version" || type === "tag"
      ? text
      : (saveSpec ?? fetchSpec ?? raw);
  } catch {
    return text;
  }
}

/**
 * npm 8 wrote `"*"` into its lockfiles for what a package bundles and does not ask for itself. Where the archive holds
 * it, nothing is fetched for that.
 */
function withoutBundled(
  told: Readonly<Record<string, string>>,
  archive: PackageFacts,
  files: ReadonlySet<string>,
): Record<string, string> {
  const isBundled = (name: string): boolean =>
    !Object.hasOwn(archive.dependencies, name) &&
    archive.bundled.includes(name) &&
    files.has(`node_modules/${name}/package.json`);
  return Object.fromEntries(Object.entries(told).filter(([name, range]) => range !== "*" || !isBundled(name)));
}

/** What registry and lockfile both tell of a package. */
function compareShared(side: string, told: PackageFacts, archive: PackageFacts): Difference | null {
  return (
    compareMaps("dependencies", side, told.dependencies, archive.dependencies) ??
    compareMaps("optionalDependencies", side, told.optionalDependencies, archive.optionalDependencies) ??
    compareMaps("peerDependencies", side, told.peerDependencies, archive.peerDependencies) ??
    compareMaps("engines", side, spoken(told.engines), spoken(archive.engines)) ??
    compareLists("os", side, told.os, archive.os) ??
    compareLists("cpu", side, told.cpu, archive.cpu)
  );
}

/**
 * npm's client spells out the files of `directories.bin` when it publishes, but a registry may show the package.json as
 * it is (`sameFolder`). A lockfile that is made from that names no commands, and npm links none.
 */
function compareBins(side: string, told: PackageFacts, archive: PackageFacts, sameFolder: boolean): Difference | null {
  const unspoken = archive.binFolder !== null && sameFolder && Object.keys(told.bin).length === 0;
  return unspoken ? null : compareMaps("bin", side, told.bin, archive.bin);
}

/** Older clients filled in `{"node": "*"}` where a manifest named no engines; it says nothing. */
function spoken(engines: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(engines).filter(([, range]) => range !== "*" && range !== ""));
}

function compareMaps(
  field: string,
  sides: string,
  expected: Readonly<Record<string, string>>,
  got: Readonly<Record<string, string>>,
): Difference | null {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(got)])].sort();
  for (const name of names) {
    const wanted = Object.hasOwn(expected, name) ? expected[name] : undefined;
    const found = Object.hasOwn(got, name) ? got[name] : undefined;
    if (wanted !== found) {
      return { field: `${field}.${name}`, sides, expected: wanted ?? "(not there)", got: found ?? "(not there)" };
    }
  }
  return null;
}

function compareLists(
  field: string,
  sides: string,
  expected: readonly string[],
  got: readonly string[],
): Difference | null {
  if (expected.join("\n") === got.join("\n")) return null;
  return { field, sides, expected: expected.join(", ") || "(none)", got: got.join(", ") || "(none)" };
}
