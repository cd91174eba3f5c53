/** npm, as commands: what to start, where, with which settings and environment. Nothing is started here. */
import { StopError } from "../model/finding.js";
import { isNpmName, scopeOf } from "../model/names.js";
import type { Command } from "../model/world.js";
import { installerEnvironment, scriptEnvironment, type Variables } from "./npm-environment.js";
import type { Npm } from "./npm-find.js";
import {
  behaviourFlags,
  extraFlags,
  gatewayFlags,
  ifKnown,
  narrowingFlags,
  proxyVariables,
  registryFlags,
  resolutionFlags,
  type Settings,
  scriptVariables,
  sealingFlags,
} from "./npm-options.js";

interface Common {
  readonly npm: Npm;
  /** Absolute, links resolved. */
  readonly folder: string;
  /** Absolute; a folder of ours alone (0700), outside the project; removed by the caller afterwards. */
  readonly cache: string;
  readonly settings: Settings;
  readonly variables: Variables;
  /** What the user wrote after `--`. */
  readonly extra: readonly string[];
}

/** Where a gateway stands. `bareUrl` opens only by way of `proxyUrl`, which holds the secret. */
export interface GatewayAddress {
  readonly bareUrl: string;
  readonly proxyUrl: string;
}

export interface CiRequest extends Common {
  readonly registry: GatewayAddress;
  /** Every scope (with its `@`) that the lockfile or any .npmrc names. */
  readonly scopes: readonly string[];
  /** `dev`, `optional`, `peer`: the whole answer, with what NODE_ENV and `production` would have said. */
  readonly omit: readonly string[];
  /** Kinds of sources that were admitted besides registries: tarballs in the project, tarballs at pinned addresses. */
  readonly sources: ReadonlySet<"file" | "remote">;
}

/**
 * `npm ci`, without scripts, able to obtain only what the sealed registry and the seeded cache hold.
 * Throws StopError USAGE for an argument that would break the seal.
 */
export function npmCi(request: CiRequest): Command {
  const { npm, folder, cache, registry } = request;
  const url = registry.bareUrl;
  return run(npm, {
    cwd: folder,
    seal: "digest-locked",
    env: { ...installerEnvironment(request.variables, request.folder), ...proxyVariables(registry.proxyUrl) },
    args: [
      "ci",
      ...behaviourFlags(npm, request.settings),
      ...narrowingFlags(request.omit),
      ...extraFlags(request.extra),
      ...sealingFlags(npm, folder, cache),
      ...gatewayFlags(npm, cache),
      ...ifKnown(npm, "allow-remote", request.sources.has("remote") ? "all" : "none"),
      ...ifKnown(npm, "allow-file", request.sources.has("file") ? "all" : "none"),
      "--package-lock-only=false",
      // The lockfile says where everything lies; with other answers npm would make another tree of it.
      "--install-strategy=hoisted",
      "--install-links=false",
      "--workspaces=null",
      ...registryFlags([{ scope: null, url }, ...request.scopes.map((scope) => ({ scope, url }))]),
    ],
  });
}

/** What npm can be asked to do to a lockfile. */
export type LockCommand = "install" | "update" | "uninstall";

export interface LockRequest extends Common {
  /** `install` unless given. */
  readonly command?: LockCommand;
  /** What to add, as the user wrote it, or names of what to update or to remove; empty: the lockfile as a whole. */
  readonly specs: readonly string[];
  /** How to save it: `--save-dev`, `--save-exact`, `--workspace=web`, …; see `SAVING`. */
  readonly saving: readonly string[];
  readonly gateway: Pick<GatewayAddress, "proxyUrl">;
  /** The gateway's addresses for the default registry (scope null), and for each scope that has its own. */
  readonly routes: readonly { readonly scope: string | null; readonly url: string }[];
}

/** The flags of `npm install` that say where and how a new dependency is written down. */
export const SAVING: ReadonlySet<string> = new Set([
  ...["--save", "-S", "--save-prod", "-P", "--save-dev", "-D", "--save-optional", "-O", "--save-peer"],
  ...["--save-exact", "-E", "--save-bundle", "-B", "--workspace=", "--workspaces", "--include-workspace-root"],
  ...["--save-prefix=", "--tag="],
]);

/**
 * `npm install <specs> --package-lock-only` (or `update`, `uninstall`), in a copy of the project's manifests: resolves, and writes package.json
 * and the lockfile there. Throws StopError USAGE for a spec or a flag that is none.
 */
export function npmLock(request: LockRequest): Command {
  const { npm, folder, cache } = request;
  for (const spec of request.specs) if (spec.startsWith("-")) throw unknown(spec);
  for (const flag of request.saving) if (!SAVING.has(flag.replace(/=.*$/s, "="))) throw unknown(flag);
  return run(npm, {
    cwd: folder,
    seal: "lock-only",
    env: { ...installerEnvironment(request.variables, request.folder), ...proxyVariables(request.gateway.proxyUrl) },
    args: [
      request.command ?? "install",
      ...resolutionFlags(npm, request.settings),
      ...request.saving,
      ...extraFlags(request.extra),
      ...sealingFlags(npm, folder, cache),
      ...gatewayFlags(npm, cache),
      // npm 12 takes the tarball of a bundling package, of which it must look inside, for a remote one (measured).
      ...ifKnown(npm, "allow-remote", "all"),
      "--package-lock-only=true",
      ...registryFlags(request.routes),
      "--",
      ...request.specs,
    ],
  });
}

/** `settings` are the user's own here: scripts and compilers also read what the project's .npmrc says by themselves. */
export interface RebuildRequest extends Omit<Common, "extra"> {
  /** The lockfile's keys of the packages whose scripts were allowed: `node_modules/esbuild`. Never empty. */
  readonly locations: readonly string[];
}

/**
 * `npm rebuild` of the packages at exactly these places: their install scripts run, and a `node-gyp rebuild` where a
 * package brings a binding.gyp and no script. Named by folder, because a name would also reach other copies, and an
 * alias none. npm 12 blocks scripts by its own list; the trust store has decided here.
 */
export function npmRebuild(request: RebuildRequest): Command {
  const { npm, folder, cache } = request;
  if (request.locations.length === 0) throw new StopError("INTERNAL", "npm rebuild without a package rebuilds all");
  for (const location of request.locations) {
    if (!isLocation(location)) throw new StopError("INTERNAL", `${location} is no place of an installed package`);
  }
  return run(npm, {
    cwd: folder,
    seal: "verified-files",
    env: { ...scriptEnvironment(request.variables, request.folder), ...scriptVariables(request.settings) },
    args: [
      "rebuild",
      ...behaviourFlags(npm, request.settings),
      ...sealingFlags(npm, folder, cache),
      "--ignore-scripts=false",
      "--rebuild-bundle=false",
      ...ifKnown(npm, "dangerously-allow-all-scripts", "true"),
      ...ifKnown(npm, "node-gyp", npm.nodeGyp),
      "--",
      ...request.locations.map((location) => `./${location}`),
    ],
  });
}

function run(npm: Npm, command: Omit<Command, "file">): Command {
  return { ...command, file: npm.node, args: [npm.cli, ...command.args] };
}

/** `node_modules/a/node_modules/@b/c`, or the same below a workspace's folder. */
function isLocation(location: string): boolean {
  const segments = location.split("/");
  const at = segments.lastIndexOf("node_modules");
  const name = segments.slice(at + 1).join("/");
  return at >= 0 && isNpmName(name) && !segments.includes("..") && !segments.includes("");
}

function unknown(argument: string): StopError {
  return new StopError("USAGE", `${argument} is not understood here`, { at: argument });
}

/** The scopes among these package names, each once. */
export function scopesOf(names: Iterable<string>): readonly string[] {
  return [...new Set([...names].flatMap((name) => scopeOf(name) ?? []))];
}
