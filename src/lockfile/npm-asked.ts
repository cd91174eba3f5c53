/**
 * What is said of an entry by those who get it. npm looks at versions only: where one asks for `lodash` and another for
 * `npm:evil@4` under that name, either package does for both. So each of them is heard here.
 */
import { type Edge, PROJECT, targetOf } from "./npm-edge.js";
import type { LockedEntry } from "./npm-entries.js";
import type { Override, Overrides } from "./npm-overrides.js";
import { type ForeignSpec, readSpec, type Spec } from "./npm-source.js";

/** What dependents say of one entry. */
export interface Asked {
  /** Packages that the project and its folders ask for in this place: what people wrote and reviewed decides. */
  readonly project: ReadonlySet<string>;
  /** What each of the packages that ask for it would take: one name, or more where an override may count or not. */
  readonly packages: ReadonlyMap<string, ReadonlySet<string>>;
  /** A text that asks for an address instead of a registry's package, and who says so. */
  readonly foreign: { readonly spec: ForeignSpec; readonly by: string; readonly believed: boolean } | null;
  /** Who asks for it by version, range or tag (peers aside). Kept for links only. */
  readonly ranges: readonly { readonly range: string; readonly by: LockedEntry | null }[];
}

export interface AskingInput {
  readonly entries: readonly LockedEntry[];
  /** What the project puts in the place of a name's own texts. */
  readonly overrides: Overrides;
  /**
   * Whether what an entry asks for is held against its own package.json: on disk, or in the archive that must pass.
   * Of others, a text that puts one package in the place of another counts for nothing.
   */
  readonly isBelieved: (entry: LockedEntry) => boolean;
}

/** One dependency, and the entry that it leads to. `by` is the number of the entry that asks, or PROJECT. */
interface Wish {
  readonly target: number;
  readonly name: string;
  readonly text: string;
  readonly by: number;
  readonly peer: boolean;
}

interface Heard extends Wish {
  readonly spec: Spec;
}

interface Said extends Asked {
  readonly project: Set<string>;
  readonly packages: Map<string, ReadonlySet<string>>;
  foreign: Asked["foreign"];
}

const PLAINLY = { byProject: 1, byPackage: 2 } as const;

export class Asking {
  /** Most wishes are plain ones: two bits for each entry. */
  private readonly plain: Uint8Array;
  private readonly others: Heard[] = [];
  private readonly ranges = new Map<number, { range: string; by: LockedEntry | null }[]>();
  private readonly specs = new Map<string, Spec>();

  constructor(private readonly input: AskingInput) {
    this.plain = new Uint8Array(input.entries.length);
  }

  note(wish: Wish): void {
    const { target, name, text, by, peer } = wish;
    const spec = this.read(text);
    if (spec.kind === "registry" && !this.input.overrides.has(name)) {
      this.plain[target] = (this.plain[target] ?? 0) | (this.isOwn(by) ? PLAINLY.byProject : PLAINLY.byPackage);
      if (!peer && this.input.entries[target]?.link === true) {
        const ranges = this.ranges.get(target) ?? [];
        this.ranges.set(target, ranges);
        ranges.push({ range: spec.range, by: this.input.entries[by] ?? null });
      }
    } else if (spec.kind !== "unknown") this.others.push({ ...wish, spec });
  }

  /** To be called once all edges are known; gives what is said of an entry, or null for nothing but plain ranges. */
  settle(next: readonly (readonly Edge[])[]): (index: number) => Asked | null {
    const isBelow = below(this.input.entries, next);
    const all = new Map<number, Said>();
    const about = (index: number): Said => {
      const ranges = this.ranges.get(index) ?? [];
      const found = all.get(index) ?? { project: new Set(), packages: new Map(), foreign: null, ranges };
      all.set(index, found);
      return found;
    };
    for (const target of this.ranges.keys()) about(target);
    for (const wish of this.others) this.hear(wish, about(wish.target), this.overridesOf(wish, isBelow));
    for (const [index, said] of all) this.addPlain(index, said);
    return (index) => all.get(index) ?? null;
  }

  private hear(wish: Heard, said: Said, overrides: readonly Override[]): void {
    const { spec, by } = wish;
    const believed = this.believes(by);
    if (overrides.length === 0 && spec.kind !== "registry" && spec.kind !== "alias") {
      const who = this.input.entries[by]?.location ?? "package.json";
      if (spec.kind !== "unknown" && said.foreign?.believed !== true) said.foreign = { spec, by: who, believed };
      return;
    }
    const names = this.namesOf(wish, overrides, believed);
    if (this.isOwn(by)) for (const name of names) said.project.add(name);
    else if (names.size > 0) said.packages.set([...names].sort().join(" "), names);
  }

  /** Which names a wish would take. An override may be for other versions, so what it replaces may do as well. */
  private namesOf({ name, spec }: Heard, overrides: readonly Override[], believed: boolean): Set<string> {
    const specs = [...overrides.map(({ text }) => this.read(text)), spec];
    return new Set(
      specs.flatMap((one) => {
        if (one.kind === "registry") return [name];
        return one.kind === "alias" ? [one === spec && !believed ? name : one.name] : [];
      }),
    );
  }

  /** Overrides are not for what the project itself asks for, and never known to be for a version of a repository. */
  private overridesOf(wish: Heard, isBelow: (index: number, name: string) => boolean): Override[] {
    if (wish.by === PROJECT) return [];
    const all = this.input.overrides.get(wish.name) ?? [];
    return all.filter(
      ({ under, versioned }) => !(versioned && wish.spec.kind === "git") && (under === null || isBelow(wish.by, under)),
    );
  }

  private addPlain(index: number, said: Said): void {
    const place = this.input.entries[index]?.place;
    const plain = this.plain[index] ?? 0;
    if (place?.ok !== true || place.place.type !== "package") return;
    const { name } = place.place;
    if ((plain & PLAINLY.byProject) !== 0) said.project.add(name);
    if ((plain & PLAINLY.byPackage) !== 0) said.packages.set(name, new Set([name]));
  }

  /** Whether the project asks, by a package.json of its own. */
  private isOwn(by: number): boolean {
    return by === PROJECT || (this.input.entries[by]?.folder != null && this.believes(by));
  }

  private believes(by: number): boolean {
    const entry = this.input.entries[by];
    return entry === undefined || this.input.isBelieved(entry);
  }

  private read(text: string): Spec {
    let spec = this.specs.get(text);
    if (spec === undefined) {
      spec = readSpec(text);
      this.specs.set(text, spec);
    }
    return spec;
  }
}

/** Whether an entry is a package called `name`, or something that such a package reaches. */
function below(entries: readonly LockedEntry[], next: readonly (readonly Edge[])[]) {
  const known = new Map<string, Uint8Array>();
  return (index: number, name: string): boolean => {
    const seen = known.get(name) ?? reachedFrom(entries, next, name);
    known.set(name, seen);
    return seen[index] === 1;
  };
}

function reachedFrom(entries: readonly LockedEntry[], next: readonly (readonly Edge[])[], name: string): Uint8Array {
  const seen = new Uint8Array(entries.length);
  const queue: number[] = [];
  const visit = (index: number): void => {
    if (seen[index] === 1) return;
    seen[index] = 1;
    queue.push(index);
  };
  entries.forEach(({ place, name: called }, index) => {
    if (called === name || (place.ok && place.place.type === "package" && place.place.name === name)) visit(index);
  });
  for (let at = 0; at < queue.length; at += 1) for (const edge of next[queue[at] ?? 0] ?? []) visit(targetOf(edge));
  return seen;
}
