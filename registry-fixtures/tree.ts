/**
 * Which versions npm would install for a project, and where: a plain resolver over the simulator's packages. The
 * highest version that fits, as high up in the tree as it can lie. It is meant for small trees without conflicts
 * between peers; where its simple rules do not lead to a sound tree, it says so instead of writing a wrong one.
 */
import semver from "semver";
import type { Manifest, PackageJson } from "./manifest.js";
import { distTags, shownManifest } from "./packument.js";
import type { Registry } from "./registry.js";
import { filesOfRelease, type Release } from "./release.js";

/** What a project asks for: its package.json, of which name and version may be missing. */
export type ProjectManifest = Partial<PackageJson>;

/** What a lockfile entry says of its bytes; only shrinkwrapped packages have it in the place of a `dist`. */
interface Shrinkwrapped extends ProjectManifest {
  readonly integrity?: string;
  readonly resolved?: string;
}

/** A package in its place. The root has no parent, and the project's own manifest. */
export interface TreeNode {
  /** As in a lockfile: `node_modules/greeter`; the root's is empty. */
  readonly location: string;
  readonly name: string;
  readonly parent: TreeNode | null;
  readonly manifest: ProjectManifest & Partial<Manifest> & Shrinkwrapped;
  /** Who says that it lies there: a range and the registry, another package's tarball or shrinkwrap, the project. */
  readonly origin: "registry" | "bundle" | "shrinkwrap" | "project";
  readonly children: Map<string, TreeNode>;
}

export interface Edge {
  readonly from: TreeNode;
  readonly name: string;
  readonly range: string;
  readonly dev: boolean;
  readonly optional: boolean;
  readonly peer: boolean;
}

/** Resolves a project's dependencies and places them. Throws if something is not there, or does not fit. */
export function resolveTree(registry: Registry, project: ProjectManifest): TreeNode {
  const root = nodeAt(null, project.name ?? "project", project, "project");
  const queue = [root];
  for (let node = queue.shift(); node !== undefined; node = queue.shift()) {
    for (const edge of edgesOf(node)) {
      if (holds(registry, edge, targetOf(edge)) || (edge.peer && edge.optional)) continue;
      const manifest = pick(registry, edge);
      if (manifest === null && edge.optional) continue;
      if (manifest === null) throw new Error(`nothing fits ${edge.name}@${edge.range}`);
      queue.push(...place(registry, edge, manifest, root));
    }
    queue.sort(byDepthThenPath);
  }
  const edges = allNodes(root).flatMap(edgesOf);
  const broken = edges.find((edge) => targetOf(edge) !== null && !holds(registry, edge, targetOf(edge)));
  if (broken === undefined) return root;
  throw new Error(`${broken.from.name} does not get its ${broken.name}: let npm resolve this tree`);
}

/** The node and all below it. */
export function allNodes(node: TreeNode): readonly TreeNode[] {
  return [node, ...[...node.children.values()].flatMap(allNodes)];
}

/** What a node asks for, in order of names. Development dependencies count at the root only. */
export function edgesOf(node: TreeNode): readonly Edge[] {
  const { dependencies, devDependencies, optionalDependencies, peerDependencies, peerDependenciesMeta } = node.manifest;
  const edges = new Map<string, Edge>();
  const add = (ranges: unknown, kind: Partial<Edge>) => {
    for (const [name, range] of Object.entries((ranges ?? {}) as Record<string, string>)) {
      edges.set(name, { from: node, name, range, dev: false, optional: false, peer: false, ...kind });
    }
  };
  add(peerDependencies, { peer: true });
  for (const [name, meta] of Object.entries(peerDependenciesMeta ?? {})) {
    const edge = edges.get(name);
    if (edge !== undefined && meta.optional === true) edges.set(name, { ...edge, optional: true });
  }
  add(dependencies, {});
  add(optionalDependencies, { optional: true });
  if (node.parent === null) add(devDependencies, { dev: true });
  return [...edges.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** What a `require` along the edge would find, or null. A peer lies beside what asks for it, or above. */
export function targetOf({ from, name, peer }: Edge): TreeNode | null {
  for (let node = peer ? (from.parent ?? from) : from; ; node = node.parent) {
    const found = node.children.get(name);
    if (found !== undefined) return found;
    if (node.parent === null) return null;
  }
}

function holds(registry: Registry, edge: Edge, target: TreeNode | null): boolean {
  return target !== null && fits(registry, edge, target.manifest.version ?? "");
}

/** A range may also be a tag, such as `next`. */
function fits(registry: Registry, { name, range }: Edge, version: string): boolean {
  return semver.satisfies(version, range) || distTags(registry.releasesOf(name))[range] === version;
}

/** The version that npm would take (npm-pick-manifest): what is tagged latest if it fits, else the highest. */
function pick(registry: Registry, edge: Edge): Manifest | null {
  const releases = registry.releasesOf(edge.name);
  const { latest } = distTags(releases);
  const rank = ({ version, manifest }: Release) => (manifest.deprecated !== undefined ? 0 : version === latest ? 2 : 1);
  const [best] = releases
    .filter(({ version }) => fits(registry, edge, version))
    .sort((one, other) => rank(other) - rank(one) || semver.rcompare(one.version, other.version));
  return best === undefined ? null : shownManifest(best, registry.url);
}

/** Puts a package at the root, or where that place is taken beside what asks for it; with all that it brings along. */
function place(registry: Registry, edge: Edge, manifest: Manifest, root: TreeNode): readonly TreeNode[] {
  const near = edge.peer ? (edge.from.parent ?? edge.from) : edge.from;
  const node = nodeAt(root.children.has(edge.name) ? near : root, edge.name, manifest, "registry");
  const files = filesOfRelease(registry.release(manifest.name, manifest.version));
  const brought: TreeNode[] = [];
  for (const name of manifest.bundleDependencies ?? []) {
    const content = JSON.parse(files[`node_modules/${name}/package.json`]?.toString() ?? "{}") as PackageJson;
    brought.push(nodeAt(node, name, content, "bundle"));
  }
  for (const [name, locked] of shrinkwrapped(files["npm-shrinkwrap.json"])) {
    brought.push(nodeAt(node, name, { ...locked, name }, "shrinkwrap"));
  }
  return [node, ...brought];
}

/** What a package's own shrinkwrap puts below it, by name. One level is all that the fixtures need. */
function shrinkwrapped(file: Buffer | undefined): readonly [string, Shrinkwrapped][] {
  const { packages = {} } = JSON.parse(file?.toString() ?? "{}") as { packages?: Record<string, Shrinkwrapped> };
  const entries = Object.entries(packages).filter(([location]) => location !== "");
  return entries.map(([location, entry]) => {
    const name = location.slice("node_modules/".length);
    if (name.includes("node_modules/")) throw new Error(`${location} in a shrinkwrap: let npm resolve this tree`);
    return [name, entry];
  });
}

function nodeAt(
  parent: TreeNode | null,
  name: string,
  manifest: TreeNode["manifest"],
  origin: TreeNode["origin"],
): TreeNode {
  const folder = parent === null || parent.location === "" ? "" : `${parent.location}/`;
  const location = parent === null ? "" : `${folder}node_modules/${name}`;
  const node = { location, name, parent, manifest, origin, children: new Map<string, TreeNode>() };
  parent?.children.set(name, node);
  return node;
}

/** npm's own order of work, on which it depends who gets the place at the root. */
function byDepthThenPath(one: TreeNode, other: TreeNode): number {
  const depth = (node: TreeNode) => node.location.split("node_modules/").length;
  return depth(one) - depth(other) || (one.location < other.location ? -1 : 1);
}
