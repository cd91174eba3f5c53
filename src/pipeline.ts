/**
 * The river on one page.
 *
 *   Artifact ─▶ Claims ─▶ quarantine ─▶ Evidence ─▶ Verdict ─▶ sealed hand-off ─▶ proven tree ─▶ scripts
 *
 * Every command is the same river with another mouth: `audit` and `gate` end at the verdicts, `ci` goes on to the
 * tree, and `secure-install <spec…>` begins one step earlier, with a lock step of its own.
 */
import type { Finding } from "./model/finding.js";
import { type HandOff, handOff, type Installation, notStarted } from "./pipeline/handoff.js";
import { withFolders } from "./pipeline/inputs.js";
import { judgeAll } from "./pipeline/judge.js";
import { allPassed, type Judged } from "./pipeline/judged.js";
import { type LockRequest, lockInCopy, writeBack } from "./pipeline/lock.js";
import { localFolders, type Project, readProject, requirePackageJson } from "./pipeline/project.js";
import type { River } from "./pipeline/river.js";

/** A lockfile, what came of each of its entries, and of the installation if there was one. */
export interface Outcome {
  /** Null where there is no lockfile to speak of: npm could not make one. */
  readonly project: Project | null;
  readonly judged: readonly Judged[];
  /** About the run, beside what the lockfile and its entries have. */
  readonly findings: readonly Finding[];
  readonly handOff: HandOff;
}

/** `audit` and `gate`: every entry of a lockfile, to its verdict. Writes nothing into the project. */
export async function verifyProject(river: River, project: Project): Promise<Outcome> {
  const judged = await judgeAll(river, project.lockfile.artifacts, project.directory);
  return { project, judged, findings: [], handOff: notStarted() };
}

/** `ci`: verify the lockfile, then the installer's frozen install, sealed and proven. */
export async function installFrozen(river: River, directory: string, how: Installation): Promise<Outcome> {
  const project = await readProject(river.world, directory);
  await requirePackageJson(river.world, directory);
  const inputs = await withFolders(river.world.files, river.begun, localFolders(project.lockfile.artifacts));
  const judged = await judgeAll(river, project.lockfile.artifacts, directory);
  const passed = allPassed({ project, judged });
  return {
    project,
    judged,
    findings: [],
    handOff: passed ? await handOff(river, how, project, judged, inputs) : notStarted(),
  };
}

/** `secure-install <spec…>`: lock in a copy, verify that, and touch the project only after everything has passed. */
export async function installSpecs(
  river: River,
  directory: string,
  how: Installation,
  request: LockRequest,
): Promise<Outcome> {
  const locked = await lockInCopy(river, how, directory, request);
  if (!locked.ok) return { project: null, judged: [], findings: locked.findings, handOff: notStarted() };
  const { project, copy, findings } = locked;
  try {
    const judged = await judgeAll(river, project.lockfile.artifacts, directory);
    if (!allPassed({ project, judged })) return { project, judged, findings, handOff: notStarted() };
    const written = await writeBack(river, project, copy);
    if (!written.ok) return { project, judged, findings, handOff: notStarted([written.finding]) };
    const handed = await handOff(river, how, project, judged, written.inputs).catch(async (error: unknown) => {
      await written.restore();
      throw error;
    });
    if (!handed.complete) await written.restore();
    return { project, judged, findings, handOff: handed };
  } finally {
    await copy.remove();
  }
}
