/** Tarballs on disk, each under its digest: fetched once from the registry that npm is set up for, then never again. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import pacote from "pacote";
import { npmScript } from "../registry-fixtures/npm.js";
import { tarballPath } from "../registry-fixtures/release.js";
import { hexOf, type Wanted } from "./lockfile.js";

const AT_ONCE = 12;

/** Where they are kept unless somebody says otherwise: outside of the repository. */
export function cacheFolder(): string {
  const { XDG_CACHE_HOME: caches = "" } = process.env;
  return join(isAbsolute(caches) ? caches : join(homedir(), ".cache"), "secure-install-bench");
}

export function tarballFile(cache: string, integrity: string): string {
  return join(cache, "tarballs", `${hexOf(integrity)}.tgz`);
}

/** Fetches what is missing. Throws for bytes that are not what was locked, and for what the registry does not have. */
export async function bringTarballs(
  cache: string,
  packages: readonly Wanted[],
  told: (line: string) => void,
): Promise<void> {
  mkdirSync(join(cache, "tarballs"), { recursive: true });
  const missing = packages.filter(({ integrity }) => !existsSync(tarballFile(cache, integrity)));
  if (missing.length === 0) return;
  const registry = configuredRegistry();
  told(`fetching ${missing.length} tarballs, once, into ${cache}`);
  const lane = async (): Promise<void> => {
    for (let wanted = missing.pop(); wanted !== undefined; wanted = missing.pop()) {
      const file = tarballFile(cache, wanted.integrity);
      const { name, version, integrity } = wanted;
      const resolved = `${registry}${tarballPath(name, version)}`;
      const from = { registry, resolved, integrity, cache: join(cache, "npm-cache") };
      await pacote.tarball.file(`${name}@${version}`, `${file}.part`, from);
      if (digestOf(`${file}.part`) !== hexOf(integrity)) throw new Error(`${name}@${version} is not what was locked`);
      renameSync(`${file}.part`, file);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

function configuredRegistry(): string {
  const address = execFileSync(process.execPath, [npmScript(), "config", "get", "registry"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  }).trim();
  return address.endsWith("/") ? address : `${address}/`;
}

function digestOf(file: string): string {
  return createHash("sha512").update(readFileSync(file)).digest("hex");
}
