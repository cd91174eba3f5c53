/** When an exception ends: a day from now, unless a person says otherwise, and at most a year ahead. */
import { DAY_MS } from "../model/day.js";
import { StopError } from "../model/finding.js";
import { readTime } from "../trust/values.js";

const HOUR_MS = 3_600_000;
const DEFAULT_MS = DAY_MS;
const LONGEST_MS = 366 * DAY_MS;

/**
 * Reads `--expires`: `30d`, `12h`, `2027-02-01` (its beginning, UTC) or RFC 3339 with a zone. Milliseconds since the
 * epoch, in whole seconds. Throws StopError USAGE for anything else, what is past, and what is more than a year ahead.
 */
export function endOf(text: string | undefined, now: number): number {
  const end = text === undefined ? now + DEFAULT_MS : readEnd(text, now);
  if (end <= now) throw wrong(`"${text}" is past`);
  if (end > now + LONGEST_MS) throw wrong(`"${text}" is more than a year ahead`);
  return Math.ceil(end / 1000) * 1000;
}

/** As trust files write it, without fractions of a second. */
export function endText(end: number): string {
  return new Date(end).toISOString().replace(".000Z", "Z");
}

function readEnd(text: string, now: number): number {
  const [, count, unit] = /^(\d{1,4})([hd])$/.exec(text) ?? [];
  if (count !== undefined) return now + Number(count) * (unit === "h" ? HOUR_MS : DAY_MS);
  const value = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text;
  try {
    return readTime({ at: "--expires", type: "string", value }, "--expires");
  } catch {
    throw wrong(`"${text}" is no date`);
  }
}

function wrong(why: string): StopError {
  return new StopError("USAGE", why, {
    at: "--expires",
    help: "Write a date at most a year ahead, such as 2027-02-01, or a time from now: 12h, 30d.",
  });
}
