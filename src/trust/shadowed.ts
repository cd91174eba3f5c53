/** Entries of a store that change nothing while others stand, and those that are better read as one. Pure. */
import type { Denial, Exception, Rule, TrustStore } from "../model/policy.js";
import { selects } from "../model/selector.js";
import { contains } from "./containment.js";
import { asksAsMuch, covers, demandsBeyond, mentions, outlives } from "./demands.js";
import { standing } from "./findings.js";
import type { Remark } from "./remark.js";
import { naming } from "./selection.js";

/** `now` is in milliseconds; what has ended by then shadows nothing. */
export function shadowed(store: TrustStore, now: number): readonly Remark[] {
  return [...rules(store, now), ...deniedTwice(store.denials), ...deniedAnyway(store, now)];
}

function rules(store: TrustStore, now: number): readonly Remark[] {
  const asMuch = asksAsMuch(store, store, now);
  const addsNothing = (rule: Rule, others: readonly Rule[]): boolean => {
    const { require, publishers } = demandsBeyond(rule, others, asMuch);
    const upholds = (one: Rule): boolean => covers(one, rule) && outlives(one, rule);
    const isMentioned = rule.select.range === null || others.some((one) => mentions(one, rule) && outlives(one, rule));
    return require.length === 0 && publishers === null && isMentioned && others.some(upholds);
  };
  const alive = store.rules.filter((rule) => standing(rule, now) !== "ended");
  // From the last to the first: of two that say the same, the first one counts.
  const idle = new Set<Rule>();
  for (const rule of [...alive].reverse()) {
    if (
      addsNothing(
        rule,
        alive.filter((one) => one !== rule && !idle.has(one)),
      )
    )
      idle.add(rule);
  }
  return alive.flatMap((rule, index): Remark[] => {
    if (idle.has(rule))
      return [{ place: rule.id, says: `${rule.select.text}: other rules ask for all that it asks for.` }];
    const twin = alive.slice(0, index).find((one) => !idle.has(one) && isSame(one, rule));
    return twin === undefined ? [] : [{ place: rule.id, says: `It is for ${rule.select.text}, as ${twin.id} is.` }];
  });
}

function isSame(one: Rule, other: Rule): boolean {
  return contains(one.select, other.select) && contains(other.select, one.select);
}

function deniedTwice(denials: readonly Denial[]): readonly Remark[] {
  const place = new Map(denials.map((denial, index) => [denial, index]));
  return denials.flatMap((denial, index) => {
    const { ecosystem, pattern, text } = denial.select;
    const wider = naming(denials, ecosystem, pattern).find(
      (one) =>
        one !== denial &&
        contains(one.select, denial.select) &&
        (!contains(denial.select, one.select) || (place.get(one) ?? 0) < index),
    );
    return wider === undefined ? [] : [{ place: denial.id, says: `${text} is denied by ${wider.id} already.` }];
  });
}

/** An exception waives what is asked; what is denied is refused whatever it shows. */
function deniedAnyway({ exceptions, denials }: TrustStore, now: number): readonly Remark[] {
  return exceptions.flatMap((exception: Exception) => {
    const { ecosystem, pattern, range, text } = exception.select;
    if (standing(exception, now) === "ended") return [];
    const denial = naming(denials, ecosystem, pattern).find(({ select }) =>
      selects(select, ecosystem, pattern, range ?? ""),
    );
    return denial === undefined
      ? []
      : [{ place: exception.id, says: `${text} is denied by ${denial.id}, whatever is waived.` }];
  });
}
