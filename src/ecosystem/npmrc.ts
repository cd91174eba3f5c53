/** npm's configuration, as far as it says where packages come from, by which road, and how npm should behave. */
import { StopError } from "../model/finding.js";
import type { Environment, Files } from "../model/world.js";
import { NOTED_SETTINGS, type NpmSetting } from "../policy/npm-settings.js";
import { type Level, loadLevels, textOf } from "./npmrc-levels.js";
import { originsOf } from "./npmrc-origins.js";
import { authorities, proxyOf } from "./npmrc-wire.js";

/** What is sent to addresses below `prefix`, and to no other. */
export interface NpmCredential {
  /** `https://npm.example.net/team/`, with a slash at its end. */
  readonly prefix: string;
  /** The header's whole value: `Bearer …` or `Basic …`. */
  readonly authorization: string;
}

export interface NpmSettings {
  /** With a slash at its end. */
  readonly registry: string;
  /** By scope with its `@`; addresses with a slash at their end. */
  readonly scopes: ReadonlyMap<string, string>;
  readonly credentials: readonly NpmCredential[];
  /** PEM texts of `ca` and `cafile`, never the project's own. */
  readonly ca: readonly string[];
  /** As of `https-proxy`, `proxy` and `noproxy`, or of the environment; never the project's own. */
  readonly proxy: { readonly https: string | null; readonly noProxy: readonly string[] };
  readonly strictSsl: boolean;
  /** `npmjs`, `never`, `always`, or a host or address. */
  readonly replaceRegistryHost: string;
  /** `dev`, `optional`, `peer`: what is not installed. */
  readonly omit: readonly string[];
  readonly omitLockfileRegistryResolved: boolean;
  /** The platform to install for, where it is not this one. */
  readonly platform: { readonly os: string | null; readonly cpu: string | null; readonly libc: string | null };
  /**
   * All that is set, by key, as npm understands it: strings, numbers, booleans, dates, lists; no prototype. What runs
   * code, reaches the wire, or is unknown to npm is in here only as the person has set it, not as the project has.
   * No credentials.
   */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Every place where a setting that matters to us is set, and what the project sets beyond npm's own keys. */
  readonly origins: readonly NpmSetting[];
}

export interface NpmrcOptions {
  /** The folder of the npm that will run, such as `/usr/lib/node_modules/npm`; its own npmrc is read too. */
  readonly npmFolder?: string | null;
  /** What the user typed for the installer; wins over all files. */
  readonly flags?: readonly string[];
}

/**
 * Reads npm's settings for the folder `project` with npm's own loader.
 *
 * `${VARIABLE}` is put in as npm does, also in the project's .npmrc: a committed `_authToken=${NPM_TOKEN}` is how
 * CI is set up everywhere. npm sends such a token, and a token written into the project's file, to the address that
 * the same file names; here it goes only to a registry that the trust store declares, since nothing else is asked.
 * A credential whose variable is not set is left out. Client certificates (`certfile`) are not read.
 *
 * Unlike in npm, where `ca` and `cafile` take the place of all known authorities, they are meant to be believed
 * besides them. NODE_EXTRA_CA_CERTS is node's own and is believed besides both, as long as `ca` is not given to
 * `tls.connect` (or undici's `connect`), which puts it in the place of node's roots and the extra ones.
 *
 * Throws StopError ENVIRONMENT_UNSAFE for what can't be understood. Unsafe settings are no error here: see `origins`.
 */
export async function readNpmSettings(
  environment: Environment,
  files: Files,
  project: string,
  options: NpmrcOptions = {},
): Promise<NpmSettings> {
  const { levels, known } = await loadLevels(
    environment,
    files,
    project,
    options.npmFolder ?? null,
    options.flags ?? [],
  );
  const all = (key: string): unknown => levels.find((level) => level.values.has(key))?.values.get(key);
  const trusted = levels.filter((level) => level.level !== "project");
  const ours = (key: string): unknown => trusted.find((level) => level.values.has(key))?.values.get(key);
  return {
    registry: address(all("registry"), "registry"),
    scopes: scopesOf(levels),
    credentials: credentialsOf(levels, all),
    ca: await authorities(files, ours, trusted, project),
    proxy: proxyOf(environment, ours),
    strictSsl: all("strict-ssl") === true,
    replaceRegistryHost: textOf(all("replace-registry-host")) ?? "npmjs",
    omit: omitted(levels, all, environment),
    omitLockfileRegistryResolved: all("omit-lockfile-registry-resolved") === true,
    platform: { os: textOf(all("os")), cpu: textOf(all("cpu")), libc: textOf(all("libc")) },
    settings: settingsOf(levels, known),
    origins: levels.flatMap((level) => originsOf(level, known, environment)),
  };
}

/** An address with a slash at its end. npm falls back to the default where it can't read one; we do not guess. */
function address(value: unknown, key: string): string {
  const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new StopError("ENVIRONMENT_UNSAFE", `npm's setting ${key} is not an address of a registry`, { at: key });
  }
  url.search = "";
  url.hash = "";
  return url.href.endsWith("/") ? url.href : `${url.href}/`;
}

function scopesOf(levels: readonly Level[]): ReadonlyMap<string, string> {
  const scopes = new Map<string, string>();
  for (const level of levels) {
    for (const [key, value] of level.values) {
      const scope = /^(@[^/:]+):registry$/.exec(key)?.[1];
      if (scope !== undefined && !scopes.has(scope)) scopes.set(scope, address(value, key));
    }
  }
  return scopes;
}

/** In npm's order for one prefix: a token, then `_auth`, then name and password (npm-registry-fetch, auth.js). */
function credentialsOf(levels: readonly Level[], get: (key: string) => unknown): readonly NpmCredential[] {
  const keys = levels.flatMap((level) => [...level.values.keys()]);
  const prefixes = new Set(keys.flatMap((key) => /^(\/\/.+):(?:_authToken|_auth|_password)$/.exec(key)?.[1] ?? []));
  return [...prefixes].flatMap((prefix) => {
    const secret = (name: string): string | null => {
      const value = textOf(get(`${prefix}:${name}`));
      return value === null || value === "" || value.includes("${") ? null : value;
    };
    const token = secret("_authToken");
    const name = secret("username");
    const password = secret("_password");
    const basic =
      secret("_auth") ??
      (name === null || password === null
        ? null
        : Buffer.from(`${name}:${Buffer.from(password, "base64").toString("utf8")}`).toString("base64"));
    const authorization = token !== null ? `Bearer ${token}` : basic !== null ? `Basic ${basic}` : null;
    const url = URL.canParse(`https:${prefix}`) ? new URL(`https:${prefix}`) : null;
    if (authorization === null || url === null || /[^\x20-\x7e]/.test(authorization)) return [];
    return [{ prefix: url.href.endsWith("/") ? url.href : `${url.href}/`, authorization }];
  });
}

/** `omit` and `include` with the older spellings of both, as npm's definitions put them together. */
function omitted(levels: readonly Level[], get: (key: string) => unknown, environment: Environment): readonly string[] {
  const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
  const set = levels.some((level) => level.level !== "default" && level.values.has("omit"));
  const omit = set ? list(get("omit")) : environment.variables.NODE_ENV === "production" ? ["dev"] : [];
  const include = list(get("include"));
  const production = get("production");
  const onlyProduction = /^prod(uction)?$/.test(String(get("only"))) || production === true;
  const dev = (!onlyProduction && production === false) || /^dev/.test(String(get("also"))) || get("dev") === true;
  const left = new Set([...omit, onlyProduction ? "dev" : null, get("optional") === false ? "optional" : null]);
  const kept = new Set([...include, dev ? "dev" : null, get("optional") === true ? "optional" : null]);
  return ["dev", "optional", "peer"].filter((type) => left.has(type) && !kept.has(type));
}

function settingsOf(levels: readonly Level[], known: ReadonlySet<string>): Readonly<Record<string, unknown>> {
  const settings: Record<string, unknown> = Object.create(null);
  for (const { level, values } of levels) {
    if (level === "default") continue;
    for (const [key, value] of values) {
      const personal = !known.has(key) || NOTED_SETTINGS.includes(key);
      if (key.includes(":") || key.startsWith("_") || (personal && level === "project")) continue;
      if (!Object.hasOwn(settings, key)) settings[key] = value;
    }
  }
  return settings;
}
