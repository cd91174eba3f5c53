/**
 * The sealed registry: while an installer runs, it is the only registry that it can reach, and it holds what was
 * admitted and nothing else. Metadata is made here from the proven package.json, never passed on from outside.
 */
import { StopError } from "../model/finding.js";
import { type Answer, openDoor, type Visit } from "./door.js";
import { readRegistryPath } from "./paths.js";

/** A package whose bytes and publisher were proven. */
export interface AdmittedPackage {
  readonly name: string;
  readonly version: string;
  /** The tarball's file name, the last segment of its address: `left-pad-1.3.0.tgz`. */
  readonly filename: string;
  /** SRI over the tarball: `sha512-<base64>`. */
  readonly integrity: string;
  /** The proven package.json, asked for once for each answer; only what matters to an installation is passed on. */
  readonly manifest: Readonly<Record<string, unknown>>;
  /** Bytes of the tarball. */
  readonly size: number;
  /** The tarball, from its beginning; called once for each time that it is fetched. */
  open(): AsyncIterable<Uint8Array>;
}

export interface SealedRegistry {
  /** Its address with the token that opens it: for an environment variable or a file, not for a command line. */
  readonly url: string;
  /** The same without the token: opens only by way of `proxyUrl`. */
  readonly bareUrl: string;
  /** A proxy that refuses all but this registry. Holds the token too. */
  readonly proxyUrl: string;
  /** What was asked for and refused so far, for the report. */
  readonly refused: readonly string[];
  close(): Promise<void>;
}

/** What an installer may learn from a manifest: what is installed, linked, and on which platforms. */
const PASSED_ON = [
  "dependencies",
  "optionalDependencies",
  "peerDependencies",
  "peerDependenciesMeta",
  "bundleDependencies",
  "bundledDependencies",
  "bin",
  "directories",
  "engines",
  "os",
  "cpu",
  "libc",
  "scripts",
  "gypfile",
  "hasInstallScript",
  "deprecated",
] as const;

/**
 * Opens a registry that holds `admitted`. Throws StopError INTERNAL where two of them claim one name and version
 * with different digests: such a set can't have been admitted.
 */
export async function openSealedRegistry(admitted: readonly AdmittedPackage[]): Promise<SealedRegistry> {
  const packages = new Map<string, Map<string, AdmittedPackage>>();
  for (const item of admitted) {
    const versions = packages.get(item.name) ?? new Map<string, AdmittedPackage>();
    const twin = versions.get(item.version);
    if (twin !== undefined && twin.integrity !== item.integrity) {
      throw new StopError("INTERNAL", `${item.name}@${item.version} was admitted with two digests`);
    }
    packages.set(item.name, versions.set(item.version, item));
  }
  return openDoor(async (visit) => answer(visit, packages));
}

function answer(visit: Visit, packages: ReadonlyMap<string, ReadonlyMap<string, AdmittedPackage>>): Answer {
  const path = readRegistryPath(visit.path);
  if (path.kind === "chatter") return "not here";
  if (path.kind === "unknown" || (visit.method !== "GET" && visit.method !== "HEAD")) return "refused";
  const versions = packages.get(path.name);
  if (versions === undefined) return "refused";
  if (path.kind === "packument") return json(packument(path.name, versions, visit.base));
  if (path.kind === "tarball") {
    const found = [...versions.values()].find((item) => item.filename === path.filename);
    return found === undefined ? "refused" : { status: 200, size: found.size, bytes: found.open() };
  }
  const item = versions.get(path.version);
  return item === undefined ? "refused" : json(manifest(item, visit.base));
}

function packument(name: string, versions: ReadonlyMap<string, AdmittedPackage>, base: string): unknown {
  const all = [...versions.values()].map((item) => [item.version, manifest(item, base)] as const);
  const latest = all.at(-1)?.[0];
  return { name, "dist-tags": { latest }, versions: Object.fromEntries(all) };
}

function manifest(item: AdmittedPackage, base: string): unknown {
  const whole = item.manifest;
  const passed = PASSED_ON.filter((key) => Object.hasOwn(whole, key)).map((key) => [key, whole[key]]);
  const tarball = `${base}${item.name}/-/${encodeURIComponent(item.filename)}`;
  return {
    ...Object.fromEntries(passed),
    name: item.name,
    version: item.version,
    dist: { tarball, integrity: item.integrity },
  };
}

function json(value: unknown): Answer {
  return { status: 200, contentType: "application/json", body: JSON.stringify(value) };
}
