/**
 * Pax records (POSIX.1-2017, pax, "pax Extended Header"): `length key=value\n`, where the length counts itself.
 *
 * npm's reader splits the header at line feeds and decodes it piece by piece; others go by the lengths. What the two
 * could read differently is refused: a value that holds what looks like another record, an unknown key that some
 * program obeys (GNU.sparse.*, hdrcharset, linkpath), and text that npm can lose at the seam of two pieces.
 */
import { isUtf8 } from "node:buffer";
import { Pax } from "tar";
import type { Finding } from "../model/finding.js";
import { malformed, quoted, type Reading } from "./archive-refusal.js";

/** What the records say about the entry that follows. */
export interface PaxRecords {
  readonly path: string | null;
  readonly size: number | null;
}

/** The longest header that is read; node-tar ignores those above 1 MiB. Old clients of npm wrote a few kB. */
export const PAX_BYTES = 64 * 1024;
/** A header within one block always reaches node-tar in one piece. */
const BLOCK_BYTES = 512;

/** Keys that change neither which file is meant nor what is in it. NODETAR is what npm 1 to 3 wrote. */
const HARMLESS =
  /^(?:mtime|atime|ctime|uid|gid|uname|gname|comment|SCHILY\.(?:dev|ino|nlink|fflags|(?:xattr|acl)\..+)|RHT\.security\.selinux|MSWINDOWS\.rawsd|(?:LIBARCHIVE|NODETAR)\..+)$/;
/** Extended attributes are binary. */
const BINARY = /^SCHILY\.xattr\./;
const LENGTH = /^[1-9][0-9]{0,6}$/;
/** What parseInt takes for a number at the start of a line: there npm's reader would begin a record. */
const RECORD_INSIDE = /\n[^\S\n]*[+-]?[0-9]/;

/** Reads the header of one entry (typeflag x). */
export function readPax(body: Buffer): Reading<PaxRecords> {
  const records = readRecords(body);
  if (!records.ok) return records;
  let path: string | null = null;
  let size: number | null = null;
  for (const [key, value] of records.value) {
    const problem =
      key === "path" ? pathProblem(value, body.length) : key === "size" ? sizeProblem(value) : ignored(key, value);
    if (problem !== null) return refused(problem);
    if (key === "path") path = value.toString("utf8");
    if (key === "size") size = Number(value.toString("latin1"));
  }
  const npm = Pax.parse(body.toString("utf8"));
  const agreed = (npm.path ?? null) === path && (npm.size ?? null) === size && npm.linkpath === undefined;
  return agreed ? { ok: true, value: { path, size } } : refused("npm reads them differently than they are written");
}

/** Reads a global header (typeflag g). Only a comment is let pass, as `git archive` writes it. */
export function readGlobalPax(body: Buffer): Finding | null {
  const records = readRecords(body);
  if (!records.ok) return records.finding;
  for (const [key, value] of records.value) {
    if (key !== "comment") return malformed(`A global pax header sets ${quoted(key)} for every file that follows.`);
    const problem = ignored(key, value);
    if (problem !== null) return malformed(`A global pax header is malformed: ${problem}.`);
  }
  return null;
}

function readRecords(body: Buffer): Reading<Map<string, Buffer>> {
  const records = new Map<string, Buffer>();
  for (let start = 0; start < body.length; ) {
    const space = body.indexOf(0x20, start);
    const digits = space < 0 ? "" : body.toString("latin1", start, Math.min(space, start + 8));
    if (!LENGTH.test(digits)) return refused("a record does not begin with its length");
    const end = start + Number(digits);
    const equals = body.indexOf(0x3d, space);
    if (end > body.length || body[end - 1] !== 0x0a) return refused("a record is longer or shorter than it says");
    if (equals <= space + 1 || equals >= end) return refused("a record has no key");
    const key = body.toString("utf8", space + 1, equals);
    if (/[\0-\x1f\x7f\ufffd]/.test(key)) return refused("a key holds control characters");
    if (records.has(key)) return refused(`the key ${quoted(key)} comes twice`);
    records.set(key, body.subarray(equals + 1, end - 1));
    start = end;
  }
  return { ok: true, value: records };
}

function pathProblem(value: Buffer, headerBytes: number): string | null {
  const text = value.toString("utf8");
  if (value.length === 0) return "the path is empty";
  if (!isUtf8(value)) return "the path is not UTF-8";
  if (/[\0\n]/.test(text)) return "the path holds NUL or a line feed";
  const ascii = text.length === value.length;
  return ascii || headerBytes <= BLOCK_BYTES ? null : "npm could lose the path: not ASCII, and not within one block";
}

function sizeProblem(value: Buffer): string | null {
  return /^(?:0|[1-9][0-9]{0,14})$/.test(value.toString("latin1")) ? null : "the size is not a decimal number";
}

function ignored(key: string, value: Buffer): string | null {
  if (!HARMLESS.test(key)) return `the key ${quoted(key)} is unknown, or changes what is read`;
  if (!BINARY.test(key) && value.includes(0)) return `the value of ${quoted(key)} holds NUL`;
  if (RECORD_INSIDE.test(value.toString("utf8")))
    return `the value of ${quoted(key)} holds what looks like another record`;
  return null;
}

function refused(problem: string): { readonly ok: false; readonly finding: Finding } {
  return { ok: false, finding: malformed(`The pax records before an entry are malformed: ${problem}.`) };
}
