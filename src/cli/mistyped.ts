/** A command with a slip in it would otherwise be taken for the name of a package, and asked for. */
import { StopError } from "../model/finding.js";
import { distance } from "../trust/nearest.js";

/** Of shorter words, too many packages are called like a slip of them. */
const SHORTEST = 4;

/**
 * Throws StopError USAGE where the first package of a line without a command is one slip away from one: a letter too
 * many, too few or wrong, or two of them swapped. Whoever means the package says so: `npm:adit`, or `install adit`.
 */
export function refuseMistyped(word: string, commands: readonly { name(): string }[]): void {
  const names = commands.map((command) => command.name());
  const meant = names.find((name) => name.length >= SHORTEST && isSlip(word, name));
  if (meant === undefined) return;
  const help = `If you mean the package of that name, write npm:${word}.`;
  throw new StopError("USAGE", `there is no command ${word}; did you mean "${meant}"?`, { at: word, help });
}

function isSlip(word: string, command: string): boolean {
  const steps = distance(word, command);
  return steps === 1 || (steps === 2 && sorted(word) === sorted(command));
}

function sorted(word: string): string {
  return [...word].sort().join("");
}
