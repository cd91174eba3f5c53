/** What a refresh changes, told for whoever reviews it. Pure. */
import { day } from "../model/day.js";
import type { RegistryKey } from "../model/policy.js";
import { BUILTIN, RENEWED_REGISTRY } from "./builtin.js";
import { type Change, DIRECTIONS, other, stronger, weaker } from "./change.js";
import { readNpmKeys, withRenewedKeys } from "./renewed-keys.js";
import type { RootFiles } from "./roots.js";
import { readTrustedRoot } from "./sigstore-root.js";
import { rootChanges } from "./sigstore-root-changes.js";
import { ROOT_FILES } from "./tuf.js";

export interface RenewalChange extends Change {
  /** What is in use stands on the key that this takes away, or shortens: so many packages. */
  readonly inUseBy: number;
}

/** By how many packages each key is in use, by its id. */
export type KeyUse = ReadonlyMap<string, number>;

/**
 * What differs between two states of `roots/`, in words, weaker first; the built-in keys stand where `before` is empty.
 * Throws StopError TRUST_MALFORMED where one of the two can't be read.
 */
export function renewalChanges(before: RootFiles, after: RootFiles, inUse: KeyUse): readonly RenewalChange[] {
  const changes = [...keyChanges(keysIn(before), keysIn(after), inUse), ...sigstoreChanges(before, after)];
  return changes.sort((a, b) => DIRECTIONS.indexOf(a.direction) - DIRECTIONS.indexOf(b.direction));
}

/** npm's keys as they count with these files, and as they would count without what trust.json says. */
function keysIn(files: RootFiles): readonly RegistryKey[] {
  const bytes = files.get(ROOT_FILES.npmKeys);
  const renewed = bytes === undefined ? null : readNpmKeys(bytes, ROOT_FILES.npmKeys);
  return withRenewedKeys(BUILTIN, renewed).find(({ id }) => id === RENEWED_REGISTRY)?.keys ?? [];
}

const PLACE = `registries.${RENEWED_REGISTRY}`;

function keyChanges(
  before: readonly RegistryKey[],
  after: readonly RegistryKey[],
  inUse: KeyUse,
): readonly RenewalChange[] {
  const gone = before.filter((key) => !after.some(({ spki }) => spki === key.spki));
  const changes = after.map((key) => {
    const known = before.find(({ spki }) => spki === key.spki);
    return { key, change: known === undefined ? added(key) : lifeChange(known, key) };
  });
  return [
    ...gone.map((key) => ({ key, change: stronger(PLACE, `The key ${key.keyid} is npm's no longer.`) })),
    ...changes,
  ].flatMap(({ key, change }) => {
    if (change === null) return [];
    return [{ ...change, inUseBy: change.direction === "stronger" ? (inUse.get(key.keyid) ?? 0) : 0 }];
  });
}

function added(key: RegistryKey): Change {
  return weaker(PLACE, `npm signs with a new key, ${key.keyid}, ${lifeOf(key)}.`);
}

function lifeChange(before: RegistryKey, after: RegistryKey): Change | null {
  if (before.notBefore === after.notBefore && before.expires === after.expires) return null;
  const [from, to] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const isShorter =
    (after.notBefore ?? from) >= (before.notBefore ?? from) && (after.expires ?? to) <= (before.expires ?? to);
  const says = `The key ${after.keyid}, ${lifeOf(before)} until now, ${lifeOf(after)}.`;
  return isShorter ? stronger(PLACE, says) : weaker(PLACE, says);
}

/** `begins on 2025-01-13, ends on 2027-01-01`. */
function lifeOf({ notBefore, expires }: RegistryKey): string {
  return [
    notBefore === null ? "has no beginning" : `begins on ${day(notBefore)}`,
    expires === null ? "has no end" : `ends on ${day(expires)}`,
  ].join(" and ");
}

function sigstoreChanges(before: RootFiles, after: RootFiles): readonly RenewalChange[] {
  const place = ROOT_FILES.trustedRoot;
  const [old, now] = [before.get(place), after.get(place)];
  if (now === undefined) return [];
  const entries = readTrustedRoot(now, place, "public");
  const changes =
    old === undefined
      ? [other(place, `Sigstore's roots are kept from now on: ${entries.length} logs and authorities.`)]
      : rootChanges(place, readTrustedRoot(old, place, "public"), entries);
  return changes.map((change) => ({ ...change, inUseBy: 0 }));
}
