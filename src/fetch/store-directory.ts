/** Where the store lies unless somebody says otherwise. */
import path from "node:path";
import type { Environment } from "../model/world.js";

const NAME = "secure-install";

/**
 * The store's default folder, absolute: `%LOCALAPPDATA%\secure-install\Cache` on Windows; elsewhere
 * `$XDG_CACHE_HOME/secure-install` if that is set, else `~/Library/Caches/secure-install` on macOS and
 * `~/.cache/secure-install`. A relative path in a variable is ignored (XDG Base Directory Specification), as it would
 * put the store into whatever project one stands in.
 */
export function storeDirectory(environment: Pick<Environment, "variables" | "platform" | "homeDirectory">): string {
  const { variables, platform, homeDirectory } = environment;
  if (platform === "win32") {
    const local = absolute(variables.LOCALAPPDATA, path.win32);
    return path.win32.join(local ?? path.win32.join(homeDirectory, "AppData", "Local"), NAME, "Cache");
  }
  const cache = absolute(variables.XDG_CACHE_HOME, path.posix);
  if (cache !== null) return path.posix.join(cache, NAME);
  const own = platform === "darwin" ? ["Library", "Caches"] : [".cache"];
  return path.posix.join(homeDirectory, ...own, NAME);
}

function absolute(folder: string | undefined, rules: path.PlatformPath): string | null {
  return folder !== undefined && rules.isAbsolute(folder) ? folder : null;
}
