/** The store, for people. */
import { DAY_MS } from "../model/day.js";
import { forTerminal } from "./escape.js";
import { showCount, showSize } from "./size.js";

interface Sum {
  readonly count: number;
  readonly bytes: number;
}

/** What the store holds. */
export interface Stored {
  readonly blobs: Sum;
  readonly claims: Sum;
  /** What is arriving, or was left unfinished. */
  readonly unfinished: Sum;
  readonly bytes: number;
  /** ISO 8601, exact to a day; null for an empty store. */
  readonly oldestUse: string | null;
  /** Runs that are at work with it. */
  readonly runs: number;
  /** What does not belong there; the first few. */
  readonly strange: readonly string[];
}

interface About {
  readonly directory: string;
  /** Bytes, or null for none. */
  readonly budget: number | null;
  /** Files that no longer are what they are named for; null where nobody has hashed them. */
  readonly broken: readonly string[] | null;
}

/** `store status`, aligned. `now` in milliseconds since the epoch. */
export function statusLines(stored: Stored & About, now: number): string[] {
  const { blobs, claims, unfinished, bytes, budget, oldestUse, runs } = stored;
  const counts = [blobs, claims, unfinished].map(({ count }) => showCount(count));
  const width = Math.max(...counts.map((count) => count.length));
  const sized = (at: number, sum: Sum) => `${(counts[at] ?? "").padStart(width)}  ${showSize(sum.bytes)}`;
  const share = budget === null ? "" : ` of ${showSize(budget)}${budget > 0 ? `, ${percent(bytes / budget)}` : ""}`;
  return [
    `Store       ${forTerminal(stored.directory, 1000)}`,
    `Blobs       ${sized(0, blobs)}`,
    `Claims      ${sized(1, claims)}`,
    ...(unfinished.count === 0 ? [] : [`Unfinished  ${sized(2, unfinished)}`]),
    `Size        ${showSize(bytes)}${share === "" ? ", no budget" : share}`,
    `Oldest      ${oldestUse === null ? "nothing yet" : `last used ${ago(now - Date.parse(oldestUse))}`}`,
    ...(runs === 0 ? [] : [`In use      by ${runs === 1 ? "1 run" : `${runs} runs`}`]),
    ...named("Strange", stored.strange, "does not belong to the store, and is left alone"),
    ...named("Broken", stored.broken ?? [], "is not what it is named for; store prune --verify removes it"),
    ...(stored.broken?.length === 0 ? ["Verified    every file is what it is named for"] : []),
  ];
}

export interface PruneResult extends About {
  readonly dryRun: boolean;
  readonly removed: Sum;
  readonly inUse: Sum;
  readonly left: number;
}

/** `store prune`: nothing but what is broken where silence was asked for. */
export function pruneLines(result: PruneResult, quiet: boolean): string[] {
  const { removed, inUse, left, budget, dryRun } = result;
  const fate = dryRun ? "is not what it is named for, and would be removed" : "was not what it is named for; removed";
  const broken = named("Broken", result.broken ?? [], fate);
  if (quiet) return broken;
  const limit = budget === null ? "" : ` of a budget of ${showSize(budget)}`;
  const what = `${dryRun ? "Would remove" : "Removed"} ${files(removed)}; ${showSize(left)} left${limit}.`;
  const kept = inUse.count === 0 ? [] : [`${files(inUse)} stay: a run of this moment may be using them.`];
  return [...broken, what, ...kept];
}

function files({ count, bytes }: Sum): string {
  return `${showCount(count)} ${count === 1 ? "file" : "files"}, ${showSize(bytes)}`;
}

function named(label: string, places: readonly string[], says: string): string[] {
  return places.map((place) => `${label.padEnd(12)}${forTerminal(place, 1000)} ${says}`);
}

function percent(share: number): string {
  return share > 0 && share < 0.01 ? "under 1%" : `${Math.round(share * 100)}%`;
}

function ago(ms: number): string {
  const days = Math.floor(ms / DAY_MS);
  if (days < 1) return "within a day";
  return days === 1 ? "a day ago" : `${showCount(days)} days ago`;
}
