/** The paths of npm's registry protocol, taken apart. */
import { scopeOf } from "../model/names.js";

export type RegistryPath =
  | { readonly kind: "packument"; readonly name: string }
  | { readonly kind: "manifest"; readonly name: string; readonly version: string }
  | { readonly kind: "tarball"; readonly name: string; readonly filename: string }
  /** Audits, npm's own notices, keys, a ping: what installers ask out of habit. */
  | { readonly kind: "chatter" }
  | { readonly kind: "unknown" };

/**
 * Reads the decoded segments of a path. Names and versions are as the visitor spelled them.
 * A tarball is known by its `/-/`, whatever stands before it, because a lockfile may have been written against a
 * registry below some path: `…/name/-/name-1.0.0.tgz`, `…/@scope/name/-/name-1.0.0.tgz`, and as some registries
 * have it, `…/@scope/name/-/@scope/name-1.0.0.tgz`.
 */
export function readRegistryPath(path: readonly string[]): RegistryPath {
  if (path[0] === "-") return { kind: "chatter" };
  const tarball = tarballOf(path);
  if (tarball !== null) return { kind: "tarball", ...tarball };
  const [first, second] = path;
  if (first === undefined) return { kind: "unknown" };
  const scoped = first.startsWith("@");
  if (scoped && second === undefined) return { kind: "unknown" };
  const name = scoped ? `${first}/${second}` : first;
  const [version, ...rest] = path.slice(scoped ? 2 : 1);
  if (rest.length > 0) return { kind: "unknown" };
  return version === undefined ? { kind: "packument", name } : { kind: "manifest", name, version };
}

function tarballOf(path: readonly string[]): { readonly name: string; readonly filename: string } | null {
  const dash = path.lastIndexOf("-");
  const last = path[dash - 1];
  const filename = path.at(-1);
  if (dash < 1 || last === undefined || filename === undefined || filename === "-") return null;
  const above = path[dash - 2];
  const name = above?.startsWith("@") ? `${above}/${last}` : last;
  const between = path.slice(dash + 1, -1);
  const fits = between.length === 0 || (between.length === 1 && between[0] === scopeOf(name));
  return fits ? { name, filename } : null;
}
