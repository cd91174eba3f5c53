/** Changes of exceptions.json. */
import { day } from "../model/day.js";
import { formatDigest } from "../model/digest.js";
import type { EvidenceKind } from "../model/evidence.js";
import type { Exception } from "../model/policy.js";
import { type Change, other, stronger, weaker } from "./change.js";
import { standing } from "./findings.js";

/** What is let through that was not, and what no longer is: for each digest, kind by kind and until when. */
export function exceptionChanges(
  before: readonly Exception[],
  after: readonly Exception[],
  now: number,
): readonly Change[] {
  const [old, current] = [inForce(before, now), inForce(after, now)];
  return [
    ...after.flatMap((exception) => {
      const kinds = beyond(exception, old, now);
      return kinds.length === 0 ? [] : [granted(exception, kinds, old)];
    }),
    ...before.flatMap((exception) => {
      const kinds = beyond(exception, current, now);
      return kinds.length === 0 ? [] : [ended(exception, kinds, current)];
    }),
    ...after.flatMap((exception) => explained(exception, before)),
  ];
}

type Ends = ReadonlyMap<string, number>;

const key = ({ select, digest }: Exception, kind: EvidenceKind): string =>
  `${select.ecosystem}:${select.pattern}@${select.range} ${formatDigest(digest)} ${kind}`;

/** Until when each kind is waived for each digest. */
function inForce(exceptions: readonly Exception[], now: number): Ends {
  const ends = new Map<string, number>();
  for (const exception of exceptions.filter((one) => standing(one, now) !== "ended")) {
    for (const kind of exception.waive) {
      const place = key(exception, kind);
      ends.set(place, Math.max(exception.expires, ends.get(place) ?? 0));
    }
  }
  return ends;
}

/** The kinds that an exception in force waives, and that `others` do not waive for as long. */
function beyond(exception: Exception, others: Ends, now: number): readonly EvidenceKind[] {
  if (standing(exception, now) === "ended") return [];
  return exception.waive.filter((kind) => (others.get(key(exception, kind)) ?? 0) < exception.expires);
}

function granted(exception: Exception, kinds: readonly EvidenceKind[], old: Ends): Change {
  const { id, select, expires, reason } = exception;
  const former = kinds.map((kind) => old.get(key(exception, kind)));
  const longer = former.every((end) => end !== undefined);
  const was = longer ? `, and until ${day(Math.max(...former.map((end) => end ?? 0)))} before` : "";
  return weaker(id, `${select.text} need not show ${kinds.join(", ")} until ${day(expires)}${was}: ${reason}.`);
}

function ended(exception: Exception, kinds: readonly EvidenceKind[], current: Ends): Change {
  const { id, select } = exception;
  const ends = kinds.flatMap((kind) => current.get(key(exception, kind)) ?? []);
  const from = ends.length === 0 ? "again" : `again from ${day(Math.min(...ends))} on`;
  return stronger(id, `${select.text} must show ${kinds.join(", ")} ${from}: the exception ended.`);
}

function explained(exception: Exception, before: readonly Exception[]): readonly Change[] {
  const { id, select, reason } = exception;
  const same = before.filter(
    (old) =>
      old.expires === exception.expires &&
      old.waive.length === exception.waive.length &&
      exception.waive.every((kind) => old.waive.includes(kind) && key(old, kind) === key(exception, kind)),
  );
  if (same.length === 0 || same.some((old) => old.reason === reason)) return [];
  return [other(id, `The exception for ${select.text} has another reason: ${reason}.`)];
}
