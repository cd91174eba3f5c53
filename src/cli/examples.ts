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
    ["secure-install gate --base origin/main", "by the trust store of the branch it goes to"],
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
  "trust init": [
    ["secure-install trust init", "a store from what the project is today; later, what is new"],
    ["secure-install trust init api/package-lock.json", "for another lockfile of the repository, too"],
  ],
  "trust add": [
    ["secure-install trust add npm:lib --key lib-author.asc", "signed by whoever has this key"],
    [
      "secure-install trust add npm:lib --key 0123456789ABCDEF0123456789ABCDEF01234567",
      "by a key of gpg's, or of trust find",
    ],
    ["secure-install trust add npm:@acme/* --built-by https://github.com/acme/lib", "built there"],
  ],
  "trust find": [
    ["secure-install trust find lodash", "at the domains of its authors, and at its homepage"],
    ["secure-install trust find lodash --gpg --keyring keys.gpg", "and in keyrings"],
  ],
  "trust import": [
    ["secure-install trust import keys.asc --as node-releasers", "all of them are one publisher's"],
    ["secure-install trust import newer.asc", "newer copies: what they add, and nothing is lost"],
  ],
  "trust export": [
    ["secure-install trust export --publisher lib-author", "as one armored keyring, on stdout"],
    ["secure-install trust export --all --output keys.asc", "then: gpg --import keys.asc"],
  ],
  "trust rotate": [
    ["secure-install trust rotate lib-author --to new.asc --until 2027-01-31", "the usual case"],
    ["secure-install trust rotate lib-author --to new.asc --compromised 2026-08-17 --reason stolen", "a theft"],
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
  "trust diff": [
    ["secure-install trust diff", "what the working copy changes, as WEAKER, STRONGER or OTHER"],
    ["secure-install trust diff origin/main", "against another commit"],
    ["secure-install trust diff HEAD~1 --json", "as JSON"],
  ],
  "trust sign": [
    ["secure-install trust sign", "as the one owner with a certificate"],
    ["secure-install trust sign --ssh-key ~/.ssh/id_ed25519.pub", "with ssh-keygen, or its agent"],
    ["secure-install trust sign --key 0123456789ABCDEF0123456789ABCDEF01234567", "as one of several"],
  ],
  "trust except": [
    ["secure-install trust except lib@1.3.0", "what does it lack?"],
    ["secure-install trust except lib@1.3.0 --reason urgent --waive provenance", "for one day"],
    ["secure-install trust except lib@1.3.0 --reason old --waive provenance --expires 30d", "for thirty days"],
  ],
  "trust deny": [
    ["secure-install trust deny npm:event-stream@3.3.6 --reason malware", "one version"],
    ["secure-install trust deny npm:@scope/* --reason abandoned", "everything of a scope"],
  ],
  "trust accept": [
    ["secure-install trust accept lib@2.1.0 --reason maintainer-confirmed", "what the gate calls a change of hands"],
    ["secure-install trust accept lib@2.1.0 --lockfile api --reason confirmed", "as another lockfile has it"],
  ],
  "trust remove": [
    ["secure-install trust remove exceptions[0]", "by its place, as trust list shows it"],
    ["secure-install trust remove lib-author", "a publisher whom no rule needs"],
    ["secure-install trust remove 0123456789ABCDEF0123456789ABCDEF01234567", "a certificate that nobody names"],
  ],
  "trust refresh": [
    ["secure-install trust refresh --dry-run", "what has changed since the last time"],
    ["secure-install trust refresh", "write it into the store, for review"],
  ],
  "trust evidence": [
    ["secure-install trust evidence export --output evidence.jsonl", "where the registries can be asked"],
    ["secure-install trust evidence import evidence.jsonl", "where they can't"],
  ],
  "trust evidence export": [
    ["secure-install trust evidence export --output evidence.jsonl", "for every package of this lockfile"],
    ["secure-install trust evidence export --offline", "by what the store holds, on stdout"],
  ],
  "trust evidence import": [
    ["secure-install trust evidence import evidence.jsonl", "then secure-install ci, with or without --offline"],
    ["secure-install trust evidence import evidence.jsonl --json", "what was kept, as JSON"],
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
