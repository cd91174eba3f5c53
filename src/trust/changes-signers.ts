/**
 * Publishers whom rules begin to name. A signature counts as verified only where a rule names its signer for the
 * package; so naming somebody can satisfy a kind of evidence that was asked for, and could not be had.
 */
import type { EvidenceKind } from "../model/evidence.js";
import type { Publisher, Rule, TrustStore } from "../model/policy.js";
import { type Change, weaker } from "./change.js";
import { provenBy } from "./changes-publishers.js";
import { mayMeet } from "./containment.js";
import { covers, outlives } from "./demands.js";

/** `fresh` are rules that were not there; `before` is without those that had ended, `publishers` are those of now. */
export function newSigners(
  fresh: readonly Rule[],
  before: Pick<TrustStore, "registries" | "rules">,
  publishers: readonly Publisher[],
): readonly Change[] {
  return fresh.flatMap((rule) => {
    const covering = before.rules.filter((old) => covers(old, rule) && outlives(old, rule));
    const named = new Set(covering.flatMap((old) => old.publishers?.of ?? []));
    return (rule.publishers?.of ?? []).flatMap((name) => {
      if (named.has(name)) return [];
      const kinds = [...provenBy(publishers.filter((one) => one.name === name))];
      const asked = kinds.filter((kind) => isAsked(before, rule, kind, name));
      if (asked.length === 0) return [];
      return [weaker(rule.id, `${name} can now satisfy the ${asked.join(", ")} that is asked of ${rule.select.text}.`)];
    });
  });
}

/** Whether the kind is asked of some package that the rule selects, by anything that does not name the publisher itself. */
function isAsked(
  { registries, rules }: Pick<TrustStore, "registries" | "rules">,
  { select }: Rule,
  kind: EvidenceKind,
  name: string,
): boolean {
  return (
    registries.some((registry) => registry.ecosystem === select.ecosystem && registry.require.includes(kind)) ||
    rules.some(
      (rule) => mayMeet(rule.select, select) && rule.require.includes(kind) && !rule.publishers?.of.includes(name),
    )
  );
}
