/** argv, read with commander. An unknown flag or command is a usage error, exit status 64. */
import { Command, CommanderError } from "commander";
import { EXIT } from "../model/codes.js";
import { StopError } from "../model/finding.js";
import type { World } from "../model/world.js";
import { addCompletion } from "./completion.js";
import { withExamples } from "./examples.js";
import {
  type CommonFlags,
  type InstallFlags,
  withBase,
  withCommonFlags,
  withNarrowing,
  withSaving,
  withWorkspaces,
} from "./flags.js";
import { refuseMistyped } from "./mistyped.js";
import { addNpm } from "./npm-command.js";
import { readLine, refuseInstaller, requireNpm } from "./npm-words.js";
import { addStore } from "./store-command.js";
import { addTrust } from "./trust-command.js";
import { version } from "./version.js";

type Status = number;

/** Of the commands that install, only one has a base. */
const BY_BASE = "judge with the trust store as it stands at this commit, as a gate does";

/**
 * Parses and runs. Throws StopError USAGE for what is not understood; help and version end with status 0. Where a
 * command alone asks for nothing, its help goes to stderr, and the status is that of a usage error.
 */
export async function parse(argv: readonly string[], world: World): Promise<Status> {
  const { own, extra } = readLine(argv);
  let status: Status = 0;
  const help: string[] = [];
  const done = (ended: Status): void => {
    status = ended;
  };
  try {
    const program = build(world, extra, done, (text) => void help.push(text));
    if (own.length === 0) program.help({ error: true });
    await program.parseAsync([...own], { from: "user" });
    return status;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return 0;
    if (error.code !== "commander.help")
      throw new StopError("USAGE", error.message.replace(/^error: (?:command-argument )?/, "").replace("\n", " "));
    if (own[0] === "help") throw new StopError("USAGE", `there is no command ${own.slice(1).join(" ")}`);
    world.terminal.err(help.join(""));
    return EXIT.usage;
  }
}

/** The program as commander knows it; `done` is told the exit status of whatever is run. */
export function build(
  world: World,
  extra: readonly string[],
  done: (status: Status) => void,
  writeErr: (text: string) => void,
): Command {
  const program = new Command("secure-install");
  program
    .description("Proves who published the bytes of every package before npm installs them.")
    .version(version(), "-V, --version")
    .exitOverride()
    // What stands behind the command of npm exec belongs to that command.
    .enablePositionalOptions();

  const install = program.command("install", { isDefault: true });
  install.description("lock, verify, hand off; the project is untouched if anything is refused").argument("<spec...>");
  withInstaller(withSaving(withWorkspaces(withNarrowing(withCommonFlags(install))))).action(
    async (specs: string[], flags: InstallFlags) => {
      refuseInstaller(specs[0] ?? "");
      // Behind `install`, whatever stands is packages.
      if (!program.args.includes("install")) refuseMistyped(specs[0] ?? "", program.commands);
      const { install: command } = await import("./install.js");
      done(await command(world, specs, flags, extra));
    },
  );

  const ci = program.command("ci").description("verify the lockfile, then the installer's frozen install");
  withInstaller(withBase(withNarrowing(withCommonFlags(ci)), BY_BASE)).action(async (flags: CommonFlags) => {
    const { ci: command } = await import("./ci.js");
    done(await command(world, flags, extra));
  });

  const gate = program.command("gate").description("the gate in CI, before the install: verify, report, exit");
  withVerifying(gate).action(async (flags: CommonFlags) => {
    const { gate: command } = await import("./gate.js");
    done(await command(world, flags));
  });

  const audit = program.command("audit").description("verify lockfiles wherever they lie; installs nothing");
  withVerifying(audit.argument("[lockfile...]")).action(async (lockfiles: string[], flags: CommonFlags) => {
    const { audit: command } = await import("./audit.js");
    done(await command(world, lockfiles, flags));
  });

  addNpm(program, world, extra, done);
  addTrust(program, world, done);

  program
    .command("explain <code>")
    .description("what a finding means, and what to do next")
    .action(async (code: string) => {
      const { explain } = await import("./explain.js");
      done(explain(world, code));
    });
  addStore(program, world, done);
  addCompletion(program, world, done);
  withExamples(program);

  const output = { writeOut: world.terminal.out, writeErr, outputError: () => {} };
  for (const command of withThoseBelow(program)) command.exitOverride().configureOutput(output);
  return program;
}

function withThoseBelow(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withThoseBelow)];
}

function withInstaller(command: Command): Command {
  return command.option("--with <installer>", "the installer: npm, of which the lockfile speaks anyway", requireNpm);
}

function withVerifying(command: Command): Command {
  return withBase(withNarrowing(withCommonFlags(command)))
    .option("--this-platform", "leave out what this platform would not install")
    .option("--signatures-only", "judge signatures over the locked digests, without the bytes");
}
