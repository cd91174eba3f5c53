/** The program as data: what completion and the manual are made from, so that neither says what the program does not. */
import type { Argument, Command, Option } from "commander";
import { CATALOGUE } from "../model/codes.js";

/** What may stand in a place of the command line. */
export type Words =
  | { readonly type: "words"; readonly words: readonly string[] }
  | { readonly type: "files" }
  | { readonly type: "folders" }
  /** Something that nobody can list, such as the name of a package. */
  | { readonly type: "anything" };

export interface OptionNode {
  /** `-D`, `--save-dev`. */
  readonly flags: readonly string[];
  readonly description: string;
  /** `<file>`, or null where it takes no value. */
  readonly value: string | null;
  readonly words: Words;
}

export interface CommandNode {
  /** Below the program's own name: `[]`, `["trust", "show"]`. */
  readonly path: readonly string[];
  /** Other names of the last word. */
  readonly aliases: readonly string[];
  readonly description: string;
  /** `[lockfile...]`. */
  readonly arguments: readonly { readonly usage: string; readonly words: Words }[];
  readonly options: readonly OptionNode[];
  readonly commands: readonly CommandNode[];
}

/** What the names of values and arguments stand for. One that is missing here has choices of its own, or is listed. */
const BY_NAME: Readonly<Record<string, Words>> = {
  file: { type: "files" },
  lockfile: { type: "files" },
  dir: { type: "folders" },
  code: { type: "words", words: Object.keys(CATALOGUE) },
};

/** A command that is run where none is named: its options are the program's as well. */
export const DEFAULT_COMMAND = "install";

/** Reads a commander program, and all commands below it. Hidden ones are left out. */
export function commandTree(program: Command): CommandNode {
  const root = nodeOf(program, []);
  const names = root.commands.map(({ path }) => path.at(-1) ?? "");
  const standard = root.commands.find(({ path }) => path[0] === DEFAULT_COMMAND)?.options ?? [];
  const own = new Set(root.options.flatMap(({ flags }) => flags));
  const commands = root.commands.map((node) =>
    node.path[0] === "help" ? { ...node, arguments: [{ usage: "[command]", words: listed(names) }] } : node,
  );
  const options = [...root.options, ...standard.filter(({ flags }) => !flags.some((flag) => own.has(flag)))];
  return { ...root, commands, options };
}

/** Every command, the program itself first. */
export function everyCommand(node: CommandNode): readonly CommandNode[] {
  return [node, ...node.commands.flatMap(everyCommand)];
}

function nodeOf(command: Command, path: readonly string[]): CommandNode {
  const help = command.createHelp();
  return {
    path,
    aliases: command.aliases(),
    description: command.description(),
    arguments: command.registeredArguments.map((item) => ({ usage: usageOf(item), words: wordsOf(item) })),
    options: help.visibleOptions(command).map(optionOf),
    commands: help.visibleCommands(command).map((one) => nodeOf(one, [...path, one.name()])),
  };
}

function optionOf(option: Option): OptionNode {
  const takes = option.required || option.optional;
  return {
    flags: [option.short, option.long].filter((flag) => flag != null),
    description: option.description,
    value: takes ? (/[<[].*$/.exec(option.flags)?.[0] ?? null) : null,
    words: takes ? wordsOf(option, /[<[]([\w-]+)/.exec(option.flags)?.[1]) : { type: "anything" },
  };
}

function usageOf(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

function wordsOf(item: Pick<Argument | Option, "argChoices" | "name">, name = item.name()): Words {
  if (item.argChoices !== undefined) return listed(item.argChoices);
  return (Object.hasOwn(BY_NAME, name) ? BY_NAME[name] : undefined) ?? { type: "anything" };
}

const listed = (words: readonly string[]): Words => ({ type: "words", words });
