/** `secure-install ci`: verify the lockfile, then the installer's frozen install, sealed and proven. */
import type { World } from "../model/world.js";
import { installFrozen } from "../pipeline.js";
import type { InstallFlags } from "./flags.js";
import { withNpm } from "./installer.js";

/** Installs what the lockfile of this folder says, once all of it has passed. */
export async function ci(world: World, flags: InstallFlags, extra: readonly string[]): Promise<number> {
  return withNpm(world, "ci", flags, extra, installFrozen);
}
