/** What one rule asks, held against what others ask. No answer of yes is given where it can't be shown. */
import type { PublisherRequirement, Rule, TrustStore } from "../model/policy.js";
import { patternRank } from "../model/selector.js";
import { provenBy, waivesProof } from "./changes-publishers.js";
import { contains, containsNames, mayMeet, mayShareNames } from "./containment.js";
import { standing } from "./findings.js";

export type Demands = Pick<Rule, "require" | "publishers">;

/** Whether `one` speaks of every name and version that `rule` speaks of. */
export function mentions(one: Rule, rule: Rule): boolean {
  return (
    containsNames(one.select, rule.select) &&
    one.except.every((spared) => isSpared(rule, spared) || !mayShareNames(spared, rule.select))
  );
}

/** Whether `one` selects every package that `rule` selects. */
export function covers(one: Rule, rule: Rule): boolean {
  return (
    contains(one.select, rule.select) &&
    one.except.every((spared) => isSpared(rule, spared) || !mayMeet(spared, rule.select))
  );
}

function isSpared(rule: Rule, spared: Rule["select"]): boolean {
  return rule.except.some((except) => contains(except, spared));
}

/** Whether `one` applies for as long as `rule` does. */
export function outlives(one: Rule, rule: Rule): boolean {
  return one.expires === null || (rule.expires !== null && one.expires >= rule.expires);
}

type AsMuch = (asked: PublisherRequirement, wanted: PublisherRequirement, rule: Rule) => boolean;

/** What `rule` asks for that none of `others` upholds. */
export function demandsBeyond(rule: Rule, others: readonly Rule[], asMuch: AsMuch): Demands {
  const upholding = others.filter((one) => covers(one, rule) && outlives(one, rule));
  const wanted = rule.publishers;
  const upheld =
    wanted !== null && upholding.some((one) => one.publishers !== null && asMuch(one.publishers, wanted, rule));
  return {
    require: rule.require.filter((kind) => !upholding.some((one) => one.require.includes(kind))),
    publishers: upheld ? null : wanted,
  };
}

/**
 * Whether whoever satisfies `asked` in the store `there` would have satisfied `wanted` in the store `here`. Of those
 * whom only `asked` names, none may be needed; of those whom only `wanted` names, none may be compromised, since what
 * such a one signed is refused; and no exception may waive the one and not the other. `now` is in milliseconds.
 */
export function asksAsMuch(here: TrustStore, there: TrustStore, now: number): AsMuch {
  const find = (name: string, stores: readonly TrustStore[]) =>
    stores.flatMap(({ publishers }) => publishers.find((one) => one.name === name) ?? []).slice(0, 1);
  const kindsOf = (names: readonly string[]) => provenBy(names.flatMap((name) => find(name, [there, here])));
  return (asked, wanted, { select }) => {
    const foreign = asked.of.filter((name) => !wanted.of.includes(name));
    const dropped = wanted.of.filter((name) => !asked.of.includes(name));
    const kinds = kindsOf(asked.of);
    const waivable = there.exceptions.some(
      (exception) =>
        standing(exception, now) !== "ended" &&
        waivesProof(exception) &&
        exception.select.ecosystem === select.ecosystem &&
        patternRank(select.pattern, exception.select.pattern) > 0,
    );
    return (
      asked.atLeast - foreign.length >= wanted.atLeast &&
      dropped.every((name) => find(name, [here]).every(({ compromised }) => compromised === null)) &&
      (!waivable || [...kindsOf(wanted.of)].every((kind) => kinds.has(kind)))
    );
  };
}
