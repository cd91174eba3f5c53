/** What the program says of itself: help on every command, its version, and what a code means. */
import { tell } from "./told.js";

const COMMANDS = [
  ...["install", "ci", "gate", "audit", "trust", "trust check", "trust list", "trust show", "explain"],
  ...["npm", "npm install", "npm ci", "npm exec", "store", "store prune", "completion"],
];

/** Needs no project, and nothing around it. */
const alone = (...lines: readonly string[]) => ({ wants: null, lines });

await tell("help", {
  program: alone("secure-install --help"),
  "nothing-asked": alone("secure-install"),
  version: alone("secure-install --version"),
  ...Object.fromEntries(
    COMMANDS.map((command) => [command.replace(" ", "-"), alone(`secure-install ${command} --help`)]),
  ),
  "a-finding": alone("secure-install explain DIGEST_MISMATCH", "secure-install explain fetch_timeout"),
  "a-warning": alone("secure-install explain EXCEPTION_EXPIRES"),
  "no-finding": alone("secure-install explain FETCH_NOTHING", "secure-install explain nonsense"),
});
