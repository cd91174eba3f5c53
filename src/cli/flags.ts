/** The flags that commands share, parsed once. */
import path from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Environment } from "../model/world.js";

export type Format = "human" | "json";
export type Omittable = "dev" | "optional" | "peer";

/** As commander gives them. */
export interface CommonFlags {
  readonly json?: boolean;
  readonly format?: Format;
  readonly output?: string;
  readonly trust?: string;
  readonly base?: string;
  readonly cafile?: string;
  readonly offline?: boolean;
  readonly concurrency?: number;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly omit?: readonly Omittable[];
  readonly include?: readonly Omittable[];
  readonly thisPlatform?: boolean;
  readonly signaturesOnly?: boolean;
}

/** Where a new dependency is written down; handed on to npm's lock step. */
export interface InstallFlags extends CommonFlags {
  readonly save?: boolean;
  readonly saveProd?: boolean;
  readonly saveDev?: boolean;
  readonly saveOptional?: boolean;
  readonly savePeer?: boolean;
  readonly saveExact?: boolean;
  readonly workspace?: readonly string[];
  readonly workspaces?: boolean;
  readonly includeWorkspaceRoot?: boolean;
  readonly global?: boolean;
  /** Where npm's global folder is, with `global`. */
  readonly prefix?: string;
  readonly ignoreScripts?: boolean;
}

const KINDS: readonly Omittable[] = ["dev", "optional", "peer"];
const MOST_AT_ONCE = 256;

/** The flags of every command that verifies. */
export function withCommonFlags(command: Command): Command {
  return command
    .option("--json", "the report as JSON on stdout (the same as --format json)")
    .addOption(new Option("--format <format>", "the report's form").choices(["human", "json"]))
    .option("--output <file>", "write the report to a file instead of stdout")
    .option("--trust <dir>", "the trust store, where it is not .secure-install at the repository's root")
    .option("--cafile <file>", "certificate authorities (PEM) to believe besides the known ones")
    .option("--offline", "use only what the store holds")
    .option("--concurrency <n>", "packages under way at once", wholeNumber)
    .option("--quiet", "say nothing when all is well")
    .option("--verbose", "show every finding in full, notes included");
}

/** The flags of a command that reads or writes the trust store, and verifies nothing. */
export function withStore(command: Command): Command {
  return command.option("--json", "as JSON").option("--trust <dir>", "the trust store");
}

const BY_BASE = "judge with the trust store as it stands at this commit, such as origin/main";

/** By the store of which commit a change is judged. */
export function withBase(command: Command, says = BY_BASE): Command {
  return command.option("--base <ref>", says);
}

/** The flags that narrow what is verified, as in the installer. */
export function withNarrowing(command: Command): Command {
  return command
    .addOption(kindOption("--omit <kind>", "leave out these dependencies (repeatable)"))
    .addOption(kindOption("--include <kind>", "take them all the same (repeatable)"));
}

/** Where and how a new dependency is written down, or that it goes into npm's global folder. */
export function withSaving(command: Command): Command {
  return command
    .option("-D, --save-dev", "write it down as a development dependency")
    .option("-O, --save-optional", "write it down as an optional dependency")
    .option("-E, --save-exact", "write down the exact version")
    .addOption(new Option("-S, --save").hideHelp())
    .addOption(new Option("-P, --save-prod").hideHelp())
    .option("--save-peer", "write it down as a peer dependency")
    .option("-g, --global", "install into npm's own prefix, for all projects")
    .option("--prefix <dir>", "another prefix than npm's (with --global)")
    .addOption(new Option("--location <where>").choices(["global"]).hideHelp().implies({ global: true }));
}

/** Which workspaces a change is for. */
export function withWorkspaces(command: Command): Command {
  return command
    .option("-w, --workspace <name>", "in one workspace (repeatable)", listed)
    .option("--workspaces", "in all workspaces")
    .option("--include-workspace-root", "and in the project itself");
}

/** For options that may be given more than once. */
export function listed(text: string, previous: readonly string[] = []): string[] {
  return [...previous, text];
}

function kindOption(flags: string, description: string): Option {
  return new Option(flags, description).choices(KINDS).argParser(kinds);
}

/** Which format was asked for. */
export function formatOf(flags: CommonFlags): Format {
  return flags.json === true ? "json" : (flags.format ?? "human");
}

/** What `--omit` and `--include` come to, or null where neither was given: then npm's own settings decide. */
export function omitOf(flags: CommonFlags): readonly Omittable[] | null {
  const { omit = [], include = [] } = flags;
  if (omit.length + include.length === 0) return null;
  return omit.filter((kind) => !include.includes(kind));
}

/** Where a new dependency is written down, as npm's lock step takes it. */
export function savingFlags(flags: InstallFlags): string[] {
  return [
    ...(flags.save ? ["--save"] : []),
    ...(flags.saveProd ? ["--save-prod"] : []),
    ...(flags.saveDev ? ["--save-dev"] : []),
    ...(flags.saveOptional ? ["--save-optional"] : []),
    ...(flags.savePeer ? ["--save-peer"] : []),
    ...(flags.saveExact ? ["--save-exact"] : []),
    ...(flags.workspace ?? []).map((name) => `--workspace=${name}`),
    ...(flags.workspaces ? ["--workspaces"] : []),
    ...(flags.includeWorkspaceRoot ? ["--include-workspace-root"] : []),
  ];
}

/** A path from the command line, absolute. */
export function absolute(environment: Environment, file: string | undefined): string | null {
  return file === undefined ? null : path.resolve(environment.workingDirectory, file);
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= MOST_AT_ONCE) return value;
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${MOST_AT_ONCE}.`);
}

function kinds(text: string, previous: readonly Omittable[] = []): Omittable[] {
  const found = KINDS.find((kind) => kind === text);
  if (found === undefined) throw new InvalidArgumentError(`It must be one of ${KINDS.join(", ")}.`);
  return [...previous, found];
}
