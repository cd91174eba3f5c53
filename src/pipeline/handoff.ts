/**
 * The hand-off: npm is started sealed; what it leaves on disk is proven before any script; then the scripts that
 * trust.json allows run, and no others. Whatever ends it before the proof, no unproven tree stays in its place.
 */
import { type Finding, finding } from "../model/finding.js";
import type { Interrupt } from "../model/world.js";
import { type HandOff, type Installation, incomplete, notStarted, stoppedBefore } from "./installation.js";
import { exitStatus, Interrupted, type Interrupts, interruption } from "./interrupts.js";
import { prove } from "./prove.js";
import type { Inputs, River } from "./river.js";
import { runAllowedScripts } from "./scripts.js";
import { type Ready, runSealed } from "./seal.js";
import { putAside, treeState } from "./trees.js";

/** Hands a project over to npm. Everything in it has passed; `inputs` is what that was judged by. */
export async function handOff(
  river: River,
  how: Installation,
  ready: Ready,
  inputs: Inputs,
  interrupts: Interrupts,
): Promise<HandOff> {
  const { directory } = ready.project;
  const before = await treeState(river.world, directory, ready.trees);
  const { ended, findings } = await runSealed(river, how, ready, inputs, interrupts);
  if (ended === null) {
    const signal = interrupts.came();
    return signal === null ? notStarted(findings) : stoppedBefore(signal);
  }
  const status = exitStatus(ended);
  // An npm that stopped before it touched the tree leaves what was there, and is not held to what was asked for.
  if (status !== 0 && (await treeState(river.world, directory, ready.trees)) === before)
    return incomplete(status, [...findings, untouched(status, interrupts.came())]);
  const proof = await proveOrPutAside(river, ready, interrupts);
  if (proof.signal !== null) {
    const own = exitStatus({ status: null, signal: proof.signal });
    return incomplete(status === 0 ? own : status, [...findings, unproven(proof.signal, proof.aside)]);
  }
  const aside = refused(proof.aside);
  if (status !== 0) return incomplete(status, [...findings, failed(status), ...aside]);
  if (proof.findings.length > 0) return incomplete(null, [...findings, ...proof.findings, ...aside]);
  return runAllowedScripts(river, how, directory, ready.admitted, findings, interrupts);
}

interface Proof {
  readonly findings: readonly Finding[];
  /** Where the trees were moved, if they did not hold, or were not proven to the end. */
  readonly aside: readonly string[];
  /** What stopped the proof; null where it came to its end. */
  readonly signal: Interrupt | null;
}

/** Whatever ends the proof but its success, an error of the disk too, the trees are moved aside. */
async function proveOrPutAside(river: River, ready: Ready, interrupts: Interrupts): Promise<Proof> {
  const { world } = river;
  const aside = () => putAside(world, ready.project.directory, ready.trees);
  try {
    const findings = await interrupts.orStop(() => prove(river, ready));
    return { findings, aside: findings.length === 0 ? [] : await aside(), signal: null };
  } catch (error) {
    const places = await aside();
    if (!(error instanceof Interrupted)) throw error;
    return { findings: [], aside: places, signal: error.signal };
  }
}

function failed(status: number): Finding {
  return finding("HANDOFF_FAILED", { says: `npm ended with status ${status}; nothing that it installed was run` });
}

function untouched(status: number, signal: Interrupt | null): Finding {
  if (signal === null) return failed(status);
  return interruption(signal, "before npm had changed the tree: the project is as it was");
}

function unproven(signal: Interrupt, aside: readonly string[]): Finding {
  const tree = aside.length === 0 ? "nothing of it is left" : `it was moved to ${aside.join(", ")}`;
  return interruption(
    signal,
    `before the tree was proven: ${tree}, and package.json and the lockfile are as they were`,
  );
}

function refused(aside: readonly string[]): Finding[] {
  if (aside.length === 0) return [];
  const says = `the refused tree was moved to ${aside.join(", ")}; whatever was installed before is gone`;
  const help =
    "Find out what changed the tree while npm ran; then secure-install ci puts verified packages back from the store.";
  return [finding("TREE_MISMATCH", { severity: "warn", says, help })];
}
