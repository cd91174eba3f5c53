/** `secure-install npm …`: the wrapper style, as commander knows it. */
import { type Command, Option } from "commander";
import { StopError } from "../model/finding.js";
import type { World } from "../model/world.js";
import { type InstallFlags, listed, withCommonFlags, withNarrowing, withSaving, withWorkspaces } from "./flags.js";
import type { ExecFlags } from "./npm-exec.js";
import type { Wrapped } from "./npm-refused.js";
import { SPELLINGS } from "./npm-words.js";

type Done = (status: number) => void;

/** Flags of npm's that only change what is shown, or make it stricter; handed on to it. */
export interface NpmFlags extends InstallFlags {
  readonly audit?: boolean;
  readonly fund?: boolean;
  readonly progress?: boolean;
  readonly silent?: boolean;
  readonly loglevel?: string;
  readonly legacyPeerDeps?: boolean;
  readonly strictPeerDeps?: boolean;
  readonly engineStrict?: boolean;
  readonly preferDedupe?: boolean;
}

/** Adds the command; `done` is told the exit status of whatever is run. */
export function addNpm(program: Command, world: World, extra: readonly string[], done: Done): void {
  const npm = program
    .command("npm")
    .description("npm's own commands, the same way: lock, verify, hand off, prove")
    .enablePositionalOptions();
  const add = (name: Wrapped, words: string, description: string): Command =>
    npm
      .command(`${name}${words}`)
      .aliases([...SPELLINGS[name]])
      .description(description);

  withNpmFlags(
    withSaving(
      withWorkspaces(common(add("install", " [spec...]", "add packages; without any, make the tree of package.json"))),
    ),
  ).action(async (specs: string[], flags: NpmFlags) => {
    const { install, installAll } = await import("./install.js");
    const all = [...extra, ...passedOn(flags)];
    done(specs.length === 0 ? await installAll(world, flags, all) : await install(world, specs, flags, all));
  });
  withNpmFlags(common(add("ci", "", "exactly what the lockfile says"))).action(async (flags: NpmFlags) => {
    const { ci } = await import("./ci.js");
    done(await ci(world, flags, [...extra, ...passedOn(flags)]));
  });
  withNpmFlags(withWorkspaces(common(add("update", " [name...]", "newer versions within the ranges of package.json"))))
    .option("-S, --save", "write the new versions into package.json as well")
    .action(async (names: string[], flags: NpmFlags) => {
      const { change } = await import("./install.js");
      done(await change(world, "update", names, flags, [...extra, ...passedOn(flags)]));
    });
  withNpmFlags(withWorkspaces(common(add("uninstall", " <name...>", "take packages out"))))
    .option("-S, --save", "as npm has it; it is written down in any case")
    .action(async (names: string[], flags: NpmFlags) => {
      const { change } = await import("./install.js");
      done(await change(world, "uninstall", names, flags, [...extra, ...passedOn(flags)]));
    });
  addExec(
    withCommonFlags(add("exec", " <command> [args...]", "run a command of a package, verified for this run alone")),
    world,
    done,
  );
}

const common = (command: Command): Command => withNarrowing(withCommonFlags(command));

function withNpmFlags(command: Command): Command {
  return command
    .option("--ignore-scripts", "run no install script, not even one that trust.json allows")
    .option("--legacy-peer-deps", "leave peers out of the plan")
    .option("--strict-peer-deps", "stop where peers do not fit")
    .option("--engine-strict", "stop where a package asks for another node")
    .option("--prefer-dedupe", "rather keep a version than take a newer one")
    .option("--loglevel <level>", "how much npm says")
    .option("-s, --silent", "npm says nothing")
    .option("--no-progress", "npm shows no progress")
    .addOption(new Option("--no-audit").hideHelp())
    .addOption(new Option("--no-fund").hideHelp())
    .addOption(new Option("--prefer-offline").hideHelp());
}

function passedOn(flags: NpmFlags): string[] {
  const on = (value: boolean | undefined, flag: string): string[] => (value === true ? [flag] : []);
  return [
    ...on(flags.legacyPeerDeps, "--legacy-peer-deps"),
    ...on(flags.strictPeerDeps, "--strict-peer-deps"),
    ...on(flags.engineStrict, "--engine-strict"),
    ...on(flags.preferDedupe, "--prefer-dedupe"),
    ...on(flags.silent, "--silent"),
    ...(flags.loglevel === undefined ? [] : [`--loglevel=${flags.loglevel}`]),
    ...(flags.progress === false ? ["--no-progress"] : []),
  ];
}

function addExec(command: Command, world: World, done: Done): void {
  command
    .option("-p, --package <spec>", "a package to bring (repeatable); else the one called like the command", listed)
    .addOption(new Option("-y, --yes").hideHelp())
    .passThroughOptions()
    .action(async (name: string, args: string[], flags: ExecFlags) => {
      const { npmExec } = await import("./npm-exec.js");
      // npm exec takes one -- away behind the command too.
      const given = args[0] === "--" ? args.slice(1) : args;
      if (name === "") throw new StopError("USAGE", "the command has no name");
      done(await npmExec(world, name, given, flags));
    });
}
