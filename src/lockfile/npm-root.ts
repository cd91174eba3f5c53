/** The project itself: what its package.json, or the lockfile's copy of it, asks for. */

import { nameOfFolder } from "./npm-place.js";
import { readSpec } from "./npm-source.js";

/** A map by names from outside: no prototype, so that no name is there before it is put in. */
export type TextMap = Readonly<Record<string, string>>;

export interface NpmRoot {
  readonly name: string | null;
  readonly version: string | null;
  /** Without those that are also optional: npm counts them as optional only. */
  readonly dependencies: TextMap;
  readonly devDependencies: TextMap;
  readonly optionalDependencies: TextMap;
  readonly peerDependencies: TextMap;
  /** The patterns, as written. */
  readonly workspaces: readonly string[];
}

export const NO_TEXTS: TextMap = Object.freeze(Object.create(null) as Record<string, string>);

const MAX_OVERRIDE_DEPTH = 50;

/**
 * Reads a parsed package.json, or `packages[""]` of a lockfile. What has not the form that npm expects is left out,
 * as npm leaves it out; null and anything that is no object give an empty project.
 */
export function readRoot(value: unknown): NpmRoot {
  const manifest = asObject(value) ?? {};
  const optional = textsOf(manifest.optionalDependencies);
  const { name, version, workspaces } = manifest;
  const patterns = Array.isArray(workspaces) ? workspaces : asObject(workspaces)?.packages;
  return {
    name: typeof name === "string" ? name : null,
    version: typeof version === "string" ? version : null,
    dependencies: textsOf(manifest.dependencies, optional),
    devDependencies: textsOf(manifest.devDependencies),
    optionalDependencies: optional,
    peerDependencies: textsOf(manifest.peerDependencies),
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

/**
 * The `overrides` of a package.json, flattened: for each name that is overridden anywhere, the texts that may stand
 * in the place of what a dependent asks for. `$name` is the root's own text for that name.
 */
export function readOverrides(packageJson: unknown, root: NpmRoot): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  const add = (name: string, text: string): void => {
    const texts = found.get(name) ?? [];
    texts.push(text.startsWith("$") ? (rootSpec(root, text.slice(1)) ?? text) : text);
    found.set(name, texts);
  };
  const walk = (rules: Readonly<Record<string, unknown>>, parent: string | null, depth: number): void => {
    if (depth > MAX_OVERRIDE_DEPTH) return;
    for (const [key, value] of Object.entries(rules)) {
      const at = key.indexOf("@", 1);
      const name = key === "." ? parent : at < 0 ? key : key.slice(0, at);
      if (name === null) continue;
      const below = asObject(value);
      if (typeof value === "string") add(name, value);
      else if (below !== null) walk(below, name, depth + 1);
    }
  };
  walk(asObject(asObject(packageJson)?.overrides) ?? {}, null, 0);
  return found;
}

/** The root's `file:` dependencies on folders of the project, as plain paths. */
export interface FileFolders {
  readonly byName: ReadonlyMap<string, string>;
  readonly paths: ReadonlySet<string>;
}

/** Collects them from all kinds of dependencies. */
export function fileFolders(root: NpmRoot): FileFolders {
  const folders = new Map<string, string>();
  for (const map of [root.peerDependencies, root.dependencies, root.optionalDependencies, root.devDependencies]) {
    for (const [name, text] of Object.entries(map)) {
      const spec = readSpec(text);
      if (spec.kind === "folder" && spec.path !== null) folders.set(name, spec.path);
    }
  }
  return { byName: folders, paths: new Set(folders.values()) };
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
