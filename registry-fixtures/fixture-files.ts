/** Where the fixtures lie, and the readable packages among them. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseTextArchive, type TextArchive } from "./text-archive.js";

const EXTENSION = ".txtar";

/** The folder of the fixtures in the repository, wherever this file was compiled to. */
export function fixtureFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) {
    const above = dirname(folder);
    if (above === folder) throw new Error("the fixtures are not inside their repository");
    folder = above;
  }
  return join(folder, "registry-fixtures");
}

/** A path inside the folder of recorded vectors: `vectorPath("npm-signatures", "manifests.jsonl")`. */
export function vectorPath(...segments: readonly string[]): string {
  return join(fixtureFolder(), "vectors", ...segments);
}

/** Every archive under `packages/`, with the `name@version` of its file name, in the order of those. */
export function packageArchives(): { readonly id: string; readonly archive: TextArchive }[] {
  const folder = join(fixtureFolder(), "packages");
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(EXTENSION))
    .map((path) => ({
      id: path.slice(0, -EXTENSION.length).replaceAll("\\", "/"),
      archive: parseTextArchive(readFileSync(join(folder, path), "utf8")),
    }))
    .sort((one, other) => (one.id < other.id ? -1 : 1));
}
