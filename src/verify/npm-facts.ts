/**
 * The install-relevant facts of an npm manifest, in one form whoever wrote them: a registry of any age, a lockfile,
 * or the package.json inside the tarball. npm's own normaliser does the spelling.
 */
import type { ManifestFacts } from "../model/artifact.js";

/** Scripts that an installer runs for a package it got from a registry. */
export const INSTALL_SCRIPTS = ["preinstall", "install", "postinstall"] as const;

export interface PackageFacts extends Omit<ManifestFacts, "bundled"> {
  /** Only those of INSTALL_SCRIPTS, the implicit one of a bare `binding.gyp` included. */
  readonly scripts: Readonly<Record<string, string>>;
  /** `scripts.install` is there only because of a `binding.gyp`. */
  readonly implicitBuild: boolean;
  /** The folder of `directories.bin`, where that is all that is said of commands: each file in it is one. */
  readonly binFolder: string | null;
  /** Names of bundled dependencies, sorted. */
  readonly bundled: readonly string[];
}

/** The order matters: names are spelled, then duplicates dropped, then links made. */
const STEPS = ["bundledDependencies", "bundleDependencies", "optionalDedupe", "scripts", "fixDependencies", "bin"];
/** For nearly all packages: `fixDependencies` looks for a git host in each range, which is most of its work. */
const STEPS_FOR_PLAIN = STEPS.filter((step) => step !== "fixDependencies");
const FIELDS = [
  "dependencies",
  "optionalDependencies",
  "bundleDependencies",
  "bundledDependencies",
  "scripts",
  "bin",
] as const;

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads the facts of a manifest.
 * @param manifest the parsed JSON, of any shape
 * @param name the package's name, for a `bin` that is a string
 * @param files paths in the archive, where they are known: for `directories.bin` and `binding.gyp`
 * @throws if npm's own normaliser cannot read it
 */
export async function readFacts(
  manifest: Json,
  name: string,
  files: ReadonlySet<string> | null,
): Promise<PackageFacts> {
  const normal = await normalize(manifest, name, files);
  const declared = installScripts(texts(normal.scripts));
  // npm runs node-gyp for a binding.gyp although nothing in package.json says so (npm docs, "scripts", npm install).
  const mayBuild = files?.has("binding.gyp") === true && manifest.gypfile !== false;
  const implicitBuild = mayBuild && declared.install === undefined && declared.preinstall === undefined;
  return {
    dependencies: texts(normal.dependencies),
    optionalDependencies: texts(normal.optionalDependencies),
    peerDependencies: texts(manifest.peerDependencies),
    acceptDependencies: texts(manifest.acceptDependencies),
    optionalPeers: optionalPeers(manifest),
    bin: texts(normal.bin),
    engines: texts(manifest.engines),
    os: list(manifest.os),
    cpu: list(manifest.cpu),
    libc: list(manifest.libc),
    scripts: implicitBuild ? { ...declared, install: "node-gyp rebuild" } : declared,
    implicitBuild,
    binFolder: manifest.bin === undefined ? binDirectory(manifest) : null,
    bundled: list(normal.bundleDependencies),
  };
}

async function normalize(manifest: Json, name: string, files: ReadonlySet<string> | null): Promise<Json> {
  const { default: PackageJson } = await import("@npmcli/package-json");
  const content: Record<string, unknown> = { name, version: "0.0.0" };
  for (const field of FIELDS) {
    if (manifest[field] !== undefined) content[field] = structuredClone(manifest[field]);
  }
  const directory = binDirectory(manifest);
  if (content.bin === undefined && directory !== null && files !== null) content.bin = filesUnder(directory, files);
  const plain = isPlain(content.dependencies) && isPlain(content.optionalDependencies);
  await new PackageJson().fromContent(content).normalize({ steps: plain ? STEPS_FOR_PLAIN : STEPS });
  return content;
}

/** What `fixDependencies` leaves as it is: a map of texts none of which can name a host or a path. */
function isPlain(dependencies: unknown): boolean {
  if (dependencies === undefined) return true;
  if (typeof dependencies !== "object" || dependencies === null || Array.isArray(dependencies)) return false;
  return Object.values(dependencies).every((range) => typeof range === "string" && !/[/:]/.test(range));
}

/** `directories.bin`: every file below that folder becomes a command, as npm does when it publishes and installs. */
function binDirectory(manifest: Json): string | null {
  const directories = manifest.directories;
  if (typeof directories !== "object" || directories === null) return null;
  const bin = (directories as Json).bin;
  return typeof bin === "string" ? bin.replace(/^\.?\/+/, "").replace(/\/+$/, "") : null;
}

function filesUnder(directory: string, files: ReadonlySet<string>): Record<string, string> {
  const bin: Record<string, string> = Object.create(null);
  const prefix = directory === "" || directory === "." ? "" : `${directory}/`;
  for (const path of files) {
    const rest = path.startsWith(prefix) ? path.slice(prefix.length) : "";
    if (rest !== "" && !rest.startsWith(".")) bin[rest.slice(rest.lastIndexOf("/") + 1)] = path;
  }
  return bin;
}

function installScripts(scripts: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  if (scripts === NO_TEXTS) return NO_TEXTS;
  const found: Record<string, string> = {};
  for (const script of INSTALL_SCRIPTS) {
    const line = scripts[script];
    if (line !== undefined) found[script] = line;
  }
  return found;
}

/** Most packages have most of these empty, and an installation holds them all: one for all of them. */
const NO_TEXTS: Readonly<Record<string, string>> = Object.freeze(Object.create(null) as Record<string, string>);
const NO_LIST: readonly string[] = Object.freeze([]);

/** A map of strings; whatever else a hostile or ancient manifest holds there is nothing npm would act on. */
function texts(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return NO_TEXTS;
  const pairs = Object.entries(value).filter(([, text]) => typeof text === "string");
  if (pairs.length === 0) return NO_TEXTS;
  const map: Record<string, string> = Object.create(null);
  for (const [key, text] of pairs) map[key] = text;
  return map;
}

function list(value: unknown): readonly string[] {
  // npm takes an empty text for none.
  const items = typeof value === "string" && value !== "" ? [value] : Array.isArray(value) ? value : [];
  return items.length === 0
    ? NO_LIST
    : [...new Set(items.filter((item): item is string => typeof item === "string"))].sort();
}

function optionalPeers(manifest: Json): readonly string[] {
  const peers = texts(manifest.peerDependencies);
  const meta = manifest.peerDependenciesMeta;
  if (typeof meta !== "object" || meta === null) return NO_LIST;
  return Object.entries(meta)
    .filter(([name, value]) => Object.hasOwn(peers, name) && (value as Json | null)?.optional === true)
    .map(([name]) => name)
    .sort();
}
