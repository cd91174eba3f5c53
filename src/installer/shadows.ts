/**
 * Packages that npm leaves lying where node finds them before those that were verified. node looks for a package in
 * every node_modules on the way up; npm ci empties that of the project and those of its workspaces, and no other.
 */
import path from "node:path";
import { type Finding, finding } from "../model/finding.js";
import type { Files } from "../model/world.js";

export interface LocalPlaces {
  /** Absolute. */
  readonly project: string;
  /** Folders of workspaces and of root `file:` dependencies, relative to the project, with `/`. */
  readonly folders: readonly string[];
  /** Those whose node_modules npm empties before it writes. */
  readonly emptied: readonly string[];
  /** The lockfile's keys: `node_modules/a`, `lib/node_modules/@s/b`. */
  readonly locations: readonly string[];
}

const NAMED = 5;

/**
 * A refusal for each node_modules folder that npm leaves as it is, and that holds
 * - beside packages which the lockfile places in it: anything more, since npm would keep it among them;
 * - between the project and one of its folders: anything at all;
 * - in a folder of the project's own (a `file:` dependency): a package which the lockfile places further up.
 * Whatever else such a folder of one's own holds is its owner's, and a warning tells that nobody has verified it.
 */
export async function shadowFindings(files: Files, places: LocalPlaces): Promise<readonly Finding[]> {
  const locations = new Set(places.locations);
  const found: Finding[] = [];
  for (const folder of lookedAt(places)) {
    const modules = `${folder}/node_modules`;
    const names = await namesIn(files, path.join(places.project, modules));
    if (names.length === 0) continue;
    const placed = [...locations].some((location) => location.startsWith(`${modules}/`));
    const own = places.folders.includes(folder) && !placed;
    const shadows = (name: string): boolean => above(folder).some((upper) => locations.has(inModules(upper, name)));
    const isMore = (name: string): boolean => !locations.has(inModules(folder, name));
    const strange = placed
      ? names.filter((name) => name !== ".bin" && isMore(name))
      : names.filter((name) => isLoaded(name) && (!own || shadows(name)));
    if (strange.length > 0) found.push(shadowed(modules, strange));
    else if (own) found.push(unproven(modules));
  }
  return found;
}

/** All folders on the way from the project down to its own ones, these included, but for those that npm empties. */
function lookedAt({ folders, emptied, locations }: LocalPlaces): string[] {
  const holders = locations.map((location) => location.replace(/(^|\/)node_modules\/.*$/, ""));
  const all = new Set([...folders, ...holders].flatMap((folder) => [folder, ...above(folder)]));
  return [...all].filter((folder) => folder !== "" && !emptied.includes(folder)).sort();
}

/** The folders above one, up to the project itself: of `a/b/c` these are `a/b`, `a` and "". */
function above(folder: string): string[] {
  const segments = folder.split("/");
  return segments.map((_, at) => segments.slice(0, segments.length - 1 - at).join("/"));
}

/** No name of a package begins with a dot: notes of installers, caches of tools, links to commands. */
function isLoaded(name: string): boolean {
  return !name.startsWith(".");
}

function inModules(folder: string, name: string): string {
  return folder === "" ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
}

/** What lies in a node_modules folder, packages by their names: `a`, `@s/b`, `.cache`. */
async function namesIn(files: Files, modules: string): Promise<readonly string[]> {
  const status = await files.status(modules);
  if (status?.type === "link") return [`whatever ${await files.readLink(modules)} holds`];
  if (status?.type !== "directory") return [];
  const names: string[] = [];
  for (const { name, type } of (await files.list(modules)) ?? []) {
    const scope = name.startsWith("@") && type === "directory";
    const inside = scope ? ((await files.list(path.join(modules, name))) ?? []) : [];
    names.push(...(scope ? inside.map((entry) => `${name}/${entry.name}`) : [name]));
  }
  return names;
}

function shadowed(modules: string, names: readonly string[]): Finding {
  const some = `${names.slice(0, NAMED).join(", ")}${names.length > NAMED ? `, and ${names.length - NAMED} more` : ""}`;
  return finding("HANDOFF_UNSEALED", {
    says: `${modules} holds ${some}, which the lockfile does not place there: npm leaves it as it is, and node would load it before what was verified`,
    expected: `nothing in ${modules} but what the lockfile places there`,
    got: some,
    help: `Look at how it came there, and remove ${modules}; then run the same command again.`,
  });
}

function unproven(modules: string): Finding {
  return finding("HANDOFF_UNSEALED", {
    severity: "warn",
    says: `${modules} is your own: the lockfile places nothing there, npm leaves it as it is, and nothing in it was verified`,
    help: `If you do not need it, remove ${modules}.`,
  });
}
