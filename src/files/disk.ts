/** The disk, behind the `Files` interface. This folder is the only importer of node:fs. */
import { constants, lstatSync, type Stats } from "node:fs";
import fs, { type FileHandle } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { StopError } from "../model/finding.js";
import type { EntryType, Files } from "../model/world.js";
import { renameReplacing } from "./rename.js";
import { copy, create, write } from "./write.js";

const PIECE_BYTES = 256 * 1024;

/**
 * A pipe that was planted where a file is expected would otherwise block the opening for ever. Windows knows no
 * such flag, and no such pipes.
 */
const READ_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** What `fs.link` says where the file system, or the distance between two of them, allows no hard link. */
const NO_LINKS = new Set(["EXDEV", "EPERM", "EACCES", "EMLINK", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "UNKNOWN"]);

/**
 * The disk of this machine.
 *
 * Links: `status`, `setTime` and `remove` never follow the last part of a path; `write`, `copy` and a writer's `commit` put
 * a new file in the place of a link and leave alone what it points to; `read`, `stream` and `list` follow, because
 * people link their own settings: whoever must not follow asks for `status` first. Anything but a regular file or
 * a character device (`/dev/null` is a common settings file) is not read.
 */
export function diskFiles(): Files {
  return {
    status,
    read,
    stream,
    list,
    readLink: (file) => fs.readlink(file),
    realPath: (file) => orNull(fs.realpath(file), "ENOENT", "ENOTDIR", "ELOOP"),
    makeDirectory: async (folder, mode) => void (await fs.mkdir(folder, { recursive: true, mode })),
    makeTemporary,
    write,
    create,
    link,
    copy,
    rename: renameReplacing,
    remove: (file) => fs.rm(file, { recursive: true, force: true, maxRetries: 5 }),
    setMode,
    // Of a link its own: what it points to may lie anywhere.
    setTime: (file, atMs) => fs.lutimes(file, atMs / 1000, atMs / 1000),
  };
}

/** At once: asking another thread takes thirty times as long as the answer. */
async function status(file: string): ReturnType<Files["status"]> {
  const stats = statusNow(file);
  if (stats === undefined) return null;
  return { type: typeOf(stats), size: stats.size, mode: stats.mode & 0o7777, mtimeMs: stats.mtimeMs };
}

function statusNow(file: string): Stats | undefined {
  try {
    return lstatSync(file, { throwIfNoEntry: false });
  } catch (error) {
    if (isCode(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

async function read(file: string, maxBytes: number): Promise<Buffer | null> {
  const opened = await orNull(openToRead(file), "ENOENT", "ENOTDIR");
  if (opened === null) return null;
  try {
    const pieces: Buffer[] = [];
    let total = 0;
    for await (const piece of piecesOf(opened.handle, opened.size + 1)) {
      total += piece.length;
      if (total > maxBytes) throw new RangeError(`${file} holds more than ${maxBytes} bytes`);
      pieces.push(piece);
    }
    return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces, total);
  } finally {
    await opened.handle.close();
  }
}

async function* stream(file: string): AsyncIterable<Uint8Array> {
  const { handle } = await openToRead(file);
  try {
    yield* piecesOf(handle, PIECE_BYTES);
  } finally {
    await handle.close();
  }
}

async function list(folder: string): ReturnType<Files["list"]> {
  let entries: Awaited<ReturnType<typeof readEntries>>;
  try {
    entries = await readEntries(folder);
  } catch (error) {
    // Below a file there is nothing; a file itself is not a missing folder.
    if (isCode(error, "ENOENT") || (isCode(error, "ENOTDIR") && (await status(folder)) === null)) return null;
    throw error;
  }
  return entries
    .map((entry) => ({ name: entry.name, type: typeOf(entry) }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

const readEntries = (folder: string) => fs.readdir(folder, { withFileTypes: true });

async function makeTemporary(prefix: string, parent?: string): Promise<string> {
  // On macOS the system's temporary folder lies behind a link; paths are compared later, so it is resolved here.
  const folder = await orNull(fs.realpath(parent ?? os.tmpdir()), "ENOENT");
  if (folder === null) {
    const says = `there is no folder ${parent ?? os.tmpdir()} for temporary files`;
    throw new StopError("ENVIRONMENT_UNUSABLE", says, parent === undefined ? { at: "TMPDIR" } : {});
  }
  return fs.mkdtemp(path.join(folder, prefix));
}

async function link(from: string, to: string): Promise<void> {
  try {
    await fs.link(from, to);
  } catch (error) {
    if (!isCode(error, ...NO_LINKS)) throw error;
    await fs.copyFile(from, to, constants.COPYFILE_EXCL);
  }
}

/** chmod follows links; an open handle that did not follow one can't be led elsewhere. */
async function setMode(file: string, mode: number): Promise<void> {
  const handle = await fs.open(file, READ_FLAGS | (constants.O_NOFOLLOW ?? 0));
  try {
    await handle.chmod(mode);
  } finally {
    await handle.close();
  }
}

async function openToRead(file: string): Promise<{ readonly handle: FileHandle; readonly size: number }> {
  const handle = await fs.open(file, READ_FLAGS);
  const stats = await handle.stat();
  if (stats.isFile() || stats.isCharacterDevice()) return { handle, size: stats.size };
  await handle.close();
  throw Object.assign(new Error(`${file} is not a file`), { code: stats.isDirectory() ? "EISDIR" : "EINVAL" });
}

/** Each piece is a buffer of its own: the reader may keep it. */
async function* piecesOf(handle: FileHandle, expected: number): AsyncGenerator<Buffer> {
  const length = Math.max(4096, Math.min(expected, PIECE_BYTES));
  while (true) {
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(length), 0, length, null);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

function typeOf(entry: Pick<Stats, "isFile" | "isDirectory" | "isSymbolicLink">): EntryType {
  if (entry.isFile()) return "file";
  if (entry.isDirectory()) return "directory";
  return entry.isSymbolicLink() ? "link" : "other";
}

async function orNull<T>(promise: Promise<T>, ...codes: readonly string[]): Promise<T | null> {
  try {
    return await promise;
  } catch (error) {
    if (isCode(error, ...codes)) return null;
    throw error;
  }
}

function isCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "string" && codes.includes(error.code);
}
