/** What the scripts of all shells are made of: which word leads where, and what may stand there. */
import { type CommandNode, DEFAULT_COMMAND, everyCommand, type OptionNode, type Words } from "./command-tree.js";

/** How a script calls a command while it reads the line: `root`, `ci`, `trust.show`. */
export function placeOf({ path }: Pick<CommandNode, "path">): string {
  return path.length === 0 ? "root" : path.join(".");
}

/** From one command to the one below it, by any of its names: `root trust`, `npm i`. */
export function steps(tree: CommandNode): readonly { readonly from: string; readonly to: string }[] {
  return everyCommand(tree).flatMap((node) =>
    node.commands.flatMap((below) =>
      [below.path.at(-1) ?? "", ...below.aliases].map((name) => ({
        from: `${placeOf(node)} ${name}`,
        to: placeOf(below),
      })),
    ),
  );
}

/** Flags that take a value, each with its command: `ci --format`; those with the same words stand together. */
export function values(tree: CommandNode): readonly { readonly flags: readonly string[]; readonly words: Words }[] {
  const groups = new Map<string, { flags: string[]; words: Words }>();
  for (const node of everyCommand(tree)) {
    for (const { flags, words } of node.options.filter(takesValue)) {
      const key = JSON.stringify(words);
      const group = groups.get(key) ?? { flags: [], words };
      group.flags.push(...flags.map((flag) => `${placeOf(node)} ${flag}`));
      groups.set(key, group);
    }
  }
  return [...groups.values()];
}

export function takesValue({ value }: OptionNode): boolean {
  return value !== null;
}

/** What may stand where a command expects no flag: commands below it, or its arguments. */
export function operands(node: CommandNode): Words {
  if (node.commands.length > 0) return { type: "words", words: node.commands.map(({ path }) => path.at(-1) ?? "") };
  return node.arguments[0]?.words ?? { type: "anything" };
}

/** A text between single quotes; `quote` is how the shell writes one inside. */
export function quoted(text: string, quote: string): string {
  return `'${text.replaceAll("'", quote)}'`;
}

/** Where another word than a command leads at the beginning. */
export const OTHERWISE = { from: "root ", to: DEFAULT_COMMAND } as const;
