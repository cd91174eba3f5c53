/** What one run left to the disk is not to slow down the next. */
import { spawnSync } from "node:child_process";

/** Waits until all that was written is on the disk; does nothing where the system has no `sync`. */
export function settle(): void {
  spawnSync("sync", { stdio: "ignore" });
}
