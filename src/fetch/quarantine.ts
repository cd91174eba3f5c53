/**
 * The quarantine: bytes by their own SHA-512, private to one user, shared by all of this user's projects and
 * processes. Nothing in it is believed: a file is named for the digest its bytes had as they came in, and whoever
 * reads it computes the digest again. Nothing is unpacked.
 */

import { createHash } from "node:crypto";
import path from "node:path";
import { DAY_MS } from "../model/day.js";
import type { Algorithm, DigestSet } from "../model/digest.js";
import type { Files } from "../model/world.js";
import { type Kept, openKept } from "./kept.js";
import { PARTS, prepareStore } from "./store-folder.js";
import { onDisk } from "./store-trouble.js";
import { markUse } from "./use-mark.js";

const SHA512 = /^[0-9a-f]{128}$/;
/** cacache's layout and a mode that nobody writes through, so that npm can be handed hard links. */
const READ_ONLY = 0o444;

export interface Received {
  /** Of the bytes that came, computed on their way in; sha512 always. */
  readonly digests: DigestSet & { readonly sha512: string };
  readonly size: number;
}

/** Digests are lowercase hex; anything else throws TypeError. Trouble with the disk throws StopError, naming the place. */
export interface Quarantine extends Kept {
  /**
   * Takes bytes in under their own digest, and says what they are. Nothing is left behind where `chunks` throws, or
   * yields more than `maxBytes` (RangeError). Digests other than sha512 only where `also` names them.
   */
  receive(
    chunks: AsyncIterable<Uint8Array>,
    how: { readonly maxBytes: number; readonly also?: readonly Algorithm[] },
  ): Promise<Received>;
  /** Where the bytes of that digest lie, if they are there. */
  path(sha512: string): string;
  /** Whether there is a file of that name. What is in it, only `verify` or the reader's own hashing can tell. */
  has(sha512: string): Promise<boolean>;
  /** The bytes in that file, whatever they are: the reader hashes them as it goes. Throws if there is none. */
  stream(sha512: string): AsyncIterable<Uint8Array>;
  /** Whether a file of that name is there and has that digest now. */
  verify(sha512: string): Promise<boolean>;
  /** Removes what no longer is what it is named. */
  discard(sha512: string): Promise<void>;
  /** Removes what killed processes left unfinished more than a day before `now` (ms); how many files. */
  sweep(now: number): Promise<number>;
}

/**
 * Opens the store in `directory` (absolute). What is asked for is marked as used at `now` (ms), by which pruning goes.
 * Throws StopError ENVIRONMENT_UNSAFE where it is not private.
 */
export async function openQuarantine(
  files: Files,
  directory: string,
  platform: NodeJS.Platform,
  now = 0,
): Promise<Quarantine> {
  await prepareStore(files, directory, platform);
  const arriving = path.join(directory, PARTS.arriving);
  const place = (sha512: string) => {
    if (!SHA512.test(sha512)) throw new TypeError("not a sha512 digest in lowercase hex");
    const parts = [sha512.slice(0, 2), sha512.slice(2, 4), sha512.slice(4)];
    return path.join(directory, PARTS.content, "sha512", ...parts);
  };
  const has = async (sha512: string) => {
    const file = place(sha512);
    const status = await onDisk(file, files.status(file));
    return status?.type === "file" && (await markUse(files, file, status, now));
  };
  const verify = async (sha512: string) => (await has(sha512)) && (await digestOf(files, place(sha512))) === sha512;
  return {
    ...openKept(files, path.join(directory, PARTS.kept), now),
    path: place,
    has,
    verify,
    stream: (sha512) => files.stream(place(sha512)),
    discard: (sha512) => onDisk(place(sha512), files.remove(place(sha512))),
    sweep: (now) => onDisk(arriving, sweep(files, arriving, now - DAY_MS)),
    receive: async (chunks, { maxBytes, also = [] }) => {
      const writer = await onDisk(arriving, files.create(arriving));
      try {
        // Only what the disk says is the store's trouble: the chunks come from elsewhere, and may fail by themselves.
        const write = (piece: Uint8Array) => onDisk(arriving, writer.write(piece));
        const received = await hashed(write, chunks, maxBytes, also);
        const { sha512 } = received.digests;
        const committed = writer.commit(place(sha512), READ_ONLY).catch(async (error: unknown) => {
          // On Windows a file that somebody reads can't be replaced: another process brought the same bytes.
          if (!(await verify(sha512))) throw error;
        });
        await onDisk(place(sha512), committed);
        return received;
      } finally {
        await writer.abandon();
      }
    },
  };
}

async function hashed(
  write: (piece: Uint8Array) => Promise<void>,
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
  also: readonly Algorithm[],
): Promise<Received> {
  const name = createHash("sha512");
  const others = also
    .filter((algorithm) => algorithm !== "sha512")
    .map((algorithm) => ({ algorithm, hash: createHash(algorithm) }));
  let size = 0;
  for await (const piece of chunks) {
    size += piece.length;
    if (size > maxBytes) throw new RangeError(`more than ${maxBytes} bytes came`);
    name.update(piece);
    for (const { hash } of others) hash.update(piece);
    await write(piece);
  }
  const more = Object.fromEntries(others.map(({ algorithm, hash }) => [algorithm, hash.digest("hex")]));
  return { digests: { ...more, sha512: name.digest("hex") }, size };
}

async function digestOf(files: Files, file: string): Promise<string> {
  const hash = createHash("sha512");
  for await (const chunk of files.stream(file)) hash.update(chunk);
  return hash.digest("hex");
}

/** A writer that is at work has written within the last day. */
async function sweep(files: Files, arriving: string, before: number): Promise<number> {
  let removed = 0;
  for (const { name } of (await files.list(arriving)) ?? []) {
    const status = await files.status(path.join(arriving, name));
    if (status === null || status.mtimeMs > before) continue;
    await files.remove(path.join(arriving, name));
    removed += 1;
  }
  return removed;
}
