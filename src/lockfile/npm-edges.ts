/** Follows what the project, its folders and its packages ask for, and writes down what is said of what they get. */
import { StopError } from "../model/finding.js";
import type { LockedEntry } from "./npm-entries.js";
import type { Need, NeedKind } from "./npm-needs.js";
import { folderProblem } from "./npm-place.js";
import type { Find } from "./npm-resolve.js";
import type { NpmRoot } from "./npm-root.js";
import { type ForeignSpec, readSpec, type Spec } from "./npm-source.js";

/** Most dependencies of all entries together: bounds the time that a made-up lockfile can take. */
const MAX_NEEDS = 1_000_000;

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

const BITS: Readonly<Record<NeedKind, number>> = {
  prod: 0,
  dev: KIND.dev,
  optional: KIND.optional,
  peer: KIND.peer,
  peerOptional: KIND.peer | KIND.optional,
};

/** What dependents say of one entry. */
export interface Asked {
  /** Names that an `npm:name@…` of some dependent, or an override, puts in this place. Only of those who are believed. */
  readonly aliases: Set<string>;
  /** Whether somebody asks for it by a plain range, tag or version. */
  plainly: boolean;
  /** The first text that asks for an address instead of a registry's package, and who says so. */
  foreign: { readonly spec: ForeignSpec; readonly by: string; readonly believed: boolean } | null;
  /** Who asks for it by version, range or tag (peers aside). Kept for links only. */
  readonly ranges: { readonly range: string; readonly by: LockedEntry | null }[];
}

export interface EdgesInput {
  readonly entries: readonly LockedEntry[];
  readonly root: NpmRoot;
  /** What the root puts in the place of a name's own texts. */
  readonly overrides: ReadonlyMap<string, readonly string[]>;
  /**
   * Whether what an entry asks for is held against its own package.json: on disk, or in the archive that must pass.
   * Of others, a text that puts one package in the place of another counts for nothing.
   */
  readonly isBelieved: (entry: LockedEntry) => boolean;
  readonly path: string;
}

export class Edges {
  readonly asked = new Map<number, Asked>();
  /** 1 for every entry that somebody asks for plainly. */
  private readonly plain: Uint8Array;
  private readonly specs = new Map<string, Spec>();
  private count = 0;

  constructor(
    private readonly input: EdgesInput,
    private readonly findFrom: (from: string) => Find,
  ) {
    this.plain = new Uint8Array(input.entries.length);
  }

  ofRoot(): Edge[] {
    return this.followAll("", null, this.input.root.needs);
  }

  of(entry: LockedEntry): Edge[] {
    // What a link needs is looked up where it leads. A place that is none has no surroundings to look in.
    const from = entry.link ? (entry.resolved ?? "") : entry.location;
    if (!entry.place.ok || (entry.link && folderProblem(from) !== null)) return [];
    return entry.needs.length === 0 ? [] : this.followAll(from, entry, entry.needs);
  }

  /** To be called once all edges are there. */
  finish(): ReadonlyMap<number, Asked> {
    for (const [index, about] of this.asked) about.plainly = this.plain[index] === 1;
    return this.asked;
  }

  private followAll(from: string, by: LockedEntry | null, needs: readonly Need[]): Edge[] {
    const edges: Edge[] = [];
    const find = this.findFrom(from);
    needs.forEach((need, at) => {
      this.follow(find, by, need, needs.slice(0, at), edges);
    });
    // The plainest first: ways are told by them.
    return edges.sort((a, b) => kindsOf(a) - kindsOf(b));
  }

  /** A name that stands under several kinds counts under the first of them. */
  private follow(find: Find, by: LockedEntry | null, need: Need, before: readonly Need[], edges: Edge[]): void {
    const { path } = this.input;
    for (const name of Object.keys(need.names)) {
      this.count += 1;
      if (this.count > MAX_NEEDS) {
        throw new StopError("LOCKFILE_UNREADABLE", `${path} has more than ${MAX_NEEDS} dependencies`, { at: path });
      }
      if (before.some(({ names }) => names[name] !== undefined)) continue;
      const target = find(name);
      if (target === undefined) continue;
      edges.push(edgeTo(target, BITS[need.kind]));
      this.note(target, name, need, by);
    }
  }

  private note(target: number, name: string, { kind, names }: Need, by: LockedEntry | null): void {
    const overrides = this.input.overrides.get(name);
    // Which of the two counts here, npm decides by rules of its own; either is the root's word, or the dependent's.
    for (const override of overrides ?? []) {
      const spec = this.read(override);
      if (spec.kind === "alias") this.about(target).aliases.add(spec.name);
      if (spec.kind === "registry") this.plain[target] = 1;
    }
    const spec = this.read(names[name] ?? "");
    if (spec.kind === "registry") this.plain[target] = 1;
    if (spec.kind === "alias") {
      if (this.believes(by)) this.about(target).aliases.add(spec.name);
    } else if (overrides !== undefined || spec.kind === "unknown") return;
    else if (spec.kind !== "registry") this.foreign(target, spec, by);
    else if (BITS[kind] < KIND.peer && this.input.entries[target]?.link === true) {
      this.about(target).ranges.push({ range: spec.range, by });
    }
  }

  private foreign(target: number, spec: ForeignSpec, by: LockedEntry | null): void {
    const asked = this.about(target);
    const believed = this.believes(by);
    if (asked.foreign === null || (believed && !asked.foreign.believed)) {
      asked.foreign = { spec, by: by?.location ?? "package.json", believed };
    }
  }

  private believes(by: LockedEntry | null): boolean {
    return by === null || this.input.isBelieved(by);
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
