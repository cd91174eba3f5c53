/** One dependency of the tree, as a number. */

/** What an edge is besides plain. npm may leave out what only edges of one kind lead to. */
export const KIND = { dev: 1, optional: 2, peer: 4 } as const;
const KINDS = 8;

/** The number of the entry that an edge leads to, and its kinds, in one number: there may be a million. */
export type Edge = number;

export function edgeTo(target: number, kinds = 0): Edge {
  return target * KINDS + kinds;
}

export function targetOf(edge: Edge): number {
  return Math.floor(edge / KINDS);
}

export function kindsOf(edge: Edge): number {
  return edge % KINDS;
}

/** The number that stands for the project among those of entries. */
export const PROJECT = -1;
