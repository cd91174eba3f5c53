/** npm's global folder: where it lies, what npm is told to put there, and how it is looked at as if it were a project. */
import path from "node:path";
import { StopError } from "../model/finding.js";
import type { Command, Files } from "../model/world.js";
import type { GatewayAddress } from "./npm.js";
import { installerEnvironment, type Variables } from "./npm-environment.js";
import type { Npm } from "./npm-find.js";
import {
  behaviourFlags,
  extraFlags,
  gatewayFlags,
  ifKnown,
  narrowingFlags,
  proxyVariables,
  registryFlags,
  type Settings,
  sealingFlags,
} from "./npm-options.js";
import { shimTarget } from "./prove-bins.js";

/** All absolute. */
export interface GlobalPlaces {
  readonly prefix: string;
  /** The folder that holds `node_modules`. */
  readonly lib: string;
  readonly modules: string;
  /** Where commands are linked. */
  readonly bin: string;
}

/** As npm lays them out below its prefix (@npmcli/config and npm's `globalDir`, `globalBin`). */
export function globalPlacesIn(prefix: string, platform: NodeJS.Platform): GlobalPlaces {
  const windows = platform === "win32";
  const lib = windows ? prefix : path.join(prefix, "lib");
  return { prefix, lib, modules: path.join(lib, "node_modules"), bin: windows ? prefix : path.join(prefix, "bin") };
}

/** npm's default where no setting names a prefix: beside the node that runs it (@npmcli/config, loadGlobalPrefix). */
export function defaultPrefix(variables: Variables, platform: NodeJS.Platform, node: string): string {
  if (variables.PREFIX) return variables.PREFIX;
  if (platform === "win32") return path.dirname(node);
  const prefix = path.dirname(path.dirname(node));
  return variables.DESTDIR ? path.join(variables.DESTDIR, prefix) : prefix;
}

export interface GlobalRequest {
  readonly npm: Npm;
  readonly places: GlobalPlaces;
  /** Absolute; where npm is started, and nothing lies that it would read. */
  readonly folder: string;
  /** Absolute; a folder of ours alone (0700), removed by the caller afterwards. */
  readonly cache: string;
  readonly registry: GatewayAddress;
  readonly scopes: readonly string[];
  readonly omit: readonly string[];
  /** Exact: `left-pad@1.3.0`. */
  readonly specs: readonly string[];
  readonly settings: Settings;
  readonly variables: Variables;
  readonly extra: readonly string[];
}

/**
 * `npm install --global`, without scripts, able to obtain only what the sealed registry holds. npm reads no lockfile
 * there: it plans once more, over what was admitted. Throws StopError USAGE for an argument that would break the seal.
 */
export function npmGlobal(request: GlobalRequest): Command {
  const { npm, cache, registry, places, specs } = request;
  const url = registry.bareUrl;
  if (specs.length === 0 || specs.some((spec) => spec.startsWith("-") || !/^[^/\s]|^@/.test(spec)))
    throw new StopError("INTERNAL", `${specs.join(" ")} can't be installed globally`);
  return {
    file: npm.node,
    cwd: request.folder,
    seal: "digest-locked",
    env: { ...installerEnvironment(request.variables, request.folder), ...proxyVariables(registry.proxyUrl) },
    args: [
      ...[npm.cli, "install"],
      ...behaviourFlags(npm, request.settings),
      ...narrowingFlags(request.omit),
      ...extraFlags(request.extra),
      ...sealingFlags(npm, places.prefix, cache),
      ...gatewayFlags(npm, cache),
      // npm 12 takes the tarball of a bundling package for a remote one.
      ...ifKnown(npm, "allow-remote", "all"),
      ...ifKnown(npm, "allow-file", "none"),
      "--package-lock-only=false",
      "--install-links=false",
      ...["--global=true", "--location=global"],
      ...registryFlags([{ scope: null, url }, ...request.scopes.map((scope) => ({ scope, url }))]),
      ...["--", ...specs],
    ],
  };
}

/** Names in the folder of commands that lead into one of these packages: `cowsay`, on Windows also `cowsay.cmd`. */
export async function commandsInto(files: Files, places: GlobalPlaces, names: readonly string[]): Promise<string[]> {
  const folders = names.map((name) => path.join(places.modules, name) + path.sep);
  const found: string[] = [];
  for (const { name, type } of (await files.list(places.bin)) ?? []) {
    const target = type === "other" || type === "directory" ? null : await leadsTo(files, places, name, type);
    if (target !== null && folders.some((folder) => target.startsWith(folder))) found.push(name);
  }
  return found;
}

const SHIM_BYTES = 4096;

async function leadsTo(
  files: Files,
  places: GlobalPlaces,
  name: string,
  type: "file" | "link",
): Promise<string | null> {
  const file = path.join(places.bin, name);
  if (type === "link") return path.resolve(places.bin, await files.readLink(file));
  if (path.relative(places.prefix, places.bin) !== "" || (await files.status(file))?.size === undefined) return null;
  const text = await files.read(file, SHIM_BYTES).catch(() => null);
  const target = text === null ? null : shimTarget(name, text.toString("utf8"));
  return target === null ? null : path.join(places.bin, target);
}

/**
 * The disk as seen by a proof of the tree whose project is `places.lib`: of `node_modules` only `names` are there, and
 * the folder of commands stands as `node_modules/.bin`, with only `commands` in it. What others have installed
 * globally is not touched, and not looked at.
 */
export function prefixAsProject(
  files: Files,
  places: GlobalPlaces,
  names: readonly string[],
  commands: ReadonlySet<string>,
): { readonly files: Files; readonly at: (file: string) => string } {
  const shown = path.join(places.modules, ".bin");
  const at = (file: string): string =>
    file === shown || file.startsWith(shown + path.sep) ? path.join(places.bin, path.relative(shown, file)) : file;
  const wanted = (below: string, name: string): boolean =>
    names.some((one) => one === below + name || one.startsWith(`${below}${name}/`));
  const scopes = new Map(
    names.flatMap((name) =>
      name.includes("/") ? [[path.join(places.modules, name.replace(/\/.*$/, "")), name.replace(/[^/]*$/, "")]] : [],
    ),
  );
  const list: Files["list"] = async (folder) => {
    const entries = await files.list(at(folder));
    if (entries === null) return null;
    if (folder === shown) return entries.filter(({ name }) => commands.has(name));
    const scope = scopes.get(folder);
    if (scope !== undefined) return entries.filter(({ name }) => wanted(scope, name));
    if (folder !== places.modules) return entries;
    const own = entries.filter(({ name }) => wanted("", name));
    return (await files.status(places.bin)) === null ? own : [...own, { name: ".bin", type: "directory" }];
  };
  const readLink: Files["readLink"] = async (file) => {
    const text = await files.readLink(at(file));
    if (at(file) === file) return text;
    return path
      .relative(path.dirname(file), path.resolve(path.dirname(at(file)), text))
      .split(path.sep)
      .join("/");
  };
  const view: Files = {
    ...files,
    list,
    readLink,
    status: (file) => files.status(at(file)),
    read: (file, maxBytes) => files.read(at(file), maxBytes),
    realPath: (file) => files.realPath(at(file)),
  };
  return { files: view, at };
}
