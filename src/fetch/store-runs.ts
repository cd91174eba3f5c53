/**
 * Who works with the store at this moment, so that pruning takes nothing away under their eyes. A run lays down a
 * file before it asks for anything, and takes it away at its end; nobody ever waits for another.
 */
import { createHash, randomUUID } from "node:crypto";
import path from "node:path";
import type { Clock, Files, Processes } from "../model/world.js";
import { isDiskTrouble } from "./store-trouble.js";
import { MARK_MS } from "./use-mark.js";

const BEAT_MS = 30_000;
/** On another machine nobody can be asked after: silence for so long is an end. */
const SILENT_MS = 300_000;
/** No run lasts so long; a process of that number is another by now. */
const LONGEST_MS = 86_400_000;
/** Clocks of two machines that share a disk. */
const ASKEW_MS = 3_600_000;
const NAME = /^(\d{1,16})-(\d{1,10})-([0-9a-f]{16})-[0-9a-f-]{36}$/;

interface Around {
  readonly files: Files;
  readonly clock: Clock;
  readonly processes: Pick<Processes, "self" | "isRunning">;
}

/** Announces a run in the store in `directory`; gives what ends the announcement. */
export async function announceRun(
  { files, clock, processes }: Around,
  directory: string,
): Promise<() => Promise<void>> {
  const { host, pid } = processes.self;
  const place = path.join(directory, "runs", `${Math.floor(clock.now())}-${pid}-${nameOf(host)}-${randomUUID()}`);
  await layDown(files, place);
  const beat = setInterval(() => void files.setTime(place, clock.now()).catch(() => {}), BEAT_MS);
  beat.unref();
  return async () => {
    clearInterval(beat);
    await files.remove(place).catch(() => {});
  };
}

/** Where the disk refuses it, a run goes on unannounced: what is pruned from under it fails a digest, and no more. */
async function layDown(files: Files, place: string): Promise<void> {
  try {
    const writer = await files.create(path.dirname(place));
    await writer.commit(place, 0o600).finally(() => writer.abandon());
  } catch (error) {
    if (!isDiskTrouble(error)) throw error;
  }
}

/** The runs of this moment. */
export interface Runs {
  readonly count: number;
  /** What was used at this time (ms) or later may be in use by one of them; null where there is none. */
  readonly usingSince: number | null;
}

/** Looks who is at work, and removes what killed runs left. */
export async function runsAtWork(around: Around, directory: string): Promise<Runs> {
  const { files } = around;
  const folder = path.join(directory, "runs");
  const starts: number[] = [];
  for (const { name, type } of (await files.list(folder)) ?? []) {
    const start = Number(NAME.exec(name)?.[1] ?? Number.NaN);
    if (type !== "file" || Number.isNaN(start)) continue;
    const file = path.join(folder, name);
    if (await isAtWork(around, file)) starts.push(start);
    else await files.remove(file).catch(() => {});
  }
  // A run renews a mark only where it is a day old: what it uses may have been marked so long before it began.
  const usingSince = starts.length === 0 ? null : Math.min(...starts) - MARK_MS - ASKEW_MS;
  return { count: starts.length, usingSince };
}

async function isAtWork({ files, clock, processes }: Around, file: string): Promise<boolean> {
  const [, , pid, host] = NAME.exec(path.basename(file)) ?? [];
  const status = await files.status(file);
  if (status === null) return false;
  const silence = clock.now() - status.mtimeMs;
  if (host !== nameOf(processes.self.host)) return silence < SILENT_MS;
  return silence < LONGEST_MS && processes.isRunning(Number(pid));
}

function nameOf(host: string): string {
  return createHash("sha256").update(host).digest("hex").slice(0, 16);
}
