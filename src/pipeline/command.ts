/** Which file of a proven private tree is the command that was asked for, and how it is started. */
import path from "node:path";
import { shimTarget } from "../installer/prove-bins.js";
import { StopError } from "../model/finding.js";
import { LIMITS } from "../model/limits.js";
import type { Command, World } from "../model/world.js";
import type { Judged } from "./judged.js";
import { admit, linkedCommands } from "./plan.js";
import { readPackageJson } from "./project.js";

/** What is to be run. */
export interface CommandWish {
  /** The command's name; null for the one that its package is for. */
  readonly name: string | null;
  readonly args: readonly string[];
}

/**
 * The command, with the user's own environment and where they stand: it is theirs. `folder` holds the tree, which was
 * proven in this run; nothing from anywhere else is started. Throws StopError USAGE where the packages bring no
 * command of that name.
 */
export async function commandIn(
  world: World,
  folder: string,
  judged: readonly Judged[],
  { name, args }: CommandWish,
): Promise<Command> {
  const bin = path.join(folder, "node_modules", ".bin");
  const wanted = name ?? (await ownCommand(world, folder, judged));
  const file = await fileOf(world, folder, wanted);
  if (file === null) throw await absent(world, bin, wanted);
  const { node, workingDirectory, platform } = world.environment;
  const common = { env: withBin(world, bin), cwd: workingDirectory, seal: "verified-files" as const };
  if (await isForNode(world, file)) return { ...common, file: node, args: [file, ...args] };
  if (platform !== "win32") return { ...common, file, args };
  throw new StopError("USAGE", `the command ${wanted} is not a program for node, and can't be started on Windows`);
}

/** As npm exec chooses: the only file that the package links, or the command called like the package. */
async function ownCommand(world: World, folder: string, judged: readonly Judged[]): Promise<string> {
  const manifest = await readPackageJson(world, folder);
  const [name = ""] = Object.keys((manifest?.dependencies ?? {}) as Record<string, unknown>);
  const [root] = await admit(judged.filter(({ verdict }) => verdict.artifact.location === `node_modules/${name}`));
  const commands = root === undefined ? {} : linkedCommands(root);
  const names = Object.keys(commands);
  if (new Set(Object.values(commands)).size === 1 && names[0] !== undefined) return names[0];
  const own = (root?.artifact.name ?? name).replace(/^@[^/]+\//, "");
  if (names.includes(own)) return own;
  const says =
    names.length === 0 ? `${name} brings no command` : `${name} brings several commands: ${names.sort().join(", ")}`;
  const help = `Name the command: secure-install npm exec --package=${name} <command>.`;
  throw new StopError("USAGE", says, names.length === 0 ? {} : { help });
}

/** What npm linked, by the link's own path: some programs look at the name that they were called by. */
async function fileOf({ environment, files }: World, folder: string, name: string): Promise<string | null> {
  if (!/^[^/\\\0]+$/.test(name) || name === "." || name === "..") return null;
  const place = `node_modules/.bin/${name}`;
  const file = path.join(folder, place);
  if (environment.platform !== "win32") return (await files.status(file)) === null ? null : file;
  const shim = await files.read(`${file}.cmd`, LIMITS.signatureBytes);
  const target = shim === null ? null : shimTarget(`${place}.cmd`, shim.toString("utf8"));
  return target === null ? null : path.join(folder, target);
}

async function absent({ files }: World, bin: string, name: string): Promise<StopError> {
  const linked = ((await files.list(bin)) ?? []).map((entry) => entry.name.replace(/\.(?:cmd|ps1)$/, ""));
  const names = [...new Set(linked)];
  const there = names.length === 0 ? "none at all" : names.slice(0, 20).join(", ");
  return new StopError("USAGE", `the packages bring no command ${name}, but ${there}`);
}

const FOR_NODE = /^#!\s*(?:\/usr\/bin\/env\s+)?(?:\S*\/)?node\s*$/;

/** By its first line. Our own node runs it then, not what a package of the tree may call node. */
async function isForNode({ environment, files }: World, file: string): Promise<boolean> {
  for await (const piece of files.stream(file)) {
    const [line = ""] = Buffer.from(piece.subarray(0, 256)).toString("utf8").split("\n", 1);
    return FOR_NODE.test(line.trim()) || (environment.platform === "win32" && /\.[cm]?js$/i.test(file));
  }
  return false;
}

/** The commands of the tree come first in PATH, as with npx: they call one another. */
function withBin({ environment }: World, bin: string): Record<string, string> {
  const given = Object.entries(environment.variables).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  );
  const env: Record<string, string> = Object.fromEntries(given);
  const name = Object.keys(env).find((one) => one.toUpperCase() === "PATH") ?? "PATH";
  env[name] = [bin, ...(env[name] === undefined ? [] : [env[name]])].join(path.delimiter);
  return env;
}
