/** By which way the root reaches an entry, as a person would tell it: `express > body-parser > qs`. */
import { type Edge, targetOf } from "./npm-edge.js";
import type { LockedEntry } from "./npm-entries.js";
import { folderName } from "./npm-root.js";

/** Longer ways are told by their first and last names. */
const MAX_NAMES = 24;
const HEAD = 3;
const TAIL = 8;
const ROOT = -1;
const NOWHERE = -2;

/**
 * Walks the tree breadth first from `first` over `next`, and returns what gives one shortest way to an entry, or null
 * where none leads there. Linear, whatever the depth of the tree.
 */
export function chains(
  entries: readonly LockedEntry[],
  first: readonly Edge[],
  next: readonly (readonly Edge[])[],
): (index: number) => string | null {
  const before = new Int32Array(entries.length).fill(NOWHERE);
  const depth = new Int32Array(entries.length);
  const head = new Int32Array(entries.length);
  const queue: number[] = [];
  const visit = (index: number, from: number): void => {
    if (before[index] !== NOWHERE) return;
    before[index] = from;
    depth[index] = from === ROOT ? 1 : (depth[from] ?? 0) + 1;
    head[index] = (depth[index] ?? 0) <= HEAD ? index : (head[from] ?? index);
    queue.push(index);
  };
  for (const edge of first) visit(targetOf(edge), ROOT);
  for (let at = 0; at < queue.length; at += 1) {
    const index = queue[at] ?? 0;
    for (const edge of next[index] ?? []) visit(targetOf(edge), index);
  }
  const names = (index: number, most: number): string[] => {
    const found: string[] = [];
    let below: LockedEntry | undefined;
    for (let at = index; at >= 0 && found.length < most; at = before[at] ?? ROOT) {
      const entry = entries[at];
      // A link and the folder behind it are one step.
      const folder = below?.place.ok === true && below.place.place.type === "folder";
      if (!(folder && entry?.link === true)) found.push(label(entry));
      below = entry;
    }
    return found.reverse();
  };
  return (index) => {
    if (before[index] === NOWHERE) return null;
    if ((depth[index] ?? 0) <= MAX_NAMES) return names(index, MAX_NAMES).join(" > ");
    return [...names(head[index] ?? index, HEAD), "…", ...names(index, TAIL)].join(" > ");
  };
}

function label(entry: LockedEntry | undefined): string {
  if (entry === undefined) return "";
  const { place, name } = entry;
  if (!place.ok) return name ?? place.name;
  if (place.place.type === "folder") return folderName(name, place.place.folder);
  const own = place.place.name;
  return name === null || name === own ? own : `${own} (npm:${name})`;
}
