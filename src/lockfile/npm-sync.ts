/**
 * Whether lockfile and package.json speak of the same project. `npm ci` refuses when what package.json asks for is
 * not what is locked (npm's validate-lockfile.js, over arborist's ideal tree); that is a refusal here too. Texts that
 * differ while what is locked still satisfies both are told as a warning.
 */
import semver from "semver";
import { type Finding, finding } from "../model/finding.js";
import type { LockedEntry } from "./npm-entries.js";
import type { FolderManifests } from "./npm-folders.js";
import type { TextMap } from "./npm-needs.js";
import type { Overrides } from "./npm-overrides.js";
import { folderName, type NpmRoot } from "./npm-root.js";
import { readSpec } from "./npm-source.js";
import type { Tree } from "./npm-tree.js";
import type { IsWorkspace } from "./npm-workspaces.js";

const SHOWN = 5;
const KINDS = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"] as const;

export interface SyncInput {
  readonly project: NpmRoot;
  /** The lockfile's own copy of the project; null for version 1, which has none, or where there is no package.json. */
  readonly copy: NpmRoot | null;
  readonly tree: Tree;
  readonly isWorkspace: IsWorkspace;
  readonly manifests: FolderManifests;
  readonly overrides: Overrides;
}

/** Compares the project and its folders with the lockfile's copies of them, and their wishes with what is locked. */
export function syncFindings(input: SyncInput): Finding[] {
  const { project, copy, tree, isWorkspace, manifests } = input;
  const hard = [...unsatisfied(project, "", input), ...replaced(tree, isWorkspace)];
  const soft: string[] = [];
  const compare = (own: NpmRoot, locked: NpmRoot, file: string): void => {
    const { moved, ranges } = differences(own, locked, file);
    hard.push(...moved);
    soft.push(...ranges);
  };
  if (copy !== null) compare(project, copy, "package.json");
  for (const { folder: locked, location } of tree.entries) {
    const own = manifests.get(location);
    if (locked === null || own === undefined) continue;
    compare(own, locked, `${location}/package.json`);
    hard.push(...unsatisfied(own, location, input), ...renamed(own, locked, location));
  }
  if (hard.length > 0) return [outOfDate([...hard, ...soft])];
  return soft.length > 0 ? [outOfDate(soft, "warn")] : [];
}

function outOfDate(differences: readonly string[], severity?: "warn"): Finding {
  const shown = differences.slice(0, SHOWN).join("; ");
  const more = differences.length > SHOWN ? `; and ${differences.length - SHOWN} more` : "";
  return finding("LOCKFILE_OUT_OF_DATE", {
    says: `package.json and the lockfile differ: ${shown}${more}`,
    ...(severity === undefined ? {} : { severity }),
  });
}

/** What is asked for under another kind, or on one side only, and what is asked for in another range. */
function differences(project: NpmRoot, copy: NpmRoot, file: string): { moved: string[]; ranges: string[] } {
  const moved: string[] = [];
  const ranges: string[] = [];
  for (const kind of KINDS) {
    const asked: TextMap = project[kind];
    const locked: TextMap = copy[kind];
    for (const name of new Set([...Object.keys(asked), ...Object.keys(locked)])) {
      const [wish, text] = [asked[name], locked[name]];
      if (wish === text) continue;
      if (wish === undefined) moved.push(`${name} is no longer under ${kind} of ${file}`);
      else if (text === undefined) moved.push(`${name} is new under ${kind} of ${file}`);
      else if (!isRange(wish) || !isRange(text))
        moved.push(`${name} is "${wish}" in ${file} and "${text}" in the lockfile`);
      else ranges.push(`${name} is "${wish}" in ${file} and "${text}" in the lockfile`);
    }
  }
  if (patterns(project) !== patterns(copy)) {
    moved.push(`workspaces are [${project.workspaces.join(", ")}], in the lockfile [${copy.workspaces.join(", ")}]`);
  }
  return { moved, ranges };
}

/** Of two addresses or names, npm may act on either: where it can't read a folder's package.json, on the lockfile's. */
function isRange(text: string): boolean {
  return readSpec(text).kind === "registry";
}

/** The order of patterns means something only where some of them exclude. */
function patterns({ workspaces }: NpmRoot): string {
  const excluding = workspaces.some((pattern) => pattern.startsWith("!"));
  return JSON.stringify(excluding ? workspaces : [...workspaces].sort());
}

/** A folder under another name, or with other commands: npm would link what is in the lockfile. */
function renamed(own: NpmRoot, locked: NpmRoot, folder: string): string[] {
  const [name, before] = [folderName(own.name, folder), folderName(locked.name, folder)];
  if (name !== before) return [`${folder} is called ${name}, in the lockfile ${before}`];
  const commands = ({ bin }: NpmRoot): string => JSON.stringify(Object.entries(bin).sort());
  return commands(own) === commands(locked) ? [] : [`${folder} has other commands (bin) than in the lockfile`];
}

/**
 * What the project, or a folder of it, asks for and is not locked, or not in a version that was asked for. Optional
 * ones may be missing; what is overridden, npm alone can tell.
 */
function unsatisfied(project: NpmRoot, folder: string, { tree, overrides }: SyncInput): string[] {
  const wrong: string[] = [];
  const find = tree.findFrom(folder);
  for (const kind of KINDS) {
    if (kind === "peerDependencies") continue;
    for (const [name, text] of Object.entries(project[kind])) {
      const entry = tree.entries[find(name) ?? -1];
      if (entry === undefined) {
        if (kind !== "optionalDependencies") wrong.push(`${name} is not locked`);
      } else if (!overrides.has(name) && !satisfies(entry, text)) {
        wrong.push(`${name} is locked as ${entry.name ?? name}@${entry.version ?? "?"}, not as "${text}"`);
      }
    }
  }
  return wrong;
}

/** Workspaces in whose place a package of their name is locked. */
function replaced(tree: Tree, isWorkspace: IsWorkspace): string[] {
  return tree.entries.flatMap(({ place, name: called }) => {
    if (!place.ok || place.place.type !== "folder" || !isWorkspace(place.place.folder)) return [];
    const { folder } = place.place;
    const name = folderName(called, folder);
    const entry = tree.entries[tree.byLocation.get(`node_modules/${name}`) ?? -1];
    if (entry === undefined || (entry.link && entry.resolved === folder)) return [];
    return [`${name} is the workspace ${folder}, and is locked as something else`];
  });
}

/** As arborist's dep-valid.js, where a version can be compared; addresses have findings of their own. */
function satisfies(entry: LockedEntry, text: string): boolean {
  const spec = readSpec(text);
  if (entry.link || (spec.kind !== "registry" && spec.kind !== "alias")) return true;
  if (spec.kind === "alias" && entry.name !== spec.name) return false;
  if (spec.range === "" || spec.range === "*" || semver.validRange(spec.range, true) === null) return true;
  return entry.version !== null && semver.satisfies(entry.version, spec.range, true);
}
