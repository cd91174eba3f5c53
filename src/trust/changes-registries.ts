/** Changes of "registries": where packages come from, and what must be shown of those that are at home there. */
import { day } from "../model/day.js";
import type { EvidenceKind } from "../model/evidence.js";
import type { Registry, RegistryKey, TrustStore } from "../model/policy.js";
import { type Change, other, stronger, weaker } from "./change.js";
import { homeChanges } from "./changes-homes.js";
import { isWithin } from "./key-windows.js";

const place = ({ id }: Pick<Registry, "id">): string => `registries.${id}`;

/** Registries are matched by their ids, by which they speak of one another. */
export function registryChanges(before: TrustStore, after: TrustStore): readonly Change[] {
  const gone = before.registries.filter(({ id }) => !after.registries.some((one) => one.id === id));
  return [
    ...homeChanges(before, after),
    ...after.registries.flatMap((registry) => {
      const old = before.registries.find(({ id }) => id === registry.id);
      return old === undefined ? [added(registry)] : compared(old, registry);
    }),
    ...gone.map((registry) => removed(registry, after)),
  ];
}

function added(registry: Registry): Change {
  const { id, url, serves } = registry;
  if (serves === null) return other(place(registry), `The registry ${id} is new: ${url}.`);
  return weaker(place(registry), `Packages at home in ${serves} may also come from the new registry ${id}: ${url}.`);
}

/** What comes from nowhere declared is refused, unless the address then belongs to another, or is pinned. */
function removed(registry: Registry, after: TrustStore): Change {
  const { id, url } = registry;
  const heir = after.registries.find((one) => url.startsWith(one.url));
  if (heir !== undefined) return weaker(place(registry), `What came from the registry ${id} counts as of ${heir.id}.`);
  if (after.sources.some(({ from }) => from.startsWith(url))) {
    return weaker(place(registry), `The registry ${id} is gone, and "sources" pins an address that was its own.`);
  }
  return stronger(place(registry), `Nothing may come from ${url} any more: the registry ${id} is gone.`);
}

function compared(old: Registry, now: Registry): readonly Change[] {
  const at = place(now);
  const { id } = now;
  const [less, more] = [without(old.require, now.require), without(now.require, old.require)];
  const [hosts, noHosts] = [without(now.redirects, old.redirects), without(old.redirects, now.redirects)];
  const changes: (Change | false)[] = [
    now.url !== old.url && weaker(at, `${id} lies at another address: ${now.url} instead of ${old.url}.`),
    now.ecosystem !== old.ecosystem &&
      weaker(at, `${id} serves ${now.ecosystem} packages instead of ${old.ecosystem} ones.`),
    less.length > 0 && weaker(at, `${id} no longer asks for ${less.join(", ")}.`),
    more.length > 0 && stronger(at, `${id} asks for ${more.join(", ")}.`),
    now.serves !== old.serves &&
      (now.serves === null
        ? stronger(at, `Packages at home in ${old.serves} may no longer come from ${id}.`)
        : weaker(at, `Packages at home in ${now.serves} may also come from ${id}.`)),
    now.evidenceFrom !== old.evidenceFrom &&
      weaker(
        at,
        `For what comes from ${id}, signatures are asked of ${now.evidenceFrom ?? id} instead of ${old.evidenceFrom ?? id}.`,
      ),
    hosts.length > 0 && weaker(at, `${id} may redirect to ${hosts.join(", ")}.`),
    noHosts.length > 0 && stronger(at, `${id} may no longer redirect to ${noHosts.join(", ")}.`),
  ];
  return [...changes.filter((change) => change !== false), ...keyChanges(old, now)];
}

function without<Item>(items: readonly Item[], taken: readonly Item[]): readonly Item[] {
  return items.filter((item) => !taken.includes(item));
}

function keyChanges(old: Registry, now: Registry): readonly Change[] {
  const at = place(now);
  const former = new Map(old.keys.map((key) => [key.spki, key]));
  const current = new Map(now.keys.map((key) => [key.spki, key]));
  return [
    ...now.keys.flatMap((key): readonly Change[] => {
      const known = former.get(key.spki);
      if (known === undefined)
        return [
          weaker(
            at,
            `Another key can sign for ${now.id}: ${key.keyid}${windowWords(key)}${key.renewed === true ? "; what lies in roots/ proves it" : ""}.`,
          ),
        ];
      const tell = isWithin(key, known) ? stronger : weaker;
      const same = isWithin(known, key) && isWithin(key, known);
      return same ? [] : [tell(at, `The key ${key.keyid} of ${now.id} holds${windowWords(key) || " without an end"}.`)];
    }),
    ...old.keys.filter((key) => !current.has(key.spki)).map((key) => keyGone(key, now)),
  ];
}

/**
 * A bad signature by a known key refuses, and versions that a successor signed bound what a retired key may sign: both
 * need the key to be known. Where signatures are required and no retired key is left, nothing of that can let more pass.
 */
function keyGone(key: RegistryKey, now: Registry): Change {
  const required = now.require.some((kind: EvidenceKind) => kind === "registry-signature");
  const retired = now.keys.some(({ expires }) => expires !== null);
  const says = `The key ${key.keyid} no longer signs for ${now.id}`;
  if (required && !retired) return stronger(place(now), `${says}.`);
  const why = required
    ? "what retired keys signed is no longer held against it"
    : "a bad signature by it is then only a stranger's";
  return weaker(place(now), `${says}; ${why}.`);
}

function windowWords({ notBefore, expires }: RegistryKey): string {
  return `${notBefore === null ? "" : ` from ${day(notBefore)}`}${expires === null ? "" : ` until ${day(expires)}`}`;
}
