/** `secure-install trust refresh`: npm's own keys and Sigstore's roots, renewed and written for review. */

import path from "node:path";
import { CATALOGUE, EXIT } from "../model/codes.js";
import { DAY_MS, day } from "../model/day.js";
import type { World } from "../model/world.js";
import { lockedProject } from "../pipeline/project.js";
import { type Refreshed, refreshRoots } from "../pipeline/refresh.js";
import { forJson, forTerminal } from "../report/escape.js";
import { plural } from "../report/summary.js";
import { BUILTIN_SINCE } from "../trust/builtin.js";
import { changeLine } from "../trust/change.js";
import type { RenewalChange } from "../trust/renewal.js";
import { rootsAge } from "../trust/summary.js";
import type { CommonFlags } from "./flags.js";
import { withSession } from "./session.js";

const COMMAND = "trust refresh";

export interface RefreshFlags extends CommonFlags {
  readonly dryRun?: boolean;
}

/** Refreshes the store by which this folder is judged. The exit status is 0, or that of what was refused. */
export async function trustRefresh(world: World, flags: RefreshFlags): Promise<number> {
  const project = world.environment.workingDirectory;
  return withSession({ world, flags, project, thisPlatform: false, installs: false }, async ({ river }) => {
    const dryRun = flags.dryRun === true;
    // A repository's trust store may lie where there is no lockfile.
    const refreshed = await refreshRoots(river, { project: await lockedProject(world, project), dryRun });
    river.progress.clear();
    const before = river.trust.renewed;
    if (flags.json === true) world.terminal.out(`${forJson(objectOf(refreshed, before, dryRun), 2)}\n`);
    else if (!refreshed.ok) world.terminal.err(text(refusal(refreshed, ageOf(before, river.now))));
    else if (flags.quiet !== true || refreshed.changes.some(({ inUseBy }) => inUseBy > 0)) {
      world.terminal.out(text(told(refreshed, world, dryRun, river.now)));
    }
    return refreshed.ok ? 0 : EXIT[CATALOGUE[refreshed.finding.code].kind];
  });
}

function objectOf(refreshed: Refreshed, before: number | null, dryRun: boolean) {
  const begin = { format: 1, command: COMMAND, dryRun };
  if (!refreshed.ok) {
    const kind = CATALOGUE[refreshed.finding.code].kind;
    const result = kind === "undecided" ? "UNDECIDED" : "FAILED";
    return {
      ...begin,
      result,
      changed: [],
      changes: [],
      findings: [refreshed.finding],
      rootsAge: rootsAge({ renewed: before }),
    };
  }
  const { changes, written, renewed } = refreshed;
  const directory = written?.directory ?? null;
  const changed = written?.changed ?? [];
  const age = rootsAge({ renewed: dryRun ? before : renewed });
  return { ...begin, result: "PASSED", directory, changed, changes, findings: [], rootsAge: age };
}

function told(refreshed: Extract<Refreshed, { ok: true }>, world: World, dryRun: boolean, now: number): string[] {
  const { changes, written, renewed } = refreshed;
  const lines =
    changes.length === 0
      ? ["npm's keys and Sigstore's roots are what they were."]
      : ["npm's keys and Sigstore's roots have changed:", ...changes.flatMap(changeLines)];
  if (dryRun) return [...lines, "Nothing was written: --dry-run was given."];
  if (written?.changed.length === 0) return [...lines, "Nothing was written: another refresh has done so meanwhile."];
  if (written === null) return [...lines, `The repository has nothing newer than ${ageOf(renewed, now)}.`];
  const folder = path.relative(world.environment.workingDirectory, written.directory) || ".";
  const files = written.changed.map((name) => `${folder}/${name}`.replaceAll("\\", "/"));
  return [
    ...lines,
    `Written: ${plural(files.length, "file")}. Review and commit ${folder.replaceAll("\\", "/")}/roots.`,
  ];
}

/** What stands on a key that goes must not be overlooked. */
function changeLines(change: RenewalChange): string[] {
  const { inUseBy } = change;
  const line = changeLine(change);
  if (inUseBy === 0) return [line];
  const many = inUseBy === 1 ? "1 package here is" : `${inUseBy} packages here are`;
  return [line, `  IN USE    ${many} signed with it, and may be refused from then on.`];
}

function refusal({ finding }: Extract<Refreshed, { ok: false }>, age: string): string[] {
  return [
    `Not refreshed: ${finding.says}`,
    `  ${finding.code}  ${CATALOGUE[finding.code].means}`,
    `  ${finding.help}`,
    `Nothing was written. In use, as before: ${age}.`,
  ];
}

/** `what was renewed on 2026-08-22, 91 days ago`. */
function ageOf(renewed: number | null, now: number): string {
  if (renewed === null) return `what is built in, of ${BUILTIN_SINCE}`;
  const days = Math.max(0, Math.floor((now - renewed) / DAY_MS));
  return `what was renewed on ${day(renewed)}, ${days === 0 ? "today" : `${plural(days, "day")} ago`}`;
}

function text(lines: readonly string[]): string {
  return lines.map((line) => `${forTerminal(line, 20_000)}\n`).join("");
}
