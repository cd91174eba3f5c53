/**
 * Reads a tar file block by block as it arrives, and tells a visitor what it holds. Strict where programs differ:
 * what npm's reader skips, repairs or joins in silence is refused (see tar-header.ts and tar-pax.ts). All npm
 * tarballs looked at (2010 to 2026) end in two blocks of zeros at least, and nothing but zeros behind them.
 */
import type { Finding } from "../model/finding.js";
import { LIMITS } from "../model/limits.js";
import { malformed, quoted, refusal } from "./archive-refusal.js";
import { BLOCK_BYTES, readHeader, type TarHeader } from "./tar-header.js";
import { PAX_BYTES, type PaxRecords, readGlobalPax, readPax } from "./tar-pax.js";

/** A file or a folder. The path is as written: not empty, not yet looked at in any other way. */
export interface TarEntry {
  readonly type: "file" | "folder";
  readonly path: string;
  /** Bytes; 0 for a folder. */
  readonly size: number;
  readonly mode: number;
}

/** What is told about each entry, in order: begin, the content of a file in pieces, end. A refusal ends the reading. */
export interface TarVisitor {
  begin(entry: TarEntry): Finding | null;
  content(bytes: Buffer): void;
  end(): Finding | null;
}

const ZEROS = Buffer.alloc(BLOCK_BYTES);
const END_BLOCKS = 2;
/** All pax headers of an archive together: they cost time, and make no file. */
const ALL_PAX_BYTES = 32 * 1024 * 1024;

/** Takes unpacked bytes in pieces of any size. After a refusal nothing more may be written. */
export class TarReader {
  readonly #visitor: TarVisitor;
  #state: "header" | "content" | "pax" | "padding" = "header";
  /** A header block whose rest has not come yet. */
  readonly #block = Buffer.alloc(BLOCK_BYTES);
  #held = 0;
  /** Bytes to come of the content or pax records, and of the padding behind them. */
  #remaining = 0;
  #padding = 0;
  #records: { readonly type: "pax" | "global-pax"; readonly body: Buffer } | null = null;
  /** What the pax header just read says about the next entry. */
  #pax: PaxRecords | null = null;
  #zeroBlocks = 0;
  #headers = 0;
  #paxBytes = 0;

  constructor(visitor: TarVisitor) {
    this.#visitor = visitor;
  }

  /** Reads on. Returns the refusal, or null if all is well so far. */
  write(bytes: Buffer): Finding | null {
    let refused: Finding | null = null;
    for (let at = 0; at < bytes.length && refused === null; ) {
      if (this.#state === "header") {
        const taken = Math.min(BLOCK_BYTES - this.#held, bytes.length - at);
        refused = this.#takeHeader(bytes.subarray(at, at + taken));
        at += taken;
      } else {
        const taken = Math.min(this.#state === "padding" ? this.#padding : this.#remaining, bytes.length - at);
        refused = this.#takeBody(bytes.subarray(at, at + taken));
        at += taken;
      }
    }
    return refused;
  }

  /** The file is over: it must have said so itself. */
  end(): Finding | null {
    if (this.#state !== "header" || this.#held > 0) return malformed("The tar file is cut short within an entry.");
    if (this.#pax !== null) return orphan();
    if (this.#zeroBlocks >= END_BLOCKS) return null;
    return malformed("The tar file ends without the blocks of zeros that mark its end.", END_BLOCKS, this.#zeroBlocks);
  }

  #takeHeader(part: Buffer): Finding | null {
    if (this.#held === 0 && part.length === BLOCK_BYTES) return this.#readBlock(part);
    part.copy(this.#block, this.#held);
    this.#held += part.length;
    if (this.#held < BLOCK_BYTES) return null;
    this.#held = 0;
    return this.#readBlock(this.#block);
  }

  #readBlock(block: Buffer): Finding | null {
    if (block.equals(ZEROS)) {
      this.#zeroBlocks++;
      return this.#pax === null ? null : orphan();
    }
    if (this.#zeroBlocks >= END_BLOCKS) return malformed("Data follows the end of the tar file.");
    if (this.#zeroBlocks > 0)
      return malformed("Entries follow a block of zeros: some programs end there, npm goes on.");
    const header = readHeader(block, this.#pax?.path ?? null);
    if (!header.ok) return header.finding;
    this.#headers++;
    return header.value.type === "file" || header.value.type === "folder"
      ? this.#beginEntry({ ...header.value, type: header.value.type })
      : this.#beginPax(header.value, header.value.type);
  }

  #beginEntry(entry: TarEntry): Finding | null {
    const stated = this.#pax?.size ?? entry.size;
    this.#pax = null;
    const name = quoted(entry.path);
    if (stated !== entry.size) return malformed(`Two sizes are given for ${name}.`, entry.size, stated);
    if (entry.size > LIMITS.unpackedBytes) {
      return refusal("ARCHIVE_TOO_LARGE", `${name} is too large.`, LIMITS.unpackedBytes, entry.size);
    }
    this.#expect("content", entry.size);
    return this.#visitor.begin(entry) ?? (entry.size === 0 ? this.#endBody() : null);
  }

  #beginPax(header: TarHeader, type: "pax" | "global-pax"): Finding | null {
    if (this.#pax !== null) return orphan();
    if (type === "global-pax" && this.#headers > 1) return malformed("A global pax header stands between the entries.");
    if (header.size > PAX_BYTES) return malformed("A pax header is too long.", PAX_BYTES, header.size);
    this.#paxBytes += header.size;
    if (this.#paxBytes > ALL_PAX_BYTES) {
      return refusal("ARCHIVE_TOO_LARGE", "The pax headers are too large together.", ALL_PAX_BYTES);
    }
    this.#records = { type, body: Buffer.alloc(header.size) };
    this.#expect("pax", header.size);
    return header.size === 0 ? this.#endBody() : null;
  }

  #expect(state: "content" | "pax", size: number): void {
    this.#state = state;
    this.#remaining = size;
    this.#padding = (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES;
  }

  #takeBody(part: Buffer): Finding | null {
    if (this.#state === "padding") {
      this.#padding -= part.length;
      if (this.#padding === 0) this.#state = "header";
      return null;
    }
    if (this.#records === null) this.#visitor.content(part);
    else part.copy(this.#records.body, this.#records.body.length - this.#remaining);
    this.#remaining -= part.length;
    return this.#remaining === 0 ? this.#endBody() : null;
  }

  #endBody(): Finding | null {
    this.#state = this.#padding === 0 ? "header" : "padding";
    const records = this.#records;
    this.#records = null;
    if (records === null) return this.#visitor.end();
    if (records.type === "global-pax") return readGlobalPax(records.body);
    const pax = readPax(records.body);
    if (!pax.ok) return pax.finding;
    this.#pax = pax.value;
    return null;
  }
}

function orphan(): Finding {
  return malformed("A pax header stands before something that is neither a file nor a folder.");
}
