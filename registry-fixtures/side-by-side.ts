/**
 * A project that has any number of packages side by side at the top, several versions of one name under aliases. What
 * they need in turn stays out, so that packages can be verified of which the dependencies are not at hand; npm would
 * not install such a lockfile.
 */
import { type Lockfile, type LockfileOptions, lockfileOf } from "./lockfile.js";
import { shownManifest } from "./packument.js";
import type { Registry } from "./registry.js";
import type { Release } from "./release.js";
import type { PackageVersion } from "./simulator.js";
import type { ProjectManifest, TreeNode } from "./tree.js";

export interface SideBySide {
  /** The project's package.json. */
  readonly manifest: ProjectManifest;
  readonly lockfile: Lockfile;
}

/** The project and its lockfile, as npm would write it. The first version of a name has the name's own place. */
export function sideBySide(
  registry: Registry,
  packages: readonly PackageVersion[],
  options: LockfileOptions = {},
): SideBySide {
  const places = new Map<string, Release>();
  for (const { name, version } of packages) {
    places.set(places.has(name) ? `${name}-${version}` : name, registry.release(name, version));
  }
  const wishes = [...places].map(([place, { name, version }]) => [
    place,
    place === name ? version : `npm:${name}@${version}`,
  ]);
  const manifest = { name: "side-by-side", version: "1.0.0", dependencies: Object.fromEntries(wishes) };
  const root: TreeNode = {
    location: "",
    name: manifest.name,
    parent: null,
    manifest,
    origin: "project",
    children: new Map(),
  };
  for (const [place, release] of places) {
    root.children.set(place, {
      location: `node_modules/${place}`,
      name: place,
      parent: root,
      manifest: shownManifest(release, registry.url),
      origin: "registry",
      children: new Map(),
    });
  }
  return { manifest, lockfile: lockfileOf(root, options) };
}
