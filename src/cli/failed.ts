/** A run that could not start, or could not go on: said in the form that was asked for. */
import type { StopError } from "../model/finding.js";
import type { World } from "../model/world.js";
import { humanError } from "../report/human.js";
import { jsonError } from "../report/json.js";
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

function commandIn(argv: readonly string[]): string {
  const known = ["ci", "gate", "audit", "trust", "explain", "store", "completion"];
  if (argv[0] === "npm") return wrappedAs(argv[1] ?? "") ?? "install";
  return known.find((name) => name === argv[0]) ?? "install";
}
