/** The completion script for fish. */
import { type CommandNode, everyCommand, type OptionNode, type Words } from "./command-tree.js";
import { OTHERWISE, operands, placeOf, quoted, steps, takesValue, values } from "./completion-cases.js";

export function fishScript(tree: CommandNode): string {
  const lines = everyCommand(tree).flatMap((node) => [
    ...operandLines(node),
    ...node.options.map((one) => optionLine(node, one)),
  ]);
  return `# Completion of secure-install for fish. To have it in every shell:
#   secure-install completion fish > ~/.config/fish/completions/secure-install.fish

function __secure_install_at
    set -l place root
    set -l option
    set -l words (commandline -opc)
    set -e words[1]
    for word in $words
        if test -n "$option"
            set option
            continue
        end
        switch "$word"
            case --
                return 1
            case '-*'
                switch "$place $word"
                    case ${either(values(tree).flatMap(({ flags }) => flags))}
                        set option "$word"
                end
            case '*'
                switch "$place $word"
${steps(tree)
  .map(({ from, to }) => `                    case ${quote(from)}\n                        set place ${quote(to)}\n`)
  .join("")}                    case ${quote(`${OTHERWISE.from}*`)}
                        set place ${quote(OTHERWISE.to)}
                end
        end
    end
    test "$place" = "$argv[1]"
end

complete -c secure-install -f
${lines.join("\n")}
`;
}

function operandLines(node: CommandNode): string[] {
  if (node.commands.length === 0) {
    const words = offer(operands(node));
    return words === "" ? [] : [`${at(node)} ${words}`];
  }
  return node.commands.map(
    ({ path, description }) => `${at(node)} -a ${quote(path.at(-1) ?? "")} -d ${quote(description)}`,
  );
}

function optionLine(node: CommandNode, option: OptionNode): string {
  const names = option.flags.map((flag) => (flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  const value = takesValue(option)
    ? ` ${option.words.type === "files" ? "-r" : "-x"} ${offer(option.words)}`.trimEnd()
    : "";
  return `${at(node)} ${names.join(" ")}${value} -d ${quote(option.description)}`;
}

function at(node: CommandNode): string {
  return `complete -c secure-install -n '__secure_install_at ${placeOf(node)}'`;
}

function offer(words: Words): string {
  if (words.type === "anything") return "";
  if (words.type === "words") return `-a ${quote(words.words.join(" "))}`;
  return words.type === "files" ? "-F" : "-a '(__fish_complete_directories)'";
}

const quote = (text: string): string => quoted(text.replaceAll("\\", "\\\\"), "\\'");
const either = (words: readonly string[]): string => words.map(quote).join(" ");
