/** Lockfiles of npm's three versions, written from what the simulator serves, as npm would write them. */
import { hasInstallScript } from "./manifest.js";
import type { Registry } from "./registry.js";
import { allNodes, edgesOf, type ProjectManifest, resolveTree, type TreeNode, targetOf } from "./tree.js";

/** One package of a lockfile. Open for tests to alter. */
export interface LockEntry {
  version?: string;
  resolved?: string;
  integrity?: string;
  [key: string]: unknown;
}

/** One package in the older form, a tree of names. */
export interface LegacyEntry extends LockEntry {
  requires?: Record<string, string>;
  dependencies?: Record<string, LegacyEntry>;
}

export interface Lockfile {
  name: string;
  version?: string;
  lockfileVersion: 1 | 2 | 3;
  requires: true;
  /** Versions 2 and 3: by location. The project itself is at the empty one. */
  packages?: Record<string, LockEntry>;
  /** Versions 1 and 2. */
  dependencies?: Record<string, LegacyEntry>;
}

export interface LockfileOptions {
  /** Whether entries say where their tarball lies; npm leaves that out under `omit-lockfile-registry-resolved`. */
  readonly resolved?: boolean;
  /** `lockfileVersion`, 3 unless given. */
  readonly version?: 1 | 2 | 3;
}

type Flag = "dev" | "optional" | "devOptional" | "peer";
type Flags = Map<TreeNode, Set<Flag>>;

/** What npm copies from a package's manifest into its entry, where it is there and not empty. */
const COPIED = [
  "license",
  "dependencies",
  "optionalDependencies",
  "peerDependencies",
  "peerDependenciesMeta",
  "bundleDependencies",
  "bin",
  "engines",
  "os",
  "cpu",
  "libc",
  "funding",
  "deprecated",
] as const;

/** The lockfile for a project, given as its package.json. Addresses in it are the registry's of this moment. */
export function lockfileFor(registry: Registry, project: ProjectManifest, options: LockfileOptions = {}): Lockfile {
  return lockfileOf(resolveTree(registry, project), options);
}

/** The lockfile for a tree, given as its root. */
export function lockfileOf(root: TreeNode, options: LockfileOptions = {}): Lockfile {
  const { resolved = true, version = 3 } = options;
  const flags = flagsOf(root);
  const nodes = [...allNodes(root)].sort((one, other) => (one.location < other.location ? -1 : 1));
  const packages = Object.fromEntries(nodes.map((node) => [node.location, entryOf(node, flags, resolved)]));
  return {
    name: root.name,
    ...(root.manifest.version === undefined ? {} : { version: root.manifest.version }),
    lockfileVersion: version,
    requires: true,
    ...(version >= 2 ? { packages } : {}),
    ...(version <= 2 ? { dependencies: legacyEntries(root, flags, resolved) } : {}),
  };
}

function entryOf(node: TreeNode, flags: Flags, resolved: boolean): LockEntry {
  const { manifest } = node;
  const facts = [...COPIED, ...(node.parent === null ? ["devDependencies"] : [])]
    .map((key) => [key, manifest[key]] as const)
    .filter(([, value]) => value !== undefined && (typeof value !== "object" || Object.keys(value ?? {}).length > 0));
  return {
    ...(node.parent === null ? { name: node.name } : {}),
    ...(isAlias(node) ? { name: node.manifest.name } : {}),
    ...(manifest.version === undefined ? {} : { version: manifest.version }),
    ...whereabouts(node, resolved),
    ...(node.origin === "bundle" ? { inBundle: true } : {}),
    ...setFlags(node, flags),
    ...(node.parent !== null && hasInstallScript(manifest) ? { hasInstallScript: true } : {}),
    ...(manifest._hasShrinkwrap === true ? { hasShrinkwrap: true } : {}),
    ...Object.fromEntries(facts),
  };
}

function legacyEntries(parent: TreeNode, flags: Flags, resolved: boolean): Record<string, LegacyEntry> {
  const children = [...parent.children.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
  return Object.fromEntries(children.map((node) => [node.name, legacyEntry(node, flags, resolved)]));
}

function legacyEntry(node: TreeNode, flags: Flags, resolved: boolean): LegacyEntry {
  const edges = edgesOf(node);
  // npm 6 knew nothing of peers, so they stay out.
  const requires = edges.filter(({ peer }) => !peer).map(({ name, range }) => [name, range]);
  return {
    version: isAlias(node) ? `npm:${node.manifest.name}@${node.manifest.version}` : (node.manifest.version ?? ""),
    ...whereabouts(node, resolved),
    ...(node.origin === "bundle" ? { bundled: true } : {}),
    ...setFlags(node, flags),
    ...(edges.length === 0 ? {} : { requires: Object.fromEntries(requires) }),
    ...(node.children.size === 0 ? {} : { dependencies: legacyEntries(node, flags, resolved) }),
  };
}

/** One package under the name of another: `"node_modules/words": { "name": "@fixture/words" }`. */
function isAlias({ parent, name, origin, manifest }: TreeNode): boolean {
  return parent !== null && origin === "registry" && manifest.name !== name;
}

/** Of a shrinkwrapped package its shrinkwrap's word is copied, and often that leaves out the address. */
function whereabouts({ origin, manifest }: TreeNode, wanted: boolean): LockEntry {
  if (origin === "project" || origin === "bundle") return {};
  const { integrity, tarball: resolved } = manifest.dist ?? {
    integrity: manifest.integrity,
    tarball: manifest.resolved,
  };
  return {
    ...(wanted && resolved !== undefined ? { resolved } : {}),
    ...(integrity === undefined ? {} : { integrity }),
  };
}

function setFlags(node: TreeNode, flags: Flags): Partial<Record<Flag, true>> {
  return Object.fromEntries([...(flags.get(node) ?? [])].map((flag) => [flag, true as const]));
}

/**
 * Each flag holds as long as every way to a node has it, and is taken off along the ways that do not (npm's
 * calc-dep-flags): `dev` if only development needs it, and so on; `devOptional` where some ways are the one and some
 * the other.
 */
function flagsOf(root: TreeNode): Flags {
  const flags: Flags = new Map(
    allNodes(root).map((node) => [
      node,
      new Set<Flag>(node === root ? [] : ["dev", "optional", "devOptional", "peer"]),
    ]),
  );
  const queue = [root];
  for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
    const from = flags.get(node) ?? new Set<Flag>();
    for (const edge of edgesOf(node)) {
      const target = targetOf(edge);
      const to = target === null ? undefined : flags.get(target);
      if (target === null || to === undefined) continue;
      const before = to.size;
      if (!from.has("dev") && !edge.dev) to.delete("dev");
      if (!from.has("optional") && !edge.optional) to.delete("optional");
      if (!from.has("peer") && !edge.peer) to.delete("peer");
      const plain = !from.has("dev") && !from.has("optional") && !from.has("devOptional");
      if (plain && !edge.dev && !edge.optional) to.delete("devOptional");
      if (to.size < before) queue.push(target);
    }
  }
  for (const set of flags.values()) if (set.has("dev") || set.has("optional")) set.delete("devOptional");
  return flags;
}
