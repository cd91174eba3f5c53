/**
 * The river on one page.
 *
 *   Artifact ─▶ Claims ─▶ quarantine ─▶ Evidence ─▶ Verdict ─▶ sealed hand-off ─▶ proven tree ─▶ scripts
 *
 * Every command is the same river with another mouth: `audit` and `gate` end at the verdicts, `ci` goes on to the
 * tree, and `secure-install <spec…>` begins one step earlier, with a lock step of its own.
 */
import type { Finding } from "./model/finding.js";
import { type HandOver, handOff } from "./pipeline/handoff.js";
import { toBringInStep } from "./pipeline/in-step.js";
import { withFolders } from "./pipeline/inputs.js";
import { type HandOff, type Installation, notStarted, stoppedBefore } from "./pipeline/installation.js";
import { Interrupted, type Interrupts, listening } from "./pipeline/interrupts.js";
import { judgeAll } from "./pipeline/judge.js";
import { allPassed, type Judged } from "./pipeline/judged.js";
import { type Locked, type LockRequest, lockInCopy, sayBeside, writeBack } from "./pipeline/lock.js";
import { localFolders, type Project, readProject, requirePackageJson } from "./pipeline/project.js";
import type { River } from "./pipeline/river.js";
import { makeReady } from "./pipeline/seal.js";

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
  const judged = await judgeAll(river, project.lockfile.artifacts, project.directory, "verdicts");
  return { project, judged, findings: [], handOff: notStarted() };
}

/** `ci`: verify the lockfile, then the installer's frozen install, sealed and proven. */
export async function installFrozen(river: River, directory: string, how: Installation): Promise<Outcome> {
  const project = await readProject(river.world, directory);
  await requirePackageJson(river.world, directory);
  const inputs = await withFolders(river.world.files, river.begun, localFolders(project.lockfile.artifacts));
  const judged = await judgeAll(river, project.lockfile.artifacts, directory, "listings");
  const ended = (handed: HandOff): Outcome => ({ project, judged, findings: [], handOff: handed });
  if (!allPassed({ project, judged })) return ended(notStarted());
  const readiness = await makeReady(river, project, judged);
  if (!readiness.ok) return ended(notStarted(readiness.findings));
  const written = { inputs, restore: async () => [] };
  return ended(
    await listening(river.world.processes, (interrupts) => handOff(river, how, readiness.ready, written, interrupts)),
  );
}

/** `npm install` without packages: the lockfile is made, or brought in step, where it is not; else this is `ci`. */
export async function installProject(
  river: River,
  directory: string,
  how: Installation,
  request: LockRequest,
): Promise<Outcome> {
  const change = await toBringInStep(river.world, directory);
  return change ? installChanged(river, directory, how, request) : installFrozen(river, directory, how);
}

/**
 * `secure-install <spec…>`, and whatever else changes the lockfile: lock in a copy, verify that, and touch the project
 * only after everything has passed. `handOver` is what it is handed to, unless it is npm's frozen install.
 */
export async function installChanged(
  river: River,
  directory: string,
  how: Installation,
  request: LockRequest,
  handOver: HandOver = handOff,
): Promise<Outcome> {
  return listening(river.world.processes, async (interrupts) => {
    try {
      const lock = () => lockInCopy(river, how, directory, request);
      const locked = await interrupts.orStop(lock, async (late) => void (late.ok && (await late.copy.remove())));
      if (!locked.ok) return { project: null, judged: [], findings: locked.findings, handOff: notStarted() };
      return await installLocked(river, how, locked, interrupts, handOver).finally(() => locked.copy.remove());
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      return { project: null, judged: [], findings: [], handOff: stoppedBefore(error.signal) };
    }
  });
}

async function installLocked(
  river: River,
  how: Installation,
  { project, copy, findings }: Extract<Locked, { ok: true }>,
  interrupts: Interrupts,
  handOver: HandOver,
): Promise<Outcome> {
  const judged = await interrupts.orStop(() =>
    judgeAll(river, project.lockfile.artifacts, project.directory, "listings"),
  );
  const ended = (handed: HandOff): Outcome => ({ project, judged, findings, handOff: handed });
  if (!allPassed({ project, judged })) return ended(notStarted());
  const readiness = await interrupts.orStop(() => makeReady(river, project, judged));
  if (!readiness.ok) return ended(notStarted(readiness.findings));
  const written = await writeBack(river, project, copy);
  if (!written.ok) return ended(notStarted(written.findings));
  try {
    const handed = await handOver(river, how, readiness.ready, written, interrupts);
    if (handed.complete) return ended(handed);
    return ended({ ...handed, findings: [...handed.findings, ...(await written.restore())] });
  } catch (error) {
    sayBeside(river, await written.restore());
    throw error;
  }
}
