/** What differs between two trusted roots of Sigstore, in words. Pure. */
import { day } from "../model/day.js";
import { type Change, stronger, weaker } from "./change.js";
import type { RootEntry } from "./sigstore-root.js";

/**
 * Every log and authority that is new, gone, or no longer as it was. Less by which something can be proven is stronger;
 * whatever is not shown to be less is weaker.
 */
export function rootChanges(
  place: string,
  before: readonly RootEntry[],
  after: readonly RootEntry[],
): readonly Change[] {
  return [
    ...after.flatMap((entry) => gained(place, entry, namesakes(before, entry))),
    ...before.flatMap((entry) => lost(place, entry, namesakes(after, entry))),
  ];
}

/** `begins on 2021-01-12 and has no end`. */
export function lifeWords({ start, end }: Pick<RootEntry, "start" | "end">): string {
  return `begins on ${day(start)} and ${end === null ? "has no end" : `ends on ${day(end)}`}`;
}

/** One key may stand in a root more than once, with several lives. */
function namesakes(entries: readonly RootEntry[], { part, digest }: RootEntry): readonly RootEntry[] {
  return entries.filter((entry) => entry.part === part && entry.digest === digest);
}

function gained(place: string, entry: RootEntry, known: readonly RootEntry[]): readonly Change[] {
  if (known.some((old) => covers(old, entry))) return [];
  if (known.length === 0) return [weaker(place, `${entry.what} is new, ${lifeWords(entry)}.`)];
  const old = known.find(({ says }) => says === entry.says);
  if (old === undefined) return [weaker(place, `${entry.what} is described otherwise than it was.`)];
  return [weaker(place, lifeChange(old, entry))];
}

function lost(place: string, entry: RootEntry, current: readonly RootEntry[]): readonly Change[] {
  if (current.some((now) => covers(now, entry))) return [];
  if (current.length === 0) return [stronger(place, `${entry.what} is gone.`)];
  // What is not within it has been told already.
  const shorter = current.find((now) => covers(entry, now));
  return shorter === undefined ? [] : [stronger(place, lifeChange(entry, shorter))];
}

function lifeChange(old: RootEntry, now: RootEntry): string {
  return `${now.what}, ${lifeWords(old)} until now, ${lifeWords(now)}.`;
}

/** Whether whatever `inner` verifies, `outer` verifies. */
function covers(outer: RootEntry, inner: RootEntry): boolean {
  const end = ({ end }: RootEntry): number => end ?? Number.POSITIVE_INFINITY;
  return outer.says === inner.says && outer.start <= inner.start && end(outer) >= end(inner);
}
