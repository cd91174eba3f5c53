/** Days, for people. */

export const DAY_MS = 86_400_000;

/** The day of a time (ms), in UTC: `2027-02-01`. A registry may name a time that no calendar has. */
export function day(time: number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? "a day that cannot be" : date.toISOString().slice(0, 10);
}

/** A time (ms) as reports and files write it; null stays null. */
export function isoTime(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}
