/**
 * npm's settings, as flags. npm lets its command line win over the environment, that over the project's .npmrc, and
 * that over the user's; so what seals an installation is on the command line, setting by setting, whatever a hostile
 * project has written. (Measured with npm 10.9, 11.19 and 12.2; `test/installer/npm.test.ts` repeats it.)
 */
import path from "node:path";
import { StopError } from "../model/finding.js";
import type { Npm } from "./npm-find.js";

/** Matches no host: every request, to the loopback too, goes by the proxy. An empty value would be taken for none. */
const NO_HOST = "nothing.invalid";

/**
 * What holds for every npm that we start. `folder` is where it works; `cache` a folder of ours (0700), in which npm
 * also keeps its logs, and in which neither the two configuration files nor the git named here exist: a missing
 * configuration file is an empty one to npm, and a missing git can't run.
 */
export function sealingFlags(npm: Npm, folder: string, cache: string): readonly string[] {
  return [
    `--prefix=${folder}`,
    `--userconfig=${path.join(cache, "no-user.npmrc")}`,
    `--globalconfig=${path.join(cache, "no-global.npmrc")}`,
    `--cache=${cache}`,
    `--logs-dir=${path.join(cache, "_logs")}`,
    "--global=false",
    "--location=user",
    "--force=false",
    "--dry-run=false",
    "--usage=false",
    "--audit=false",
    "--fund=false",
    "--update-notifier=false",
    "--script-shell=",
    "--node-options=",
    ...ifKnown(npm, "ignore-extension", "true"),
  ];
}

/** What keeps an npm that installs or locks away from everything but one gateway, and from every script. */
export function gatewayFlags(npm: Npm, cache: string): readonly string[] {
  return [
    "--ignore-scripts=true",
    ...ifKnown(npm, "dangerously-allow-all-scripts", "false"),
    ...ifKnown(npm, "allow-git", "none"),
    `--git=${path.join(cache, "no-git")}`,
    "--replace-registry-host=always",
    "--scope=",
    `--noproxy=${NO_HOST}`,
    "--offline=false",
    "--prefer-offline=false",
    "--prefer-online=false",
    "--strict-ssl=true",
    "--package-lock=true",
    "--fetch-retries=1",
    "--fetch-retry-mintimeout=100",
  ];
}

/** The default registry, and that of each scope. `routes` hold addresses without secrets: anyone can read a command line. */
export function registryFlags(routes: readonly { readonly scope: string | null; readonly url: string }[]) {
  return routes.map(({ scope, url }) => (scope === null ? `--registry=${url}` : `--${scope}:registry=${url}`));
}

/** The proxy, with its secret, through the environment: that beats a project's .npmrc too, and only we can read it. */
export function proxyVariables(proxyUrl: string): Record<string, string> {
  return { npm_config_proxy: proxyUrl, npm_config_https_proxy: proxyUrl };
}

export function ifKnown(npm: Npm, option: string, value: string): readonly string[] {
  return npm.knows(option) ? [`--${option}=${value}`] : [];
}

/** A user's settings by name, as npm's own configuration gives them: strings, numbers, booleans, dates, lists. */
export type Settings = Readonly<Record<string, unknown>>;

/** Settings that shape the tree or the terminal, and neither reach out nor run anything. */
const BEHAVIOUR = [
  ...["bin-links", "engine-strict", "legacy-peer-deps", "strict-peer-deps", "os", "cpu", "libc", "maxsockets"],
  ...["loglevel", "progress", "color", "unicode"],
] as const;

/** Settings that shape what a lock step resolves, and how it is written down. */
const RESOLUTION = [
  ...["tag", "before", "min-release-age", "min-release-age-exclude", "prefer-dedupe", "lockfile-version"],
  ...["install-strategy", "install-links", "workspace", "workspaces", "include-workspace-root"],
  ...["omit-lockfile-registry-resolved", "format-package-lock", "save-exact", "save-prefix"],
] as const;

/**
 * What is left out, and by name all that is not: npm reads the project's .npmrc itself, and there `omit`, `include`,
 * `production` or `optional` would add to a list on the command line. `prod` keeps that list from being empty.
 */
export function narrowingFlags(omit: readonly string[]): readonly string[] {
  const kept = ["prod", "dev", "optional", "peer"].filter((kind) => !omit.includes(kind));
  return [...omit.map((kind) => `--omit=${kind}`), ...kept.map((kind) => `--include=${kind}`)];
}

/** The flags for those of `settings` that may take part in an installation. */
export function behaviourFlags(npm: Npm, settings: Settings): readonly string[] {
  return BEHAVIOUR.flatMap((key) => settingFlags(npm, key, settings[key]));
}

/** The flags for those of `settings` that may take part in a lock step. */
export function resolutionFlags(npm: Npm, settings: Settings): readonly string[] {
  return [...BEHAVIOUR, ...RESOLUTION].flatMap((key) => settingFlags(npm, key, settings[key]));
}

function settingFlags(npm: Npm, key: string, value: unknown): readonly string[] {
  if (value === undefined || value === null || !npm.knows(key)) return [];
  if (Array.isArray(value)) return value.flatMap((item) => settingFlags(npm, key, item));
  if (value instanceof Date) return [`--${key}=${value.toISOString()}`];
  if (typeof value === "number" || typeof value === "boolean") return [`--${key}=${value}`];
  return typeof value === "string" ? [`--${key}=${value}`] : [];
}

/** What node-gyp and its like look for among npm's settings, to find a compiler, node's headers, and the way out. */
const TOOLCHAIN = [
  ...["nodedir", "python", "msvs_version", "msvs-version", "build_from_source", "build-from-source"],
  ...["disturl", "dist-url", "cafile", "proxy", "https-proxy", "noproxy"],
] as const;

/** Those settings as variables: npm 12 refuses flags that it does not know itself. */
export function scriptVariables(settings: Settings): Record<string, string> {
  const entries = TOOLCHAIN.flatMap((key) => {
    const value = settings[key];
    const text = typeof value === "boolean" || typeof value === "number" ? String(value) : value;
    return typeof text === "string" && text !== "" ? [[`npm_config_${key.replaceAll("-", "_")}`, text]] : [];
  });
  return Object.fromEntries(entries);
}

/** Flags that a user may add after `--`: they change what is shown, or make npm stricter. `=` where a value is needed. */
const EXTRA = new Set([
  ...["-s", "--silent", "-d", "-dd", "-ddd", "-q", "--quiet", "--verbose", "--loglevel="],
  ...["--progress", "--no-progress", "--color", "--no-color", "--color=", "--unicode", "--no-unicode", "--timing"],
  ...["--json", "--no-audit", "--no-fund", "--engine-strict", "--strict-peer-deps", "--legacy-peer-deps"],
  ...["--maxsockets=", "--prefer-dedupe"],
]);

/**
 * Looks at what the user wrote after `--`. Throws StopError USAGE for whatever is not known to leave the seal whole:
 * another registry, cache or configuration, scripts, git, or anything that would install more, less or elsewhere.
 */
export function extraFlags(given: readonly string[]): readonly string[] {
  for (const argument of given) {
    const equals = argument.indexOf("=");
    const form = equals < 0 ? argument : argument.slice(0, equals + 1);
    if (EXTRA.has(form)) continue;
    throw new StopError("USAGE", `${argument} can't be passed on to npm: it would change what was verified, or how`, {
      at: argument,
      help: `After -- go only: ${[...EXTRA].sort().join(" ")}. Give --omit and the like before it.`,
    });
  }
  return given;
}
