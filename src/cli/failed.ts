/** A run that could not start, or could not go on: said in the form that was asked for. */
import type { StopError } from "../model/finding.js";
import type { World } from "../model/world.js";
import { humanError } from "../report/human.js";
import { jsonError } from "../report/json.js";
import { EXAMPLES } from "./examples.js";
import { wrappedAs } from "./npm-words.js";

/** Prints the error: as JSON on stdout where the command line asks for JSON, else for people on stderr. */
export function failed(world: World, argv: readonly string[], error: StopError): void {
  const own = argv.includes("--") ? argv.slice(0, argv.indexOf("--")) : argv;
  const json =
    own.includes("--json") ||
    own.includes("--format=json") ||
    own.some((word, at) => at > 0 && word === "json" && own[at - 1] === "--format");
  if (json) world.terminal.out(jsonError(commandIn(own), error));
  else world.terminal.err(humanError(error, world.terminal.color));
}

/** The words in which its results are given: `trust except`. */
function commandIn(argv: readonly string[]): string {
  if (argv[0] === "npm") return wrappedAs(argv[1] ?? "") ?? "install";
  const begun = [3, 2, 1].map((count) => argv.slice(0, count).join(" "));
  return begun.find((words) => Object.hasOwn(EXAMPLES, words)) ?? "install";
}
