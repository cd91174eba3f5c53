/** `secure-install <spec…>`: lock, verify, hand off; the project is untouched if anything is refused. */
import { StopError } from "../model/finding.js";
import type { World } from "../model/world.js";
import type { Session } from "../pipeline/session.js";
import { inTurn } from "../pipeline/turn.js";
import { installSpecs } from "../pipeline.js";
import { conclude } from "./conclude.js";
import { formatOf, type InstallFlags } from "./flags.js";
import { findInstaller, realFolder } from "./installer.js";
import { withSession } from "./session.js";

/** Adds packages to the project of this folder. */
export async function install(
  world: World,
  specs: readonly string[],
  flags: InstallFlags,
  extra: readonly string[],
): Promise<number> {
  const startedAt = world.clock.elapsed();
  refuseWrapping(specs);
  const project = await realFolder(world);
  const work = async (session: Session): Promise<number> => {
    const npm = await findInstaller(world, project);
    const output = formatOf(flags) === "json" ? "stderr" : "inherit";
    const request = { specs: specs.map(withoutEcosystem), saving: savingFlags(flags) };
    const outcome = await installSpecs(session.river, project, { npm, extra, output }, request);
    const installer = `npm ${npm.version}`;
    return conclude(world, { command: "install", flags, session, outcomes: [outcome], installer, startedAt });
  };
  // What the run before left is what this one reads.
  return inTurn(world, project, () => withSession({ world, flags, project, thisPlatform: true, installs: true }, work));
}

/** `npm:left-pad@1` is `left-pad@1`: the ecosystem can be said, as in trust.json. */
function withoutEcosystem(spec: string): string {
  return spec.startsWith("npm:") ? spec.slice("npm:".length) : spec;
}

const INSTALLERS = ["npm", "pnpm", "yarn", "bun", "pip", "uv"];

/** `secure-install npm install x` is not understood yet; taken for names, it would ask for packages called npm and install. */
function refuseWrapping(specs: readonly string[]): void {
  const [first = ""] = specs;
  if (specs.length < 2 || !INSTALLERS.includes(first)) return;
  const help = `Say what is to be installed alone: secure-install <package>. The package called ${first} is npm:${first}.`;
  throw new StopError("USAGE", `"${first}" before other words is not understood`, { help });
}

function savingFlags(flags: InstallFlags): string[] {
  return [
    ...(flags.saveDev ? ["--save-dev"] : []),
    ...(flags.saveOptional ? ["--save-optional"] : []),
    ...(flags.saveExact ? ["--save-exact"] : []),
    ...(flags.workspace === undefined ? [] : [`--workspace=${flags.workspace}`]),
  ];
}
