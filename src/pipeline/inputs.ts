/** Everything that a verdict rests on: digested when the run begins, and compared once more before the hand-off. */
import path from "node:path";
import { changedInputs, digestInputs } from "../installer/inputs.js";
import { type Finding, finding } from "../model/finding.js";
import type { Files } from "../model/world.js";
import type { Inputs, River } from "./river.js";
import { openTrust } from "./trust.js";

/** The state of a project's own inputs now. `folders` are those of its workspaces, relative to it. */
export async function takeInputs(files: Files, project: string, folders: readonly string[]): Promise<Inputs> {
  const places = { project, folders, others: [] };
  return { places, states: await digestInputs(files, places) };
}

/** More places, whose states are taken now; what was known already keeps its first state. */
export async function withFolders(files: Files, inputs: Inputs, folders: readonly string[]): Promise<Inputs> {
  const now = await takeInputs(files, inputs.places.project, folders);
  return { places: now.places, states: new Map([...now.states, ...inputs.states]) };
}

/** A finding where any input is no longer what it was: the project's files, or the trust store as a whole. */
export async function changedSince(river: River, inputs: Inputs): Promise<Finding[]> {
  const { project, folders } = inputs.places;
  const now = await takeInputs(river.world.files, project, folders);
  const changed = changedInputs(inputs.states, now.states).map((file) => path.relative(project, file));
  if (!(await trustIsTheSame(river))) changed.push("the trust store");
  if (changed.length === 0) return [];
  return [finding("HANDOFF_UNSEALED", { says: `changed since it was verified: ${changed.join(", ")}` })];
}

async function trustIsTheSame(river: River): Promise<boolean> {
  const again = await openTrust(river.world, river.place, river.now).catch(() => null);
  const { onDisk } = river.judge;
  return again !== null && again.digest === onDisk.digest && again.directory === onDisk.directory;
}
