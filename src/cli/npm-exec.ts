/** `secure-install npm exec <command>`: a command of a package that was locked, verified and proven for this run alone. */
import path from "node:path";
import { StopError } from "../model/finding.js";
import type { Command, World } from "../model/world.js";
import { commandIn } from "../pipeline/command.js";
import { exitStatus } from "../pipeline/interrupts.js";
import { inPrivateFolder, privately } from "../pipeline/private.js";
import { readPackageJson } from "../pipeline/project.js";
import { installChanged } from "../pipeline.js";
import { conclude } from "./conclude.js";
import { type CommonFlags, formatOf } from "./flags.js";
import { findInstaller, realFolder } from "./installer.js";
import { withSession } from "./session.js";

export interface ExecFlags extends CommonFlags {
  readonly package?: readonly string[];
}

/**
 * Runs the command with the user's terminal, and gives its exit status. The report goes to stderr, since stdout is the
 * command's; with --json it is the other way round. Nothing that lies in the project is run: it was not verified now.
 */
export async function npmExec(world: World, name: string, args: readonly string[], flags: ExecFlags): Promise<number> {
  const packages = flags.package ?? [];
  if (packages.length === 0) await refuseProjects(world, name);
  const specs = packages.length === 0 ? [name] : packages;
  const json = formatOf(flags) === "json";
  return inPrivateFolder(world, async (folder) => {
    const wish = { name: packages.length === 0 ? null : name, args };
    const ready = await prepare(world, folder, specs, flags, (judged) => commandIn(world, folder, judged, wish));
    if (typeof ready === "number") return ready;
    return exitStatus(await world.processes.run(ready, { output: json ? "stderr" : "inherit" }));
  });
}

type FindCommand = (judged: Parameters<typeof commandIn>[2]) => Promise<Command>;

async function prepare(world: World, folder: string, specs: readonly string[], flags: ExecFlags, find: FindCommand) {
  const startedAt = world.clock.elapsed();
  const project = await realFolder(world);
  return withSession({ world, flags, project, thisPlatform: true, installs: true }, async (session) => {
    const npm = await findInstaller(world, project);
    const river = await privately(session.river, folder, {});
    const request = { command: "install" as const, specs, saving: ["--save-exact"] };
    const outcome = await installChanged(river, folder, { npm, extra: [], output: "stderr" }, request);
    const installer = `npm ${npm.version}`;
    const { terminal } = world;
    const told = formatOf(flags) === "json" ? world : { ...world, terminal: { ...terminal, out: terminal.err } };
    const conclusion = { command: "exec", flags, session, outcomes: [outcome], installer, startedAt };
    const status = await conclude(told, conclusion);
    return status === 0 ? await find(outcome.judged) : status;
  });
}

/**
 * npm exec would run a command of the project's own, where it has one of that name. Whoever types its name means that
 * one, and not a package of the same name that anybody may have published.
 */
async function refuseProjects(world: World, name: string): Promise<void> {
  const { environment, files } = world;
  for (let at = environment.workingDirectory; ; at = path.dirname(at)) {
    const linked = path.join(at, "node_modules", ".bin", name);
    const manifest = await readPackageJson(world, at).catch(() => null);
    const own = manifest === null ? [] : commandsOf(manifest);
    if (own.includes(name) || (!/[/\\]/.test(name) && (await files.status(linked)) !== null)) {
      const help = `Run it as ever (npx --no ${name}) after secure-install ci; the package of that name is run with --package=${name}.`;
      const says = `${name} is a command of the project in ${at}, which was not verified in this run`;
      throw new StopError("USAGE", says, { at: name, help });
    }
    if (path.dirname(at) === at) return;
  }
}

function commandsOf({ bin, name }: Readonly<Record<string, unknown>>): string[] {
  if (typeof bin === "string") return typeof name === "string" ? [name.replace(/^@[^/]+\//, "")] : [];
  return typeof bin === "object" && bin !== null ? Object.keys(bin) : [];
}
