/** Exceptions that let nothing through any more: debt that can be paid back. */
import { type Finding, finding } from "../model/finding.js";
import type { TrustStore } from "../model/policy.js";
import type { Reported } from "../model/verdict.js";

/**
 * One note for each exception in force that no entry of this run needed: none has its bytes, or all that it waives is
 * there by now. None where entries were left out of the run, of which one may need it. `now` in milliseconds. Other
 * lockfiles may need it too, so it is told and no more.
 */
export function unusedExceptions(
  { exceptions }: Pick<TrustStore, "exceptions">,
  verdicts: readonly Reported[],
  now: number,
): Finding[] {
  const isWhole = verdicts.every(({ result }) => result !== "OMITTED" && result !== "OTHER_PLATFORM");
  if (verdicts.length === 0 || !isWhole) return [];
  return exceptions
    .filter(({ expires }) => expires > now)
    .flatMap(({ id, select, waive }) => {
      const applied = verdicts.filter(({ rules }) => rules.includes(id));
      const isNeeded = applied.some(({ evidence }) =>
        waive.some((kind) => !evidence.some((item) => item.kind === kind && item.outcome === "verified")),
      );
      if (isNeeded) return [];
      const why = applied.length === 0 ? "no entry has these bytes" : `it has ${waive.join(", ")} by now`;
      return [finding("EXCEPTION_UNUSED", { says: `${id} for ${select.text} was not needed: ${why}.` })];
    });
}
