/** What npm's registry says of a package: the shapes of its answers, and how they are made from a package.json. */
import { basename, posix } from "node:path";

/** A package.json, as far as the fixtures look at it. */
export interface PackageJson {
  readonly name: string;
  readonly version: string;
  readonly bin?: string | Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
  readonly bundleDependencies?: readonly string[];
  readonly [key: string]: unknown;
}

export interface Signature {
  readonly keyid: string;
  /** ECDSA over P-256 and SHA-256, DER, base64. */
  readonly sig: string;
}

export interface AttestationsNotice {
  readonly url: string;
  /** Only where one of them is a provenance. */
  readonly provenance?: { readonly predicateType: string };
}

export interface Dist {
  /** SRI, sha512. */
  readonly integrity: string;
  /** SHA-1, lowercase hex. */
  readonly shasum: string;
  /** An address, shown as it is; without scheme or leading slash it is below the registry's, and shown absolute. */
  readonly tarball: string;
  readonly fileCount?: number;
  readonly unpackedSize?: number;
  readonly signatures?: readonly Signature[];
  /** That there are attestations, and where (as an address like `tarball`). */
  readonly attestations?: AttestationsNotice;
  readonly [key: string]: unknown;
}

/** One version, as `GET /name/version` and the full packument show it. */
export interface Manifest extends PackageJson {
  readonly dist: Dist;
  readonly deprecated?: string;
}

/** Both forms of `GET /name`. */
export interface Packument {
  readonly name: string;
  readonly "dist-tags": Readonly<Record<string, string>>;
  readonly versions: Readonly<Record<string, Manifest>>;
  readonly [key: string]: unknown;
}

/** What an installer needs, and all that `application/vnd.npm.install-v1+json` carries of a version. */
const ABBREVIATED = [
  "name",
  "version",
  "deprecated",
  "dependencies",
  "optionalDependencies",
  "devDependencies",
  "bundleDependencies",
  "peerDependencies",
  "peerDependenciesMeta",
  "acceptDependencies",
  "bin",
  "directories",
  "dist",
  "engines",
  "os",
  "cpu",
  "libc",
  "funding",
  "_hasShrinkwrap",
] as const;
const INSTALL_SCRIPTS = ["preinstall", "install", "postinstall"] as const;
const PUBLISHER = { name: "fixture", email: "fixture@example.com" };

/**
 * The manifest that npm sends when it publishes, and the registry then shows: `bin` always an object of plain paths,
 * also where package.json names a folder of commands, node-gyp's script declared for a bare binding.gyp (@npmcli/package-json, `prepareSteps`), and the registry's own
 * fields, which begin with `_`.
 */
export function publishedManifest(content: PackageJson, dist: Dist, paths: readonly string[]): Manifest {
  const { bin, ...rest } = content;
  const bins = normalBin(content) ?? binsOfFolder(content, paths);
  const gyp =
    paths.some((path) => /^[^/]+\.gyp$/.test(path)) && !content.scripts?.install && !content.scripts?.preinstall;
  return {
    directories: {},
    ...rest,
    ...(bins === null ? {} : { bin: bins }),
    ...(gyp ? { scripts: { ...content.scripts, install: "node-gyp rebuild" }, gypfile: true } : {}),
    _id: `${content.name}@${content.version}`,
    _nodeVersion: "20.19.0",
    _npmVersion: "11.0.0",
    dist,
    _npmUser: PUBLISHER,
    maintainers: [PUBLISHER],
    _hasShrinkwrap: paths.includes("npm-shrinkwrap.json"),
  } as Manifest;
}

/** `bin` as npm spells it out, or null where there is none: by command, without `./`. */
export function normalBin(content: PackageJson): Readonly<Record<string, string>> | null {
  if (content.bin === undefined) return null;
  const bin = typeof content.bin === "string" ? { [basename(content.name)]: content.bin } : content.bin;
  return Object.fromEntries(Object.entries(bin).map(([command, path]) => [command, posix.join(".", path)]));
}

/** What `directories.bin` makes of the files of a package, or null where there is none. */
function binsOfFolder({ directories }: PackageJson, paths: readonly string[]): Readonly<Record<string, string>> | null {
  const folder = (directories as { readonly bin?: string } | undefined)?.bin;
  if (folder === undefined) return null;
  const inside = paths.filter((path) => path.startsWith(`${posix.join(".", folder)}/`));
  return Object.fromEntries(inside.map((path) => [basename(path), path]));
}

/** Whether npm would run code when it installs this. */
export function hasInstallScript({ scripts }: Pick<PackageJson, "scripts">): boolean {
  return INSTALL_SCRIPTS.some((script) => scripts?.[script] !== undefined);
}

/** One version in the abbreviated packument. */
export function abbreviate(manifest: Manifest): Manifest {
  const kept = ABBREVIATED.filter((key) => manifest[key] !== undefined).map((key) => [key, manifest[key]]);
  return { ...Object.fromEntries(kept), ...(hasInstallScript(manifest) ? { hasInstallScript: true } : {}) } as Manifest;
}
