/** Real shells, asked what they would complete. */
import { spawnSync } from "node:child_process";

/** Whether a program of that name is in PATH. Says so loudly where it is not. */
export function isThere(name: string): boolean {
  const found = spawnSync(name, ["--version"], { stdio: "ignore" }).error === undefined;
  if (!found) console.error(`NOT TESTED: there is no ${name} on this machine`);
  return found;
}

export interface Asked {
  /** The script that the program printed. */
  readonly script: string;
  /** The command line, word by word, up to the cursor; the last word is the one being completed. */
  readonly words: readonly string[];
  readonly cwd: string;
}

/** What bash offers, by the variables that it sets for a completion. A `=` is a word of its own there. */
export function askBash({ script, words, cwd }: Asked): string[] {
  const program = `${script}
    COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 ))
    _secure_install
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  return lines(spawnSync("bash", ["--norc", "-c", program, "bash", ...words], { cwd, encoding: "utf8" }));
}

/** What zsh offers: its completion system is put aside by functions that print what they are given. */
export function askZsh({ script, words, cwd }: Asked): string[] {
  const program = `
    compdef() { : }
    compset() { PREFIX="\${PREFIX#*=}" }
    compadd() { shift; for word in "$@"; do [[ $word == "$PREFIX"* ]] && print -r -- "$word"; done }
    _describe() { for word in "\${offered[@]}"; do [[ $word == "$PREFIX"* ]] && print -r -- "\${word%%:*}"; done }
    _files() { for word in "$PREFIX"*(N); do [[ $1 != -/ || -d $word ]] && print -r -- "$word"; done }
    ${script}
    words=("$@"); CURRENT=$#; PREFIX="\${words[-1]}"
    _secure_install`;
  return lines(spawnSync("zsh", ["-f", "-c", program, "zsh", ...words], { cwd, encoding: "utf8" }));
}

/** What fish offers. It reads the line by its own rules, so the words are quoted for it. */
export function askFish({ script, words, cwd }: Asked): string[] {
  const quoted = words.map((word) => (/^[\w./=-]*$/.test(word) ? word : `'${word.replace(/[\\']/g, "\\$&")}'`));
  const program = `${script}\ncomplete -C ${JSON.stringify(quoted.join(" ")).replaceAll("$", "\\$")}`;
  const env = { ...process.env, HOME: cwd, XDG_CONFIG_HOME: cwd, XDG_DATA_HOME: cwd };
  const told = lines(spawnSync("fish", ["--no-config", "-c", program], { cwd, env, encoding: "utf8" }));
  return told.map((line) => line.split("\t")[0] ?? "");
}

function lines({ stdout, stderr, status }: { stdout: string; stderr: string; status: number | null }): string[] {
  if (stderr !== "") throw new Error(`${stderr} (exit status ${status})`);
  return stdout.split("\n").filter((line) => line !== "");
}
