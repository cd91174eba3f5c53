/** The manual page: man(7), made from the program itself and from what is written here by hand. */
import type { Command } from "commander";
import { type CommandNode, commandTree, everyCommand, type OptionNode } from "./command-tree.js";
import { EXAMPLES } from "./examples.js";
import { ENVIRONMENT, EXIT_STATUS, FILES, INTRODUCTION, SEE_ALSO } from "./manual-text.js";

/** So many commands of a group must have an option for it to be told once, for all of them. */
const SHARED = 3;

/** The whole page, such as `docs/secure-install.1`. Carries no date, so that it changes with the program alone. */
export function manualPage(program: Command, version: string): string {
  const tree = commandTree(program);
  const below = everyCommand(tree).filter(({ path }) => path.length > 0 && !path.includes("help"));
  const common = shared(tree);
  const known = new Set(below.flatMap((node) => node.options.map(keyOf)));
  const others = tree.options.filter((option) => !known.has(keyOf(option)));
  return [
    `.TH SECURE\\-INSTALL 1 "" "secure\\-install ${roff(version)}" "User Commands"`,
    section("NAME", `secure\\-install \\- ${roff(decapitalized(tree.description))}`),
    section("SYNOPSIS", synopsis(below)),
    section("DESCRIPTION", paragraphs(INTRODUCTION)),
    section("COMMANDS", group(tree, [{ name: "common", options: common }])),
    section("COMMON OPTIONS", options([...common, ...others])),
    section("EXIT STATUS", terms(EXIT_STATUS)),
    section("ENVIRONMENT", terms(ENVIRONMENT)),
    section("FILES", terms(FILES)),
    section("EXAMPLES", examples("")),
    section("SEE ALSO", paragraphs(SEE_ALSO)),
    "",
  ].join("\n");
}

/** Text as roff shows it: nothing in it is taken for a request or an escape. */
export function roff(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^(?=[.'])/gm, "\\&");
}

function section(name: string, body: string): string {
  return `.SH ${name}\n${body}`;
}

function synopsis(nodes: readonly CommandNode[]): string {
  const lines = nodes.filter(({ commands }) => commands.length === 0).map((node) => usage(node));
  return [...lines, ".B secure\\-install \\-\\-version"].join("\n.br\n");
}

/** `install` is what runs where no command is named, and is shown so. */
function usage({ path, arguments: given }: CommandNode): string {
  const words = path[0] === "install" ? [] : path;
  const name = ["secure-install", ...words].map(roff).join(" ");
  return `.B ${name}\n[\\fIoptions\\fR]${given.map((one) => ` ${roff(one.usage)}`).join("")}`;
}

/** Options that were told already, for all commands of a group. */
interface Told {
  readonly name: string;
  readonly options: readonly OptionNode[];
}

function group(node: CommandNode, told: readonly Told[]): string {
  return node.commands
    .filter(({ path }) => !path.includes("help"))
    .map((one) => command(one, told))
    .join("\n");
}

function command(node: CommandNode, told: readonly Told[]): string {
  const known = new Set(told.flatMap((one) => one.options.map(keyOf)));
  const own = node.options.filter((option) => !known.has(keyOf(option)));
  const forAll = shared(node).filter((option) => !known.has(keyOf(option)));
  const sentences = [
    `${capitalized(node.description)}.`,
    ...(node.aliases.length === 0 ? [] : [`Also called ${node.aliases.join(", ")}.`]),
    ...told.flatMap((one) => takes(node, one)),
    ...(forAll.length === 0 ? [] : ["Of its commands:"]),
  ];
  const path = node.path.join(" ");
  return [
    `.SS ${roff([path, ...node.arguments.map((one) => one.usage)].join(" "))}`,
    roff(sentences.join(" ")),
    ...(own.length + forAll.length === 0 ? [] : [options([...own, ...forAll])]),
    ".PP",
    examples(path),
    ...(node.commands.length === 0 ? [] : [group(node, [...told, { name: path, options: forAll }])]),
  ].join("\n");
}

/** Which of the options that were told before are the command's too; nothing where most are not. */
function takes(node: CommandNode, { name, options: all }: Told): string[] {
  const own = new Set(node.options.map(keyOf));
  const missing = all.filter((option) => !own.has(keyOf(option)));
  if (missing.length * 2 >= all.length) return [];
  const without = missing.length === 0 ? "" : `, without ${missing.map(({ flags }) => flags.at(-1)).join(", ")}`;
  return [`It takes the ${name} options too${without}.`];
}

function options(list: readonly OptionNode[]): string {
  return terms(
    list.map(({ flags, value, words, description }) => {
      const names = `${flags.join(", ")}${value === null ? "" : ` ${value}`}`;
      const choices = value !== null && words.type === "words" ? ` One of ${words.words.join(", ")}.` : "";
      return [names, `${capitalized(description)}.${choices}`] as const;
    }),
  );
}

function examples(name: string): string {
  return (EXAMPLES[name] ?? [])
    .map(
      ([line, says]) =>
        `.nf\n.B "${roff(line).replaceAll('"', "\\(dq")}"\n.fi\n.RS\n${roff(capitalized(says))}${/[.?]$/.test(says) ? "" : "."}\n.RE`,
    )
    .join("\n");
}

function terms(list: readonly (readonly [term: string, says: string])[]): string {
  return list.map(([term, says]) => `.TP\n.B ${roff(term)}\n${roff(says)}`).join("\n");
}

function paragraphs(list: readonly string[]): string {
  return list.map(roff).join("\n.PP\n");
}

/** What most commands right below this one have. */
function shared({ commands }: CommandNode): OptionNode[] {
  const counted = new Map<string, { option: OptionNode; count: number }>();
  for (const option of commands.flatMap((node) => node.options)) {
    const known = counted.get(keyOf(option)) ?? { option, count: 0 };
    counted.set(keyOf(option), { option, count: known.count + 1 });
  }
  return [...counted.values()].filter(({ count }) => count >= SHARED).map(({ option }) => option);
}

function keyOf({ flags, value, description }: OptionNode): string {
  return JSON.stringify([flags, value, description]);
}

/** npm is written small wherever it stands. */
function capitalized(text: string): string {
  return text.startsWith("npm") ? text : `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

function decapitalized(text: string): string {
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`.replace(/\.$/, "");
}
