/** Which npm is run, and how: always its JavaScript by our own node, never a shell script, shim or batch file. */
import path from "node:path";
import semver from "semver";
import { StopError } from "../model/finding.js";
import { LIMITS } from "../model/limits.js";
import type { Files } from "../model/world.js";

export interface Npm {
  /** Absolute path of the node that runs it. */
  readonly node: string;
  /** Absolute path, links resolved, of its npm-cli.js. */
  readonly cli: string;
  /** Absolute path of the node-gyp that came with it. */
  readonly nodeGyp: string;
  readonly version: string;
  /** Whether this npm has a configuration key of that name: newer ones refuse what they do not know. */
  knows(option: string): boolean;
}

/** Older ones read their configuration in another order, which nobody measured. */
const OLDEST_MAJOR = 10;
const DEFINITIONS = "node_modules/@npmcli/config/lib/definitions/definitions.js";

export interface NpmQuestion {
  /** Absolute path of what PATH calls npm, outside the project; null where there is none. */
  readonly found: string | null;
  /** Absolute path of our own node. */
  readonly node: string;
  /** The project's folder: an npm inside it is the project's word, and not taken. */
  readonly project: string;
  readonly platform: NodeJS.Platform;
}

/**
 * Looks behind `found`: a link to npm-cli.js (Unix), npm.cmd beside node_modules/npm (Windows), or a version
 * manager's shim. A shim would let the project choose the npm, so the one that came with our node is taken instead.
 * Throws StopError INSTALLER_ABSENT if there is none, or if it is too old.
 */
export async function findNpm(files: Files, question: NpmQuestion): Promise<Npm> {
  const project = (await files.realPath(question.project)) ?? question.project;
  for (const candidate of await candidates(files, question)) {
    const cli = await files.realPath(candidate);
    if (cli === null || path.basename(cli) !== "npm-cli.js" || isInside(project, cli)) continue;
    const root = path.dirname(path.dirname(cli));
    const version = await versionOf(files, root);
    if (version === null) continue;
    if (semver.major(version) < OLDEST_MAJOR) {
      throw new StopError("INSTALLER_ABSENT", `npm ${version} is too old: npm ${OLDEST_MAJOR} or newer is needed`, {
        at: cli,
      });
    }
    const known = await knownOptions(files, root);
    // Where the list can't be read every option is given, and an npm that lacks one says so.
    const nodeGyp = path.join(root, "node_modules/node-gyp/bin/node-gyp.js");
    return { node: question.node, cli, nodeGyp, version, knows: (option) => known?.has(option) ?? true };
  }
  throw new StopError("INSTALLER_ABSENT", "no npm was found in PATH outside the project, nor beside node", {
    at: question.found ?? "PATH",
  });
}

async function candidates(files: Files, { found, node, platform }: NpmQuestion): Promise<readonly string[]> {
  const own = path.dirname((await files.realPath(node)) ?? node);
  const modules = "node_modules/npm/bin/npm-cli.js";
  const beside = platform === "win32" ? path.join(own, modules) : path.join(own, "..", "lib", modules);
  return found === null ? [beside] : [found, path.join(path.dirname(found), modules), beside];
}

async function versionOf(files: Files, root: string): Promise<string | null> {
  const text = await files.read(path.join(root, "package.json"), LIMITS.packageJsonBytes);
  if (text === null) return null;
  try {
    const manifest: unknown = JSON.parse(text.toString("utf8"));
    if (typeof manifest !== "object" || manifest === null) return null;
    const { name, version } = manifest as Record<string, unknown>;
    return name === "npm" && typeof version === "string" ? semver.valid(version) : null;
  } catch {
    return null;
  }
}

/** The keys that npm's own list of definitions names, or null if it is not where it was. */
async function knownOptions(files: Files, root: string): Promise<ReadonlySet<string> | null> {
  const text = await files.read(path.join(root, DEFINITIONS), LIMITS.packageJsonBytes);
  if (text === null) return null;
  const names = [...text.toString("utf8").matchAll(/new Definition\('([a-z0-9._-]+)'/gi)].map(
    (match) => match[1] ?? "",
  );
  return names.includes("registry") ? new Set(names) : null;
}

function isInside(folder: string, file: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== "" && !relative.startsWith("..") && !path.isAbsolute(relative);
}
