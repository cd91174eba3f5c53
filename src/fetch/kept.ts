/** Claims and signatures, kept beside the bytes so that they need not be asked for again. None of it is evidence. */
import { createHash } from "node:crypto";
import path from "node:path";
import type { Files } from "../model/world.js";
import { isDiskTrouble } from "./store-trouble.js";

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

/** Keeps each thing in a file named for the digest of its key; the key stands inside, and is compared on reading. */
export function openKept(files: Files, directory: string): Kept {
  const place = (key: string, kind: string) => {
    if (!KIND.test(kind)) throw new TypeError(`"${kind}" is not a kind of thing to keep`);
    const name = createHash("sha256").update(key).digest("hex");
    return path.join(directory, kind, name.slice(0, 2), name.slice(2));
  };
  return {
    keep: async (key, kind, bytes) => {
      const file = place(key, kind);
      await put(files, path.join(directory, kind), file, [headerOf(key, kind), bytes]).catch(nullIfTroubled);
    },
    kept: async (key, kind, maxBytes) => {
      const file = place(key, kind);
      if ((await files.status(file).catch(nullIfTroubled))?.type !== "file") return null;
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

async function put(files: Files, folder: string, file: string, pieces: readonly Uint8Array[]): Promise<void> {
  const writer = await files.create(folder);
  try {
    for (const piece of pieces) await writer.write(piece);
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
