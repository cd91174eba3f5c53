/** The tree that npm must have made of the admitted archives, as one structure to hold the disk against. */
import path from "node:path";
import type { ArchivedFile } from "../model/archive.js";

/** A package whose bytes passed, and where the lockfile puts it. */
export interface ExpectedPackage {
  /** For people: `left-pad@1.3.0`. */
  readonly label: string;
  /** The lockfile's key, below the project's folder: `node_modules/a`, `packages/w/node_modules/@s/b`. */
  readonly location: string;
  /** What its own archive holds; empty for a bundled package, whose files are in its parent's archive. */
  readonly files: readonly ArchivedFile[];
  /** Command to file below the package, as the verified manifest says. */
  readonly bins: Readonly<Record<string, string>>;
  /** npm may leave it out (an optional dependency), but then as a whole. */
  readonly optional: boolean;
  /** The content of one of `files`, from the store. Rarely asked for. */
  readArchived(file: string): Promise<Uint8Array>;
}

/** A workspace or a root `file:` folder: a link in node_modules. */
export interface ExpectedLink {
  readonly location: string;
  /** The folder that it leads to, below the project's. */
  readonly target: string;
  /** Whether npm writes into the folder's own node_modules; if not, what lies there is not npm's. */
  readonly written: boolean;
  /** As in the folder's own package.json. What they lead to need not be there: it may be built later. */
  readonly bins: Readonly<Record<string, string>>;
}

export interface FolderNode {
  readonly kind: "folder";
  readonly entries: Map<string, ExpectedNode>;
  /** The package that begins here. */
  package: ExpectedPackage | null;
}
export interface FileNode {
  readonly kind: "file";
  readonly sha256: string;
  /** Its path in the archive of `package`: not always the one on disk. */
  readonly archived: string;
  readonly package: ExpectedPackage;
}
export interface LinkNode {
  readonly kind: "link";
  readonly target: string;
}
/** An entry of a .bin folder. Several packages may claim one command; npm then takes one of them. */
export interface BinNode {
  readonly kind: "bin";
  /** Paths below the project, of files that are expected there. */
  readonly targets: Set<string>;
  required: boolean;
  /** A file of an archive that has the same path: some bundle a .bin folder. */
  readonly file: FileNode | null;
}
/** npm's own note of what it installed; the later `npm ci` does not read it. */
export interface OwnNode {
  readonly kind: "own";
}
export type ExpectedNode = FolderNode | FileNode | LinkNode | BinNode | OwnNode;

export interface ExpectedTree {
  /** The project's folder. Only what the packages and links make of it is in here. */
  readonly root: FolderNode;
  /** The node_modules folders that npm writes: of the project, of each workspace, and where a package is placed. */
  readonly tops: readonly string[];
  /** Files that npm may have put right because a command leads to them, below the project. */
  readonly binTargets: ReadonlySet<string>;
}

/**
 * Puts all packages and links in their places, parents first: a package with an archive of its own takes the place
 * of whatever an archive above has there, as it does when npm unpacks it.
 */
export function expectTree(
  packages: readonly ExpectedPackage[],
  links: readonly ExpectedLink[],
  platform: NodeJS.Platform,
): ExpectedTree {
  const root = folder();
  const sorted = [...packages].sort((a, b) => a.location.length - b.location.length);
  for (const one of sorted) {
    const place = folderAt(root, one.location, one.files.length > 0);
    place.package = one;
    for (const file of asUnpacked(one.files, platform)) {
      const parent = folderAt(place, path.posix.dirname(file.onDisk), false);
      const node: FileNode = { kind: "file", sha256: file.sha256, archived: file.path, package: one };
      parent.entries.set(path.posix.basename(file.onDisk), node);
    }
  }
  for (const link of links) {
    const parent = folderAt(root, path.posix.dirname(link.location), false);
    parent.entries.set(path.posix.basename(link.location), { kind: "link", target: link.target });
  }
  const tops = new Set([
    "node_modules",
    ...links.flatMap(({ target, written }) => (written ? [path.posix.join(target, "node_modules")] : [])),
  ]);
  for (const { location } of [...packages, ...links])
    tops.add(location.replace(/(^|\/)node_modules\/.*$/, "$1node_modules"));
  const binTargets = placeBins(root, [...sorted, ...links], platform);
  // npm 10 leaves its note also where there is nothing to install.
  folderAt(root, "node_modules", false).entries.set(".package-lock.json", { kind: "own" });
  return { root, tops: [...tops], binTargets };
}

/** What is expected at a path below the project, or null. */
export function nodeAt(root: FolderNode, place: string): ExpectedNode | null {
  let node: ExpectedNode = root;
  for (const name of place.split("/")) {
    const next: ExpectedNode | undefined = node.kind === "folder" ? node.entries.get(name) : undefined;
    if (next === undefined) return null;
    node = next;
  }
  return node;
}

/**
 * Where pacote puts each file (lib/fetcher.js): a `.gitignore` becomes `.npmignore`, unless there is one beside it,
 * which then stays; links are dropped, and are in no listing. On Windows node-tar puts letters that can't be in a
 * name into a private range of Unicode.
 */
function asUnpacked(
  files: readonly ArchivedFile[],
  platform: NodeJS.Platform,
): readonly (ArchivedFile & { readonly onDisk: string })[] {
  const all = new Set(files.map((file) => file.path));
  return files.flatMap((file) => {
    const ignore = path.posix.basename(file.path) === ".gitignore";
    const name = ignore ? file.path.replace(/\.gitignore$/, ".npmignore") : file.path;
    if (ignore && all.has(name)) return [];
    const onDisk = platform === "win32" ? name.replace(/[|<>?:]/g, privately) : name;
    return [{ ...file, onDisk }];
  });
}

const privately = (letter: string): string => String.fromCharCode(0xf000 + letter.charCodeAt(0));

/** Adds the entries of all .bin folders, and gives the files that commands lead to. */
function placeBins(
  root: FolderNode,
  owners: readonly (ExpectedPackage | ExpectedLink)[],
  platform: NodeJS.Platform,
): ReadonlySet<string> {
  const binTargets = new Set<string>();
  for (const owner of owners) {
    for (const [command, file] of Object.entries(owner.bins)) {
      // As npm-normalize-package-bin does: neither can lead out of its folder.
      const name = path.posix.join("/", path.posix.basename(command.replace(/[\\:]/g, "/"))).slice(1);
      const target = path.posix.join(owner.location, path.posix.join("/", file.replaceAll("\\", "/")));
      const packed = "files" in owner;
      if (name === "" || (packed && nodeAt(root, target) === null)) continue;
      binTargets.add(target);
      const bin = folderAt(root, `${modulesOf(owner.location)}/.bin`, false);
      const required = packed && owner.files.length > 0 && !owner.optional;
      for (const suffix of platform === "win32" ? ["", ".cmd", ".ps1"] : [""]) {
        const before = bin.entries.get(name + suffix);
        const node: BinNode =
          before?.kind === "bin"
            ? before
            : { kind: "bin", targets: new Set(), required: false, file: before?.kind === "file" ? before : null };
        node.targets.add(target);
        node.required ||= required;
        bin.entries.set(name + suffix, node);
      }
    }
  }
  return binTargets;
}

/** `node_modules/@s/a` lies in `node_modules`. */
function modulesOf(location: string): string {
  return location.replace(/\/(?:@[^/]+\/)?[^/]+$/, "");
}

function folder(): FolderNode {
  return { kind: "folder", entries: new Map(), package: null };
}

/** The folder at a path below `from`, made with those above it; `anew` empties it. */
function folderAt(from: FolderNode, place: string, anew: boolean): FolderNode {
  let node = from;
  const names = place.split("/").filter((name) => name !== ".");
  for (const [index, name] of names.entries()) {
    const next = node.entries.get(name);
    if (next?.kind === "folder" && !(anew && index === names.length - 1)) {
      node = next;
      continue;
    }
    const made = folder();
    node.entries.set(name, made);
    node = made;
  }
  return node;
}
