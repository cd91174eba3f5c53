/**
 * Changes of "rules". Rules are held against one another by what they ask of which packages, never by their place:
 * every demand of a former rule must be upheld by a rule that now asks as much, of at least the same, for as long.
 */
import { day } from "../model/day.js";
import type { Rule, TrustStore } from "../model/policy.js";
import { type Change, other, stronger, weaker } from "./change.js";
import { newSigners } from "./changes-signers.js";
import { containsRange, mayShareNames } from "./containment.js";
import { asksAsMuch, covers, type Demands, demandsBeyond, mentions, outlives } from "./demands.js";
import { standing } from "./findings.js";
import { ruleWords } from "./words.js";

/** `now` is in milliseconds. */
export function ruleChanges(before: TrustStore, after: TrustStore, now: number): readonly Change[] {
  const alive = (rules: readonly Rule[]): readonly Rule[] => rules.filter((rule) => standing(rule, now) !== "ended");
  const [old, current] = [alive(before.rules), alive(after.rules)];
  // What stands in both word for word upholds itself; a store may have more rules than can be gone through pair by pair.
  const [known, kept] = [reasonsOf(old), reasonsOf(current)];
  const former = old.filter((rule) => !kept.has(contentOf(rule)));
  const fresh = current.filter((rule) => !known.has(contentOf(rule)));
  const loses = asksAsMuch(before, after, now);
  const gains = asksAsMuch(after, before, now);
  return [
    ...former.flatMap((rule) => lost(rule, current, demandsBeyond(rule, current, loses))),
    ...fresh.flatMap((rule) => newlyCovered(rule, old)),
    ...newSigners(fresh, { ...before, rules: old }, after.publishers),
    ...fresh.flatMap((rule) => gained(rule, old, demandsBeyond(rule, old, gains))),
    ...current.flatMap((rule) => explained(rule, known.get(contentOf(rule)))),
  ];
}

/** The reasons that are given for each rule, by all else that it says. */
function reasonsOf(rules: readonly Rule[]): ReadonlyMap<string, ReadonlySet<string>> {
  const reasons = new Map<string, Set<string>>();
  for (const rule of rules) {
    const content = contentOf(rule);
    reasons.set(content, (reasons.get(content) ?? new Set()).add(rule.reason));
  }
  return reasons;
}

function lost(rule: Rule, current: readonly Rule[], demands: Demands): readonly Change[] {
  const { id, select } = rule;
  if (!isNothing(demands)) {
    return [weaker(id, `${select.text} need no longer show ${ruleWords(demands)}${why(rule, current)}.`)];
  }
  // A version that no rule covers is refused only while some rule speaks of the name.
  if (select.range === null || current.some((one) => mentions(one, rule) && outlives(one, rule))) return [];
  return [weaker(id, `Versions outside of ${select.text} are no longer refused${why(rule, current)}.`)];
}

function isNothing({ require, publishers }: Demands): boolean {
  return require.length === 0 && publishers === null;
}

/** What became of the rule, if it can be told. */
function why(rule: Rule, current: readonly Rule[]): string {
  const same = current.filter((one) => one.select.text === rule.select.text);
  const heir = same[0] ?? current.find((one) => one.reason === rule.reason);
  if (heir === undefined) return ": the rule is gone";
  if (same.length === 0) return `: ${heir.id} is for ${heir.select.text}`;
  if (!same.some((one) => outlives(one, rule))) return `: ${heir.id} ends on ${day(heir.expires ?? 0)}`;
  const spared = heir.except.filter(({ text }) => !rule.except.some((one) => one.text === text));
  if (spared.length > 0) return `: ${heir.id} excepts ${spared.map(({ text }) => text).join(", ")}`;
  return isNothing(heir) ? "" : `, only ${ruleWords(heir)}`;
}

/** Versions that were refused because rules spoke of the name and none covered them (POLICY_UNCOVERED). */
function newlyCovered(rule: Rule, old: readonly Rule[]): readonly Change[] {
  if (old.some((one) => covers(one, rule) && outlives(one, rule))) return [];
  const open = old.filter(({ select }) => mayShareNames(select, rule.select) && !containsRange(select, rule.select));
  const first = open[0];
  if (first === undefined) return [];
  const says = `${rule.select.text} may pass; versions outside of ${first.select.text}, which no rule covered, were refused.`;
  return [weaker(rule.id, says)];
}

function gained(rule: Rule, old: readonly Rule[], demands: Demands): readonly Change[] {
  const { id, select } = rule;
  const until = rule.expires === null ? "" : ` until ${day(rule.expires)}`;
  const except = rule.except.length === 0 ? "" : `, except ${rule.except.map(({ text }) => text).join(", ")},`;
  if (!isNothing(demands)) return [stronger(id, `${select.text}${except} must show ${ruleWords(demands)}${until}.`)];
  if (select.range === null || old.some((one) => mentions(one, rule) && outlives(one, rule))) return [];
  return [stronger(id, `Versions outside of ${select.text} are refused, unless another rule covers them${until}.`)];
}

/** The same rule with other words beside it. */
function explained({ id, select, reason }: Rule, reasons: ReadonlySet<string> | undefined): readonly Change[] {
  if (reasons === undefined || reasons.has(reason)) return [];
  return [other(id, `The rule for ${select.text} has another reason: ${reason}.`)];
}

function contentOf({ select, except, require, publishers, expires }: Rule): string {
  const sets = [except.map(({ text }) => text), require, publishers?.of ?? []].map((items) => [...items].sort());
  return JSON.stringify([select.text, sets, publishers?.atLeast ?? 0, expires]);
}
