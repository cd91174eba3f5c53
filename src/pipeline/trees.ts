/** The node_modules folders of a project that are npm's to write, and so ours to move aside. */
import path from "node:path";
import { workspaceFolders } from "../ecosystem/npm-workspaces.js";
import { moveAside } from "../installer/prove.js";
import type { World } from "../model/world.js";
import { type Project, readPackageJson } from "./project.js";

export interface Trees {
  /** Folders, relative to the project ("" for itself), whose node_modules npm ci empties before it writes. */
  readonly emptied: readonly string[];
  /** Those, and all others in whose node_modules the lockfile places a package. */
  readonly written: readonly string[];
}

/** npm ci (10 to 12, measured) empties what belongs to the project and its workspaces; beside it, it writes only. */
export async function treesOf(world: World, { directory, lockfile }: Project): Promise<Trees> {
  const manifest = await readPackageJson(world, directory);
  const workspaces = manifest === null ? [] : await workspaceFolders(directory, manifest);
  const emptied = [...new Set(["", ...workspaces])];
  const holders = lockfile.artifacts.flatMap(({ location }) => holderOf(location) ?? []);
  return { emptied, written: [...new Set([...emptied, ...holders])].sort() };
}

/** `packages/w/node_modules/a/node_modules/b` lies in the tree of `packages/w`; null for what lies in none. */
function holderOf(location: string): string | null {
  const segments = location.split("/");
  const at = segments.indexOf("node_modules");
  return at < 0 ? null : segments.slice(0, at).join("/");
}

/** Tells whether npm has begun to work: npm ci empties the trees first, and writes its own note last. */
export async function treeState(world: World, directory: string, trees: Trees): Promise<string> {
  const names = ["node_modules", "node_modules/.package-lock.json"];
  const places = trees.written.flatMap((folder) => names.map((name) => path.join(directory, folder, name)));
  return JSON.stringify(await Promise.all(places.map((place) => world.files.status(place))));
}

export interface Aside {
  /** Where trees are now. */
  readonly places: readonly string[];
  /** Trees that could not be moved, or not as a whole, and why. */
  readonly stuck: readonly string[];
}

/** Moves all trees aside that are there. One that can't be moved keeps no other in its place. */
export async function putAside(world: World, directory: string, trees: Trees): Promise<Aside> {
  const places: string[] = [];
  const stuck: string[] = [];
  for (const folder of trees.written) {
    const tree = path.join(directory, folder, "node_modules");
    try {
      if ((await world.files.status(tree)) !== null) places.push(await moveAside(world.files, tree));
    } catch (error) {
      stuck.push(`${tree} (${error instanceof Error ? error.message : String(error)})`);
    }
  }
  return { places, stuck };
}
