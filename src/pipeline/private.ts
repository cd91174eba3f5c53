/**
 * A project of our own: a folder in our store in which packages are locked that belong to no project of the user's, a
 * command to be run once (`npm exec`) or what goes into npm's global folder.
 */
import { createHash } from "node:crypto";
import path from "node:path";
import { storeDirectory } from "../fetch/store-directory.js";
import type { World } from "../model/world.js";
import { takeInputs } from "./inputs.js";
import type { River } from "./river.js";

const MANIFEST = { name: "secure-install-private", version: "0.0.0", private: true };

/** Settings that speak of a project's own tree, which this is not. */
const OF_THE_PROJECT = new Set([
  "workspace",
  "workspaces",
  "include-workspace-root",
  "lockfile-version",
  "save-prefix",
]);

/** Makes the folder (0700), hands it to `work`, and removes it again whatever comes. */
export async function inPrivateFolder<Result>(world: World, work: (folder: string) => Promise<Result>) {
  const { files } = world;
  const all = path.join(storeDirectory(world.environment), "private");
  await files.makeDirectory(all, 0o700);
  await removeAbandoned(world, all);
  const folder = await files.makeTemporary(`${hostOf(world)}-${world.processes.self.pid}-`, all);
  try {
    await files.write(path.join(folder, "package.json"), `${JSON.stringify(MANIFEST, null, 2)}\n`, 0o600);
    return await work(folder);
  } finally {
    await files.remove(folder);
  }
}

/** The same run, with the private folder as its project; what judges stays what it was. `more` are npm's settings. */
export async function privately(river: River, folder: string, more: Readonly<Record<string, unknown>>): Promise<River> {
  const kept = Object.entries(river.npm.settings).filter(([key]) => !OF_THE_PROJECT.has(key));
  const settings = { ...Object.fromEntries(kept), ...more };
  return { ...river, begun: await takeInputs(river.world.files, folder, []), npm: { ...river.npm, settings } };
}

/** What killed runs of this machine have left. */
async function removeAbandoned(world: World, all: string): Promise<void> {
  for (const { name } of (await world.files.list(all)) ?? []) {
    const [, host, pid] = /^([0-9a-f]{16})-(\d{1,10})-/.exec(name) ?? [];
    if (host !== hostOf(world) || world.processes.isRunning(Number(pid))) continue;
    await world.files.remove(path.join(all, name)).catch(() => {});
  }
}

function hostOf({ processes }: World): string {
  return createHash("sha256").update(processes.self.host).digest("hex").slice(0, 16);
}
