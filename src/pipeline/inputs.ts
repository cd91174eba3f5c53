/** Everything that a verdict rests on: digested when the run begins, and compared once more before the hand-off. */
import path from "node:path";
import { changedInputs, digestInputs, type InputPlaces, type InputState } from "../installer/inputs.js";
import { type Finding, finding } from "../model/finding.js";
import type { Files } from "../model/world.js";
import type { River } from "./river.js";

export interface Inputs {
  readonly places: InputPlaces;
  readonly states: ReadonlyMap<string, InputState>;
}

/** The state of a project's inputs now. `folders` are those of its workspaces, relative to it. */
export async function takeInputs(river: River, project: string, folders: readonly string[]): Promise<Inputs> {
  const { files } = river.world;
  const others = river.trust.directory === null ? [] : await filesBelow(files, river.trust.directory);
  const places = { project, folders, others };
  return { places, states: await digestInputs(files, places) };
}

/** More places, whose states are taken now; what was known already keeps its first state. */
export async function withFolders(river: River, inputs: Inputs, folders: readonly string[]): Promise<Inputs> {
  const now = await takeInputs(river, inputs.places.project, folders);
  return { places: now.places, states: new Map([...now.states, ...inputs.states]) };
}

/** A finding where any input is no longer what it was. */
export async function changedSince(river: River, inputs: Inputs): Promise<Finding[]> {
  const now = await takeInputs(river, inputs.places.project, inputs.places.folders);
  const changed = changedInputs(inputs.states, now.states);
  if (changed.length === 0) return [];
  const names = changed.map((file) => path.relative(inputs.places.project, file));
  return [finding("HANDOFF_UNSEALED", { says: `changed since it was verified: ${names.join(", ")}` })];
}

async function filesBelow(files: Files, directory: string): Promise<string[]> {
  const entries = (await files.list(directory)) ?? [];
  const found = await Promise.all(
    entries.map(({ name, type }) => {
      const file = path.join(directory, name);
      return type === "directory" ? filesBelow(files, file) : [file];
    }),
  );
  return found.flat();
}
