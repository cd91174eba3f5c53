/** What changes a project's lockfile: packages that are added, updated or taken out, or all that package.json asks for. */
import { StopError } from "../model/finding.js";
import { isNpmName } from "../model/names.js";
import type { World } from "../model/world.js";
import { installChanged, installProject } from "../pipeline.js";
import { type InstallFlags, savingFlags } from "./flags.js";
import { withNpm } from "./installer.js";

/** `secure-install <spec…>`: adds packages to the project of this folder, or to npm's global folder. */
export async function install(
  world: World,
  specs: readonly string[],
  flags: InstallFlags,
  extra: readonly string[],
): Promise<number> {
  const wanted = specs.map(withoutEcosystem);
  if (flags.global === true) {
    const { installGlobally } = await import("./npm-global.js");
    return installGlobally(world, wanted, flags, extra);
  }
  if (flags.prefix !== undefined) {
    const help = "Go to the project's folder first.";
    throw new StopError("USAGE", "--prefix is for --global alone", { at: "--prefix", help });
  }
  const request = { command: "install" as const, specs: wanted, saving: savingFlags(flags) };
  return withNpm(world, "install", flags, extra, (river, project, how) => installChanged(river, project, how, request));
}

/** `npm install` without packages. */
export async function installAll(world: World, flags: InstallFlags, extra: readonly string[]): Promise<number> {
  if (flags.global === true) throw new StopError("USAGE", "npm install --global without a package installs nothing");
  const [narrow] = [...savingFlags(flags), ...(flags.prefix === undefined ? [] : ["--prefix"])];
  if (narrow !== undefined) {
    const help = "Leave it out: the whole tree is installed and proven, never a part of it.";
    throw new StopError("USAGE", `${narrow} says where packages go, and none is named`, { at: narrow, help });
  }
  const request = { command: "install" as const, specs: [], saving: [] };
  return withNpm(world, "install", flags, extra, (river, project, how) => installProject(river, project, how, request));
}

/** `npm update [name…]` and `npm uninstall <name…>`. */
export async function change(
  world: World,
  command: "update" | "uninstall",
  names: readonly string[],
  flags: InstallFlags,
  extra: readonly string[],
): Promise<number> {
  for (const name of names) {
    if (isNpmName(name)) continue;
    const help = command === "update" ? "A version is asked for with install." : "Name it as package.json does.";
    throw new StopError("USAGE", `"${name}" is not the name of a package`, { at: name, help });
  }
  const request = { command, specs: names, saving: savingFlags(flags) };
  return withNpm(world, command, flags, extra, (river, project, how) => installChanged(river, project, how, request));
}

/** `npm:left-pad@1` is `left-pad@1`: the ecosystem can be said, as in trust.json. */
function withoutEcosystem(spec: string): string {
  return spec.startsWith("npm:") ? spec.slice("npm:".length) : spec;
}
