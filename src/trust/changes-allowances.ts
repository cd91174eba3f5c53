/** Changes of "scripts", "sources" and "sdists": packages that may do more than others. */
import type { Allowance, Denial, SourcePin } from "../model/policy.js";
import { type Change, other, stronger, weaker } from "./change.js";
import { contains } from "./containment.js";
import { naming } from "./selection.js";

/** `may` ends a sentence that begins with a selector: `may run install scripts`. */
export function allowanceChanges(
  before: readonly Allowance[],
  after: readonly Allowance[],
  may: string,
): readonly Change[] {
  const [old, now] = [before.map(selecting), after.map(selecting)];
  return [
    ...now
      .filter((entry) => !within(entry, old))
      .map(({ id, select, reason }) => weaker(id, `${select.text} ${may}: ${reason}.`)),
    ...old
      .filter((entry) => !within(entry, now))
      .map(({ id, select }) => stronger(id, `${select.text} no longer ${may}.`)),
    ...now
      .filter(({ select, reason }) => {
        const near = naming(old, select.ecosystem, select.pattern);
        const same = near.filter((one) => one.select.text === select.text);
        return same.length > 0 && !same.some((one) => one.reason === reason);
      })
      .map(({ id, select, reason }) => other(id, `That ${select.text} ${may} has another reason: ${reason}.`)),
  ];
}

/** Source by source: what may come from one says nothing of another. */
export function sourceChanges(before: readonly SourcePin[], after: readonly SourcePin[]): readonly Change[] {
  const [old, now] = [bySource(before), bySource(after)];
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((source) =>
    allowanceChanges(old.get(source) ?? [], now.get(source) ?? [], `may come from ${source}`),
  );
}

function bySource(pins: readonly SourcePin[]): ReadonlyMap<string, readonly SourcePin[]> {
  const sources = new Map<string, SourcePin[]>();
  for (const pin of pins) {
    const same = sources.get(pin.from);
    if (same === undefined) sources.set(pin.from, [pin]);
    else same.push(pin);
  }
  return sources;
}

type Selecting = Pick<Denial, "id" | "select" | "reason">;

function selecting({ id, allow, reason }: Allowance): Selecting {
  return { id, select: allow, reason };
}

function within({ select }: Selecting, entries: readonly Selecting[]): boolean {
  return naming(entries, select.ecosystem, select.pattern).some((one) => contains(one.select, select));
}
