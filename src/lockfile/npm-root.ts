/** The project itself, or one of its folders: what its package.json, or the lockfile's copy of it, asks for. */
import { unscoped } from "../model/names.js";
import { type Dependencies, type Need, NO_TEXTS, needsOf, type TextMap } from "./npm-needs.js";
import { nameOfFolder } from "./npm-place.js";

/** `dependencies` are without those that are also optional: npm counts them as optional only. */
export interface NpmRoot extends Dependencies {
  readonly name: string | null;
  readonly version: string | null;
  /** All dependencies, by kind. */
  readonly needs: readonly Need[];
  readonly bin: TextMap;
  /** The patterns, as written. */
  readonly workspaces: readonly string[];
}

/**
 * Reads a parsed package.json, or `packages[""]` of a lockfile. What has not the form that npm expects is left out,
 * as npm leaves it out; null and anything that is no object give an empty project.
 */
export function readRoot(value: unknown): NpmRoot {
  const manifest = asObject(value) ?? {};
  const optional = textsOf(manifest.optionalDependencies);
  const { name, version, workspaces } = manifest;
  const patterns = Array.isArray(workspaces) ? workspaces : asObject(workspaces)?.packages;
  const dependencies: Dependencies = {
    dependencies: textsOf(manifest.dependencies, optional),
    devDependencies: textsOf(manifest.devDependencies),
    optionalDependencies: optional,
    peerDependencies: textsOf(manifest.peerDependencies),
    optionalPeers: optionalPeers(manifest.peerDependenciesMeta),
  };
  return {
    ...dependencies,
    name: typeof name === "string" && name !== "" ? name : null,
    version: typeof version === "string" ? version : null,
    needs: needsOf(dependencies),
    bin: commandsOf(manifest.bin, typeof name === "string" ? name : ""),
    workspaces: Array.isArray(patterns) ? patterns.filter((pattern) => typeof pattern === "string") : [],
  };
}

/** What the root says of a name, in the order in which npm lets one kind win over another. */
export function rootSpec(root: NpmRoot, name: string): string | undefined {
  return (
    root.devDependencies[name] ??
    root.optionalDependencies[name] ??
    root.dependencies[name] ??
    root.peerDependencies[name]
  );
}

/** The name of a project's folder: its own, or the one that npm derives. */
export function folderName(name: string | null, folder: string): string {
  return name ?? nameOfFolder(folder);
}

/** `value` if it is an object and no array. */
export function asObject(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : null;
}

function textsOf(value: unknown, without: TextMap = NO_TEXTS): TextMap {
  const texts = Object.create(null) as Record<string, string>;
  for (const [name, text] of Object.entries(asObject(value) ?? {})) {
    if (typeof text === "string" && without[name] === undefined) texts[name] = text;
  }
  return texts;
}

/** Names of the peers that `peerDependenciesMeta` calls optional, sorted. */
export function optionalPeers(meta: unknown): readonly string[] {
  const peers = Object.entries(asObject(meta) ?? {});
  return peers
    .filter(([, about]) => Boolean(asObject(about)?.optional))
    .map(([name]) => name)
    .sort();
}

/** `bin` as npm writes it down: one text alone is a command of the package's own name, and paths have no `./`. */
function commandsOf(bin: unknown, name: string): TextMap {
  const texts = Object.create(null) as Record<string, string>;
  const given = typeof bin === "string" ? { [unscoped(name)]: bin } : textsOf(bin);
  for (const [command, file] of Object.entries(given)) texts[unscoped(command)] = file.replace(/^(?:\.?\/+)+/, "");
  return texts;
}
