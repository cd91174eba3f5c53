/**
 * What a package's archive holds, gathered while it is read: each file with its digest, and the texts of the
 * manifests. Paths are those that npm unpacks to, with the first segment taken off (pacote: `strip: 1`).
 *
 * npm also renames a `.gitignore` to `.npmignore` where no `.npmignore` lies beside it, and widens permissions. The
 * listing shows the archive as it is; the comparison with the installed tree (installer/prove.ts) allows for that.
 */
import { createHash, type Hash, hash } from "node:crypto";
import type { ArchivedFile, ArchiveListing } from "../model/archive.js";
import type { Finding } from "../model/finding.js";
import { LIMITS } from "../model/limits.js";
import { readManifestText } from "./archive-manifest.js";
import type { ArchiveNotes } from "./archive-notes.js";
import { pathProblem, splitPath } from "./archive-paths.js";
import { malformed, quoted, refusal } from "./archive-refusal.js";
import { ArchiveTree } from "./archive-tree.js";
import type { TarEntry, TarVisitor } from "./tar.js";

const MANIFEST = "package.json";
const SHRINKWRAP = "npm-shrinkwrap.json";
/** The manifest of a bundled package: in node_modules of the package, or of another bundled one. */
const BUNDLED_MANIFEST = /^(?:node_modules\/(?:@[^/]+\/)?[^/@.][^/]*\/)+package\.json$/;
/** npm itself bundles about 200 packages, with half a megabyte of manifests. */
const BUNDLED_BYTES = 32 * 1024 * 1024;
const SET_ID = 0o6000;
const STICKY = 0o1000;

/** The file whose content is being read. */
interface OpenFile {
  readonly entry: TarEntry;
  readonly path: string;
  /** Its pieces, for a manifest or a shrinkwrap; null for another file. */
  readonly pieces: Buffer[] | null;
  /** Running digest, once it is clear that the content comes in several pieces. */
  hash: Hash | null;
  sha256: string | null;
  /** The same path, where it has come before. */
  readonly again: ArchivedFile | null;
}

const EMPTY_SHA256 = hash("sha256", "");

export class ArchiveContents implements TarVisitor {
  readonly #tree: ArchiveTree;
  readonly #notes: ArchiveNotes;
  readonly #files = new Map<string, ArchivedFile>();
  readonly #manifests = new Map<string, string>();
  #shrinkwrap: string | null = null;
  #root: string | null = null;
  #entries = 0;
  #unpackedSize = 0;
  #bundledBytes = 0;
  #open: OpenFile | null = null;

  constructor(notes: ArchiveNotes) {
    this.#notes = notes;
    this.#tree = new ArchiveTree(notes);
  }

  begin(entry: TarEntry): Finding | null {
    if (++this.#entries > LIMITS.archiveEntries) {
      return refusal("ARCHIVE_TOO_LARGE", "The archive has too many entries.", LIMITS.archiveEntries);
    }
    const spelled = entry.type === "folder" && entry.path.endsWith("/") ? entry.path.slice(0, -1) : entry.path;
    const problem = pathProblem(spelled) ?? this.#modeProblem(entry);
    if (problem !== null) return problem;
    const { root, path, dotted } = splitPath(spelled);
    if (dotted) this.#notes.add("dotted", spelled);
    this.#root ??= root;
    if (this.#root !== root) return twoRoots(this.#root, root);
    if (entry.type === "folder") return path === "" ? null : this.#tree.addFolder(path);
    if (path === "" || spelled.endsWith("/.")) return malformed(`The file ${quoted(spelled)} has a folder's name.`);
    return this.#addFile(path, entry);
  }

  content(bytes: Buffer): void {
    const file = this.#open;
    if (file === null) return;
    file.pieces?.push(Buffer.from(bytes));
    if (bytes.length === file.entry.size) file.sha256 = hash("sha256", bytes);
    else {
      file.hash ??= createHash("sha256");
      file.hash.update(bytes);
    }
  }

  end(): Finding | null {
    const file = this.#open;
    this.#open = null;
    if (file === null) return null;
    const { path, entry, again } = file;
    const sha256 = file.sha256 ?? file.hash?.digest("hex") ?? EMPTY_SHA256;
    const read: ArchivedFile = { path, size: entry.size, sha256, mode: entry.mode };
    if (again !== null) return this.#compare(again, read);
    this.#files.set(path, read);
    this.#unpackedSize += entry.size;
    if (file.pieces === null) return null;
    if (path !== SHRINKWRAP) return this.#keepManifest(path, Buffer.concat(file.pieces));
    // As npm decodes it, so that whoever reads the text reads what npm does.
    this.#shrinkwrap = Buffer.concat(file.pieces).toString("utf8");
    return null;
  }

  /** What can be said only once all entries are known. */
  finish(): Finding | null {
    if (!this.#manifests.has(MANIFEST)) return malformed("The archive has no package.json in its folder.");
    return this.#tree.shortNameProblem();
  }

  /** The listing of an archive that was read to its end, and whose finish() gave null. */
  listing(): ArchiveListing {
    const bundled = [...this.#manifests].filter(([path]) => path !== MANIFEST);
    return {
      files: [...this.#files.values()],
      manifest: this.#manifests.get(MANIFEST) ?? "",
      bundled: Object.fromEntries(bundled),
      shrinkwrap: this.#shrinkwrap,
      unpackedSize: this.#unpackedSize,
      notes: this.#notes.findings(),
    };
  }

  /** npm keeps setuid and setgid: where root installs, the file would act as root. */
  #modeProblem({ path, mode, type }: TarEntry): Finding | null {
    if (type === "folder") {
      if ((mode & (SET_ID | STICKY)) !== 0) this.#notes.add("folder-mode", path);
      return null;
    }
    if ((mode & STICKY) !== 0) this.#notes.add("sticky", path);
    if ((mode & SET_ID) === 0) return null;
    return malformed(`The file ${quoted(path)} would run with its owner's rights (mode ${mode.toString(8)}).`);
  }

  #addFile(path: string, entry: TarEntry): Finding | null {
    const collision = this.#tree.addFile(path);
    if (collision !== null) return collision;
    const again = this.#files.get(path) ?? null;
    if (path === ".npmrc") this.#notes.add("npmrc", path);
    const limit = keptBytes(path);
    if (limit !== null && entry.size > limit) {
      return refusal("ARCHIVE_TOO_LARGE", `${quoted(path)} is too large.`, limit, entry.size);
    }
    this.#open = { entry, path, pieces: limit !== null && again === null ? [] : null, hash: null, sha256: null, again };
    return null;
  }

  /** agent-base 7 has one file under two spellings of its path. Two contents under one path are two packages. */
  #compare(first: ArchivedFile, second: ArchivedFile): Finding | null {
    this.#notes.add("again", second.path);
    if (first.sha256 === second.sha256 && first.mode === second.mode) return null;
    const says = `${quoted(second.path)} comes twice, with two contents or modes.`;
    return refusal("ARCHIVE_DUPLICATE", says, first.sha256, second.sha256);
  }

  #keepManifest(path: string, bytes: Buffer): Finding | null {
    if (path !== MANIFEST) this.#bundledBytes += bytes.length;
    if (this.#bundledBytes > BUNDLED_BYTES) {
      return refusal("ARCHIVE_TOO_LARGE", "The manifests of the bundled packages are too large.", BUNDLED_BYTES);
    }
    const manifest = readManifestText(bytes, path);
    if (!manifest.ok) return manifest.finding;
    if (manifest.value.bom) this.#notes.add("bom", path);
    if (manifest.value.repeatedKey) this.#notes.add("repeated-key", path);
    this.#manifests.set(path, manifest.value.text);
    return null;
  }
}

/** How many bytes a file may have whose text is kept; null for all others. */
function keptBytes(path: string): number | null {
  if (path === SHRINKWRAP) return LIMITS.shrinkwrapBytes;
  return path === MANIFEST || BUNDLED_MANIFEST.test(path) ? LIMITS.packageJsonBytes : null;
}

/** Any one name is fine (DefinitelyTyped uses the package's own); two would be merged into one. */
function twoRoots(first: string, second: string): Finding {
  return malformed("The archive has two folders at its root, which npm merges into one.", first, second);
}
