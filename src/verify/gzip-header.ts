/**
 * The header of a gzip member, RFC 1952 section 2.3. Its name, comment and extra fields say nothing that an
 * installer uses: they are measured, bounded and skipped.
 */
import { crc32 } from "node:zlib";
import type { Finding } from "../model/finding.js";
import { malformed } from "./archive-refusal.js";

/** npm writes 10 bytes; some tools add a file name. */
const HEADER_BYTES = 8 * 1024;
const FIXED_BYTES = 10;
const DEFLATE = 8;
const FLAG = { headerCrc: 0x02, extra: 0x04, name: 0x08, comment: 0x10, reserved: 0xe0 } as const;

/**
 * How many of `bytes` are the header; null while it goes on behind their end; or why it is none. A header that
 * carries its own CRC (FHCRC) must match it; reserved flags are refused (section 2.3.1.2).
 */
export function gzipHeaderLength(bytes: Buffer): number | null | Finding {
  if (bytes.length > 0 && bytes[0] !== 0x1f) return notGzip(bytes);
  if (bytes.length > 1 && bytes[1] !== 0x8b) return notGzip(bytes);
  if (bytes.length < FIXED_BYTES) return null;
  if (bytes[2] !== DEFLATE) return malformed("The gzip header names an unknown compression.", DEFLATE, bytes[2]);
  const flags = bytes.readUInt8(3);
  if ((flags & FLAG.reserved) !== 0) return malformed("The gzip header sets reserved flags.", 0, flags & FLAG.reserved);

  let end: number | null = FIXED_BYTES;
  if (flags & FLAG.extra) end = afterExtra(bytes, end);
  if (flags & FLAG.name) end = afterText(bytes, end);
  if (flags & FLAG.comment) end = afterText(bytes, end);
  if (flags & FLAG.headerCrc) {
    if (end !== null && end + 2 <= bytes.length) {
      const stated = bytes.readUInt16LE(end);
      const computed = crc32(bytes.subarray(0, end)) & 0xffff;
      if (stated !== computed) return malformed("The gzip header does not match its own CRC.", stated, computed);
    }
    end = end === null ? null : end + 2;
  }
  if ((end ?? bytes.length) > HEADER_BYTES) return malformed("The gzip header is too long.", HEADER_BYTES);
  return end === null || end > bytes.length ? null : end;
}

function afterExtra(bytes: Buffer, start: number): number | null {
  return start + 2 > bytes.length ? null : start + 2 + bytes.readUInt16LE(start);
}

/** Behind the NUL that ends a text field, or null if it has not come yet. */
function afterText(bytes: Buffer, start: number | null): number | null {
  if (start === null) return null;
  const nul = bytes.indexOf(0, start);
  return nul < 0 ? null : nul + 1;
}

function notGzip(bytes: Buffer): Finding {
  return malformed("The archive is not gzip.", "1f8b", bytes.subarray(0, 2).toString("hex"));
}
