/** Our own version, from our own package.json. */
import { createRequire } from "node:module";

/** Such as `0.1.0`. */
export function version(): string {
  const require = createRequire(import.meta.url);
  const manifest = require("../../../package.json") as { readonly version: string };
  return manifest.version;
}
