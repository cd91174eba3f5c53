/** Contestants in turns (A B A B …), so that whatever else the machine does meets all of them alike. */

/** Milliseconds and CPU seconds of one run; null where this system does not tell. */
export interface Measured {
  readonly wallMs: number;
  readonly cpuSeconds: number | null;
}

export interface Contestant {
  readonly name: string;
  /** Puts everything back to the beginning; not timed. */
  prepare?(): Promise<void>;
  run(): Promise<Measured>;
}

export interface Result {
  readonly name: string;
  /** In the order of the rounds, which is the same for all contestants of one `alternate`. */
  readonly runs: readonly Measured[];
}

/** Runs everyone once per round, in order, and gives the results in the contestants' order. */
export async function alternate(
  contestants: readonly Contestant[],
  rounds: number,
  told: (line: string) => void,
): Promise<readonly Result[]> {
  const runs = new Map<Contestant, Measured[]>(contestants.map((one) => [one, []]));
  for (let round = 1; round <= rounds; round += 1) {
    for (const one of contestants) {
      await one.prepare?.();
      const measured = await one.run();
      runs.get(one)?.push(measured);
      told(`  ${round}/${rounds} ${one.name}: ${Math.round(measured.wallMs)} ms`);
    }
  }
  return contestants.map((one) => ({ name: one.name, runs: runs.get(one) ?? [] }));
}

/** The middle value, or the mean of the two in the middle. Throws RangeError where there is none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  if (low === undefined || high === undefined) throw new RangeError("there is no median of nothing");
  return (low + high) / 2;
}

/** The median of what each round says: what slowed one round down slowed both of its runs. */
export function ratio(ours: Result, other: Result): number {
  return median(ours.runs.map(({ wallMs }, round) => wallMs / (other.runs[round]?.wallMs ?? Number.NaN)));
}

export function medianWall(result: Result): number {
  return median(result.runs.map(({ wallMs }) => wallMs));
}

/** Null where it was not measured. */
export function medianCpu(result: Result): number | null {
  const seconds = result.runs.map(({ cpuSeconds }) => cpuSeconds).filter((one) => one !== null);
  return seconds.length === result.runs.length ? median(seconds) : null;
}
