/**
 * What a verdict rests on, and what an installer will read again: the two must be the same. All inputs are digested
 * when the judging begins, and once more right before the installer is started; a difference is HANDOFF_UNSEALED.
 */
import { createHash } from "node:crypto";
import path from "node:path";
import { type Finding, finding } from "../model/finding.js";
import type { Files } from "../model/world.js";

/** SHA-256 (hex) of a file; `absent`; `directory` or `other`; `link:<target>:<state of what it leads to>`. */
export type InputState = string;

export interface InputPlaces {
  /** Absolute. */
  readonly project: string;
  /** Folders of workspaces and of root `file:` dependencies, relative to the project, with `/`. */
  readonly folders: readonly string[];
  /** Absolute paths of whatever else was read: trust store, user configuration, lockfiles elsewhere. */
  readonly others: readonly string[];
}

/** What npm reads in a project before it acts, whether it is there or not: a file that appears counts too. */
const READ_BY_NPM = ["package.json", "package-lock.json", "npm-shrinkwrap.json", ".npmrc"];
/** npm 12 runs these when it locks. */
const RUN_BY_NPM = [".npm-extension.mjs", ".npm-extension.cjs"];

/** The state of every input, by absolute path. */
export async function digestInputs(files: Files, places: InputPlaces): Promise<ReadonlyMap<string, InputState>> {
  const { project, folders, others } = places;
  const paths = [
    ...[...READ_BY_NPM, ...RUN_BY_NPM].map((name) => path.join(project, name)),
    ...folders.flatMap((folder) => READ_BY_NPM.map((name) => path.join(project, folder, name))),
    ...others,
  ];
  const states = new Map<string, InputState>();
  for (const file of paths) if (!states.has(file)) states.set(file, await stateOf(files, file));
  return states;
}

/** The paths whose state differs, sorted; also those that only one of the two knows. */
export function changedInputs(
  before: ReadonlyMap<string, InputState>,
  after: ReadonlyMap<string, InputState>,
): readonly string[] {
  const paths = new Set([...before.keys(), ...after.keys()]);
  return [...paths].filter((file) => before.get(file) !== after.get(file)).sort();
}

async function stateOf(files: Files, file: string): Promise<InputState> {
  const status = await files.status(file);
  if (status === null) return "absent";
  if (status.type === "file") return sha256(files, file);
  if (status.type !== "link") return status.type;
  const real = await files.realPath(file);
  const behind = real === null ? null : await files.status(real);
  const state = real === null || behind === null ? "absent" : behind.type;
  return `link:${await files.readLink(file)}:${real !== null && state === "file" ? await sha256(files, real) : state}`;
}

async function sha256(files: Files, file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of files.stream(file)) hash.update(piece);
  return hash.digest("hex");
}

/**
 * A finding for each place that must not be a symbolic link: npm empties what lies behind a linked node_modules
 * (measured), and would write through a linked lockfile; and a linked trust store is not the one that was reviewed.
 */
export async function symlinkFindings(
  files: Files,
  places: Pick<InputPlaces, "project" | "folders">,
): Promise<readonly Finding[]> {
  const { project, folders } = places;
  const names = [
    ...["node_modules", "package-lock.json", "npm-shrinkwrap.json", ".secure-install"],
    ...folders.map((folder) => `${folder}/node_modules`),
  ];
  const found: Finding[] = [];
  for (const name of names) {
    const file = path.join(project, name);
    if ((await files.status(file))?.type !== "link") continue;
    const target = await files.readLink(file);
    const got = `a symbolic link to ${target}`;
    found.push(finding("TREE_SYMLINK", { says: `${name} is ${got}.`, expected: "a real file or folder", got }));
  }
  return found;
}
