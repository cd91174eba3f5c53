/** Registries that nobody has declared: those from which a lockfile and npm's settings would take packages all the same. */
import type { NpmSettings } from "../ecosystem/npmrc.js";
import type { Artifact } from "../model/artifact.js";
import { refuses } from "../model/finding.js";
import { scopeOf } from "../model/names.js";
import type { Registry, TrustStore } from "../model/policy.js";
import { patternProblem } from "../model/selector.js";
import { BUILTIN, builtinHome } from "../trust/builtin.js";
import { homeOf, registryAt } from "../trust/lookup.js";
import { urlProblem } from "../trust/values.js";
import { addressOf } from "./origin.js";
import type { River } from "./river.js";

/** How npm's settings lead a name to a registry: by its scope, as the default, or not at all (only a lockfile does). */
export type Way = "scope" | "default" | null;

export interface Undeclared {
  /** With a slash at its end. */
  readonly url: string;
  /** What trust.json could call it: no other registry has that name. */
  readonly id: string;
  /** Packages that would come from there, and are at home in no declared registry. */
  readonly artifacts: readonly Artifact[];
  /** Scopes with their `@` that the project's own .npmrc sends there, whether or not a package of theirs is locked. */
  readonly scopes: readonly string[];
}

type Asking = Pick<River, "npm" | "masked"> & { readonly trust: TrustStore };

/**
 * The registries that `artifacts` would come from and trust.json does not declare, those that the project's settings
 * name for a scope among them. Left out are addresses that nobody could write down: plain HTTP, with credentials, or
 * with the value of a variable in them, which may be a secret.
 */
export function undeclaredIn(artifacts: readonly Artifact[], asking: Asking): Undeclared[] {
  const found = new Map<string, { artifacts: Artifact[]; scopes: string[] }>();
  const at = (url: string) => {
    const known = found.get(url) ?? { artifacts: [], scopes: [] };
    found.set(url, known);
    return known;
  };
  for (const artifact of artifacts) {
    const url = undeclaredBase(artifact, asking);
    if (url !== null && isNameable(url, asking.masked)) at(url).artifacts.push(artifact);
  }
  for (const [scope, url] of projectScopes(asking.npm)) {
    const isFree = isBuiltin(homeOf(asking.trust, "npm", `${scope}/x`));
    if (isFree && registryAt(asking.trust, url) === null && isNameable(url, asking.masked)) at(url).scopes.push(scope);
  }
  const ids = new Set(asking.trust.registries.map(({ id }) => id));
  return [...found].map(([url, { artifacts: held, scopes }]) => ({
    url,
    id: newId(url, ids),
    artifacts: held,
    scopes,
  }));
}

/** How npm's settings lead a package to the registry at `url`. */
export function wayTo(url: string, name: string, npm: NpmSettings): Way {
  const scope = scopeOf(name);
  const own = scope === null ? undefined : npm.scopes.get(scope);
  if (own !== undefined) return own === url ? "scope" : null;
  return npm.registry === url ? "default" : null;
}

/** Scopes of which packages were observed under the public registry's keys: null stands for names without one. */
export function scopesSeen({ registries, observations }: TrustStore): ReadonlySet<string | null> {
  const { id } = builtinHome(registries, "npm");
  const seen = [...observations.values()]
    .flat()
    .filter(({ registry, evidence }) => registry === id && evidence.includes("registry-signature"));
  return new Set(seen.map(({ name }) => scopeOf(name)));
}

/** Where an artifact's registry would lie, if that is not declared and the artifact is otherwise sound; else null. */
function undeclaredBase(artifact: Artifact, { npm, trust }: Asking): string | null {
  const { source, name, ecosystem, findings } = artifact;
  if (ecosystem !== "npm" || (source.type !== "registry" && source.type !== "url")) return null;
  if (findings.some((item) => refuses(item) && item.code !== "LOCKFILE_SOURCE_UNSUPPORTED")) return null;
  // What is at home somewhere already has no second home, and its own mirrors are for people to name.
  if (!isBuiltin(homeOf(trust, ecosystem, name))) return null;
  const address = addressOf(artifact, source.url, trust, npm);
  if (registryAt(trust, address) !== null) return null;
  const scope = scopeOf(name);
  const configured = (scope === null ? undefined : npm.scopes.get(scope)) ?? npm.registry;
  if (address.startsWith(configured)) return configured;
  return source.type === "registry" ? baseOf(address) : null;
}

/** Of `https://host/path/@scope/name/-/name-1.0.0.tgz`, and of the form of GitHub Packages: what stands before the name. */
function baseOf(address: string): string | null {
  const scoped = "(?:@[^/]+(?:\\/|%2[fF]))?[^/]+";
  const forms = [
    new RegExp(`^(.*?/)${scoped}/-/(?:[^/]+/)*[^/]+$`),
    new RegExp(`^(.*?/)download/${scoped}/[^/]+/[^/]+$`),
  ];
  for (const form of forms) {
    const base = form.exec(address)?.[1];
    if (base !== undefined) return base;
  }
  return null;
}

function isNameable(url: string, masked: readonly string[]): boolean {
  if (urlProblem(url) !== null) return false;
  return !masked.some((secret) =>
    [secret, encodeURI(secret), encodeURIComponent(secret)].some((one) => url.includes(one)),
  );
}

/** Scopes of the project's own .npmrc, where no other level says otherwise. */
function projectScopes(npm: NpmSettings): [scope: string, url: string][] {
  const keys = npm.origins
    .filter(({ level }) => level === "project")
    .map(({ key }) => /^(@[^/:]+):registry$/.exec(key)?.[1]);
  return [...new Set(keys)].flatMap((scope): [string, string][] => {
    const url = scope === undefined ? undefined : npm.scopes.get(scope);
    const isScope = scope !== undefined && patternProblem("npm", `${scope}/*`) === null;
    return !isScope || url === undefined ? [] : [[scope, url]];
  });
}

/** Whether a registry is known without a trust store. */
export function isBuiltin({ id }: Registry): boolean {
  return BUILTIN.some((known) => known.id === id);
}

/** From the host: `acme` for npm.acme.dev. What a built-in registry or a member of every object is called is nobody else's. */
function newId(url: string, taken: Set<string>): string {
  const { hostname } = new URL(url);
  const label = /^[\d.]+$|:/.test(hostname) ? "private" : (hostname.split(".").slice(-2)[0] ?? "private");
  const isFit = /^[A-Za-z0-9][A-Za-z0-9-]{0,60}$/.test(label) && !(label in Object.prototype);
  const base = !isFit ? "private" : ["npmjs", "pypi"].includes(label) ? "mirror" : label;
  let id = base;
  for (let number = 2; taken.has(id); number += 1) id = `${base}-${number}`;
  taken.add(id);
  return id;
}
