/** What a store weakens, and what in it ends soon or has ended. Pure. */
import { DAY_MS, day } from "../model/day.js";
import { type Finding, finding } from "../model/finding.js";
import type { Exception, Registry, Rule, TrustStore } from "../model/policy.js";
import { BUILTIN } from "./builtin.js";
import { someOf } from "./some-of.js";

/** From six weeks before the end of an exception or a rule, every run says so. */
const NOTICE_MS = 42 * DAY_MS;

const SHOWN_NAMES = 5;

/** Where an exception or a rule stands at a point in time. */
export type Standing = "open" | "ends soon" | "ended";

/** Something with an end (ms, null for none) stands open, ends within six weeks, or has ended; the end is outside. */
export function standing(item: { readonly expires: number | null }, now: number): Standing {
  if (item.expires === null || item.expires - now > NOTICE_MS) return "open";
  return item.expires > now ? "ends soon" : "ended";
}

/** All findings about the store itself, weakenings first. */
export function storeFindings(store: Pick<TrustStore, "registries" | "rules" | "exceptions">, now: number): Finding[] {
  return [
    ...store.registries.flatMap(weakening),
    ...store.exceptions.flatMap((exception) => exceptionEnd(exception, now)),
    ...store.rules.flatMap((rule) => ruleEnd(rule, now)),
  ];
}

/**
 * A registry that asks for less than the floor of the names at home there: a built-in one below its own, or one
 * that takes names from a built-in one without its floor. Names of a scope are their owner's wherever they are; `*`
 * and names without a scope are the built-in registry's, where anybody may publish them.
 */
export function weakening(registry: Registry): readonly Finding[] {
  const builtin = BUILTIN.find((known) => known.ecosystem === registry.ecosystem);
  const isBuiltin = BUILTIN.some((known) => known.id === registry.id);
  const taken = isBuiltin ? [] : registry.home.filter((pattern) => !pattern.startsWith("@"));
  const floor = isBuiltin ? registry.floor : taken.length > 0 ? (builtin?.floor ?? []) : [];
  const missing = floor.filter((kind) => !registry.require.includes(kind));
  if (missing.length === 0) return addedKeys(registry);
  const whose = isBuiltin ? "its built-in floor" : `the floor of "${builtin?.id}", from which it takes ${named(taken)}`;
  return [
    finding("POLICY_WEAKENED", {
      says: `registries.${registry.id} asks for less than ${whose}: ${missing.join(", ")} is missing.`,
      expected: floor.join(", "),
      got: registry.require.join(", ") || "nothing",
    }),
    ...addedKeys(registry),
  ];
}

function named(patterns: readonly string[]): string {
  if (patterns.includes("*")) return 'all names ("*")';
  return someOf(
    patterns.map((pattern) => `"${pattern}"`),
    SHOWN_NAMES,
  );
}

/** Whoever holds a key that was added to a built-in registry can sign any of its packages. */
function addedKeys(registry: Registry): readonly Finding[] {
  const builtin = BUILTIN.find((known) => known.id === registry.id);
  if (builtin === undefined) return [];
  const added = registry.keys.filter(
    (key) => key.renewed !== true && !builtin.keys.some((own) => own.spki === key.spki),
  );
  if (added.length === 0) return [];
  const says = `registries.${registry.id} believes keys that are not built in: ${added.map(({ keyid }) => keyid).join(", ")}.`;
  return [finding("POLICY_WEAKENED", { says })];
}

function exceptionEnd(exception: Exception, now: number): readonly Finding[] {
  const end = day(exception.expires);
  switch (standing(exception, now)) {
    case "open":
      return [];
    case "ends soon":
      return [
        finding("EXCEPTION_EXPIRES", {
          says: `${exception.id} for ${exception.select.text} ends on ${end}: ${exception.reason}`,
        }),
      ];
    case "ended":
      return [
        finding("EXCEPTION_EXPIRED", {
          says: `${exception.id} for ${exception.select.text} ended on ${end} and no longer applies: ${exception.reason}`,
        }),
      ];
  }
}

function ruleEnd(rule: Rule, now: number): readonly Finding[] {
  const state = standing(rule, now);
  if (state === "open") return [];
  const end = day(rule.expires ?? now);
  return state === "ends soon"
    ? [
        finding("EXCEPTION_EXPIRES", {
          says: `${rule.id} for ${rule.select.text} ends on ${end}; from then on it asks for nothing.`,
          help: "Renew the rule in review, or let it end on purpose.",
        }),
      ]
    : [
        finding("EXCEPTION_EXPIRED", {
          says: `${rule.id} for ${rule.select.text} ended on ${end} and asks for nothing any more.`,
          help: "Remove the rule from trust.json, or renew it in review.",
        }),
      ];
}
