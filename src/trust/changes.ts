/** What a change of the trust store means: every difference between two states of it, in words. Pure. */
import { day } from "../model/day.js";
import type { TrustStore } from "../model/policy.js";
import { type Change, DIRECTIONS, other, weaker } from "./change.js";
import { allowanceChanges, sourceChanges } from "./changes-allowances.js";
import { certificateChanges, type SplitCertificate } from "./changes-certificates.js";
import { denialChanges } from "./changes-denials.js";
import { exceptionChanges } from "./changes-exceptions.js";
import { fileChanges } from "./changes-files.js";
import { observationChanges } from "./changes-observations.js";
import { ownerChanges } from "./changes-owners.js";
import { publisherChanges } from "./changes-publishers.js";
import { registryChanges } from "./changes-registries.js";
import { ruleChanges } from "./changes-rules.js";
import { sigstoreChanges } from "./changes-sigstore.js";

export type { Change } from "./change.js";

/**
 * Every change of meaning from `before` to `after`, weaker first; nothing for what is only moved or spelled otherwise.
 * If an artifact passes by `after` and was refused by `before`, at least one change is weaker: each function below
 * tells a change as weaker unless it can show that it is none. But for one thing: what is false refuses always, and who
 * is no longer known can't be lied about. A forgery in the name of a key or a log that is gone proves nothing, and lets
 * nothing pass that would not pass without it.
 * @param now milliseconds; what has ended by then means nothing on either side
 * @param split the packets of a certificate, for telling an added revocation from anything else; without it every
 * change of a certificate is weaker
 */
export function changesBetween(
  before: TrustStore,
  after: TrustStore,
  now: number,
  split: SplitCertificate | null = null,
): readonly Change[] {
  const changes = [
    ...storeChanges(before, after),
    ...registryChanges(before, after),
    ...publisherChanges(before, after, now),
    ...ruleChanges(before, after, now),
    ...exceptionChanges(before.exceptions, after.exceptions, now),
    ...denialChanges(before.denials, after.denials),
    ...allowanceChanges(before.scripts, after.scripts, "may run install scripts"),
    ...sourceChanges(before.sources, after.sources),
    ...allowanceChanges(before.sdists, after.sdists, "may be built from source"),
    ...sigstoreChanges(before, after),
    ...ownerChanges(before.owners, after.owners),
    ...certificateChanges(before.certificates, after.certificates, split),
    ...observationChanges(before, after, now),
    ...fileChanges(before.files, after.files),
  ];
  return DIRECTIONS.flatMap((direction) => changes.filter((change) => change.direction === direction));
}

function storeChanges(before: TrustStore, after: TrustStore): readonly Change[] {
  const place = ".secure-install";
  if (before.directory !== null && after.directory === null) {
    return [weaker(place, "The trust store is gone: only the built-in floor would apply.")];
  }
  if (before.directory === null && after.directory !== null) {
    return [other(place, "There was no trust store: only the built-in floor applied.")];
  }
  if (before.renewed !== null && (after.renewed === null || after.renewed < before.renewed)) {
    const since = after.renewed === null ? "those that are built in" : `those of ${day(after.renewed)}`;
    return [weaker("roots", `Older keys and roots would count: ${since} instead of those of ${day(before.renewed)}.`)];
  }
  return [];
}
