/**
 * What trust.json must say of a registry for a project to pass, found out by asking: is it a mirror of npm's public
 * registry, whose packages answer to npm's own keys wherever they come from, or is it the home of somebody's own?
 *
 * A name that the public registry knows stays at home there: no key, setting or lockfile makes it another's. A name
 * that it does not know, or a scope that npm's settings send elsewhere, is at home where the settings send it. What
 * only a lockfile leads to is never made anybody's home: a lockfile is what an attacker changes first. Nor does a scope
 * move of which packages were observed under the public registry's keys: that is for a person to write down.
 */
import type { NpmClaims } from "../ecosystem/npm.js";
import type { Artifact } from "../model/artifact.js";
import { scopeOf } from "../model/names.js";
import type { Registry } from "../model/policy.js";
import { builtinHome } from "../trust/builtin.js";
import { registryAt } from "../trust/lookup.js";
import { askClaims } from "./claims.js";
import { mapConcurrent } from "./concurrent.js";
import { askKeys, isSignedBy, knowsName, writtenKey } from "./registry-asked.js";
import type { River } from "./river.js";
import { scopesSeen, type Undeclared, wayTo } from "./undeclared.js";

/** Of a mirror, so many packages are asked about to learn whether it shows npm's signatures. */
const SAMPLE = 3;
/** Names without a scope that init writes down one by one; a registry with more of them is described by a person. */
const MOST_NAMES = 200;

/** A registry as trust.json describes it. */
export type Described = Readonly<Record<string, unknown>> & { readonly url: string };

/** A line for trust.json, and what speaks for it. */
export interface Declared {
  readonly id: string;
  readonly value: Described;
  /** Why, a sentence each: `home of @acme/*: npm's settings send that scope there`. */
  readonly because: readonly string[];
}

/** Finds out what can be declared of a registry; null where nothing can, so that its packages stay refused. */
export async function declare(river: River, found: Undeclared): Promise<Declared | null> {
  if (isPaidInSecrets(river, found.url)) return null;
  const asking = { river, registry: bare(found) };
  const { served, unknown, isStripped, ...rest } = await sorted(asking, found);
  const publicScopes = new Set([...served.map(({ name }) => scopeOf(name)), ...scopesSeen(river.trust)]);
  const own = rest.own.filter(({ name }) => !publicScopes.has(scopeOf(name)));
  const sent = new Set([...own.map(({ name }) => scopeOf(name) ?? ""), ...found.scopes]);
  const homes = [...sent].filter((scope) => !publicScopes.has(scope)).map((scope) => `${scope}/*`);
  const named = namesAtHome(unknown, publicScopes);
  if (served.length + homes.length + named.length === 0) return null;
  const keys = await keysOf(asking, [...own, ...(named.length === 0 ? [] : unknown)]);
  return {
    id: found.id,
    value: {
      url: found.url,
      ...(served.length === 0 ? {} : { serves: "npmjs" }),
      ...(served.length > 0 && isStripped ? { evidenceFrom: "npmjs" } : {}),
      ...(homes.length + named.length === 0 ? {} : { home: [...homes, ...named] }),
      ...(keys.pinned.length === 0 ? {} : { keys: keys.pinned }),
      require: keys.pinned.length === 0 ? ["integrity"] : ["integrity", "registry-signature"],
    },
    because: [
      ...servesBecause(served.length, isStripped),
      ...(homes.length === 0 ? [] : [`home of ${homes.join(", ")}: npm's settings send that scope there`]),
      ...homeBecause(named),
      ...keys.because,
    ],
  };
}

/** The packages that would come from a registry, by whose they are. */
interface Sorted {
  /** The public registry's, which answer to its keys. */
  readonly served: readonly Artifact[];
  /** Of scopes that npm's settings send there. */
  readonly own: readonly Artifact[];
  /** Sent there as to the default registry, and not known to the public one. */
  readonly unknown: readonly Artifact[];
  /** Signatures that npm made are not shown there. */
  readonly isStripped: boolean;
}

/**
 * A scope of its own is not asked about elsewhere, unless the registry turns out to be a mirror, which passes names on
 * in any case. Then, or where its packages carry npm's signatures, the scope is the public registry's.
 */
async function sorted(asking: Asking, found: Undeclared): Promise<Sorted> {
  const { river } = asking;
  const packages = distinct(found.artifacts);
  const wayOf = ({ name }: Artifact) => wayTo(found.url, name, river.npm);
  const byScope = packages.filter((artifact) => wayOf(artifact) === "scope");
  const others = packages.filter((one) => wayOf(one) !== "scope" && !isSentElsewhere(river, found.url, one));
  const [split, shown] = await Promise.all([splitByOrigin(asking, others), claimsOf(asking, byScope)]);
  const isNpms = (artifact: Artifact): boolean => isSigned(npmKeys(river), artifact, shown, river.now);
  const isMirror = split.served.length > 0;
  const more = isMirror ? await splitByOrigin(asking, byScope) : { ...NOBODYS, served: byScope.filter(isNpms) };
  const publicScopes = new Set(more.served.map(({ name }) => scopeOf(name)));
  return {
    served: [...split.served, ...more.served],
    own: byScope.filter(({ name }) => !publicScopes.has(scopeOf(name))),
    unknown: split.unknown.filter((artifact) => wayOf(artifact) === "default"),
    isStripped: split.isStripped || more.isStripped,
  };
}

interface Asking {
  readonly river: River;
  /** The undeclared registry, as nobody has described it yet. */
  readonly registry: Registry;
}

type Shown = ReadonlyMap<Artifact, NpmClaims>;

type Split = Omit<Sorted, "own">;

const NOBODYS: Split = { served: [], unknown: [], isStripped: false };

/**
 * Asks the registry, and where it does not show npm's signatures the public one, by the same questions that judging
 * asks, so that none is asked twice.
 */
async function splitByOrigin(asking: Asking, packages: readonly Artifact[]): Promise<Split> {
  const { river } = asking;
  const isNpms = (shown: Shown) => (artifact: Artifact) => isSigned(npmKeys(river), artifact, shown, river.now);
  const sample = packages.slice(0, SAMPLE);
  const first = await claimsOf(asking, sample);
  const isKept = sample.some(isNpms(first));
  const signed = new Set(isKept ? packages.filter(isNpms(await claimsOf(asking, packages))) : []);
  const open = packages.filter((artifact) => !signed.has(artifact));
  const origin = builtinHome(river.trust.registries, "npm");
  const told = await claimsOf({ river, registry: origin }, open);
  const silent = open.filter((artifact) => !told.has(artifact));
  const unknown = new Set<string>();
  await mapConcurrent([...new Set(silent.map(({ name }) => name))], river.options.concurrency, async (name) => {
    if ((await knowsName(river, origin, name)) === false) unknown.add(name);
  });
  return {
    served: packages.filter((artifact) => signed.has(artifact) || told.has(artifact)),
    unknown: silent.filter(({ name }) => unknown.has(name)),
    isStripped: told.size > 0,
  };
}

/** What a registry claims of each of these; of what it does not answer for there is nothing. */
async function claimsOf({ river, registry }: Asking, packages: readonly Artifact[]): Promise<Shown> {
  const shown = new Map<Artifact, NpmClaims>();
  await mapConcurrent(packages, river.options.concurrency, async (artifact) => {
    const claimed = await askClaims(river, registry, artifact, false);
    if (claimed.ok) shown.set(artifact, claimed.claims);
  });
  return shown;
}

function isSigned(keys: Registry["keys"], artifact: Artifact, shown: Shown, now: number): boolean {
  const claims = shown.get(artifact);
  return claims !== undefined && isSignedBy(keys, artifact, claims, now);
}

/** A whole scope where none of it is public, else the exact names. */
function namesAtHome(unknown: readonly Artifact[], publicScopes: ReadonlySet<string | null>): readonly string[] {
  const patterns = unknown.map(({ name }) => {
    const scope = scopeOf(name);
    return scope === null || publicScopes.has(scope) ? name : `${scope}/*`;
  });
  const each = [...new Set(patterns)].sort();
  return each.length > MOST_NAMES ? [] : each;
}

/** The keys that the registry shows, if all that is at home there is signed with them. */
async function keysOf(asking: Asking, atHome: readonly Artifact[]) {
  const none = (because: readonly string[]) => ({ pinned: [], because });
  if (atHome.length === 0) return none([]);
  const { own, foreign } = await askKeys(asking.river, asking.registry);
  if (own.length === 0) {
    return none(foreign ? ["it shows npm's keys, which make nothing that is at home there npm's: none is pinned"] : []);
  }
  const shown = await claimsOf(asking, atHome);
  const unsigned = atHome.filter((artifact) => !isSigned(own, artifact, shown, asking.river.now)).length;
  if (unsigned > 0)
    return none([`it shows keys, and ${unsigned} of ${atHome.length} are not signed with them: none is pinned`]);
  const ids = own.map(({ keyid }) => keyid).join(", ");
  return {
    pinned: own.map(writtenKey),
    because: [
      `all that is at home there is signed with the key that it shows, ${ids}: ask whoever runs it whether that is theirs`,
    ],
  };
}

function servesBecause(count: number, isStripped: boolean): string[] {
  if (count === 0) return [];
  const what = count === 1 ? "a package" : `${count.toLocaleString("en")} packages`;
  const why = isStripped
    ? `npm's public registry has ${what} that come from there, and is asked for the signatures, which it leaves out`
    : `it has ${what} of npm's public registry, and shows npm's own signatures`;
  return [`serves npmjs: ${why}`];
}

function homeBecause(named: readonly string[]): string[] {
  if (named.length === 0) return [];
  return [`home of ${named.join(", ")}: npm's settings send it there, and npm's public registry knows no such package`];
}

/**
 * The project's .npmrc would send a variable of this machine (`_authToken=${TOKEN}`) to a registry that nobody has
 * declared. Before there is a trust.json that is how projects are set up; afterwards, a branch that names a new
 * registry and asks for the token would get it. A token is sent with each address that its key leads to, however that
 * is spelled, so the whole host counts, but for what belongs to a declared registry.
 */
function isPaidInSecrets({ npm, trust }: River, url: string): boolean {
  if (trust.directory === null) return false;
  const { origin } = new URL(url);
  return npm.origins.some(({ level, key, value, written }) => {
    const prefix = /^(\/\/.+):_?\w+$/.exec(key)?.[1];
    // Where a variable stands in the key itself, what was written is not known.
    const isOfMachine = written.includes("${") || written !== value;
    if (level !== "project" || prefix === undefined || !isOfMachine) return false;
    const address = `https:${prefix.endsWith("/") ? prefix : `${prefix}/`}`;
    if (!URL.canParse(address)) return false;
    const { href, origin: host } = new URL(address);
    return host === origin && registryAt(trust, href) === null;
  });
}

/** Its scope has a registry, which is another: then it is nobody else's, and its name is not told to anybody. */
function isSentElsewhere({ npm }: River, url: string, { name }: Artifact): boolean {
  const scope = scopeOf(name);
  const own = scope === null ? undefined : npm.scopes.get(scope);
  return own !== undefined && own !== url;
}

function npmKeys({ trust }: River): Registry["keys"] {
  return builtinHome(trust.registries, "npm").keys;
}

function bare({ id, url }: Undeclared): Registry {
  const nothing = { home: [], require: [], floor: [], keys: [], serves: null, evidenceFrom: null, redirects: [] };
  return { id, url, ecosystem: "npm", ...nothing };
}

function distinct(artifacts: readonly Artifact[]): Artifact[] {
  return [...new Map(artifacts.map((artifact) => [`${artifact.name}@${artifact.version}`, artifact])).values()];
}
