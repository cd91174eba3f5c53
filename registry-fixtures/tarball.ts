/**
 * Makes `.tgz` files as `npm pack` does, the same bytes every time: one root folder, files in order of their paths,
 * no owners, one fixed time. Hooks make the hostile ones.
 */
import { gunzipSync, gzipSync } from "node:zlib";
import { Header, type HeaderData, Parser, Pax } from "tar";

/** Contents by path below the package's folder, with `/`. Text is written as UTF-8. */
export type Files = Readonly<Record<string, string | Uint8Array>>;

/** One entry of a tar file, honest or not: nothing here is looked at, only encoded. */
export interface Entry {
  /** The whole path, root folder included. */
  readonly path: string;
  readonly data?: string | Uint8Array;
  /** "File" unless given; all of tar's names, such as "SymbolicLink", "Directory", "CharacterDevice". */
  readonly type?: NonNullable<HeaderData["type"]>;
  /** 0o644 unless given. */
  readonly mode?: number;
  readonly linkpath?: string;
  /** Puts an extended header before the entry, holding these; long or non-ASCII paths get one anyway. */
  readonly pax?: HeaderData;
}

/** An entry, or bytes that go into the tar as they are. */
export type Piece = Entry | Uint8Array;

/** What makes a tarball other than npm's. */
export interface Hooks {
  /** The root folder's name, instead of "package". */
  readonly root?: string;
  /** Entries before and after the package's own. */
  readonly before?: readonly Piece[];
  readonly after?: readonly Piece[];
  /** Changes the header of each own file in place; `seal` it again unless the sum is to be wrong. */
  readonly header?: (header: Buffer, path: string) => void;
  /** Bytes after the end of the gzip stream. */
  readonly trailing?: Uint8Array;
  /** A second gzip member with a tar of its own. */
  readonly secondMember?: readonly Piece[];
  /** Keeps only that many bytes of all that. */
  readonly truncateTo?: number;
}

/** npm's own: the day of Back to the Future, so that the time says nothing. */
const MTIME = new Date("1985-10-26T08:15:00.000Z");
const BLOCK = 512;
const GZIP_OS_BYTE = 9;
const UNKNOWN_OS = 255;

/** The tarball of a package. `executables` are the paths that get 0o755, as npm gives it to what `bin` names. */
export function npmTarball(files: Files, executables: readonly string[] = [], hooks: Hooks = {}): Buffer {
  const root = hooks.root ?? "package";
  const own = Object.keys(files)
    .sort()
    .map((path) => {
      const mode = executables.includes(path) ? 0o755 : 0o644;
      const entry = encodeEntry({ path: `${root}/${path}`, data: files[path] ?? "", mode });
      hooks.header?.(entry.subarray(0, BLOCK), path);
      return entry;
    });
  const members = [gzip(tarOf([...(hooks.before ?? []), ...own, ...(hooks.after ?? [])]))];
  if (hooks.secondMember !== undefined) members.push(gzip(tarOf(hooks.secondMember)));
  return Buffer.concat([...members, hooks.trailing ?? Buffer.alloc(0)]).subarray(0, hooks.truncateTo);
}

/** A whole tar file: the pieces, then the two empty blocks that end it. */
export function tarOf(pieces: readonly Piece[]): Buffer {
  const encoded = pieces.map((piece) => (piece instanceof Uint8Array ? piece : encodeEntry(piece)));
  return Buffer.concat([...encoded, Buffer.alloc(2 * BLOCK)]);
}

/** One entry's header, padded data, and the extended header before it if it needs or wants one. */
export function encodeEntry(entry: Entry): Buffer {
  const data = Buffer.from(entry.data ?? "");
  const fields: HeaderData = {
    path: entry.path,
    mode: entry.mode ?? 0o644,
    size: data.length,
    mtime: MTIME,
    type: entry.type ?? "File",
    ...(entry.linkpath === undefined ? {} : { linkpath: entry.linkpath }),
  };
  const block = Buffer.alloc(BLOCK);
  const needsPax = new Header(fields).encode(block);
  const extended = needsPax ? { path: entry.path, ...entry.pax } : entry.pax;
  const pax = extended === undefined ? Buffer.alloc(0) : new Pax(extended).encode();
  return Buffer.concat([pax, block, data, Buffer.alloc(-data.length & (BLOCK - 1))]);
}

/** Writes the sum of a header that was changed by hand, so that readers take it for sound. */
export function seal(header: Buffer): void {
  header.fill(" ", 148, 156);
  const sum = header.subarray(0, BLOCK).reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
}

/** One gzip member at npm's level, with nothing in its header that depends on the machine. */
export function gzip(bytes: Uint8Array): Buffer {
  const member = gzipSync(bytes, { level: 9 });
  member[GZIP_OS_BYTE] = UNKNOWN_OS;
  return member;
}

/**
 * The files of an honest tarball, by path below its root folder. For fixtures only: it believes what it reads, and
 * keeps the last of two entries of one path.
 */
export function readTarball(tarball: Uint8Array): Record<string, Buffer> {
  const files: [string, Buffer][] = [];
  const parser = new Parser({
    onReadEntry: (entry) => {
      const chunks: Buffer[] = [];
      entry.on("data", (chunk: Buffer) => chunks.push(chunk));
      entry.on("end", () => {
        if (entry.type === "File") files.push([entry.path.replace(/^[^/]*\//, ""), Buffer.concat(chunks)]);
      });
    },
  });
  // Unpacked first: the parser takes a plain tar in one go, and has read it to its end when this returns.
  parser.end(gunzipSync(tarball));
  return Object.fromEntries(files);
}
