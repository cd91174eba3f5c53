import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { realWorld } from "../../src/cli/world.js";
import type { World } from "../../src/model/world.js";
import { inTurn } from "../../src/pipeline/turn.js";

const posix = process.platform !== "win32";
const told: string[] = [];
let folder = "";
let world: World;
let turns = "";

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "turns-"));
  const real = realWorld();
  const environment = { ...real.environment, variables: { XDG_CACHE_HOME: folder, LOCALAPPDATA: folder } };
  world = { ...real, environment, terminal: { ...real.terminal, err: (text) => void told.push(text) } };
  await inTurn(world, "/anywhere", async () => {});
  const found = readdirSync(folder, { recursive: true, encoding: "utf8" }).find((name) => name.endsWith("turns"));
  turns = join(folder, found ?? "");
});
after(() => rm(folder, { recursive: true, force: true }));

test("of several in one project each has its turn, and the others are told that they wait", async () => {
  let inside = 0;
  let most = 0;
  told.length = 0;
  const work = async (at: number) => {
    most = Math.max(most, ++inside);
    // The first one works until both others wait, whenever they come.
    for (let looks = 0; told.length < 2 && looks < 500; looks += 1) await pause(20);
    inside -= 1;
    return at;
  };
  const results = await Promise.all([1, 2, 3].map((at) => inTurn(world, "/project", () => work(at))));
  assert.deepEqual([results, most, told.length], [[1, 2, 3], 1, 2]);
  assert.match(told[0] ?? "", /another run is at work in this project/);
});

test("two projects do not wait for each other", async () => {
  told.length = 0;
  await inTurn(world, "/one", () => inTurn(world, "/other", async () => {}));
  assert.deepEqual(told, []);
});

test("nothing stays behind, also after an error, which comes through", async () => {
  await assert.rejects(
    inTurn(world, "/failing", () => Promise.reject(new Error("no"))),
    /no/,
  );
  assert.deepEqual(readdirSync(turns), []);
});

test("what a killed run left behind is taken over", async () => {
  let place = "";
  await inTurn(world, "/killed", async () => {
    place = join(turns, readdirSync(turns)[0] ?? "");
  });
  writeFileSync(place, "the id of a run that is no more");
  const longAgo = new Date(Date.now() - 60_000);
  utimesSync(place, longAgo, longAgo);
  assert.equal(await inTurn(world, "/killed", async () => "done"), "done");
  assert.ok(!existsSync(place));
});

test("what a run left behind whose process has ended is taken over at once, and of one that runs it is not", async () => {
  const { host, pid } = world.processes.self;
  const ended = spawnSync(process.execPath, ["--version"]).pid;
  let place = "";
  await inTurn(world, "/interrupted", async () => {
    place = join(turns, readdirSync(turns)[0] ?? "");
  });
  const begun = Date.now();
  writeFileSync(place, JSON.stringify({ host, pid: ended, run: "x" }));
  told.length = 0;
  assert.equal(await inTurn(world, "/interrupted", async () => "done"), "done");
  assert.ok(Date.now() - begun < 5_000);
  assert.deepEqual(told, [], "nobody was waited for");
  writeFileSync(place, JSON.stringify({ host, pid, run: "x" }));
  const waiting = inTurn(world, "/interrupted", async () => "done");
  await pause(300);
  assert.ok(existsSync(place));
  rmSync(place);
  assert.equal(await waiting, "done");
});

test("a run that is suspended keeps its turn, and nobody else works meanwhile", { skip: !posix }, async (t) => {
  const holder = await startHolder(t, "/suspended");
  holder.child.kill("SIGSTOP");
  const { place } = holder;
  told.length = 0;
  const order: string[] = [];
  const waiting = inTurn(world, "/suspended", async () => void order.push("the next"));
  // Longer than a run of another machine may be silent, which nobody can ask for.
  age(place, 4 * 60_000);
  await pause(500);
  assert.deepEqual([order, told.length, existsSync(place)], [[], 1, true]);
  holder.child.kill("SIGCONT");
  await holder.beat();
  assert.deepEqual(order, [], "it is at work again");
  holder.child.stdin.end();
  await holder.ended;
  await waiting;
  assert.deepEqual([order, readdirSync(turns)], [["the next"], []]);
});

test("a run that was suspended for longer than anybody waits loses its turn, and takes it from nobody when it wakes", {
  skip: !posix,
}, async (t) => {
  const holder = await startHolder(t, "/asleep");
  holder.child.kill("SIGSTOP");
  const { place } = holder;
  age(place, 6 * 60_000);
  await inTurn(world, "/asleep", async () => {
    const own = readFileSync(place, "utf8");
    holder.child.kill("SIGCONT");
    // It writes nothing as long as it works, and removes nothing at its end.
    await pause(1_200);
    assert.equal(readFileSync(place, "utf8"), own);
    holder.child.stdin.end();
    await holder.ended;
    assert.equal(readFileSync(place, "utf8"), own);
  });
  assert.deepEqual(readdirSync(turns), []);
});

test("of two who find one turn left behind, the slower one does not take the turn of the quicker one", async () => {
  const place = await leftBehind("/raced");
  let inside = 0;
  let most = 0;
  let begin: () => void = () => {};
  const quickerHasIt = new Promise<void>((done) => {
    begin = done;
  });
  // Has read that the holder is gone, and then does not get on until the other has taken its place.
  let isSlow = true;
  const read: World["files"]["read"] = async (file, most) => {
    const bytes = await world.files.read(file, most);
    if (file === place && isSlow) {
      isSlow = false;
      void inTurn(world, "/raced", () => work(300));
      await quickerHasIt;
    }
    return bytes;
  };
  const work = async (ms: number) => {
    most = Math.max(most, ++inside);
    begin();
    await pause(ms);
    inside -= 1;
  };
  await inTurn({ ...world, files: { ...world.files, read } }, "/raced", () => work(0));
  assert.equal(most, 1);
  assert.deepEqual(readdirSync(turns), []);
});

test("one who was killed while it took a turn over keeps nobody from it", async () => {
  const place = await leftBehind("/twice");
  const dead = readFileSync(place);
  let killed = "";
  const link: World["files"]["link"] = async (from, to) => {
    if (to === place || killed !== "") return world.files.link(from, to);
    killed = to;
    writeFileSync(to, dead.toString().replace('"x"', '"y"'));
    throw Object.assign(new Error("taken"), { code: "EEXIST" });
  };
  const result = await inTurn({ ...world, files: { ...world.files, link } }, "/twice", async () => "done");
  assert.deepEqual([result, readdirSync(turns)], ["done", []]);
  assert.notEqual(killed, "");
});

test("a turn is as young as it is taken, however long its holder has waited for it", async () => {
  let place = "";
  let age = Number.POSITIVE_INFINITY;
  let now = Date.now();
  const clock = { ...world.clock, now: () => now };
  await inTurn(world, "/patient", async () => {
    place = join(turns, readdirSync(turns)[0] ?? "");
    const waiting = inTurn({ ...world, clock }, "/patient", async () => {
      age = Date.now() - statSync(place).mtimeMs;
    });
    await pause(300);
    const long = new Date(Date.now() - 60_000);
    for (const name of readdirSync(turns)) if (name.includes(".")) utimesSync(join(turns, name), long, long);
    now = Date.now();
    setTimeout(() => rmSync(place), 50);
    await waiting;
  });
  assert.ok(age < 5_000, String(age));
});

test("a turn that somebody else has taken over in between is not ended for them", async () => {
  let place = "";
  await inTurn(world, "/overtaken", async () => {
    place = join(turns, readdirSync(turns)[0] ?? "");
    writeFileSync(place, "the id of another run");
  });
  assert.ok(existsSync(place));
});

test("a store that is gone meanwhile does not fail the run", async () => {
  const result = await inTurn(world, "/gone", async () => {
    await rm(folder, { recursive: true, force: true });
    return "done";
  });
  assert.equal(result, "done");
  mkdirSync(folder, { recursive: true });
});

/** A process of its own that has its turn on that project until its input ends. */
async function startHolder(t: TestContext, project: string) {
  const module = (name: string) => JSON.stringify(new URL(`../../src/${name}`, import.meta.url).href);
  const code = `
    import { realWorld } from ${module("cli/world.js")};
    import { inTurn } from ${module("pipeline/turn.js")};
    const world = realWorld();
    await inTurn(world, ${JSON.stringify(project)}, () => new Promise((done) => {
      process.stdin.on("end", done).resume();
      console.log("mine");
    }));
    await world.workers.close();`;
  const { XDG_CACHE_HOME, LOCALAPPDATA } = world.environment.variables;
  const env = { ...process.env, XDG_CACHE_HOME, LOCALAPPDATA };
  const child = spawn(process.execPath, ["--input-type=module", "--eval", code], {
    env,
    stdio: ["pipe", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  await new Promise((resolve) => child.stdout.once("data", resolve));
  const place = join(turns, readdirSync(turns).find((name) => !name.includes(".")) ?? "");
  const beat = async (): Promise<void> => {
    while (Date.now() - statSync(place).mtimeMs > 3_000) await pause(50);
  };
  return { child, ended, place, beat };
}

/** As if nobody had written it for so long. */
function age(place: string, ms: number): void {
  const then = new Date(Date.now() - ms);
  utimesSync(place, then, then);
}

/** A turn on that project whose holder has ended. */
async function leftBehind(project: string): Promise<string> {
  const { host } = world.processes.self;
  const ended = spawnSync(process.execPath, ["--version"]).pid;
  let place = "";
  await inTurn(world, project, async () => {
    place = join(turns, readdirSync(turns)[0] ?? "");
  });
  writeFileSync(place, JSON.stringify({ host, pid: ended, run: "x" }));
  return place;
}
