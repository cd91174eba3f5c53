/** Which entries of a long list name a package. Lists of denials run to tens of thousands, lockfiles to thousands. */
import type { Ecosystem } from "../model/names.js";
import { patternRank, type Selector } from "../model/selector.js";

interface Placed<Item> {
  readonly place: number;
  readonly item: Item;
  readonly select: Selector;
}

interface Index<Item> {
  /** Entries for one exact name, by ecosystem and name. */
  readonly exact: ReadonlyMap<string, readonly Placed<Item>[]>;
  /** Entries for `@scope/*` and `*`. */
  readonly patterns: readonly Placed<Item>[];
}

const indexes = new WeakMap<readonly { readonly select: Selector }[], Index<unknown>>();

/** The items whose selector names this package, whatever its version, in their order. Lists are never changed. */
export function naming<Item extends { readonly select: Selector }>(
  items: readonly Item[],
  ecosystem: Ecosystem,
  name: string,
): readonly Item[] {
  const known = indexes.get(items) as Index<Item> | undefined;
  const index = known ?? buildIndex(items);
  if (known === undefined) indexes.set(items, index);
  const exact = index.exact.get(`${ecosystem}:${name}`) ?? [];
  const patterns = index.patterns.filter(
    ({ select }) => select.ecosystem === ecosystem && patternRank(select.pattern, name) > 0,
  );
  return [...exact, ...patterns].sort((one, other) => one.place - other.place).map(({ item }) => item);
}

function buildIndex<Item extends { readonly select: Selector }>(items: readonly Item[]): Index<Item> {
  const exact = new Map<string, Placed<Item>[]>();
  const patterns: Placed<Item>[] = [];
  items.forEach((item, place) => {
    const { select } = item;
    const placed = { place, item, select };
    if (select.pattern.includes("*")) {
      patterns.push(placed);
      return;
    }
    const key = `${select.ecosystem}:${select.pattern}`;
    const same = exact.get(key);
    if (same === undefined) exact.set(key, [placed]);
    else same.push(placed);
  });
  return { exact, patterns };
}
