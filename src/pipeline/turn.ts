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
import type { Files, World } from "../model/world.js";

const BEAT_MS = 1_000;
const LEFT_BEHIND_MS = 10_000;
const LOOK_AGAIN_MS = 100;
const ID_BYTES = 512;

/** Runs `work` when no other run of this user works on the project (an absolute path); says so while it waits. */
export async function inTurn<Result>(world: World, project: string, work: () => Promise<Result>): Promise<Result> {
  const folder = path.join(storeDirectory(world.environment), "turns");
  await world.files.makeDirectory(folder, 0o700);
  const place = path.join(folder, createHash("sha256").update(project).digest("hex"));
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
  await files.write(ticket, id, 0o600);
  try {
    for (let waited = false; !(await isFree(files, ticket, place)); waited = true) {
      if (!waited) terminal.err("secure-install: another run is at work in this project; waiting for it to end\n");
      if (await isLeftBehind(world, place)) await files.remove(place);
      else await pause(LOOK_AGAIN_MS);
    }
  } finally {
    await files.remove(ticket);
  }
}

/** Whether its holder is gone: its process has ended, or, where that can't be told, nobody has written it for a while. */
async function isLeftBehind({ files, clock, processes }: World, place: string): Promise<boolean> {
  const held = await files.status(place);
  if (held === null) return false;
  if (clock.now() - held.mtimeMs > LEFT_BEHIND_MS) return true;
  const holder = await files.read(place, ID_BYTES).catch(() => null);
  const [, host, pid] = /^\{"host":"([^"\\]*)","pid":(\d{1,10}),/.exec(holder?.toString() ?? "") ?? [];
  return host === processes.self.host && !processes.isRunning(Number(pid));
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
  return (await files.read(place, ID_BYTES).catch(() => null))?.toString() === id;
}
