/** Claims and signatures, kept beside the bytes so that they need not be asked for again. None of it is evidence. */
import { createHash } from "node:crypto";
import path from "node:path";
import type { Files } from "../model/world.js";
import { isDiskTrouble } from "./store-trouble.js";
import { markUse } from "./use-mark.js";

const KIND = /^[a-z][a-z0-9-]{0,40}$/;
/** A longer key stands in the header by its digest. */
const LONGEST_KEY = 2048;

export interface Kept {
  /**
   * Keeps `bytes` under a key (such as an address or a purl) and a kind (lower case letters, digits, `-`). Where the
   * disk refuses (a folder lies in the file's place, or it is full) nothing is kept: it is asked for again.
   */
  keep(key: string, kind: string, bytes: Uint8Array): Promise<void>;
  /**
   * What was kept, or null: nothing, more than `maxBytes`, or something that was not kept for this key. Whoever can
   * write as this user could have put it there: it is verified again each time.
   */
  kept(key: string, kind: string, maxBytes: number): Promise<Buffer | null>;
}

/**
 * Keeps each thing in a file named for the digest of its key; the key stands inside, and is compared on reading. What
 * is read is marked as used at `now` (ms).
 */
export function openKept(files: Files, directory: string, now: number): Kept {
  const place = (key: string, kind: string) => {
    if (!KIND.test(kind)) throw new TypeError(`"${kind}" is not a kind of thing to keep`);
    const name = createHash("sha256").update(key).digest("hex");
    return path.join(directory, kind, name.slice(0, 2), name.slice(2));
  };
  return {
    keep: async (key, kind, bytes) => {
      const file = place(key, kind);
      await put(files, path.join(directory, kind), file, Buffer.concat([headerOf(key, kind), bytes])).catch(
        nullIfTroubled,
      );
    },
    kept: async (key, kind, maxBytes) => {
      const file = place(key, kind);
      const status = await files.status(file).catch(nullIfTroubled);
      if (status?.type !== "file" || !(await markUse(files, file, status, now))) return null;
      const header = headerOf(key, kind);
      const whole = await files.read(file, header.length + maxBytes).catch(nullIfTroubled);
      if (whole === null || !whole.subarray(0, header.length).equals(header)) return null;
      return whole.subarray(header.length);
    },
  };
}

/** One line of JSON, the same for the same key: comparing it compares the key. */
function headerOf(key: string, kind: string): Buffer {
  const known = key.length <= LONGEST_KEY ? key : `sha256:${createHash("sha256").update(key).digest("hex")}`;
  return Buffer.from(`${JSON.stringify({ format: 1, kind, key: known })}\n`);
}

/** Whether a file that begins with `start` is what its place says: of that kind, and named for the key inside. */
export function isKeptAs(start: Buffer, kind: string, name: string): boolean {
  const key = /^\{"format":1,"kind":"[a-z0-9-]+","key":(".*")\}$/.exec(firstLine(start))?.[1];
  if (key === undefined) return false;
  try {
    const text = JSON.parse(key) as string;
    const digest = /^sha256:([0-9a-f]{64})$/.exec(text)?.[1] ?? createHash("sha256").update(text).digest("hex");
    return digest === name && headerOf(text, kind).equals(start.subarray(0, headerOf(text, kind).length));
  } catch {
    return false;
  }
}

function firstLine(start: Buffer): string {
  return start.subarray(0, Math.max(0, start.indexOf("\n"))).toString("utf8");
}

async function put(files: Files, folder: string, file: string, bytes: Uint8Array): Promise<void> {
  const writer = await files.create(folder);
  try {
    await writer.write(bytes);
    await writer.commit(file, 0o600);
  } finally {
    await writer.abandon();
  }
}

/** What is too large, or what the disk does not give, counts as not kept. */
function nullIfTroubled(error: unknown): null {
  if (error instanceof RangeError || isDiskTrouble(error)) return null;
  throw error;
}
