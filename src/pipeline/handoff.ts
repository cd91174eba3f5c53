/**
 * The hand-off: npm is started sealed; what it leaves on disk is proven before any script; then the scripts that
 * trust.json allows run, and no others. Whatever ends it before the proof, no unproven tree stays in its place.
 */
import { type Finding, finding } from "../model/finding.js";
import type { Interrupt } from "../model/world.js";
import { asBefore, type HandOff, type Installation, incomplete, notStarted, stoppedBefore } from "./installation.js";
import { exitStatus, Interrupted, type Interrupts, interruption } from "./interrupts.js";
import type { Written } from "./lock.js";
import { prove } from "./prove.js";
import type { River } from "./river.js";
import { runAllowedScripts } from "./scripts.js";
import { type Ready, runSealed } from "./seal.js";
import { type Aside, putAside, treeState } from "./trees.js";

/** What takes a project over of which everything has passed. */
export type HandOver = (
  river: River,
  how: Installation,
  ready: Ready,
  written: Written,
  interrupts: Interrupts,
) => Promise<HandOff>;

/**
 * Hands a project over to npm. Everything in it has passed. Where that ends before its end, the caller puts back what
 * was `written`; here only where a sentence speaks of it.
 */
export async function handOff(
  river: River,
  how: Installation,
  ready: Ready,
  written: Written,
  interrupts: Interrupts,
): Promise<HandOff> {
  const { directory } = ready.project;
  const before = await treeState(river.world, directory, ready.trees);
  const sealed = runSealed(river, how, ready, written.inputs, interrupts);
  const { ended, findings } = await sealed.catch((error: unknown) => leaveNothing(river, ready, before, error));
  if (ended === null) {
    const signal = interrupts.came();
    return signal === null ? notStarted(findings) : stoppedBefore(signal, await written.restore());
  }
  const status = exitStatus(ended);
  // An npm that stopped before it touched the tree leaves what was there, and is not held to what was asked for.
  if (status !== 0 && (await treeState(river.world, directory, ready.trees)) === before)
    return incomplete(status, [...findings, await untouched(status, interrupts.came(), written)]);
  const proof = await proveOrPutAside(river, ready, interrupts);
  if (proof.signal !== null) {
    const own = exitStatus({ status: null, signal: proof.signal });
    const said = unproven(proof.signal, proof.aside, await written.restore());
    return incomplete(status === 0 ? own : status, [...findings, said, ...stuckFindings(proof.aside)]);
  }
  if (status !== 0) return incomplete(status, [...findings, failed(status), ...unfinished(proof.aside)]);
  if (proof.findings.length > 0) return incomplete(null, [...findings, ...proof.findings, ...refused(proof.aside)]);
  return runAllowedScripts(river, how, directory, ready.admitted, findings, interrupts);
}

interface Proof {
  readonly findings: readonly Finding[];
  /** Where the trees were moved, if they did not hold, or were not proven to the end. */
  readonly aside: Aside;
  /** What stopped the proof; null where it came to its end. */
  readonly signal: Interrupt | null;
}

/** Whatever ends the proof but its success, an error of the disk too, the trees are moved aside. */
async function proveOrPutAside(river: River, ready: Ready, interrupts: Interrupts): Promise<Proof> {
  const { world } = river;
  const aside = () => putAside(world, ready.project.directory, ready.trees);
  let findings: readonly Finding[];
  try {
    findings = await interrupts.orStop(() => prove(river, ready));
  } catch (error) {
    const moved = await aside();
    if (error instanceof Interrupted) return { findings: [], aside: moved, signal: error.signal };
    throw error;
  }
  return { findings, aside: findings.length === 0 ? NOTHING : await aside(), signal: null };
}

const NOTHING: Aside = { places: [], stuck: [] };

/** What goes wrong around npm, a disk that is full say, must not leave what npm has made. Throws `error`. */
async function leaveNothing(
  { world }: River,
  { project, trees }: Ready,
  before: string,
  error: unknown,
): Promise<never> {
  const state = await treeState(world, project.directory, trees).catch(() => null);
  if (state !== before) await putAside(world, project.directory, trees);
  throw error;
}

function failed(status: number): Finding {
  return finding("HANDOFF_FAILED", { says: `npm ended with status ${status}; nothing that it installed was run` });
}

async function untouched(status: number, signal: Interrupt | null, { restore }: Written): Promise<Finding> {
  if (signal === null) return failed(status);
  const project = asBefore(await restore(), ": the project is as it was");
  return interruption(signal, `before npm had changed the tree${project}`);
}

function unproven(signal: Interrupt, { places, stuck }: Aside, left: readonly Finding[]): Finding {
  const tree = places.length > 0 ? `it was moved to ${places.join(", ")}` : "nothing of it is left";
  const where = stuck.length > 0 && places.length === 0 ? "it is still there" : tree;
  const rest = asBefore(left, "; package.json and the lockfile are as they were");
  return interruption(signal, `before the tree was proven: ${where}${rest}`);
}

function refused(aside: Aside): Finding[] {
  const says = `the refused tree was moved to ${aside.places.join(", ")}; whatever was installed before is gone`;
  const help =
    "Find out what changed the tree while npm ran; then secure-install ci puts verified packages back from the store.";
  const moved = finding("TREE_MISMATCH", { severity: "warn", says, help });
  return [...(aside.places.length === 0 ? [] : [moved]), ...stuckFindings(aside)];
}

function unfinished(aside: Aside): Finding[] {
  const says = `what npm had made until then was moved to ${aside.places.join(", ")}`;
  const help = "Remove it; secure-install ci puts verified packages back from the store.";
  const moved = finding("HANDOFF_FAILED", { severity: "warn", says, help });
  return [...(aside.places.length === 0 ? [] : [moved]), ...stuckFindings(aside)];
}

/** A tree that can't be moved is in its place, and programs would load from it. */
function stuckFindings({ stuck }: Aside): Finding[] {
  if (stuck.length === 0) return [];
  const says = `what was not proven could not be moved aside: ${stuck.join("; ")}`;
  const help = "Remove it before anything is run in this project.";
  return [finding("TREE_MISMATCH", { severity: "refuse", says, help })];
}
