/** The completion script for bash, from 3.2 (macOS) on, without the package bash-completion. */
import { type CommandNode, everyCommand, type Words } from "./command-tree.js";
import { OTHERWISE, operands, placeOf, quoted, steps, values } from "./completion-cases.js";

export function bashScript(tree: CommandNode): string {
  return `# Completion of secure-install for bash. To have it in every shell, put this line into ~/.bashrc:
#   source <(secure-install completion bash)

_secure_install_offer() {
  local word
  while IFS= read -r word; do COMPREPLY+=("$word"); done
}

_secure_install() {
  local current="\${COMP_WORDS[COMP_CWORD]}" place=root option= word i
  COMPREPLY=()
  for (( i = 1; i < COMP_CWORD; i++ )); do
    word="\${COMP_WORDS[i]}"
    # bash takes --format=json apart at the =
    if [[ $word == "=" ]]; then continue; fi
    if [[ -n $option ]]; then option=; continue; fi
    case "$word" in
      --) return 0 ;;
      -*)
        case "$place $word" in
          ${either(values(tree).flatMap(({ flags }) => flags))}) option="$word" ;;
        esac ;;
      *)
        case "$place $word" in
${steps(tree)
  .map(({ from, to }) => `          ${either([from])}) place=${quote(to)} ;;\n`)
  .join("")}          ${quote(OTHERWISE.from)}*) place=${quote(OTHERWISE.to)} ;;
        esac ;;
    esac
  done
  if [[ $current == "=" ]]; then current=; fi
  if [[ -n $option ]]; then
    case "$place $option" in
${values(tree)
  .map(({ flags, words }) => `      ${either(flags)}) ${offer(words)} ;;\n`)
  .join("")}    esac
  elif [[ $current == -* ]]; then
    case "$place" in
${everyCommand(tree)
  .map((node) => `      ${quote(placeOf(node))}) ${offer({ type: "words", words: flagsOf(node) })} ;;\n`)
  .join("")}    esac
  else
    case "$place" in
${everyCommand(tree)
  .map((node) => `      ${quote(placeOf(node))}) ${offer(operands(node))} ;;\n`)
  .join("")}    esac
  fi
}

complete -F _secure_install secure-install
`;
}

function flagsOf(node: CommandNode): string[] {
  return node.options.flatMap(({ flags }) => flags.filter((flag) => flag.startsWith("--")));
}

/** What is offered comes from compgen, which compares the word before the cursor and does not evaluate it. */
function offer(words: Words): string {
  if (words.type === "anything") return ":";
  if (words.type === "words")
    return `_secure_install_offer < <(compgen -W ${quote(words.words.join(" "))} -- "$current")`;
  const which = words.type === "files" ? "-f" : "-d";
  return `compopt -o filenames 2>/dev/null; _secure_install_offer < <(compgen ${which} -- "$current")`;
}

const quote = (text: string): string => quoted(text, "'\\''");
const either = (words: readonly string[]): string => words.map(quote).join("|");
