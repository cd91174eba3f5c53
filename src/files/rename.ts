/** Renaming that bears with Windows, where antivirus programs and indexers hold a fresh file open for a moment. */
import { renameSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";

const BUSY = new Set(["EPERM", "EBUSY", "EACCES"]);
const PAUSES_MS = [10, 20, 50, 100, 200, 400, 800];

/**
 * Renames, replacing a file of that name. On Windows it tries again for some 1.6 seconds while the target is busy.
 * Throws as `fs.rename` does. Within a file system it is done in a
 * moment, so no other thread is asked.
 */
export async function renameReplacing(from: string, to: string): Promise<void> {
  const pauses = process.platform === "win32" ? PAUSES_MS : [];
  for (const pause of pauses) {
    try {
      return renameSync(from, to);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && BUSY.has(String(error.code)))) throw error;
      await wait(pause);
    }
  }
  renameSync(from, to);
}
