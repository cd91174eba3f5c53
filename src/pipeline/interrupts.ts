/**
 * Ctrl-C and its like, while the project is not as it was: written to for npm's sake, or with a tree that nobody has
 * proven. There an interrupt must not end the process where it stands, but the work, so that it is undone.
 */
import { setTimeout as pause } from "node:timers/promises";
import { type Finding, finding } from "../model/finding.js";
import type { Ended, Interrupt, Processes } from "../model/world.js";

/** How long work that was given up may take to tidy up. */
const TIDY_MS = 3_000;

/** Thrown where work was given up for an interrupt. */
export class Interrupted extends Error {
  readonly signal: Interrupt;
  constructor(signal: Interrupt) {
    super(`interrupted (${signal})`);
    this.name = "Interrupted";
    this.signal = signal;
  }
}

export interface Interrupts {
  /** The first that came, or null. */
  came(): Interrupt | null;
  /**
   * What `work` gives; Interrupted as soon as an interrupt comes, or has come. The work then goes on unheeded, so it
   * must only read, or clean up after itself; `late` is given its result, should there be one.
   */
  orStop<Result>(work: () => Promise<Result>, late?: (result: Result) => Promise<void>): Promise<Result>;
}

/**
 * Does `work` with an ear on interrupts. None ends the process meanwhile, however many come: undoing is short, and
 * an npm that runs gets them too. After it they end it as ever.
 */
export async function listening<Result>(
  processes: Pick<Processes, "onInterrupt">,
  work: (interrupts: Interrupts) => Promise<Result>,
): Promise<Result> {
  const ear = new Ear();
  const stop = processes.onInterrupt((signal) => ear.hear(signal));
  try {
    return await work(ear);
  } finally {
    stop();
  }
}

class Ear implements Interrupts {
  #first: Interrupt | null = null;
  readonly #stopped: Promise<never>;
  #stop: (reason: Interrupted) => void = () => {};

  constructor() {
    this.#stopped = new Promise((_, reject) => {
      this.#stop = reject;
    });
    // It may come while nobody waits for it.
    this.#stopped.catch(() => {});
  }

  hear(signal: Interrupt): void {
    this.#first ??= signal;
    this.#stop(new Interrupted(this.#first));
  }

  came(): Interrupt | null {
    return this.#first;
  }

  async orStop<Result>(work: () => Promise<Result>, late?: (result: Result) => Promise<void>): Promise<Result> {
    if (this.#first !== null) throw new Interrupted(this.#first);
    const working = work();
    const tidied = working.then((result) => (this.#first === null ? undefined : late?.(result)));
    // What goes wrong in work that was given up is nobody's concern.
    tidied.catch(() => {});
    try {
      return await Promise.race([this.#stopped, working]);
    } catch (error) {
      // What was given up removes its temporary folders, and must not be cut off at that.
      const tidy = tidied.catch(() => {});
      if (error instanceof Interrupted) await Promise.race([tidy, pause(TIDY_MS, undefined, { ref: false })]);
      throw error;
    }
  }
}

const NUMBERS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGKILL: 9,
  SIGTERM: 15,
  SIGBREAK: 21,
};

/** As a shell reports it: 128 and the signal's number for what a signal ended. */
export function exitStatus(ended: Pick<Ended, "status" | "signal">): number {
  return ended.status ?? 128 + (NUMBERS[ended.signal ?? ""] ?? 0);
}

/** What an interrupted run has to say; `says` ends the sentence that begins with the signal. */
export function interruption(signal: Interrupt, says: string): Finding {
  return finding("HANDOFF_FAILED", { says: `interrupted (${signal}) ${says}`, help: "Run the same command again." });
}
