/** pnpm's own program, from its npm package for this platform, which needs no script to be run. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { npmScript } from "../registry-fixtures/npm.js";

/** The newest of its line when this was written; fixed, so that results can be compared. */
export const PNPM_VERSION = "12.21.0";

/** The absolute path of pnpm's binary, installed into `cache` once; null where there is none for this platform. */
export function bringPnpm(cache: string): string | null {
  const folder = join(cache, `pnpm-${PNPM_VERSION}`);
  const name = `@pnpm/exe.${process.platform}-${process.arch}`;
  const binary = join(folder, "node_modules", name, process.platform === "win32" ? "pnpm.exe" : "pnpm");
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
  try {
    const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", `${name}@${PNPM_VERSION}`];
    execFileSync(process.execPath, [npmScript(), ...args], { cwd: folder, stdio: "ignore" });
  } catch {
    return null;
  }
  return existsSync(binary) ? binary : null;
}
