/** After the proof: the install scripts that trust.json allows, and no others, through npm's own rebuild. */
import path from "node:path";
import { npmRebuild } from "../installer/npm.js";
import { type Finding, finding } from "../model/finding.js";
import type { ScriptReport } from "../model/report.js";
import type { HandOff, Installation } from "./installation.js";
import { exitStatus, type Interrupts, interruption } from "./interrupts.js";
import { type Admitted, ownScripts, plannedScripts } from "./plan.js";
import type { River } from "./river.js";
import { shadowing } from "./shadowing.js";

/** Runs what is allowed in a proven tree; `findings` are those of the hand-off so far. */
export async function runAllowedScripts(
  river: River,
  how: Installation,
  directory: string,
  admitted: readonly Admitted[],
  findings: readonly Finding[],
  interrupts: Interrupts,
): Promise<HandOff> {
  const scripts = [...plannedScripts(river, admitted), ...(await ownScripts(river, directory))];
  if (how.ignoreScripts === true) return noneRan(scripts, 0, findings);
  const locations = scripts.filter((script) => script.outcome === "ran").map((script) => script.location);
  const shadowed = await shadowing(river, directory, admitted, locations);
  if (shadowed.length > 0) return noneRan(scripts, null, [...findings, ...shadowed]);
  if (locations.length === 0) return { started: true, complete: true, status: 0, findings, scripts };
  const signal = interrupts.came();
  if (signal !== null) {
    const says = interruption(signal, "after the tree was proven: it is complete, and no install script was run");
    return noneRan(scripts, exitStatus({ status: null, signal }), [...findings, says]);
  }
  const status = await rebuild(river, how, directory, locations);
  if (status === 0) return { started: true, complete: true, status, findings, scripts };
  const failed = scripts.map((script) =>
    script.outcome === "ran" ? { ...script, outcome: "failed" as const } : script,
  );
  const names = scripts.filter((script) => script.outcome === "ran").map((script) => script.purl);
  const late = interrupts.came();
  const says = `npm rebuild of ${names.join(", ")} ended with status ${status}`;
  const why = late === null ? finding("SCRIPT_FAILED", { says }) : interruption(late, `while scripts ran: ${says}`);
  const all = [...findings, why];
  return { started: true, complete: true, status, findings: all, scripts: failed };
}

/** The tree stands as it was verified, and nothing in it was run. */
function noneRan(scripts: readonly ScriptReport[], status: number | null, findings: readonly Finding[]): HandOff {
  const blocked = scripts.map((script) => ({ ...script, outcome: "blocked" as const }));
  return { started: true, complete: true, status, findings, scripts: blocked };
}

async function rebuild(river: River, how: Installation, directory: string, locations: readonly string[]) {
  const { files, processes, environment } = river.world;
  const cache = await files.makeTemporary("secure-install-cache-");
  try {
    const command = npmRebuild({
      npm: how.npm,
      folder: directory,
      cache,
      settings: river.npm.settings,
      variables: environment.variables,
      locations,
    });
    // By npm's own record of the tree, a package has no scripts where the lockfile keeps quiet about them. Without the
    // record it reads each package.json, as we have.
    await files.remove(path.join(directory, "node_modules", ".package-lock.json"));
    river.progress.clear();
    return exitStatus(await processes.run(command, { output: how.output }));
  } finally {
    await files.remove(cache);
  }
}
