/** The completion script for zsh. */
import { type CommandNode, everyCommand, type Words } from "./command-tree.js";
import { OTHERWISE, operands, placeOf, quoted, steps, values } from "./completion-cases.js";

export function zshScript(tree: CommandNode): string {
  return `#compdef secure-install
# Completion of secure-install for zsh. Write it to a file called _secure-install in a folder of $fpath, or put this
# line into ~/.zshrc, after compinit:
#   source <(secure-install completion zsh)

_secure_install() {
  local place=root option= word
  local -a offered
  local -i i
  for (( i = 2; i < CURRENT; i++ )); do
    word="\${words[i]}"
    if [[ -n $option ]]; then option=; continue; fi
    case "$word" in
      (--) return 0 ;;
      (-*)
        case "$place $word" in
          (${either(values(tree).flatMap(({ flags }) => flags))}) option="$word" ;;
        esac ;;
      (*)
        case "$place $word" in
${steps(tree)
  .map(({ from, to }) => `          (${either([from])}) place=${quote(to)} ;;\n`)
  .join("")}          (${quote(OTHERWISE.from)}*) place=${quote(OTHERWISE.to)} ;;
        esac ;;
    esac
  done
  if [[ -z $option && $PREFIX == --*=* ]]; then
    option="\${PREFIX%%=*}"
    compset -P '*='
  fi
  if [[ -n $option ]]; then
    case "$place $option" in
${values(tree)
  .map(({ flags, words }) => `      (${either(flags)}) ${offer(words)} ;;\n`)
  .join("")}    esac
  elif [[ $PREFIX == -* ]]; then
    case "$place" in
${everyCommand(tree)
  .map((node) => `      (${quote(placeOf(node))}) ${describe(flagsOf(node))} ;;\n`)
  .join("")}    esac
  else
    case "$place" in
${everyCommand(tree)
  .map((node) => `      (${quote(placeOf(node))}) ${operandsOf(node)} ;;\n`)
  .join("")}    esac
  fi
}

if [[ "\${funcstack[1]}" == _secure_install ]]; then
  _secure_install "$@"
else
  compdef _secure_install secure-install
fi
`;
}

interface Described {
  readonly word: string;
  readonly description: string;
}

function flagsOf(node: CommandNode): Described[] {
  return node.options.flatMap(({ flags, description }) =>
    flags.filter((flag) => flag.startsWith("--")).map((word) => ({ word, description })),
  );
}

function operandsOf(node: CommandNode): string {
  if (node.commands.length === 0) return offer(operands(node));
  return describe(node.commands.map(({ path, description }) => ({ word: path.at(-1) ?? "", description })));
}

function describe(items: readonly Described[]): string {
  const told = items.map(({ word, description }) => quote(`${word}:${description.replaceAll(":", "\\:")}`));
  return `offered=(${told.join(" ")}); _describe -V 'secure-install' offered`;
}

function offer(words: Words): string {
  if (words.type === "anything") return "return 0";
  if (words.type === "words") return `compadd -- ${words.words.map(quote).join(" ")}`;
  return words.type === "files" ? "_files" : "_files -/";
}

const quote = (text: string): string => quoted(text, "'\\''");
const either = (words: readonly string[]): string => words.map(quote).join("|");
