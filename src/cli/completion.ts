/** `secure-install completion bash|zsh|fish`: a script for the shell, made from the program itself. */
import { Argument, type Command } from "commander";
import type { World } from "../model/world.js";

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

/** Adds the command; `done` is told its exit status. */
export function addCompletion(program: Command, world: World, done: (status: number) => void): void {
  program
    .command("completion")
    .description("print a script that completes commands and flags in your shell")
    .addArgument(new Argument("<shell>", "which shell").choices(SHELLS))
    .action(async (shell: Shell) => {
      world.terminal.out(await completionScript(program, shell));
      done(0);
    });
}

/**
 * The script for one shell. It holds the program's words and nothing else: it starts no program, asks nobody, and
 * what stands on the command line is compared, never evaluated.
 */
export async function completionScript(program: Command, shell: Shell): Promise<string> {
  const { commandTree } = await import("./command-tree.js");
  const tree = commandTree(program);
  if (shell === "bash") return (await import("./completion-bash.js")).bashScript(tree);
  if (shell === "zsh") return (await import("./completion-zsh.js")).zshScript(tree);
  return (await import("./completion-fish.js")).fishScript(tree);
}
