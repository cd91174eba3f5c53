/**
 * One installation at a time in one project: of two at once, one would pull the tree from under the other, which would
 * then call tampered with what was only half there.
 *
 * A turn is a file in our store. It is made as a hard link, which fails where the name is taken, and its holder writes
 * it anew as long as it lives: one that nobody has written for a while was left behind by a run that was killed.
 */
import { createHash, randomUUID } from "node:crypto";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { storeDirectory } from "../fetch/store-directory.js";
import { prepareStore } from "../fetch/store-folder.js";
import { onDisk } from "../fetch/store-trouble.js";
import type { Files, World } from "../model/world.js";

const BEAT_MS = 1_000;
const LEFT_BEHIND_MS = 10_000;
/** The same for a process that is still there: it may be suspended, or its number may be another's by now. */
const SUSPENDED_MS = 5 * 60_000;
const LOOK_AGAIN_MS = 100;
const ID_BYTES = 512;

/** Runs `work` when no other run of this user works on the project (an absolute path); says so while it waits. */
export async function inTurn<Result>(world: World, project: string, work: () => Promise<Result>): Promise<Result> {
  const store = storeDirectory(world.environment);
  await prepareStore(world.files, store, world.environment.platform);
  const folder = path.join(store, "turns");
  await onDisk(folder, world.files.makeDirectory(folder, 0o700));
  const place = path.join(folder, sha256(project));
  const { host, pid } = world.processes.self;
  const id = JSON.stringify({ host, pid, run: randomUUID() });
  await take(world, place, id);
  let beating = Promise.resolve();
  const beat = setInterval(() => {
    beating = beating.then(() => keep(world.files, place, id));
  }, BEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    // A beat that is under way would write the turn anew after it was given up.
    await beating;
    if (await isHolder(world.files, place, id)) await world.files.remove(place);
  }
}

async function take(world: World, place: string, id: string): Promise<void> {
  const { files, terminal } = world;
  const ticket = `${place}.${randomUUID()}`;
  try {
    let told = false;
    while (!(await isTaken(world, ticket, place, id))) {
      if (await clear(world, ticket, place)) continue;
      if (!told) terminal.err("secure-install: another run is at work in this project; waiting for it to end\n");
      told = true;
      await pause(LOOK_AGAIN_MS);
    }
  } finally {
    await files.remove(ticket);
  }
}

/** Takes the place if it is free. A turn is as old as its ticket, which therefore must not have waited. */
async function isTaken({ files, clock }: World, ticket: string, place: string, id: string): Promise<boolean> {
  const written = (await files.status(ticket))?.mtimeMs ?? 0;
  if (Math.abs(clock.now() - written) > BEAT_MS) await files.write(ticket, id, 0o600);
  return isFree(files, ticket, place);
}

/**
 * Removes a turn that was left behind; true if its place may be free now. Of several who find it at once, one removes
 * it: whoever took the place that is named after this very turn. Another who found it before, and comes when it has
 * been removed and the next has its turn, sees that by a second look. That place may be left behind in its turn.
 */
async function clear(world: World, ticket: string, place: string): Promise<boolean> {
  const { files } = world;
  const left = await leftBehind(world, place);
  if (left === null) return false;
  const removal = path.join(path.dirname(place), sha256(`${path.basename(place)} ${left}`));
  if (!(await isFree(files, ticket, removal))) return clear(world, ticket, removal);
  try {
    if ((await idAt(files, place)) === left) await files.remove(place);
    return true;
  } finally {
    await files.remove(removal);
  }
}

/** The id of a turn whose holder is gone: its process has ended, or nobody has written it for a while. Else null. */
async function leftBehind({ files, clock, processes }: World, place: string): Promise<string | null> {
  const held = await files.status(place);
  const id = await idAt(files, place);
  if (held === null || id === null) return null;
  const [, host, pid] = /^\{"host":"([^"\\]*)","pid":(\d{1,10}),/.exec(id) ?? [];
  const isHere = host === processes.self.host;
  if (isHere && !processes.isRunning(Number(pid))) return id;
  return clock.now() - held.mtimeMs > (isHere ? SUSPENDED_MS : LEFT_BEHIND_MS) ? id : null;
}

async function idAt(files: Files, place: string): Promise<string | null> {
  return (await files.read(place, ID_BYTES).catch(() => null))?.toString() ?? null;
}

/** Whether the place was free; then it is taken now. */
async function isFree(files: Files, ticket: string, place: string): Promise<boolean> {
  try {
    await files.link(ticket, place);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  }
}

/** A disk that is full, or a store that was removed, must not end the run that works. */
async function keep(files: Files, place: string, id: string): Promise<void> {
  try {
    if (await isHolder(files, place, id)) await files.write(place, id, 0o600);
  } catch {
    // The next beat tries again.
  }
}

async function isHolder(files: Files, place: string, id: string): Promise<boolean> {
  return (await idAt(files, place)) === id;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
