/**
 * The tree that a lockfile describes: who asks for which entry, and by which way the root reaches it.
 * Names are found as node finds them: in one's own node_modules, then in those of the folders above.
 */
import type { OnlyFor } from "../model/artifact.js";
import { type Asked, Asking, type AskingInput } from "./npm-asked.js";
import { chains } from "./npm-chains.js";
import { type Edge, edgeTo, targetOf } from "./npm-edge.js";
import { Edges } from "./npm-edges.js";
import type { LockedEntry } from "./npm-entries.js";
import { reachedOnly } from "./npm-reach.js";
import { type Find, resolver } from "./npm-resolve.js";
import type { NpmRoot } from "./npm-root.js";

export interface Tree {
  /** False where nothing says what the root asks for, so that what is not reached means nothing. */
  readonly rootKnown: boolean;
  readonly entries: readonly LockedEntry[];
  readonly byLocation: ReadonlyMap<string, number>;
  /** Null where nobody says more than a plain range. */
  asked(index: number): Asked | null;
  /** One shortest way from the root, as text, or null where none leads there. */
  chain(index: number): string | null;
  /** Which kinds of dependencies alone lead to it. */
  only(index: number): OnlyFor;
  /** What finds the number of the entry that a name leads to from a folder ("" for the project itself). */
  findFrom(from: string): Find;
}

export interface TreeInput extends AskingInput {
  readonly root: NpmRoot;
  /** The lockfile's, for messages. */
  readonly path: string;
  /** False for version 1 without a package.json: the root then asks for all that lies at the top and no entry wants. */
  readonly rootKnown: boolean;
  readonly isWorkspace: (folder: string) => boolean;
}

/** Builds the tree. Time grows with entries and dependencies, times the depth of nesting. */
export function buildTree(input: TreeInput): Tree {
  const { entries } = input;
  const byLocation = new Map(entries.map((entry, index) => [entry.location, index]));
  const findFrom = resolver(entries);
  const asking = new Asking(input);
  const edges = new Edges(input.path, findFrom, asking);
  const ofProject = edges.ofProject(input.root);
  const next = entries.map((entry, index) => {
    const target = entry.link ? byLocation.get(entry.resolved ?? "") : undefined;
    return target === undefined || target === index ? edges.of(entry, index) : [edgeTo(target)];
  });
  const first = [...ofProject, ...(input.rootKnown ? [] : unwanted(entries, next)), ...workspaces(input)];
  return {
    rootKnown: input.rootKnown,
    entries,
    byLocation,
    asked: asking.settle(next),
    chain: chains(entries, first, next),
    only: reachedOnly(first, next),
    findFrom,
  };
}

/** Top-level entries that no other entry asks for. */
function unwanted(entries: readonly LockedEntry[], next: readonly (readonly Edge[])[]): Edge[] {
  const wanted = new Set(next.flat().map(targetOf));
  return entries.flatMap(({ place }, index) =>
    place.ok && place.place.type === "package" && place.place.inside === "" && !wanted.has(index)
      ? [edgeTo(index)]
      : [],
  );
}

/** The entries of declared workspaces: their links at the top, or the folders themselves. */
function workspaces(input: TreeInput): Edge[] {
  return input.entries.flatMap(({ place, link, resolved }, index) => {
    if (!place.ok) return [];
    const folder = place.place.type === "folder" ? place.place.folder : link ? resolved : null;
    return folder !== null && input.isWorkspace(folder) ? [edgeTo(index)] : [];
  });
}
