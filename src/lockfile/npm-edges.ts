/** Follows what the project, its folders and its packages ask for to the entries that they get. */
import { StopError } from "../model/finding.js";
import type { Asking } from "./npm-asked.js";
import { type Edge, edgeTo, KIND, kindsOf, PROJECT } from "./npm-edge.js";
import type { LockedEntry } from "./npm-entries.js";
import type { Need, NeedKind } from "./npm-needs.js";
import { folderProblem } from "./npm-place.js";
import type { Find } from "./npm-resolve.js";
import type { NpmRoot } from "./npm-root.js";

/** Most dependencies of all entries together: bounds the time that a made-up lockfile can take. */
const MAX_NEEDS = 1_000_000;

const BITS: Readonly<Record<NeedKind, number>> = {
  prod: 0,
  dev: KIND.dev,
  optional: KIND.optional,
  peer: KIND.peer,
  peerOptional: KIND.peer | KIND.optional,
};

export class Edges {
  private count = 0;

  /** `asking` is told of every edge. */
  constructor(
    private readonly path: string,
    private readonly findFrom: (from: string) => Find,
    private readonly asking: Asking,
  ) {}

  ofProject(root: NpmRoot): Edge[] {
    return this.followAll("", PROJECT, root.needs);
  }

  of(entry: LockedEntry, index: number): Edge[] {
    // What a link needs is looked up where it leads. A place that is none has no surroundings to look in.
    const from = entry.link ? (entry.resolved ?? "") : entry.location;
    if (!entry.place.ok || (entry.link && folderProblem(from) !== null)) return [];
    return entry.needs.length === 0 ? [] : this.followAll(from, index, entry.needs);
  }

  private followAll(from: string, by: number, needs: readonly Need[]): Edge[] {
    const edges: Edge[] = [];
    const find = this.findFrom(from);
    needs.forEach((need, at) => {
      this.follow(find, by, need, needs.slice(0, at), edges);
    });
    // The plainest first: ways are told by them.
    return edges.sort((a, b) => kindsOf(a) - kindsOf(b));
  }

  /** A name that stands under several kinds counts under the first of them. */
  private follow(find: Find, by: number, { kind, names }: Need, before: readonly Need[], edges: Edge[]): void {
    const { path } = this;
    for (const name of Object.keys(names)) {
      this.count += 1;
      if (this.count > MAX_NEEDS) {
        throw new StopError("LOCKFILE_UNREADABLE", `${path} has more than ${MAX_NEEDS} dependencies`, { at: path });
      }
      if (before.some((need) => need.names[name] !== undefined)) continue;
      const target = find(name);
      if (target === undefined) continue;
      edges.push(edgeTo(target, BITS[kind]));
      this.asking.note({ target, name, text: names[name] ?? "", by, peer: BITS[kind] >= KIND.peer });
    }
  }
}
