/** The "registries" of trust.json: where packages come from, which names are at home there, what they must show. */
import type { Registry, RegistryKey } from "../model/policy.js";
import { normalizePypi, patternProblem } from "../model/selector.js";
import { BUILTIN } from "./builtin.js";
import { type NamedEntry, readFields, readList, readNamed, readText } from "./fields.js";
import { type Json, malformed, quote } from "./json.js";
import { readRegistryKey } from "./keys.js";
import { linkRegistries, type Placed } from "./mirrors.js";
import { nearest } from "./nearest.js";
import { readHost, readKinds, readUrl } from "./values.js";

const KEYS = ["url", "ecosystem", "home", "require", "keys", "serves", "evidenceFrom", "redirects"] as const;
/** Following mirrors is quadratic in their number. */
const MOST = 1_000;
const BUILTIN_KEYS = ["url", "ecosystem", "home", "require", "keys", "redirects"] as const;

/**
 * Reads "registries" (null: there are none) and joins them with the built-in ones, which come first. An entry of
 * a built-in's name changes its `require`, and adds keys, homes and redirects. Throws StopError TRUST_MALFORMED.
 */
export function readRegistries(value: Json | null): readonly Registry[] {
  const entries = value === null ? [] : readNamed(value, "registries");
  const excess = entries[MOST];
  if (excess !== undefined) throw malformed(excess.at, `There are more than ${MOST} registries.`);
  const restated = new Map<string, Placed>();
  const own: Placed[] = [];
  for (const entry of entries) {
    const builtin = BUILTIN.find((registry) => registry.id === entry.name);
    if (builtin === undefined) own.push(readRegistry(entry));
    else restated.set(entry.name, restate(builtin, entry));
  }
  const builtins = BUILTIN.map((registry) => restated.get(registry.id) ?? { registry, places: new Map() });
  return linkRegistries([...builtins, ...own]);
}

function readRegistry({ name: id, at, value }: NamedEntry): Placed {
  const fields = readFields(value, `registry ${quote(id)}`, KEYS);
  const meant = nearest(
    id,
    BUILTIN.map((registry) => registry.id),
  );
  if (fields.get("url") === null && meant !== null) {
    throw malformed(at, `Registry ${quote(id)} has no "url". Did you mean the built-in "${meant}"?`);
  }
  const url = readUrl(fields.need("url"), '"url"').href;
  const ecosystem = readEcosystem(fields.get("ecosystem"));
  const require = fields.get("require");
  const places = new Map<string, string>([["url", fields.need("url").at]]);
  const registry: Registry = {
    id,
    url: url.endsWith("/") ? url : `${url}/`,
    ecosystem,
    home: readHomes(fields.get("home"), ecosystem, places),
    require: require === null ? ["integrity"] : readKinds(require, '"require"'),
    floor: [],
    keys: readKeys(fields.get("keys"), []),
    serves: readReference(fields.get("serves"), "serves", places),
    evidenceFrom: readReference(fields.get("evidenceFrom"), "evidenceFrom", places),
    redirects: readRedirects(fields.get("redirects")),
  };
  return { registry, places };
}

/** A built-in registry as trust.json restates it. What it is and where it lies can't be changed. */
function restate(builtin: Registry, { name: id, value }: NamedEntry): Placed {
  const fields = readFields(value, `the built-in registry "${id}"`, BUILTIN_KEYS);
  const url = fields.get("url");
  if (url !== null && `${readUrl(url, '"url"').href.replace(/\/$/, "")}/` !== builtin.url) {
    throw malformed(
      url.at,
      `"${id}" is built in, and its address is ${builtin.url}.`,
      'Give your registry another name, and say with "serves" which one it mirrors.',
    );
  }
  const ecosystem = fields.get("ecosystem");
  if (ecosystem !== null && readEcosystem(ecosystem) !== builtin.ecosystem) {
    throw malformed(ecosystem.at, `"${id}" is built in, and its ecosystem is ${builtin.ecosystem}.`);
  }
  const places = new Map<string, string>();
  const require = fields.get("require");
  const home = fields.get("home");
  return {
    registry: {
      ...builtin,
      home: home === null ? builtin.home : readHomes(home, builtin.ecosystem, places),
      require: require === null ? builtin.require : readKinds(require, '"require"'),
      keys: readKeys(fields.get("keys"), builtin.keys),
      redirects: readRedirects(fields.get("redirects")),
    },
    places,
  };
}

function readEcosystem(value: Json | null): Registry["ecosystem"] {
  if (value === null) return "npm";
  const text = readText(value, '"ecosystem"');
  if (text !== "npm" && text !== "pypi") throw malformed(value.at, `"ecosystem" must be "npm" or "pypi".`);
  return text;
}

function readHomes(value: Json | null, ecosystem: Registry["ecosystem"], places: Map<string, string>): string[] {
  const homes: string[] = [];
  for (const item of value === null ? [] : readList(value, '"home"')) {
    const text = readText(item, 'A pattern of "home"');
    const problem = patternProblem(ecosystem, text);
    if (problem !== null) throw malformed(item.at, `${problem}.`, 'Write a name, "@scope/*" or "*".');
    const pattern = ecosystem === "pypi" ? normalizePypi(text) : text;
    if (homes.includes(pattern)) throw malformed(item.at, `${quote(pattern)} stands twice in "home".`);
    homes.push(pattern);
    places.set(`home ${pattern}`, item.at);
  }
  return homes;
}

/** Adds keys to those that are built in. A built-in key may be given an earlier end, never a longer life. */
function readKeys(value: Json | null, builtin: readonly RegistryKey[]): readonly RegistryKey[] {
  const keys = new Map(builtin.map((key) => [key.spki, key]));
  const seen = new Set<string>();
  for (const item of value === null ? [] : readList(value, '"keys"')) {
    const key = readRegistryKey(item);
    if (seen.has(key.spki)) throw malformed(item.at, `The key ${key.keyid} stands twice in "keys".`);
    seen.add(key.spki);
    const known = keys.get(key.spki);
    if (known !== undefined && !isWithin(key, known)) {
      throw malformed(item.at, `The key ${key.keyid} is built in, and can only be given a shorter life than it has.`);
    }
    keys.set(key.spki, key);
  }
  return [...keys.values()];
}

function isWithin(inner: RegistryKey, outer: RegistryKey): boolean {
  const [from, to] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  return (
    inner.keyid === outer.keyid &&
    (inner.notBefore ?? from) >= (outer.notBefore ?? from) &&
    (inner.expires ?? to) <= (outer.expires ?? to)
  );
}

function readReference(value: Json | null, what: string, places: Map<string, string>): string | null {
  if (value === null) return null;
  places.set(what, value.at);
  return readText(value, `"${what}"`);
}

function readRedirects(value: Json | null): readonly string[] {
  return value === null ? [] : readList(value, '"redirects"').map((item) => readHost(item, 'A host of "redirects"'));
}
