/** The entries of `packages` (lockfileVersion 2 and 3), taken in with their types held to what npm writes. */
import type { ManifestFacts, NpmEntry } from "../model/artifact.js";
import { StopError } from "../model/finding.js";
import { unscoped } from "../model/names.js";
import { type Need, NO_TEXTS, needsOf, type TextMap } from "./npm-needs.js";
import { type PlaceResult, readPlace } from "./npm-place.js";
import { asObject, type NpmRoot, optionalPeers, readRoot } from "./npm-root.js";

/** What an entry says of itself; which kinds alone lead to it, only the whole tree can tell. */
export type WrittenEntry = Omit<NpmEntry, "only">;

/** One entry as it stands in a lockfile of any version. Empty texts count as missing, as they do for npm. */
export interface LockedEntry {
  readonly location: string;
  readonly place: PlaceResult;
  /** The name that the entry gives itself, where it gives one. */
  readonly name: string | null;
  readonly version: string | null;
  /** The address, or a link's target. */
  readonly resolved: string | null;
  /** The address is also what was asked for (version 1: it stands in place of the version). */
  readonly addressed: boolean;
  readonly integrity: string | null;
  readonly link: boolean;
  readonly inBundle: boolean;
  readonly npm: WrittenEntry;
  /** The lockfile's copy of a folder's package.json; null for what is no folder of the project. */
  readonly folder: NpmRoot | null;
  /** What it asks for, by kind. */
  readonly needs: readonly Need[];
}

const NO_LIST: readonly string[] = Object.freeze([]);

/** Reads `packages` without its "" entry. Throws StopError where a field has a type that npm never writes. */
export function readEntries(packages: Readonly<Record<string, unknown>>, path: string): LockedEntry[] {
  return Object.keys(packages)
    .filter((location) => location !== "")
    .map((location) => {
      const fields = new Fields(packages[location], () => `${path}: packages[${JSON.stringify(location)}]`);
      return readEntry(location, fields);
    });
}

/**
 * Every key that npm has written for an entry (arborist's shrinkwrap.js, pkgMetaKeys and nodeMetaKeys). npm takes the
 * whole entry for a package.json, so a key besides these (scripts, gypfile, _resolved, _hasShrinkwrap) is obeyed.
 */
const KEYS: ReadonlySet<string> = new Set([
  ...["name", "version", "resolved", "integrity", "link", "license", "licenses", "funding", "deprecated", "extraneous"],
  ...["dev", "optional", "devOptional", "peer", "inBundle", "hasShrinkwrap", "hasInstallScript", "workspaces"],
  ...["dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "peerDependenciesMeta"],
  ...["bundleDependencies", "acceptDependencies", "bin", "engines", "os", "cpu", "libc", "ideallyInert"],
]);

function readEntry(location: string, fields: Fields): LockedEntry {
  fields.only(KEYS);
  const place = readPlace(location);
  const optionalDependencies = fields.texts("optionalDependencies");
  const isFolder = place.ok && place.place.type === "folder";
  const name = fields.text("name");
  const facts: ManifestFacts = {
    dependencies: fields.texts("dependencies"),
    optionalDependencies,
    peerDependencies: fields.texts("peerDependencies"),
    acceptDependencies: fields.texts("acceptDependencies"),
    optionalPeers: optionalPeers(fields.value("peerDependenciesMeta")),
    bin: fields.bin(name ?? (place.ok && place.place.type === "package" ? place.place.name : "")),
    // Old packages have a list here, which npm keeps and does not read.
    engines: Array.isArray(fields.value("engines")) ? NO_TEXTS : fields.texts("engines"),
    os: fields.list("os"),
    cpu: fields.list("cpu"),
    libc: fields.list("libc"),
    bundled: fields.bundled(),
  };
  // npm gives development dependencies only to the tops of a tree.
  const devDependencies = isFolder ? fields.texts("devDependencies") : NO_TEXTS;
  return {
    location,
    place,
    name,
    version: fields.text("version"),
    resolved: fields.text("resolved"),
    addressed: false,
    integrity: fields.text("integrity"),
    link: fields.flag("link"),
    inBundle: fields.flag("inBundle"),
    npm: {
      facts,
      hasInstallScript: fields.flag("hasInstallScript"),
      hasShrinkwrap: fields.flag("hasShrinkwrap"),
      dev: fields.flag("dev"),
      optional: fields.flag("optional"),
      peer: fields.flag("peer"),
      devOptional: fields.flag("devOptional"),
      requires: null,
    },
    folder: isFolder ? readRoot(fields.all()) : null,
    needs: needsOf({ ...facts, devDependencies }),
  };
}

/** The fields of one entry, each asked for by its type. What npm never writes throws StopError LOCKFILE_UNREADABLE. */
export class Fields {
  private readonly entry: Readonly<Record<string, unknown>>;

  /** Holds `value` to be an object. `where` names it in messages: the file, and the way to it. */
  constructor(
    value: unknown,
    private readonly where: () => string,
  ) {
    this.entry = asObject(value) ?? this.refuse("", "an object");
  }

  all(): unknown {
    return this.entry;
  }

  value(key: string): unknown {
    return Object.hasOwn(this.entry, key) ? this.entry[key] : undefined;
  }

  entries(): readonly (readonly [string, unknown])[] {
    return Object.entries(this.entry);
  }

  /** Holds the entry to have no other keys. */
  only(keys: ReadonlySet<string>): void {
    for (const key of Object.keys(this.entry)) {
      if (!keys.has(key)) this.refuse(key, "left out: npm never writes it, or would change the package by it");
    }
  }

  /** Null where it is missing, empty, null or false (older npm wrote `"resolved": false`). */
  text(key: string): string | null {
    const found = this.value(key);
    if (found === undefined || found === null || found === false || found === "") return null;
    return typeof found === "string" ? found : this.refuse(key, "a text");
  }

  flag(key: string): boolean {
    const found = this.value(key);
    if (found === undefined || found === null) return false;
    return typeof found === "boolean" ? found : this.refuse(key, "true or false");
  }

  texts(key: string): TextMap {
    const found = this.value(key);
    if (found === undefined || found === null) return NO_TEXTS;
    const texts = asObject(found) ?? this.refuse(key, "an object of texts");
    for (const name of Object.keys(texts)) {
      if (typeof texts[name] !== "string") this.refuse(`${key}[${JSON.stringify(name)}]`, "a text");
    }
    // It is ours alone, straight from the parser; and "constructor" must not be in it before it is put in.
    return Object.setPrototypeOf(texts, null) as TextMap;
  }

  /** A list of texts, or one text as a list of one. */
  list(key: string): readonly string[] {
    const found = this.value(key);
    // npm takes an empty text for none.
    if (found === undefined || found === null || found === "") return NO_LIST;
    const list: unknown[] = Array.isArray(found) ? found : [found];
    return list.map((one) => (typeof one === "string" ? one : this.refuse(key, "a list of texts")));
  }

  /** `bundleDependencies`: a list of names, or true for all. */
  bundled(): readonly string[] | boolean {
    const found = this.value("bundleDependencies");
    return typeof found === "boolean" ? found : this.list("bundleDependencies");
  }

  /** `bin`; one text alone stands for a command of the package's own name. */
  bin(name: string): TextMap {
    const found = this.value("bin");
    if (typeof found !== "string") return this.texts("bin");
    const texts = Object.create(null) as Record<string, string>;
    texts[unscoped(name)] = found;
    return texts;
  }

  private refuse(key: string, expected: string): never {
    const at = `${this.where()}${key === "" ? "" : `.${key}`}`;
    throw new StopError("LOCKFILE_UNREADABLE", `${at} must be ${expected}`, { at });
  }
}
