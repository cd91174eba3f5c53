/** npm's own keys as a refresh brings them, and what they change in what is built in. */
import type { Registry, RegistryKey } from "../model/policy.js";
import { BUILTIN, RENEWED_REGISTRY } from "./builtin.js";
import { readList, readText } from "./fields.js";
import { type Json, malformed, parseJson } from "./json.js";
import { readRegistryKey } from "./keys.js";

/** A beginning before npm itself began (npm writes 1999) is none. */
const NPM_BEGAN = Date.UTC(2010, 0, 1);
const SIGNATURES = "npm:signatures";
const P256 = "PKIX_ECDSA_P256_SHA_256";

/**
 * Reads npm's list of its keys (`keys.json`): those for signatures of packages. Kinds of keys that came up later are
 * left out: nothing here could verify by them. Throws StopError TRUST_MALFORMED.
 */
export function readNpmKeys(bytes: Uint8Array, file: string): readonly RegistryKey[] {
  const keys: RegistryKey[] = [];
  for (const item of readList(member(parseJson(bytes, file), "keys"), '"keys"')) {
    const publicKey = member(item, "publicKey");
    const isFor = readText(member(item, "keyUsage"), '"keyUsage"') === SIGNATURES;
    if (!isFor || readText(member(publicKey, "keyDetails"), '"keyDetails"') !== P256) continue;
    const window = member(publicKey, "validFor");
    const key = readRegistryKey(
      objectOf(item.at, {
        keyid: member(item, "keyId"),
        key: member(publicKey, "rawBytes"),
        notBefore: optional(window, "start"),
        expires: optional(window, "end"),
      }),
    );
    if (keys.some(({ spki }) => spki === key.spki)) throw malformed(item.at, `The key ${key.keyid} stands twice.`);
    keys.push((key.notBefore ?? 0) < NPM_BEGAN ? { ...key, notBefore: null } : key);
  }
  if (keys.length === 0) throw malformed(file, `${file} holds no key by which a package could be signed.`);
  return keys;
}

function member(value: Json, key: string): Json {
  const found = optional(value, key);
  if (found === null) throw malformed(value.at, `There is no "${key}" here, as npm writes it.`);
  return found;
}

function optional(value: Json, key: string): Json | null {
  return value.type === "object" ? (value.members.get(key)?.value ?? null) : null;
}

function objectOf(at: string, given: Readonly<Record<string, Json | null>>): Json {
  const members = Object.entries(given).flatMap(([key, value]) =>
    value === null ? [] : [[key, { at: value.at, value }] as const],
  );
  return { at, type: "object", members: new Map(members) };
}

/**
 * The registries, with what a refresh says of npm's keys (null: there was none). It may add keys, shorten the lives of
 * those that are known, and take away a built-in one that it no longer names; it never lengthens a life. Keys that
 * trust.json adds by itself stay as they are.
 */
export function withRenewedKeys(
  registries: readonly Registry[],
  renewed: readonly RegistryKey[] | null,
): readonly Registry[] {
  if (renewed === null) return registries;
  return registries.map((registry) =>
    registry.id === RENEWED_REGISTRY ? { ...registry, keys: joined(registry.keys, renewed) } : registry,
  );
}

function joined(known: readonly RegistryKey[], renewed: readonly RegistryKey[]): readonly RegistryKey[] {
  const builtin = BUILTIN.find(({ id }) => id === RENEWED_REGISTRY)?.keys ?? [];
  const has = (keys: readonly RegistryKey[], key: RegistryKey): boolean => keys.some(({ spki }) => spki === key.spki);
  const own = known.filter((key) => !has(renewed, key) && !has(builtin, key));
  return [
    ...renewed.map((key) =>
      narrowed(
        key,
        known.find(({ spki }) => spki === key.spki),
      ),
    ),
    ...own,
  ];
}

function narrowed(key: RegistryKey, known: RegistryKey | undefined): RegistryKey {
  if (known === undefined) return { ...key, renewed: true };
  const begins = Math.max(key.notBefore ?? Number.NEGATIVE_INFINITY, known.notBefore ?? Number.NEGATIVE_INFINITY);
  const ends = Math.min(key.expires ?? Number.POSITIVE_INFINITY, known.expires ?? Number.POSITIVE_INFINITY);
  return {
    keyid: known.keyid,
    spki: key.spki,
    notBefore: Number.isFinite(begins) ? begins : null,
    expires: Number.isFinite(ends) ? ends : null,
    renewed: true,
  };
}
