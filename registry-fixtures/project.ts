/** A temporary project: what tests and the demo install into, look at, and throw away. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Lockfile } from "./lockfile.js";
import type { Registry } from "./registry.js";
import type { PublicKey } from "./signing-key.js";
import { type Snapshot, snapshot } from "./snapshot.js";
import type { ProjectManifest } from "./tree.js";

export interface Project {
  /** The project's folder, absolute. */
  readonly directory: string;
  /** An empty folder beside it, for a home folder, caches and stores. */
  readonly home: string;
  /** Its package.json as it was made, which is what `lockfileFor` takes. */
  readonly manifest: ProjectManifest;
  /** Writes a file of the project, with the folders above it. What is neither text nor bytes is written as JSON. */
  write(path: string, content: unknown): Promise<void>;
  /** Reads a file of the project as text. */
  read(path: string): Promise<string>;
  /** package-lock.json, or under the name given. */
  writeLockfile(lockfile: Lockfile, name?: string): Promise<void>;
  /** The project's `.npmrc`, one `key=value` a line. */
  writeNpmrc(settings: Readonly<Record<string, string | boolean>>): Promise<void>;
  /** `.secure-install/trust.json`; `format` is added. */
  writeTrust(trust: Readonly<Record<string, unknown>>): Promise<void>;
  /** Every file, link and folder of the project: equal before and after means byte-identical. */
  snapshot(): Promise<Snapshot>;
  /** Removes everything. */
  remove(): Promise<void>;
}

/** A registry as trust.json declares it. */
export interface RegistryEntry {
  readonly url: string;
  readonly ecosystem: "npm";
  readonly home: readonly string[];
  readonly keys: readonly PublicKey[];
  readonly require: readonly string[];
}

/** Makes a project with this package.json, to which a name and a version are added if it has none. */
export async function makeProject(content: ProjectManifest = {}): Promise<Project> {
  const manifest = { name: "project", version: "1.0.0", ...content };
  const folder = await mkdtemp(join(tmpdir(), "project-fixture-"));
  const directory = join(folder, "project");
  const home = join(folder, "home");
  await Promise.all([mkdir(directory), mkdir(home)]);
  const write = async (path: string, content: unknown) => {
    const target = join(directory, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, rawOrJson(content));
  };
  const project: Project = {
    directory,
    home,
    manifest,
    write,
    read: (path) => readFile(join(directory, path), "utf8"),
    writeLockfile: (lockfile, name = "package-lock.json") => write(name, lockfile),
    writeNpmrc: (settings) =>
      write(
        ".npmrc",
        Object.entries(settings)
          .map(([key, value]) => `${key}=${value}\n`)
          .join(""),
      ),
    writeTrust: (trust) => write(join(".secure-install", "trust.json"), { format: 1, ...trust }),
    snapshot: () => snapshot(directory),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
  await project.write("package.json", manifest);
  return project;
}

/** A registry's entry under "registries": the home of all names, and everything signed, unless said otherwise. */
export function registryEntry(
  registry: Registry,
  {
    home = ["*"],
    require = ["integrity", "registry-signature"],
  }: Partial<Pick<RegistryEntry, "home" | "require">> = {},
): RegistryEntry {
  return { url: registry.url, ecosystem: "npm", home, keys: registry.trustKeys(), require };
}

function rawOrJson(content: unknown): string | Uint8Array {
  if (typeof content === "string" || content instanceof Uint8Array) return content;
  return `${JSON.stringify(content, null, 2)}\n`;
}
