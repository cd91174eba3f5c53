/** The files and folders of an archive as one tree, in which no two entries are one file on any file system. */
import type { Finding } from "../model/finding.js";
import {
  asShortForm,
  foldName,
  hasDroppedTail,
  hasHiddenLetters,
  isWindowsDevice,
  shortForms,
} from "./archive-names.js";
import type { ArchiveNotes } from "./archive-notes.js";
import { malformed, quoted, type Reading, refusal } from "./archive-refusal.js";

interface Taken {
  readonly type: "file" | "folder";
  readonly path: string;
}

/**
 * Names that npm looks for in a package and in the packages bundled with it. Where upper and lower case are one, it
 * finds them in any spelling: a "Binding.gyp" is built on macOS only.
 */
const LOOKED_FOR =
  /^\/(?:node_modules\/(?:@[^/]+\/)?[^/@][^/]*\/)*(?:package\.json|node_modules|npm-shrinkwrap\.json|binding\.gyp)$/;

/** Length of all folded paths together. Real packages stay below 5 MB; deep chains of folders could fill the memory. */
const TREE_LENGTH = 32 * 1024 * 1024;

/** Takes the paths below the package's folder, each of which has passed pathProblem. */
export class ArchiveTree {
  /** By folded path, with a slash before each name. */
  readonly #taken = new Map<string, Taken>();
  /** Folded path by exact path, for folders already looked at. */
  readonly #folders = new Map<string, string>([["", ""]]);
  readonly #notes: ArchiveNotes;
  #length = 0;

  constructor(notes: ArchiveNotes) {
    this.#notes = notes;
  }

  /** Adds a file. Exactly the same path may come again, for the caller to compare; refused if anything else is there. */
  addFile(path: string): Finding | null {
    const key = this.#keyOf(path);
    if (!key.ok) return key.finding;
    const there = this.#taken.get(key.value);
    if (there === undefined) return this.#take(key.value, { type: "file", path });
    return there.type === "file" && there.path === path ? null : collision(there, { type: "file", path });
  }

  /** Adds a folder and those above it. The same folder may come again, in the same spelling. */
  addFolder(path: string): Finding | null {
    const key = this.#folderKey(path);
    return key.ok ? null : key.finding;
  }

  /** Windows also knows a long name by a short one: refused where an entry is spelled like another's short name. */
  shortNameProblem(): Finding | null {
    const short = [...this.#taken].filter(([key]) => asShortForm(baseOf(key)).length > 0);
    if (short.length === 0) return null;
    const long = new Map<string, string>();
    for (const [key, { path }] of this.#taken) {
      for (const form of shortForms(baseOf(key))) long.set(parentOf(key) + form, path);
    }
    for (const [key, { path }] of short) {
      for (const form of asShortForm(baseOf(key))) {
        const other = long.get(parentOf(key) + form);
        if (other !== undefined) return duplicate(path, other, "can be one file on Windows, by its short names");
      }
    }
    return null;
  }

  #keyOf(path: string): Reading<string> {
    const slash = path.lastIndexOf("/");
    const parent = this.#folderKey(slash < 0 ? "" : path.slice(0, slash));
    if (!parent.ok) return parent;
    const name = path.slice(slash + 1);
    const folded = foldName(name);
    const key = `${parent.value}/${folded}`;
    if (name !== folded && LOOKED_FOR.test(key)) {
      return { ok: false, finding: malformed(`${quoted(path)} is found as "${folded}" on some systems only.`) };
    }
    return { ok: true, value: key };
  }

  #folderKey(path: string): Reading<string> {
    const known = this.#folders.get(path);
    if (known !== undefined) return { ok: true, value: known };
    const key = this.#keyOf(path);
    if (!key.ok) return key;
    const there = this.#taken.get(key.value);
    if (there !== undefined) return { ok: false, finding: collision(there, { type: "folder", path }) };
    const full = this.#take(key.value, { type: "folder", path });
    if (full !== null) return { ok: false, finding: full };
    this.#folders.set(path, key.value);
    return key;
  }

  #take(key: string, taken: Taken): Finding | null {
    this.#taken.set(key, taken);
    this.#length += key.length;
    this.#noteName(taken.path);
    if (this.#length <= TREE_LENGTH) return null;
    return refusal("ARCHIVE_TOO_LARGE", "The paths of the archive are too long together.", TREE_LENGTH);
  }

  #noteName(path: string): void {
    const name = baseOf(path);
    if (isWindowsDevice(name)) this.#notes.add("device", path);
    if (hasDroppedTail(name)) this.#notes.add("tail", path);
    if (hasHiddenLetters(name)) this.#notes.add("hidden", path);
  }
}

function collision(first: Taken, second: Taken): Finding {
  if (first.type !== second.type) return duplicate(first.path, second.path, "are a file and a folder in one place");
  return duplicate(first.path, second.path, `are one ${first.type} on some systems`);
}

function duplicate(first: string, second: string, how: string): Finding {
  return refusal("ARCHIVE_DUPLICATE", `${quoted(first)} and ${quoted(second)} ${how}.`);
}

function parentOf(key: string): string {
  return key.slice(0, key.lastIndexOf("/") + 1);
}

function baseOf(key: string): string {
  return key.slice(key.lastIndexOf("/") + 1);
}
