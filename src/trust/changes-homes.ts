/** Names that move from one home registry to another. */
import type { Ecosystem } from "../model/names.js";
import type { Registry, TrustStore } from "../model/policy.js";
import { type Change, stronger, weaker } from "./change.js";
import { isWithin } from "./key-windows.js";
import { homeOf, mayServe } from "./lookup.js";
import { someOf } from "./some-of.js";

const ECOSYSTEMS: readonly Ecosystem[] = ["npm", "pypi"];
const SHOWN = 5;

/** One change for each pair of registries between which names move. */
export function homeChanges(before: TrustStore, after: TrustStore): readonly Change[] {
  const moves = new Map<string, { from: Registry; to: Registry; patterns: string[] }>();
  for (const ecosystem of ECOSYSTEMS) {
    for (const pattern of patternsOf(ecosystem, before, after)) {
      // No name is nearer to a pattern than the pattern itself, so the pattern is asked about in their place.
      const [from, to] = [homeOf(before, ecosystem, pattern), homeOf(after, ecosystem, pattern)];
      if (from.id === to.id) continue;
      const key = `${from.id} ${to.id}`;
      const move = moves.get(key) ?? { from, to, patterns: [] };
      move.patterns.push(pattern);
      moves.set(key, move);
    }
  }
  return [...moves.values()].map(({ from, to, patterns }) => {
    const tell = asStrict(before, after, from, to) ? stronger : weaker;
    return tell(
      `registries.${to.id}`,
      `Other home for ${someOf(patterns, SHOWN)}: ${to.id} (${to.url}) instead of ${from.id} (${from.url}).`,
    );
  });
}

/** All patterns of either state; every name has its home by the nearest of them, or as one of all others. */
function patternsOf(ecosystem: Ecosystem, ...stores: readonly TrustStore[]): ReadonlySet<string> {
  const registries = stores.flatMap((store) => store.registries.filter((one) => one.ecosystem === ecosystem));
  return new Set(["*", ...registries.flatMap(({ home }) => home)]);
}

/**
 * Whether what can come to the new home could come to the old one already, which asked for no more, by the same keys:
 * with fewer of them, a bad signature would be a stranger's.
 */
function asStrict(before: TrustStore, after: TrustStore, from: Registry, to: Registry): boolean {
  const couldServe = (registry: Registry): boolean => {
    const same = before.registries.find(({ id, url }) => id === registry.id && url === registry.url);
    return same !== undefined && mayServe(before, same, from);
  };
  const hasKeys = (one: Registry, other: Registry): boolean =>
    other.keys.every((key) => one.keys.some((own) => own.spki === key.spki && isWithin(own, key)));
  return (
    after.registries.filter((registry) => mayServe(after, registry, to)).every(couldServe) &&
    from.require.every((kind) => to.require.includes(kind)) &&
    hasKeys(from, to) &&
    hasKeys(to, from)
  );
}
