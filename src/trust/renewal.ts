/** What a refresh changes, told for whoever reviews it. Pure. */

import { createHash } from "node:crypto";
import { day } from "../model/day.js";
import type { RegistryKey } from "../model/policy.js";
import { BUILTIN, RENEWED_REGISTRY } from "./builtin.js";
import { type Change, other, stronger, weaker } from "./change.js";
import { type Json, malformed, parseJson } from "./json.js";
import { readNpmKeys, withRenewedKeys } from "./renewed-keys.js";
import type { RootFiles } from "./roots.js";
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
  const changes = [...keyChanges(keysIn(before), keysIn(after), inUse), ...rootChanges(before, after)];
  const order = ["weaker", "stronger", "other"];
  return changes.sort((a, b) => order.indexOf(a.direction) - order.indexOf(b.direction));
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

/** The parts of a trusted root (Sigstore's protobuf-specs, TrustedRoot), in words for one of each. */
const PARTS: Readonly<Record<string, string>> = {
  tlogs: "The transparency log",
  ctlogs: "The log of certificates",
  certificateAuthorities: "The certificate authority",
  timestampAuthorities: "The timestamp authority",
};

function rootChanges(before: RootFiles, after: RootFiles): readonly RenewalChange[] {
  const [old, now] = [before.get(ROOT_FILES.trustedRoot), after.get(ROOT_FILES.trustedRoot)];
  const untold = (change: Change): RenewalChange => ({ ...change, inUseBy: 0 });
  const place = ROOT_FILES.trustedRoot;
  if (now === undefined) return [];
  const entries = entriesOf(now);
  if (old === undefined) {
    return [untold(other(place, `Sigstore's roots are kept from now on: ${entries.size} logs and authorities.`))];
  }
  const known = entriesOf(old);
  const changes = [...new Set([...known.keys(), ...entries.keys()])].map((id) => {
    const [was, is] = [known.get(id), entries.get(id)];
    if (was === undefined && is !== undefined) return weaker(place, `${is.what} is new, ${is.life}.`);
    if (was !== undefined && is === undefined) return stronger(place, `${was.what} is gone.`);
    if (was === undefined || is === undefined || was.life === is.life) return null;
    return other(place, `${is.what}, ${was.life} until now, ${is.life}.`);
  });
  return changes.flatMap((change) => (change === null ? [] : [untold(change)]));
}

interface Entry {
  readonly what: string;
  readonly life: string;
}

/** Every log and authority by the digest of its key or its first certificate. */
function entriesOf(bytes: Uint8Array): ReadonlyMap<string, Entry> {
  const root = parseJson(bytes, ROOT_FILES.trustedRoot);
  const entries = new Map<string, Entry>();
  for (const [part, title] of Object.entries(PARTS)) {
    for (const item of itemsOf(at(root, part))) {
      const raw = textOf(
        at(item, "publicKey", "rawBytes") ?? at(itemsOf(at(item, "certChain", "certificates"))[0], "rawBytes"),
      );
      const address = textOf(at(item, "baseUrl") ?? at(item, "uri"));
      if (raw === null || address === null) throw malformed(item.at, "This is neither a log nor an authority.");
      const digest = createHash("sha256").update(raw).digest("hex");
      const window = at(item, "publicKey", "validFor") ?? at(item, "validFor");
      const [start, end] = [textOf(at(window, "start")), textOf(at(window, "end"))];
      const life = [
        start === null ? "has no beginning" : `begins on ${start.slice(0, 10)}`,
        end === null ? "has no end" : `ends on ${end.slice(0, 10)}`,
      ].join(" and ");
      entries.set(`${part} ${digest}`, { what: `${title} ${address} (${digest.slice(0, 16)}…)`, life });
    }
  }
  return entries;
}

function at(value: Json | null | undefined, ...path: readonly string[]): Json | null {
  let here = value ?? null;
  for (const key of path) here = here?.type === "object" ? (here.members.get(key)?.value ?? null) : null;
  return here;
}

function itemsOf(value: Json | null): readonly Json[] {
  return value?.type === "array" ? value.items : [];
}

function textOf(value: Json | null): string | null {
  return value?.type === "string" ? value.value : null;
}
