/**
 * Exactly one gzip member (RFC 1952), inflated as it arrives.
 *
 * npm's own reader joins further members to the first, and skips all that follows a zero, without a word: a file
 * that is honest to one program holds another package for the next. Here the first member ends the file, but for a
 * few zeros, and its CRC-32 and length must match.
 */
import { crc32 } from "node:zlib";
import { InflateRaw, type ZlibOptions } from "minizlib";
import type { Finding } from "../model/finding.js";
import { LIMITS } from "../model/limits.js";
import { malformed, refusal } from "./archive-refusal.js";
import { gzipHeaderLength } from "./gzip-header.js";

/** Packed bytes given to zlib at once. DEFLATE grows them 1032-fold at most, so one piece makes no more than 17 MB. */
const PIECE_BYTES = 16 * 1024;
const INFLATE_OPTIONS: ZlibOptions & { readonly chunkSize: number } = { chunkSize: 64 * 1024 };
const TRAILER_BYTES = 8;
/** Clients of npm of about 2012 filled the packed file up to a tar record with zeros: 9 of 100 tarballs of that age. */
const PADDING_BYTES = 10 * 1024;
/** Real packages grow 3- to 30-fold; a bomb of zeros 1000-fold. Small files may do as they like. */
const GROWTH = { limit: 200, from: 16 * 1024 * 1024 } as const;

/**
 * Takes the packed bytes in pieces of any size, and gives the unpacked ones to `sink` in order. Each call returns
 * the refusal that ends the reading, or null; after a refusal nothing more may be written.
 */
export class GzipMember {
  readonly #sink: (bytes: Buffer) => Finding | null;
  readonly #inflate = new InflateRaw(INFLATE_OPTIONS);
  #state: "header" | "deflate" | "trailer" | "padding" = "header";
  /** The beginning of a header or trailer whose rest has not come yet. */
  #held: Buffer = Buffer.alloc(0);
  #refused: Finding | null = null;
  #packed = 0;
  #unpacked = 0;
  #crc = 0;
  #padding = 0;

  constructor(sink: (bytes: Buffer) => Finding | null) {
    this.#sink = sink;
    this.#inflate.on("data", (bytes: Buffer) => this.#inflated(bytes));
    this.#inflate.on("error", (error: unknown) => {
      this.#refused ??= malformed(`The compressed data is damaged (${error instanceof Error ? error.message : ""}).`);
    });
  }

  /** Reads on. Returns the refusal, or null if all is well so far. */
  write(bytes: Uint8Array): Finding | null {
    let rest: Buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (this.#state === "header") rest = this.#readHeader(rest);
    while (this.#state === "deflate" && rest.length > 0 && this.#refused === null) {
      const piece = rest.subarray(0, PIECE_BYTES);
      rest = rest.subarray(this.#readDeflate(piece));
    }
    if (this.#state === "trailer" && this.#refused === null) rest = this.#readTrailer(rest);
    if (this.#state === "padding" && this.#refused === null) this.#readPadding(rest);
    return this.#refused;
  }

  /** The file is over: the member must be, too. */
  end(): Finding | null {
    if (this.#packed === 0 && this.#state === "header" && this.#held.length === 0) {
      return malformed("The archive is empty.");
    }
    return this.#state === "padding" ? null : malformed("The archive is cut short: its gzip member does not end.");
  }

  /** Whether zeros follow the member. */
  get isPadded(): boolean {
    return this.#padding > 0;
  }

  /** Frees zlib's memory. */
  close(): void {
    this.#inflate.close();
  }

  #readHeader(bytes: Buffer): Buffer {
    const header = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    const length = gzipHeaderLength(header);
    if (typeof length === "number") {
      this.#state = "deflate";
      this.#held = Buffer.alloc(0);
      return header.subarray(length);
    }
    if (length === null) this.#held = Buffer.from(header);
    else this.#refused = length;
    return Buffer.alloc(0);
  }

  /** Returns how many bytes of the piece belong to the DEFLATE stream: fewer than given once its last block ended. */
  #readDeflate(piece: Buffer): number {
    this.#packed += piece.length;
    this.#inflate.write(piece);
    this.#refused ??= this.#overLimit();
    const used = this.#inflate.handle?.bytesWritten ?? piece.length;
    if (used < piece.length) this.#state = "trailer";
    return used;
  }

  #inflated(bytes: Buffer): void {
    if (this.#refused !== null || bytes.length === 0) return;
    this.#unpacked += bytes.length;
    this.#refused = this.#overLimit();
    if (this.#refused !== null) return;
    this.#crc = crc32(bytes, this.#crc);
    this.#refused = this.#sink(bytes);
  }

  #overLimit(): Finding | null {
    if (this.#unpacked > LIMITS.unpackedBytes) {
      return refusal("ARCHIVE_TOO_LARGE", "The archive unpacks to more bytes than allowed.", LIMITS.unpackedBytes);
    }
    if (this.#packed > LIMITS.tarballBytes) {
      return refusal("ARCHIVE_TOO_LARGE", "The archive has more bytes than allowed.", LIMITS.tarballBytes);
    }
    if (this.#unpacked > GROWTH.from && this.#unpacked > this.#packed * GROWTH.limit) {
      const says = "The archive unpacks to many times its own size, as only a bomb does.";
      return refusal("ARCHIVE_TOO_LARGE", says, `${GROWTH.limit}-fold at most`);
    }
    return null;
  }

  /** CRC-32 and length modulo 2^32 of the unpacked bytes (section 2.3.1). Returns what follows them. */
  #readTrailer(bytes: Buffer): Buffer {
    const missing = TRAILER_BYTES - this.#held.length;
    this.#held = Buffer.concat([this.#held, bytes.subarray(0, missing)]);
    if (this.#held.length < TRAILER_BYTES) return bytes.subarray(missing);
    const crc = this.#held.readUInt32LE(0);
    const length = this.#held.readUInt32LE(4);
    const unpacked = this.#unpacked % 2 ** 32;
    const says = "The unpacked data does not match what the gzip trailer states";
    if (crc !== this.#crc) this.#refused = malformed(`${says} (CRC-32).`, crc, this.#crc);
    else if (length !== unpacked) this.#refused = malformed(`${says} (length).`, length, unpacked);
    this.#state = "padding";
    return bytes.subarray(missing);
  }

  #readPadding(bytes: Buffer): void {
    const other = bytes.findIndex((byte) => byte !== 0);
    this.#padding += bytes.length;
    if (other >= 0) this.#refused = trailing(bytes.subarray(other));
    else if (this.#padding >= PADDING_BYTES) {
      this.#refused = malformed("Behind the end of the archive come too many zeros.", PADDING_BYTES, this.#padding);
    }
  }
}

function trailing(bytes: Buffer): Finding {
  const what = bytes[0] === 0x1f && (bytes[1] ?? 0x8b) === 0x8b ? "a second gzip member" : "further bytes";
  return malformed(`Behind the end of the archive there is ${what}, which npm would join or skip in silence.`);
}
