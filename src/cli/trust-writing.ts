/** What the commands that change the trust store have in common: how they are asked, and what they say. */

import path from "node:path";
import { EXIT } from "../model/codes.js";
import { type Finding, StopError } from "../model/finding.js";
import type { World } from "../model/world.js";
import type { Changed } from "../pipeline/store-change.js";
import type { TrustPlace } from "../pipeline/trust.js";
import { forJson, forTerminal } from "../report/escape.js";
import { changeLine } from "../trust/change.js";
import { changesBetween } from "../trust/changes.js";
import { certificatePackets } from "../verify/openpgp-split.js";
import { absolute, type CommonFlags } from "./flags.js";

export interface WritingFlags extends CommonFlags {
  readonly reason?: string;
}

/** The store that judges this folder, or the one that `--trust` names. */
export function placeOf({ environment }: World, flags: CommonFlags): TrustPlace {
  return {
    project: environment.workingDirectory,
    directory: absolute(environment, flags.trust),
    builtinOnly: false,
  };
}

/** The reason, in one line: whoever reads the store in two years has nothing else. Throws StopError USAGE. */
export function reasonOf(flags: WritingFlags): string {
  const reason = (flags.reason ?? "").replace(/\s+/g, " ").trim();
  if (reason !== "") return reason;
  throw new StopError("USAGE", "a reason is missing", {
    at: "--reason",
    help: 'Say in a sentence why, with --reason "…": it is what a reviewer reads.',
  });
}

export interface Said {
  /** `trust except`. */
  readonly command: string;
  /** What was done, or that it was so already. */
  readonly lines: readonly string[];
  /** What comes next, where something was changed. */
  readonly next?: readonly string[];
  /** More members of the JSON object. */
  readonly more?: Readonly<Record<string, unknown>>;
}

/** `Review and commit .secure-install/trust.json.`: nothing judges by a file that nobody else has. */
export function commitLine(
  { environment }: World,
  { directory, changed }: Pick<Changed, "directory" | "changed">,
): string {
  const folder = path.relative(environment.workingDirectory, directory) || ".";
  const files = changed.map((name) => [folder, ...name.split("/")].join("/").replaceAll("\\", "/"));
  return `Review and commit ${files.join(", ")}.`;
}

/** Prints what a change came to: every change of meaning as WEAKER or STRONGER, the files, and the next step. */
export function say(world: World, flags: CommonFlags, result: Changed, said: Said): void {
  const { terminal, clock } = world;
  const changes = changesBetween(result.before, result.after, clock.now(), certificatePackets);
  const { changed } = result;
  const needsOwners = result.before.owners !== null && changes.some(({ direction }) => direction === "weaker");
  if (flags.json === true) {
    const { directory } = result;
    const object = { format: 1, command: said.command, directory, changed, changes, says: said.lines, ...said.more };
    terminal.out(`${forJson(object, 2)}\n`);
    return;
  }
  const lines =
    changed.length === 0
      ? said.lines
      : [
          ...said.lines,
          ...changes.map(changeLine),
          commitLine(world, result),
          ...(said.next ?? []),
          ...(needsOwners
            ? ["What is weaker passes only with the owners' signatures: secure-install trust sign."]
            : []),
        ];
  terminal.out(lines.map((line) => `${forTerminal(line)}\n`).join(""));
}

/** Says why nothing was written, with every finding that stands against it; gives the exit status. */
export function refuseWriting(
  world: World,
  flags: CommonFlags,
  command: string,
  says: string,
  findings: readonly Finding[],
  status: number = EXIT.refuse,
): number {
  const { terminal } = world;
  if (flags.json === true) {
    terminal.out(`${forJson({ format: 1, command, changed: [], says: [says], findings }, 2)}\n`);
    return status;
  }
  const lines = findings.flatMap(({ code, says: why, help }) => [`  ${code}  ${why}`, `    ${help}`]);
  terminal.err([says, ...lines, "Nothing was written."].map((line) => `${forTerminal(line)}\n`).join(""));
  return status;
}
