/**
 * One tar header block (POSIX.1-2017, pax, "ustar Interchange Format", and GNU's older magic), read strictly.
 *
 * Every value is read twice, here and by node-tar's decoder, with which npm unpacks, and both must agree. Before
 * that the raw bytes must have the one form that all readers take alike: node-tar reads "12zzz" as a size, goes on
 * with a name behind a line feed, and takes a block with an unreadable checksum for the end.
 */
import { isUtf8 } from "node:buffer";
import { posix } from "node:path";
import { Header } from "tar";
import type { Finding } from "../model/finding.js";
import { pathProblem } from "./archive-paths.js";
import { malformed, quoted, type Reading, refusal } from "./archive-refusal.js";

export const BLOCK_BYTES = 512;

export interface TarHeader {
  readonly type: "file" | "folder" | "pax" | "global-pax";
  /** As a pax record gives it, else prefix and name of the block. Never empty; nothing else is known of it. */
  readonly path: string;
  /** Bytes of the body, without the padding. */
  readonly size: number;
  /** Permission bits, setuid, setgid and sticky. */
  readonly mode: number;
}

const FIELD = {
  name: [0, 100],
  mode: [100, 108],
  size: [124, 136],
  checksum: [148, 156],
  linkname: [157, 257],
  magic: [257, 265],
  prefix: [345, 500],
  padding: [500, 512],
} as const;
/** node-tar keeps a short prefix to 130 bytes, and reads two times behind it (476 and 488): its own invention. */
const SHORT_PREFIX_END = 475;
const TIMES = [
  [476, 488],
  [488, 500],
] as const;
/** Some readers join a pax path to the prefix that it should replace. */
const LEAVES = /^\/|(?:^|\/)\.\.(?:\/|$)/;
const TYPEFLAG = 156;
const MODE_BITS = 0o7777;

const USTAR = "ustar\u000000";
const OLD_GNU = "ustar  \0";
const TYPES: ReadonlyMap<string, TarHeader["type"]> = new Map([
  ["0", "file"],
  ["\0", "file"],
  ["5", "folder"],
  ["x", "pax"],
  ["g", "global-pax"],
]);
/** npm calls a file whose name ends in a slash a folder, and then takes its body for headers. */
const NPM_TYPES: Readonly<Record<TarHeader["type"], string>> = {
  file: "File",
  folder: "Directory",
  pax: "ExtendedHeader",
  "global-pax": "GlobalExtendedHeader",
};

const OTHER_TYPES: ReadonlyMap<string, string> = new Map([
  ["3", "a character device"],
  ["4", "a block device"],
  ["6", "a FIFO"],
  ["7", "a contiguous file"],
  ["D", "a GNU folder dump"],
  ["K", "a GNU long link name"],
  ["L", "a GNU long name"],
  ["N", "an old GNU long name"],
  ["M", "a continuation of a file from another volume"],
  ["S", "a GNU sparse file"],
  ["V", "a volume label"],
  ["X", "an old pax header"],
]);

/** Reads a block that is not all zeros. `paxPath` is what a pax record before it gives as its path, or null. */
export function readHeader(block: Buffer, paxPath: string | null): Reading<TarHeader> {
  const header = decode(block, paxPath);
  if (header === null || !isOctal(block, FIELD.checksum) || !header.cksumValid) {
    return refuse(malformed("A tar header does not match its checksum."));
  }
  const flag = block.toString("latin1", TYPEFLAG, TYPEFLAG + 1);
  const type = TYPES.get(flag);
  if (type === undefined) return refuse(unwanted(flag, header));
  const problem = formProblem(block, paxPath !== null);
  if (problem !== null) return refuse(malformed(`The tar header of ${named(header)} is ambiguous: ${problem}.`));
  const path = paxPath ?? pathOf(block);
  if (paxPath === null && block[FIELD.name[0]] === 0) return refuse(malformed("A tar entry has no name."));
  const size = octal(block, FIELD.size);
  if (type === "folder" && size !== 0) return refuse(malformed(`The folder ${quoted(path)} claims to have content.`));
  const agreed = header.type === NPM_TYPES[type] && header.size === size && (paxPath !== null || header.path === path);
  if (!agreed) return refuse(malformed(`npm reads the tar header of ${quoted(path)} differently.`));
  return { ok: true, value: { type, path, size, mode: octal(block, FIELD.mode) & MODE_BITS } };
}

/** node-tar's reading, or null where it gives up: then npm skips the block, and takes the body for headers. */
function decode(block: Buffer, paxPath: string | null): Header | null {
  try {
    return new Header(block, 0, paxPath === null ? undefined : { path: paxPath });
  } catch {
    return null;
  }
}

function named(header: Header): string {
  return quoted(header.path ?? "");
}

function unwanted(flag: string, header: Header): Finding {
  const name = named(header);
  if (flag === "1" || flag === "2") {
    const what = flag === "1" ? "a hard link" : "a symbolic link";
    const inside = staysInside(header.path ?? "", header.linkpath ?? "", flag === "1");
    const says = `${name} is ${what} to ${quoted(header.linkpath ?? "")}, which npm never unpacks`;
    if (!inside) return refusal("ARCHIVE_LINK_ESCAPE", `${says}; it leads out of the package.`);
    return refusal("ARCHIVE_LINK", `${says}; the package would be installed without it.`);
  }
  const what = OTHER_TYPES.get(flag) ?? `of the unknown type ${JSON.stringify(flag)}`;
  return malformed(`${name} is ${what}. Packages consist of files and folders.`);
}

/** Whether a link lies inside the package's folder and leads there: old versions of jade were packed with one. */
function staysInside(path: string, target: string, hard: boolean): boolean {
  if (target === "" || pathProblem(path) !== null || /[\\:]|^\//.test(target)) return false;
  const [root = "", below] = path.split("/");
  const from = hard ? "" : posix.dirname(path);
  return below !== undefined && posix.join(from, target).startsWith(`${root}/`);
}

/** What in the raw bytes could be read in two ways, or null. */
function formProblem(block: Buffer, paxPath: boolean): string | null {
  const magic = block.toString("latin1", ...FIELD.magic);
  if (magic !== USTAR && magic !== OLD_GNU) return "it is neither of the ustar nor of the GNU format";
  if (!isOctal(block, FIELD.size)) return "its size is not an octal number";
  if (!isOctal(block, FIELD.mode)) return "its mode is not an octal number";
  if (!isZero(block, ...FIELD.linkname)) return "it is no link, and has a link's target";
  if (!isText(block, FIELD.name)) return "bytes follow the NUL that ends its name";
  if (!isZero(block, ...FIELD.padding)) return "bytes follow its last field";
  if (magic === OLD_GNU && !isZero(block, ...FIELD.prefix)) return "it uses fields that only GNU tar knows";
  if (!isPrefix(block)) return "bytes follow the NUL that ends its prefix";
  if (paxPath && LEAVES.test(pathOf(block))) return "the name under its pax path leaves the folder";
  if (!paxPath && !isUtf8(block.subarray(...FIELD.name))) return "its name is not UTF-8";
  if (!paxPath && !isUtf8(block.subarray(...FIELD.prefix))) return "its prefix is not UTF-8";
  return null;
}

/** Optional spaces, octal digits, then NULs and spaces (or nothing) to the end: no sign, no base-256, no letters. */
function isOctal(block: Buffer, [start, end]: readonly [number, number]): boolean {
  return /^ *[0-7]+[\0 ]*$/.test(block.toString("latin1", start, end));
}

/** Nothing but NULs behind the first NUL. */
function isText(block: Buffer, [start, end]: readonly [number, number]): boolean {
  const nul = block.indexOf(0, start);
  return nul < 0 || nul >= end || isZero(block, nul, end);
}

function isPrefix(block: Buffer): boolean {
  if (isText(block, FIELD.prefix)) return true;
  const short = [FIELD.prefix[0], SHORT_PREFIX_END + 1] as const;
  return (
    block[SHORT_PREFIX_END] === 0 &&
    isText(block, short) &&
    TIMES.every((time) => isZero(block, time[0], time[1]) || isOctal(block, time))
  );
}

function isZero(block: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (block[at] !== 0) return false;
  return true;
}

/** The number in a field that isOctal. */
function octal(block: Buffer, [start, end]: readonly [number, number]): number {
  return Number.parseInt(block.toString("latin1", start, end), 8);
}

function pathOf(block: Buffer): string {
  const prefix = textOf(block, FIELD.prefix);
  const name = textOf(block, FIELD.name);
  return prefix === "" ? name : `${prefix}/${name}`;
}

function textOf(block: Buffer, [start, end]: readonly [number, number]): string {
  const nul = block.indexOf(0, start);
  return block.toString("utf8", start, nul < 0 || nul > end ? end : nul);
}

function refuse(finding: Finding): { readonly ok: false; readonly finding: Finding } {
  return { ok: false, finding };
}
