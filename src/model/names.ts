/** Grammars of names and versions. A name outside its ecosystem's grammar is refused, wherever it comes from. */
import semver from "semver";

/** A package URL, https://github.com/package-url/purl-spec: `pkg:npm/%40scope/name@1.0.0`. */
export type Purl = string & { readonly purl: unique symbol };

export type Ecosystem = "npm" | "pypi";

const MAX_NAME = 214;
/** npm's own rule for names that are still publishable, plus the capitals of its oldest packages. */
const NPM_SEGMENT = /^[A-Za-z0-9_~][A-Za-z0-9._~-]*$/;
const NPM_SCOPE = /^@[A-Za-z0-9_~-][A-Za-z0-9._~-]*$/;
const FORBIDDEN = new Set(["node_modules", "favicon.ico", "__proto__"]);

/**
 * Whether `name` is a package name that npm's registry can hold. What stands behind a scope may not be forbidden
 * either: a folder `@acme/node_modules` would be searched for whatever the packages of `@acme` load.
 */
export function isNpmName(name: string): boolean {
  if (name.length === 0 || name.length > MAX_NAME || FORBIDDEN.has(unscoped(name).toLowerCase())) return false;
  if (!name.startsWith("@")) return NPM_SEGMENT.test(name) || /^-[A-Za-z0-9._~-]*$/.test(name);
  const slash = name.indexOf("/");
  return slash > 0 && NPM_SCOPE.test(name.slice(0, slash)) && /^[A-Za-z0-9_~-][A-Za-z0-9_~.-]*$/.test(unscoped(name));
}

/** Whether `version` is exactly one semver version, spelled canonically. */
export function isNpmVersion(version: string): boolean {
  // semver's own reader trims, and takes "v" and "=": what it calls a version need not be spelled as one.
  return /^\d[0-9A-Za-z.+-]*$/.test(version) && semver.valid(version) !== null;
}

/** The scope with its `@`, or null: `@acme/lib` gives `@acme`. */
export function scopeOf(name: string): string | null {
  return name.startsWith("@") ? name.slice(0, name.indexOf("/")) : null;
}

/** The name without its scope: `@acme/lib` gives `lib`. */
export function unscoped(name: string): string {
  return name.startsWith("@") ? name.slice(name.indexOf("/") + 1) : name;
}

/** The file name under which registries keep a version: `lib-1.0.0.tgz` for `@acme/lib`. */
export function tarballName(name: string, version: string): string {
  return `${unscoped(name)}-${version}.tgz`;
}

/** The package URL of an npm package; npm's attestations name their subject so. */
export function npmPurl(name: string, version: string): Purl {
  const path = name.startsWith("@") ? `%40${name.slice(1)}` : name;
  return `pkg:npm/${path}@${encodeURIComponent(version)}` as Purl;
}
