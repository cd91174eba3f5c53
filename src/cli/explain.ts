/** `secure-install explain CODE`: help on a finding. */
import { CATALOGUE, EXIT, isCode } from "../model/codes.js";
import { StopError } from "../model/finding.js";
import type { World } from "../model/world.js";

/** Prints what the catalogue says of a code, in any capitals. Throws StopError USAGE for one that does not exist. */
export function explain(world: World, text: string): number {
  const code = text.toUpperCase();
  if (!isCode(code)) {
    const near = Object.keys(CATALOGUE).filter((known) => known.startsWith(code.split("_")[0] ?? code));
    const stages = new Set(Object.keys(CATALOGUE).map((known) => known.split("_")[0]));
    const help =
      near.length === 0
        ? `A code stands in the report behind the name of what it is about. Codes begin with ${[...stages].join(", ")}.`
        : `There are: ${near.join(" ")}.`;
    throw new StopError("USAGE", `there is no code ${code}`, { help });
  }
  const { kind, means, help } = CATALOGUE[code];
  const status = kind === "advice" ? "does not change the exit status" : `exit status ${EXIT[kind]}`;
  world.terminal.out(`${code}  (${status})\n\n  ${means}\n\n  Next: ${help}\n`);
  return 0;
}
