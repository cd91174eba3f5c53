/** Renaming that bears with Windows, where antivirus programs and indexers hold a fresh file open for a moment. */
import fs from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";

const BUSY = new Set(["EPERM", "EBUSY", "EACCES"]);
const PAUSES_MS = [10, 20, 50, 100, 200, 400, 800];

/**
 * Renames, replacing a file of that name. On Windows it tries again for some 1.6 seconds while the target is busy.
 * Throws as `fs.rename` does.
 */
export async function renameReplacing(from: string, to: string): Promise<void> {
  const pauses = process.platform === "win32" ? PAUSES_MS : [];
  for (const pause of pauses) {
    try {
      return await fs.rename(from, to);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && BUSY.has(String(error.code)))) throw error;
      await wait(pause);
    }
  }
  await fs.rename(from, to);
}
