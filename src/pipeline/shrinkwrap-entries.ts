/** What a package's own npm-shrinkwrap.json says, read as npm reads it, and refused where npm would guess. */
import { parseBoundedJson } from "../lockfile/bounded-json.js";
import { type LockedEntry, readEntries } from "../lockfile/npm-entries.js";
import { asObject } from "../lockfile/npm-root.js";
import { readNested } from "../lockfile/npm-v1.js";
import type { ManifestFacts } from "../model/artifact.js";
import { StopError } from "../model/finding.js";
import { LIMITS } from "../model/limits.js";

/** One entry; `location` is relative to the package that holds the shrinkwrap. */
export interface Wrapped {
  readonly location: string;
  /** Whether it is a package in some node_modules below; links and folders are none. */
  readonly isPackage: boolean;
  readonly name: string;
  readonly version: string;
  readonly resolved: string | null;
  /** The address stands in the place of the version, so it is what was asked for. */
  readonly addressed: boolean;
  readonly integrity: string | null;
  readonly inBundle: boolean;
  readonly dev: boolean;
  readonly hasShrinkwrap: boolean;
  /** Null where the format (version 1) does not carry them. */
  readonly facts: ManifestFacts | null;
}

export type Shrinkwrap =
  | { readonly ok: true; readonly entries: ReadonlyMap<string, Wrapped> }
  | { readonly ok: false; readonly why: string };

/**
 * Reads the text of an npm-shrinkwrap.json. npm goes by the section that is there, not by `lockfileVersion`, and takes
 * a file that it can't read for an empty one (arborist's shrinkwrap.js, load); here that is a reason to refuse.
 */
export function readShrinkwrap(text: string): Shrinkwrap {
  const path = "npm-shrinkwrap.json";
  try {
    const bounds = { path, maxBytes: LIMITS.shrinkwrapBytes, maxDepth: LIMITS.lockfileDepth };
    const document = asObject(parseBoundedJson(Buffer.from(text), bounds));
    if (document === null) return { ok: false, why: "is JSON, but no object" };
    const packages = document.packages ? asObject(document.packages) : {};
    if (packages === null) return { ok: false, why: "has packages that are no object" };
    const entries = document.packages ? readEntries(packages, path) : readNested(document.dependencies, path);
    if (entries.length > LIMITS.shrinkwrapEntries) {
      return { ok: false, why: `has ${entries.length} entries; at most ${LIMITS.shrinkwrapEntries} are read` };
    }
    return { ok: true, entries: new Map(entries.map((entry) => [entry.location, wrapped(entry)])) };
  } catch (error) {
    if (!(error instanceof StopError)) throw error;
    return { ok: false, why: `can't be read: ${error.message}` };
  }
}

function wrapped(entry: LockedEntry): Wrapped {
  const { location, place, resolved, addressed, integrity, inBundle, npm } = entry;
  const isPackage = place.ok && place.place.type === "package" && place.place.folder === "" && !entry.link;
  const own = place.ok && place.place.type === "package" ? place.place.name : "";
  return {
    ...{ location, isPackage, resolved, addressed, integrity, inBundle },
    name: entry.name ?? own,
    version: entry.version ?? "",
    dev: npm.dev,
    hasShrinkwrap: npm.hasShrinkwrap,
    facts: npm.facts,
  };
}
