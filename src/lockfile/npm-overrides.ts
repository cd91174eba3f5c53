/** The `overrides` of a package.json: what the project puts in the place of what its dependencies ask for. */
import { asObject, type NpmRoot, rootSpec } from "./npm-root.js";

const MAX_DEPTH = 50;

/** One text that may stand in the place of another. */
export interface Override {
  readonly text: string;
  /** The package, by name, below which it counts; null where it counts for all. */
  readonly under: string | null;
  /** Whether it is for some versions only (`name@range`), so that what was asked for may still count. */
  readonly versioned: boolean;
}

/** By the name that is overridden. */
export type Overrides = ReadonlyMap<string, readonly Override[]>;

/** Reads them, flattened: of several packages around a rule only the nearest is kept. `$name` is the root's own text. */
export function readOverrides(packageJson: unknown, root: NpmRoot): Overrides {
  const found = new Map<string, Override[]>();
  const add = (name: string, text: string, under: string | null, versioned: boolean): void => {
    const own = text.startsWith("$") ? (rootSpec(root, text.slice(1)) ?? text) : text;
    found.set(name, [...(found.get(name) ?? []), { text: own, under, versioned }]);
  };
  const walk = (rules: Readonly<Record<string, unknown>>, around: Around | null, depth: number): void => {
    if (depth > MAX_DEPTH) return;
    for (const [key, value] of Object.entries(rules)) {
      const at = key.indexOf("@", 1);
      const name = at < 0 ? key : key.slice(0, at);
      const versioned = at >= 0 && !["", "*"].includes(key.slice(at + 1).trim());
      const below = asObject(value);
      if (key === "." && typeof value === "string") {
        if (around !== null) add(around.name, value, around.under, around.versioned);
      } else if (typeof value === "string") add(name, value, around?.name ?? null, versioned);
      else if (below !== null) walk(below, { name, under: around?.name ?? null, versioned }, depth + 1);
    }
  };
  walk(asObject(asObject(packageJson)?.overrides) ?? {}, null, 0);
  return found;
}

/** The package whose rules are read, and what is around it. */
interface Around {
  readonly name: string;
  readonly under: string | null;
  readonly versioned: boolean;
}
