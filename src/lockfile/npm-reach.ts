/**
 * What nothing but development, optional or peer dependencies lead to: worked out from who asks for whom, as npm does
 * it when it installs (arborist's calc-dep-flags.js). The flags of a lockfile may claim the same, and no more.
 */
import type { OnlyFor } from "../model/artifact.js";
import { type Edge, KIND, kindsOf, targetOf } from "./npm-edge.js";

/**
 * Walks the tree from `first` over `next` once for each kind, over the edges that are not of it. The result says of
 * an entry which of these walks did not come to it.
 */
export function reachedOnly(first: readonly Edge[], next: readonly (readonly Edge[])[]): (index: number) => OnlyFor {
  const dev = reached(first, next, KIND.dev);
  const optional = reached(first, next, KIND.optional);
  const devOptional = reached(first, next, KIND.dev | KIND.optional);
  const peer = reached(first, next, KIND.peer);
  return (index) => ({
    dev: dev[index] !== 1,
    optional: optional[index] !== 1,
    devOptional: devOptional[index] !== 1,
    peer: peer[index] !== 1,
  });
}

/** 1 for each entry that is reached over edges of none of the kinds `without`. */
function reached(first: readonly Edge[], next: readonly (readonly Edge[])[], without: number): Uint8Array {
  const seen = new Uint8Array(next.length);
  const queue: number[] = [];
  const follow = (edges: readonly Edge[]): void => {
    for (const edge of edges) {
      const target = targetOf(edge);
      if ((kindsOf(edge) & without) !== 0 || seen[target] === 1) continue;
      seen[target] = 1;
      queue.push(target);
    }
  };
  follow(first);
  for (let at = 0; at < queue.length; at += 1) follow(next[queue[at] ?? 0] ?? []);
  return seen;
}
