/** Changes of deny.json. */
import type { Denial } from "../model/policy.js";
import { type Change, other, stronger, weaker } from "./change.js";
import { contains, mayMeet } from "./containment.js";
import { naming } from "./selection.js";

/** What is no longer denied, and what is denied now. Denials are matched by what they deny, wherever they stand. */
export function denialChanges(before: readonly Denial[], after: readonly Denial[]): readonly Change[] {
  const lost = before.filter((old) => !isDenied(old, after));
  const gained = after.filter((now) => !isDenied(now, before));
  return [
    ...lost.map(({ id, select }) => {
      const near = naming(after, select.ecosystem, select.pattern);
      const rest = near.filter((now) => mayMeet(now.select, select)).map((now) => now.select.text);
      const only = rest.length === 0 ? "" : `, only ${rest.join(", ")}`;
      return weaker(id, `${select.text} is no longer denied${only}.`);
    }),
    ...gained.map(({ id, select, reason }) => stronger(id, `${select.text} is denied: ${reason}.`)),
    ...after
      .filter(({ select, reason }) => {
        const near = naming(before, select.ecosystem, select.pattern);
        const same = near.filter((old) => old.select.text === select.text);
        return same.length > 0 && !same.some((old) => old.reason === reason);
      })
      .map(({ id, select, reason }) => other(id, `${select.text} is denied for another reason: ${reason}.`)),
  ];
}

/** Lists of denials are long, so only those are gone through that name the package. */
function isDenied({ select }: Denial, denials: readonly Denial[]): boolean {
  return naming(denials, select.ecosystem, select.pattern).some((one) => contains(one.select, select));
}
