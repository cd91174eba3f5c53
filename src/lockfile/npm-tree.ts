/**
 * The tree that a lockfile describes: who asks for which entry, and by which way the root reaches it.
 * Names are found as node finds them: in one's own node_modules, then in those of the folders above.
 */
import { StopError } from "../model/finding.js";
import { chains } from "./npm-chains.js";
import type { LockedEntry } from "./npm-entries.js";
import { folderProblem } from "./npm-place.js";
import { type Find, resolver } from "./npm-resolve.js";
import type { NpmRoot } from "./npm-root.js";
import { type ForeignSpec, readSpec, type Spec } from "./npm-source.js";

/** Most dependencies of all entries together: bounds the time that a made-up lockfile can take. */
const MAX_NEEDS = 1_000_000;

/** What dependents say of one entry. */
export interface Asked {
  /** Names that an `npm:name@…` of some dependent, or an override, puts in this place. */
  readonly aliases: Set<string>;
  /** Whether somebody asks for it by a plain range, tag or version. */
  plainly: boolean;
  /** The first text that asks for an address instead of a registry's package, and who says so. */
  foreign: { readonly spec: ForeignSpec; readonly by: string } | null;
  /** Who asks for it by version, range or tag (peers aside). Kept for links only. */
  readonly ranges: { readonly range: string; readonly by: LockedEntry | null }[];
}

export interface Tree {
  /** False where nothing says what the root asks for, so that what is not reached means nothing. */
  readonly rootKnown: boolean;
  readonly entries: readonly LockedEntry[];
  readonly byLocation: ReadonlyMap<string, number>;
  /** Null where nobody says more than a plain range. */
  asked(index: number): Asked | null;
  /** One shortest way from the root, as text, or null where none leads there. */
  chain(index: number): string | null;
}

export interface TreeInput {
  readonly entries: readonly LockedEntry[];
  readonly root: NpmRoot;
  /** What the root puts in the place of a name's own texts. */
  readonly overrides: ReadonlyMap<string, readonly string[]>;
  /** False for version 1 without a package.json: the root then asks for all that lies at the top and no entry wants. */
  readonly rootKnown: boolean;
  readonly isWorkspace: (folder: string) => boolean;
  readonly path: string;
}

/** Builds the tree. Time grows with entries and dependencies, times the depth of nesting. */
export function buildTree(input: TreeInput): Tree {
  const { entries } = input;
  const byLocation = new Map(entries.map((entry, index) => [entry.location, index]));
  const findFrom = resolver(entries);
  const asked = new Map<number, Asked>();
  const edges = new Edges(input, findFrom, asked);
  const first = edges.ofRoot();
  const next = entries.map((entry, index) => {
    const target = entry.link ? byLocation.get(entry.resolved ?? "") : undefined;
    return target === undefined || target === index ? edges.of(entry) : [target];
  });
  for (const [index, about] of asked) about.plainly = edges.plain[index] === 1;
  const unnamed = input.rootKnown ? [] : unwanted(entries, next);
  return {
    rootKnown: input.rootKnown,
    entries,
    byLocation,
    asked: (index) => asked.get(index) ?? null,
    chain: chains(entries, [...first, ...unnamed, ...workspaces(input)], next),
  };
}

/** Follows what entries ask for, and writes down what is said of the entries it leads to. */
class Edges {
  /** 1 for every entry that somebody asks for plainly. */
  readonly plain: Uint8Array;
  private readonly specs = new Map<string, Spec>();
  private count = 0;

  constructor(
    private readonly input: TreeInput,
    private readonly findFrom: (from: string) => Find,
    private readonly asked: Map<number, Asked>,
  ) {
    this.plain = new Uint8Array(input.entries.length);
  }

  ofRoot(): number[] {
    const { root } = this.input;
    const targets: number[] = [];
    const find = this.findFrom("");
    for (const names of [root.dependencies, root.devDependencies, root.optionalDependencies]) {
      this.follow(find, null, names, false, targets);
    }
    this.follow(find, null, root.peerDependencies, true, targets);
    return targets;
  }

  of(entry: LockedEntry): number[] {
    const targets: number[] = [];
    // What a link needs is looked up where it leads. A place that is none has no surroundings to look in.
    const from = entry.link ? (entry.resolved ?? "") : entry.location;
    if (!entry.place.ok || (entry.link && folderProblem(from) !== null)) return targets;
    if (entry.needs.length === 0) return targets;
    const find = this.findFrom(from);
    for (const { kind, names } of entry.needs) this.follow(find, entry, names, kind === "peer", targets);
    return targets;
  }

  private follow(
    find: Find,
    by: LockedEntry | null,
    names: Readonly<Record<string, string>>,
    peer: boolean,
    targets: number[],
  ): void {
    const { path } = this.input;
    for (const name of Object.keys(names)) {
      this.count += 1;
      if (this.count > MAX_NEEDS) {
        throw new StopError("LOCKFILE_UNREADABLE", `${path} has more than ${MAX_NEEDS} dependencies`, { at: path });
      }
      const target = find(name);
      if (target === undefined) continue;
      targets.push(target);
      this.note(target, name, names[name] ?? "", by, peer);
    }
  }

  private note(target: number, name: string, text: string, by: LockedEntry | null, peer: boolean): void {
    const overrides = this.input.overrides.get(name);
    // Which of the two counts here, npm decides by rules of its own; either is the root's word, or the dependent's.
    for (const override of overrides ?? []) {
      const spec = this.read(override);
      if (spec.kind === "alias") this.about(target).aliases.add(spec.name);
      if (spec.kind === "registry") this.plain[target] = 1;
    }
    const spec = this.read(text);
    if (spec.kind === "registry") this.plain[target] = 1;
    if (spec.kind === "alias") this.about(target).aliases.add(spec.name);
    else if (overrides !== undefined || spec.kind === "unknown") return;
    else if (spec.kind !== "registry") {
      const asked = this.about(target);
      asked.foreign ??= { spec, by: by?.location ?? "package.json" };
    } else if (!peer && this.input.entries[target]?.link === true) {
      this.about(target).ranges.push({ range: spec.range, by });
    }
  }

  private about(target: number): Asked {
    let asked = this.asked.get(target);
    if (asked === undefined) {
      asked = { aliases: new Set(), plainly: false, foreign: null, ranges: [] };
      this.asked.set(target, asked);
    }
    return asked;
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

/** Top-level entries that no other entry asks for. */
function unwanted(entries: readonly LockedEntry[], next: readonly (readonly number[])[]): number[] {
  const wanted = new Set(next.flat());
  return entries.flatMap(({ place }, index) =>
    place.ok && place.place.type === "package" && place.place.inside === "" && !wanted.has(index) ? [index] : [],
  );
}

/** The entries of declared workspaces: their links at the top, or the folders themselves. */
function workspaces(input: TreeInput): number[] {
  return input.entries.flatMap(({ place, link, resolved }, index) => {
    if (!place.ok) return [];
    const folder = place.place.type === "folder" ? place.place.folder : link ? resolved : null;
    return folder !== null && input.isWorkspace(folder) ? [index] : [];
  });
}
