/** One file out of an archive that was found sound before. Whoever asks compares its digest. */
import { Parser } from "tar";
import { LIMITS } from "../model/limits.js";

/**
 * The content of one file, by its path below the archive's root folder.
 * @param packed the archive's bytes, from the beginning
 * @throws Error if it is not there, or RangeError if it is larger than any script is
 */
export async function readArchived(packed: AsyncIterable<Uint8Array>, path: string): Promise<Uint8Array> {
  const pieces: Buffer[] = [];
  let size = 0;
  let found = false;
  const parser = new Parser({
    strict: true,
    onReadEntry: (entry) => {
      if (found || entry.path.replace(/^[^/]*\//, "") !== path) return entry.resume();
      found = true;
      entry.on("data", (piece: Buffer) => {
        size += piece.length;
        if (size <= LIMITS.packageJsonBytes * 16) pieces.push(piece);
      });
    },
  });
  const ended = new Promise<void>((done, fail) => parser.on("end", () => done()).on("error", fail));
  for await (const piece of packed) parser.write(Buffer.from(piece));
  parser.end();
  await ended;
  if (!found) throw new Error(`${path} is not in the archive`);
  if (size > LIMITS.packageJsonBytes * 16) throw new RangeError(`${path} is larger than any command`);
  return Buffer.concat(pieces);
}
