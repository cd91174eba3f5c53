/** When a file of the store was last used: its time, renewed at most once a day, so that a warm run writes nothing. */
import { DAY_MS } from "../model/day.js";
import type { FileStatus, Files } from "../model/world.js";

export const MARK_MS = DAY_MS;

/**
 * Marks a file of that status as used at `now` (milliseconds since the epoch). False if it has gone meanwhile; a mark
 * that can't be made for another reason costs no more than a later fetch.
 */
export async function markUse(
  files: Pick<Files, "setTime">,
  file: string,
  status: Pick<FileStatus, "mtimeMs">,
  now: number,
): Promise<boolean> {
  if (status.mtimeMs > now - MARK_MS) return true;
  try {
    await files.setTime(file, now);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ENOENT";
  }
}
