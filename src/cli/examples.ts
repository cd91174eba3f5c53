/** Help that teaches by example. Each line is tried by a test; the manual shows them too. */
import type { Command } from "commander";
import { EXIT } from "../model/codes.js";

export type Example = readonly [line: string, says: string];

/** By command; the program's own stand under "". */
export const EXAMPLES: Readonly<Record<string, readonly Example[]>> = {
  "": [
    ["secure-install ci", "verify the lockfile, then npm ci, sealed and proven"],
    ["secure-install express", "lock, verify, then install express and what it needs"],
    ["secure-install gate --json", "the gate in CI, before anything is installed"],
    ["secure-install trust show lodash", "why is it trusted?"],
  ],
  install: [
    ["secure-install express", "the newest version, and all that it needs"],
    ["secure-install -D typescript@5.9.3", "an exact version, as a development dependency"],
    ["secure-install -w server pg", "into the workspace called server"],
    ["secure-install express -- --loglevel=error", "what stands behind -- goes to npm"],
  ],
  ci: [
    ["secure-install ci", "exactly what the lockfile says, once all of it has passed"],
    ["secure-install ci --omit=dev", "without the development dependencies"],
    ["secure-install ci --quiet", "nothing on stdout or stderr when all is well"],
  ],
  gate: [
    ["secure-install gate", "judge the lockfile of this folder, for all platforms"],
    ["secure-install gate --trust ../base/.secure-install", "by the trust store of the branch it goes to"],
    ["secure-install gate --json --output report.json", "the report as JSON, in a file"],
  ],
  audit: [
    ["secure-install audit", "the lockfile of this folder"],
    ["secure-install audit api/package-lock.json web", "others, by file or by folder"],
    ["secure-install audit --signatures-only", "signatures over the locked digests, without the bytes"],
  ],
  npm: [
    ["secure-install npm install express", "the same as secure-install express"],
    ["secure-install npm exec cowsay hello", "run a command, verified for this run alone"],
  ],
  "npm install": [
    ["secure-install npm install", "the tree of package.json; the lockfile is brought in step"],
    ["secure-install npm i -D typescript", "as npm spells it"],
    ["secure-install npm install --global http-server", "for all projects"],
  ],
  "npm ci": [
    ["secure-install npm ci", "the same as secure-install ci"],
    ["secure-install npm ci --ignore-scripts", "and run no script, not even one that trust.json allows"],
  ],
  "npm update": [
    ["secure-install npm update", "everything, within the ranges of package.json"],
    ["secure-install npm update express --save", "one package, and its range too"],
  ],
  "npm uninstall": [
    ["secure-install npm uninstall express", "out of package.json, the lockfile and the tree"],
    ["secure-install npm rm -w server pg", "out of the workspace called server"],
  ],
  "npm exec": [
    ["secure-install npm exec cowsay hello", "the package called like the command"],
    ["secure-install npm exec --package=typescript -- tsc --version", "a command of another package"],
  ],
  trust: [
    ["secure-install trust check", "is the store well formed?"],
    ["secure-install trust show lodash", "why is lodash trusted?"],
  ],
  "trust check": [
    ["secure-install trust check", "the store by which this folder is judged"],
    ["secure-install trust check --trust ../base/.secure-install --json", "another one, as JSON"],
  ],
  "trust list": [
    ["secure-install trust list", "registries, publishers, rules, exceptions"],
    ["secure-install trust list --json", "the same as JSON"],
  ],
  "trust show": [
    ["secure-install trust show lodash", "for any version"],
    ["secure-install trust show npm:@acme/lib@2.1.0", "for one version"],
  ],
  explain: [
    ["secure-install explain SIGNATURE_ABSENT", "what a code in a report means, and what to do"],
    ["secure-install explain digest_mismatch", "in any capitals"],
  ],
  store: [
    ["secure-install store status", "where it is, and how much it holds"],
    ["secure-install store prune --dry-run", "what would be removed to keep the budget"],
  ],
  "store status": [
    ["secure-install store status", "counts, bytes, the oldest use, the budget"],
    ["secure-install store status --verify --json", "hash every file again, and report as JSON"],
  ],
  "store prune": [
    ["secure-install store prune", "down to the budget, least recently used first"],
    ["secure-install store prune --budget 2GB --dry-run", "what a smaller budget would remove"],
    ["secure-install store prune --older-than 30", "whatever was not used for 30 days"],
    ["secure-install store prune --budget 0", "everything that no run is using"],
  ],
  completion: [
    ["secure-install completion bash", "then: source <(secure-install completion bash)"],
    ["secure-install completion zsh", "for a file _secure-install in a folder of $fpath"],
    ["secure-install completion fish", "for ~/.config/fish/completions/secure-install.fish"],
  ],
};

const STATUSES = `Exit status: 0 passed, ${EXIT.refuse} refused, ${EXIT.undecided} undecided (try again), ${EXIT.usage} usage, ${EXIT.config} configuration, ${EXIT.bug} our bug.
Once npm has been started, its own exit status is passed on. An interrupted run ends with 128 and the signal's number.`;

/** Puts the examples below the help of each command. */
export function withExamples(program: Command): void {
  program.addHelpText("after", () => `${examplesOf("")}\n\n${STATUSES}`);
  const visit = (command: Command, above: string): void => {
    for (const one of command.commands) {
      const name = `${above}${one.name()}`;
      one.addHelpText("after", () => examplesOf(name));
      visit(one, `${name} `);
    }
  };
  visit(program, "");
}

function examplesOf(name: string): string {
  const examples = (Object.hasOwn(EXAMPLES, name) ? EXAMPLES[name] : undefined) ?? [];
  if (examples.length === 0) return "";
  const width = Math.max(...examples.map(([line]) => line.length));
  return `\nExamples:\n${examples.map(([line, says]) => `  ${line.padEnd(width)}  ${says}`).join("\n")}`;
}
