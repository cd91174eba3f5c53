/** Questions to the trust store. Pure; the order of the answers is the order of the files. */
import type { EvidenceKind } from "../model/evidence.js";
import type { Ecosystem } from "../model/names.js";
import type { Allowance, Registry, Requirements, SourcePin, TrustStore } from "../model/policy.js";
import { normalizePypi, patternRank, type Selector, selects } from "../model/selector.js";
import { builtinHome } from "./builtin.js";
import { standing } from "./findings.js";
import { naming } from "./selection.js";

/** What a lookup needs to know of an artifact. */
export interface Named {
  readonly ecosystem: Ecosystem;
  readonly name: string;
  readonly version: string;
}

/** The one registry where a name is at home: named exactly, before by its scope, before by `*`, before the built-in. */
export function homeOf(store: TrustStore, ecosystem: Ecosystem, name: string): Registry {
  const wanted = normalized(ecosystem, name);
  let home = builtinHome(store.registries, ecosystem);
  let highest = 0;
  for (const registry of store.registries) {
    if (registry.ecosystem !== ecosystem) continue;
    for (const pattern of registry.home) {
      const rank = patternRank(pattern, wanted);
      if (rank > highest) [home, highest] = [registry, rank];
    }
  }
  return home;
}

/**
 * The declared registry that serves this address: the longest `url` of which it is a continuation, on whole path
 * segments; scheme, host and port must be the same. Null for every address that programs might read in two ways.
 */
export function registryAt(store: TrustStore, url: string): Registry | null {
  const address = plainAddress(url);
  if (address === null) return null;
  const matches = store.registries.filter(
    (registry) => address.startsWith(registry.url) || `${address}/` === registry.url,
  );
  return matches.reduce<Registry | null>(
    (longest, registry) => (longest === null || registry.url.length > longest.url.length ? registry : longest),
    null,
  );
}

/** Origin and path in their normal form; null with credentials, white space, or dot segments behind an escape. */
function plainAddress(url: string): string | null {
  if (/[\s\\\p{Cc}]/u.test(url) || !URL.canParse(url)) return null;
  const { protocol, username, password, origin, pathname } = new URL(url);
  if (protocol !== "https:" || username !== "" || password !== "") return null;
  try {
    // A server may decode %2f before it looks at "..": the address would leave the registry's own path.
    const leaves = decodeURIComponent(pathname)
      .split(/[/\\]/)
      .some((part) => part === "." || part === "..");
    return leaves ? null : `${origin}${pathname}`;
  } catch {
    return null;
  }
}

/** Whether packages at home in `home` may come from `from`: the home itself, or what serves it, also by way of another. */
export function mayServe(store: TrustStore, from: Registry, home: Registry): boolean {
  const seen = new Set<string>();
  for (let registry: Registry | undefined = from; registry !== undefined && !seen.has(registry.id); ) {
    if (registry.id === home.id) return true;
    seen.add(registry.id);
    const { serves }: Registry = registry;
    registry = store.registries.find((known) => known.id === serves);
  }
  return false;
}

/**
 * Everything the policy asks of one artifact that comes from the registry `from`: what its home and `from` require,
 * and every rule that selects it. What a rule excepts, it does not speak of. Rules only add. What has ended by `now` (ms) counts for nothing.
 */
export function requirementsFor(store: TrustStore, artifact: Named, from: Registry, now: number): Requirements {
  const { ecosystem, version } = artifact;
  const name = normalized(ecosystem, artifact.name);
  const home = homeOf(store, ecosystem, name);
  const mentioned = naming(store.rules, ecosystem, name).filter(
    (rule) =>
      standing(rule, now) !== "ended" && !rule.except.some((except) => selects(except, ecosystem, name, version)),
  );
  const rules = mentioned.filter((rule) => selects(rule.select, ecosystem, name, version));
  const denials = naming(store.denials, ecosystem, name);
  const denial = denials.find((item) => selects(item.select, ecosystem, name, version)) ?? null;
  const asking = (home.id === from.id ? [home] : [home, from]).map((registry) => ({
    ...registry,
    id: `registries.${registry.id}`,
  }));
  const kinds = new Map<EvidenceKind, string[]>();
  for (const { id, require } of [...asking, ...rules]) {
    for (const kind of require) kinds.set(kind, [...(kinds.get(kind) ?? []), id]);
  }
  const publishers = rules.flatMap((rule) => (rule.publishers === null ? [] : [{ ...rule.publishers, rule: rule.id }]));
  const named = new Set(publishers.flatMap(({ of }) => of));
  return {
    kinds,
    publishers,
    candidates: store.publishers.filter((publisher) => named.has(publisher.name)),
    denial,
    uncovered: rules.length === 0 ? mentioned.map(({ id }) => id) : [],
    // An exception is for the version as it is written, which `1.3.0+other` is not.
    exceptions: naming(store.exceptions, ecosystem, name).filter(
      (exception) => standing(exception, now) !== "ended" && exception.select.range === version,
    ),
    applied: [...asking.map(({ id }) => id), ...rules.map(({ id }) => id), ...(denial === null ? [] : [denial.id])],
  };
}

/** The entry that allows this package's install scripts, or null. */
export function scriptAllowance(store: TrustStore, artifact: Named): Allowance | null {
  return store.scripts.find(({ allow }) => allows(allow, artifact)) ?? null;
}

/** The entry that pins this package to exactly the source `from`, or null. */
export function sourcePin(store: TrustStore, artifact: Named, from: string): SourcePin | null {
  return store.sources.find((pin) => pin.from === from && allows(pin.allow, artifact)) ?? null;
}

function allows(allow: Selector, { ecosystem, name, version }: Named): boolean {
  return selects(allow, ecosystem, normalized(ecosystem, name), version);
}

function normalized(ecosystem: Ecosystem, name: string): string {
  return ecosystem === "pypi" ? normalizePypi(name) : name;
}
