/** What registries say of one another: homes, `serves` and `evidenceFrom`. */
import type { Registry } from "../model/policy.js";
import { malformed, quote } from "./json.js";
import { proposal } from "./nearest.js";

/** A registry, and where its parts stand in trust.json: `url`, `serves`, `evidenceFrom`, `home <pattern>`. */
export interface Placed {
  readonly registry: Registry;
  readonly places: ReadonlyMap<string, string>;
}

/**
 * Holds the registries against one another: one address each, one home for each pattern, references that lead
 * somewhere and never in a circle. A built-in registry yields `*` to whoever declares it. Throws StopError
 * TRUST_MALFORMED.
 */
export function linkRegistries(placed: readonly Placed[]): readonly Registry[] {
  const all = new Map(placed.map((item) => [item.registry.id, item]));
  const urls = new Map<string, string>();
  const homes = new Map<string, string>();
  for (const { registry, places } of placed) {
    const { id, url, ecosystem } = registry;
    const twin = urls.get(url);
    if (twin !== undefined) {
      throw malformed(
        places.get("url") ?? id,
        `${quote(id)} and ${quote(twin)} have the same "url".`,
        "Keep one of them.",
      );
    }
    urls.set(url, id);
    for (const pattern of registry.home) {
      const at = places.get(`home ${pattern}`);
      if (at === undefined) continue;
      const other = homes.get(`${ecosystem} ${pattern}`);
      if (other !== undefined) {
        throw malformed(
          at,
          `${quote(pattern)} is at home in both ${quote(other)} and ${quote(id)}; every name has one home.`,
          'Leave it to one of them. A registry that only mirrors another says so with "serves".',
        );
      }
      homes.set(`${ecosystem} ${pattern}`, id);
    }
    follow(all, registry, "serves", places.get("serves") ?? id);
    follow(all, registry, "evidenceFrom", places.get("evidenceFrom") ?? id);
  }
  return placed.map(({ registry, places }) => ({
    ...registry,
    home: registry.home.filter(
      (pattern) => places.has(`home ${pattern}`) || !homes.has(`${registry.ecosystem} ${pattern}`),
    ),
  }));
}

/** Follows one reference to its end: every step must be known, of the same ecosystem, and new. */
function follow(
  all: ReadonlyMap<string, Placed>,
  start: Registry,
  reference: "serves" | "evidenceFrom",
  at: string,
): void {
  const seen = new Set<string>([start.id]);
  for (let id = start[reference]; id !== null; ) {
    const target = all.get(id)?.registry;
    if (target === undefined) {
      throw malformed(
        at,
        `"${reference}" leads to ${quote(id)}, which is no registry.${proposal(id, all.keys())}`,
        'Declare it under "registries", or name one that is declared there.',
      );
    }
    if (target.ecosystem !== start.ecosystem) {
      throw malformed(at, `"${reference}" leads to ${quote(id)}, a registry of another ecosystem.`);
    }
    if (seen.has(id))
      throw malformed(at, `"${reference}" of ${quote(start.id)} leads in a circle back to ${quote(id)}.`);
    seen.add(id);
    id = target[reference];
  }
}
