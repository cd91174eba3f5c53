/** One version of one package, as a registry holds it: manifest, bytes, time. Made from files, or from a record. */
import { createHash } from "node:crypto";
import { basename } from "node:path";
import { type Dist, type Manifest, normalBin, type PackageJson, publishedManifest } from "./manifest.js";
import { type SigningKey, signedMessage } from "./signing-key.js";
import { type Files, type Hooks, npmTarball, readTarball } from "./tarball.js";
import type { TextArchive } from "./text-archive.js";

export interface Release {
  /** What it is published as. An honest manifest says the same. */
  readonly name: string;
  readonly version: string;
  readonly manifest: Manifest;
  /** Null where only the manifest is known: its tarball answers 404. */
  readonly tarball: Buffer | null;
  /** ISO time; null where nobody wrote it down. */
  readonly publishTime: string | null;
}

/** A manifest as somebody else's registry signed it, one line of `vectors/npm-signatures/manifests.jsonl`. */
export interface RecordedManifest {
  readonly name: string;
  readonly version: string;
  readonly dist: Dist;
  readonly publishTime?: string | null;
  readonly [key: string]: unknown;
}

/** The files of a readable package. Throws on a path that comes twice or leads out of the package. */
export function filesOf(archive: TextArchive): Readonly<Record<string, string>> {
  const files = new Map<string, string>();
  for (const { path, text } of archive.files) {
    const odd = path.split("/").some((segment) => segment === "" || segment === "." || segment === "..");
    if (odd || files.has(path)) throw new Error(`${path} comes twice, or is no path inside a package`);
    files.set(path, text);
  }
  return Object.fromEntries(files);
}

/** The package.json among the files. Throws if there is none, or if it has no name or version. */
export function packageJsonOf(files: Files): PackageJson {
  const text = files["package.json"];
  if (text === undefined) throw new Error("a package needs a package.json");
  const content = JSON.parse(Buffer.from(text).toString("utf8")) as Partial<PackageJson>;
  if (content.name === undefined || content.version === undefined) throw new Error("package.json: name or version?");
  return content as PackageJson;
}

/** Packs and describes a package. Unsigned. */
export function makeRelease(files: Files, publishTime: string, hooks: Hooks = {}): Release {
  const content = packageJsonOf(files);
  const tarball = npmTarball(files, executables(content), hooks);
  const paths = Object.keys(files);
  const dist: Dist = {
    ...digests(tarball),
    tarball: tarballPath(content.name, content.version),
    fileCount: paths.length,
    unpackedSize: paths.reduce((total, path) => total + Buffer.from(files[path] ?? "").length, 0),
  };
  const { name, version } = content;
  return { name, version, manifest: publishedManifest(content, dist, paths), tarball, publishTime };
}

/** Signs what the release says of itself; earlier signatures go. */
export function signed(release: Release, key: SigningKey): Release {
  const { name, version } = release;
  const { dist } = release.manifest;
  const signatures = [{ keyid: key.keyid, sig: key.sign(signedMessage(name, version, dist.integrity)) }];
  return { ...release, manifest: { ...release.manifest, dist: { ...dist, signatures } } };
}

/**
 * A recorded manifest with its own signatures, untouched. Where the bytes are at hand, their package.json fills in
 * what the record leaves out (dependencies, bin, scripts).
 */
export function recordedRelease(recorded: RecordedManifest, tarball: Buffer | null): Release {
  const { publishTime = null, ...manifest } = recorded;
  const { name, version } = manifest;
  if (tarball === null) return { name, version, manifest, tarball, publishTime };
  const files = readTarball(tarball);
  const described = publishedManifest(packageJsonOf(files), recorded.dist, Object.keys(files));
  return { name, version, manifest: { ...described, ...manifest }, tarball, publishTime };
}

/** The files inside a release's tarball; none where its bytes are not known. */
export function filesOfRelease({ tarball }: Release): Readonly<Record<string, Buffer>> {
  return tarball === null ? {} : readTarball(tarball);
}

/** Other files under the same manifest, which now names the digests of their tarball; its signatures no longer hold. */
export function repacked(release: Release, files: Files): Release {
  const { manifest } = release;
  const tarball = npmTarball(files, executables(manifest));
  return { ...release, manifest: { ...manifest, dist: { ...manifest.dist, ...digests(tarball) } }, tarball };
}

/** By which versions are told apart: `name@version`. */
export function idOf({ name, version }: { readonly name: string; readonly version: string }): string {
  return `${name}@${version}`;
}

/** Where npm's registry keeps a tarball, relative to its address. */
export function tarballPath(name: string, version: string): string {
  return `${name}/-/${basename(name)}-${version}.tgz`;
}

function executables(content: PackageJson): readonly string[] {
  return Object.values(normalBin(content) ?? {});
}

function digests(tarball: Uint8Array): Pick<Dist, "integrity" | "shasum"> {
  return {
    integrity: `sha512-${createHash("sha512").update(tarball).digest("base64")}`,
    shasum: createHash("sha1").update(tarball).digest("hex"),
  };
}
