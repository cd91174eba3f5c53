/** Finds packages by name as node does: in one's own node_modules, then in those of each folder above. */
import type { LockedEntry } from "./npm-entries.js";
import { above } from "./npm-place.js";

/** Finds the entry that a name leads to. */
export type Find = (name: string) => number | undefined;

/** The node_modules of one package or folder. */
interface Modules {
  readonly children: Map<string, number>;
  up: Modules | null;
}

/** Gives, for a location, what finds the entry that a name leads to from there. */
export function resolver(entries: readonly LockedEntry[]): (from: string) => Find {
  const top: Modules = { children: new Map(), up: null };
  const all = new Map<string, Modules>([["", top]]);
  entries.forEach((entry, index) => {
    if (!entry.place.ok || entry.place.place.type !== "package") return;
    const { inside, name } = entry.place.place;
    const modules = all.get(inside) ?? { children: new Map(), up: null };
    all.set(inside, modules);
    if (!modules.children.has(name)) modules.children.set(name, index);
  });
  const nearest = (location: string | null): Modules => {
    for (let at = location; at !== null; at = above(at)) {
      const modules = all.get(at);
      if (modules !== undefined) return modules;
    }
    return top;
  };
  for (const [location, modules] of all) if (location !== "") modules.up = nearest(above(location));
  return (from) => {
    const first = nearest(from);
    return (name) => {
      for (let at: Modules | null = first; at !== null; at = at.up) {
        const found = at.children.get(name);
        if (found !== undefined) return found;
      }
      return undefined;
    };
  };
}
