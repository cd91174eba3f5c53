/** npm's global folder before and after: where it is, what is moved out of npm's way, and how it is put back. */
import path from "node:path";
import { readNpmSettings } from "../ecosystem/npmrc.js";
import type { Npm } from "../installer/npm-find.js";
import { commandsInto, defaultPrefix, type GlobalPlaces, globalPlacesIn } from "../installer/npm-global.js";
import type { Files, World } from "../model/world.js";

/**
 * The global folder of the user's npm: `given` (absolute), else what npm's settings say, else beside node. `folder` is
 * one in which no project's settings lie. Links in the prefix itself are resolved.
 */
export async function findPlaces(world: World, npm: Npm, folder: string, given: string | null): Promise<GlobalPlaces> {
  const { environment, files } = world;
  const npmFolder = path.dirname(path.dirname(npm.cli));
  const { settings } = await readNpmSettings(environment, files, folder, { npmFolder });
  const set = typeof settings.prefix === "string" && settings.prefix !== "" ? settings.prefix : null;
  const { variables, platform, node } = environment;
  const prefix = path.resolve(given ?? set ?? defaultPrefix(variables, platform, node));
  return globalPlacesIn((await files.realPath(prefix)) ?? prefix, platform);
}

export interface Retired {
  /** Puts everything back where it stood; what has come in its place must be gone. */
  restore(): Promise<void>;
  /** Removes it for good. */
  remove(): Promise<void>;
}

/**
 * Moves the packages `names`, and the commands that lead into them, out of npm's way: npm would keep of an older one
 * whatever it takes for unchanged, also what install scripts or others have written there.
 */
export async function retire(files: Files, places: GlobalPlaces, names: readonly string[]): Promise<Retired> {
  const commands = await commandsInto(files, places, names);
  const moved: { readonly from: string; readonly to: string }[] = [];
  const folders: string[] = [];
  const restore = async (): Promise<void> => {
    for (const { from, to } of moved.splice(0).reverse()) await files.rename(to, from);
    for (const folder of folders.splice(0)) await files.remove(folder);
  };
  const move = async (parent: string, things: readonly string[]): Promise<void> => {
    const there = [];
    for (const name of things) if ((await files.status(path.join(parent, name))) !== null) there.push(name);
    if (there.length === 0) return;
    const folder = await files.makeTemporary(".secure-install-", parent);
    folders.push(folder);
    for (const [at, name] of there.entries()) {
      const [from, to] = [path.join(parent, name), path.join(folder, String(at))];
      await files.rename(from, to);
      moved.push({ from, to });
    }
  };
  try {
    await move(places.modules, names);
    await move(places.bin, commands);
  } catch (error) {
    await restore();
    throw error;
  }
  return {
    restore,
    remove: async () => {
      for (const folder of folders) await files.remove(folder);
    },
  };
}

/** Moves what stands in the places of `names` aside, unlinks its commands, and gives where it is now. */
export async function putPackagesAside(
  files: Files,
  places: GlobalPlaces,
  names: readonly string[],
): Promise<string[]> {
  for (const command of await commandsInto(files, places, names)) await files.remove(path.join(places.bin, command));
  const aside: string[] = [];
  for (const name of names) {
    const from = path.join(places.modules, name);
    if ((await files.status(from)) === null) continue;
    const to = path.join(await files.makeTemporary(".refused-", places.modules), path.basename(name));
    await files.rename(from, to);
    aside.push(to);
  }
  return aside;
}
