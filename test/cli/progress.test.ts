/** Progress: on a terminal only, one line, calm, and gone before anything else is said. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { MAIN, secureInstall } from "../../registry-fixtures/secure-install.js";
import { progressDisplay, progressLine } from "../../src/cli/progress.js";
import { quietly } from "../../src/cli/quiet.js";
import { realWorld } from "../../src/cli/world.js";
import type { Terminal, World } from "../../src/model/world.js";
import { setScene } from "../attacks/scene.js";

const scene = await setScene();
const ERASE = "\r\u001b[K";

function terminal(isTTY: boolean, columns = 80): Terminal & { readonly printed: string[] } {
  const printed: string[] = [];
  const push = (text: string) => void printed.push(text);
  return { isTTY, columns, color: false, out: push, err: push, printed };
}

test("nothing without a terminal, and nothing where silence was asked for", async () => {
  for (const [shown, silent] of [[terminal(false), false] as const, [terminal(true), true] as const]) {
    const progress = progressDisplay(shown, silent);
    progress.stage("verifying", 3);
    progress.step(0);
    await pause(150);
    progress.clear();
    assert.deepEqual(shown.printed, []);
  }
});

test("at most ten times a second, and the last state is shown", async () => {
  const shown = terminal(true);
  const progress = progressDisplay(shown, false);
  progress.stage("verifying", 2000);
  const end = performance.now() + 450;
  for (let at = 0; at < 1999; at += 1) {
    progress.step(0);
    if (performance.now() < end && at % 10 === 0) await pause(1);
  }
  await pause(200);
  assert.ok(shown.printed.length >= 2 && shown.printed.length <= 9, `${shown.printed.length} times`);
  assert.equal(shown.printed.at(-1), `${ERASE}verifying  1,999/2,000`);
  progress.clear();
  assert.equal(shown.printed.at(-1), ERASE);
});

test("cleared is cleared: what goes on for a while behind a given-up run writes no more", async () => {
  const shown = terminal(true);
  const progress = progressDisplay(shown, false);
  progress.stage("verifying", 10);
  await pause(30);
  progress.step(0);
  progress.clear();
  progress.clear();
  const count = shown.printed.length;
  progress.step(0);
  await pause(150);
  assert.equal(shown.printed.length, count);
  progress.stage("proving the tree", 3);
  await pause(120);
  assert.match(shown.printed.at(-1) ?? "", /proving the tree {2}0\/3$/);
  progress.clear();
});

test("a terminal of any width gets one row, with what matters most", () => {
  const state = { stage: "verifying", total: 1924, done: 7, bytes: 12_400_000 };
  assert.equal(progressLine(state, 80), "verifying      7/1,924  12.4 MB fetched");
  assert.equal(progressLine(state, 30), "verifying      7/1,924");
  assert.equal(progressLine(state, 20), "7/1,924");
  assert.equal(progressLine(state, 6), "verif");
  assert.equal(progressLine({ ...state, total: 0, bytes: 0 }, 80), "verifying");
  assert.equal(progressLine(state, 0), progressLine(state, 80), "one that does not know its width");
  for (let columns = 1; columns < 90; columns += 1) assert.ok(progressLine(state, columns).length < columns);
});

/** Runs a command line on a pseudo-terminal, writes all that it wrote there, and ends as it ended. */
const ON_A_TERMINAL = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";
const python = process.platform === "win32" ? null : ["python3", "python"].find((name) => hasPty(name));
if (python === undefined) console.error("NOT TESTED: without Python there is no pseudo-terminal to try progress on");

function hasPty(name: string): boolean {
  return spawnSync(name, ["-c", "import pty, os; os.waitstatus_to_exitcode"], { stdio: "ignore" }).status === 0;
}

test("on a real terminal: progress is drawn, and at the end only the result stands there", {
  skip: !python,
}, async () => {
  const project = await scene.project({ greeter: "1.0.0" });
  scene.simulator.slow(60);
  const env = { PATH: process.env.PATH, HOME: project.home, XDG_CACHE_HOME: project.home, TERM: "xterm" };
  const args = ["-c", ON_A_TERMINAL, process.execPath, MAIN, "gate", `--cafile=${scene.served.caFile}`];
  const child = spawn(python ?? "", args, { cwd: project.directory, env, stdio: ["ignore", "pipe", "inherit"] });
  let written = "";
  child.stdout.on("data", (piece: Buffer) => {
    written += piece.toString();
  });
  await new Promise((done) => child.on("close", done));
  assert.equal(child.exitCode, 0, written);
  assert.match(written, /verifying {2}\d\/3/);
  assert.match(written, /\u001b\[32mPASSED\u001b\[0m/);
  const rows = written.replaceAll("\r\n", "\n").split("\n");
  const left = rows.map((row) => row.slice(row.lastIndexOf(ERASE) + (row.includes(ERASE) ? ERASE.length : 0)));
  assert.match(left.join("\n"), /^\u001b\[32mPASSED\u001b\[0m {2}3 packages: [^\r]*\n$/);
});

test("colour is for terminals: NO_COLOR and FORCE_COLOR are heard, and a log gets none", async () => {
  const project = await scene.project({});
  const colored = async (env: Record<string, string>) => {
    const { stdout, stderr } = await secureInstall(project, ["ci", "--unknown"], { env });
    assert.equal(stdout, "");
    return stderr.includes("\u001b[");
  };
  assert.equal(await colored({}), false);
  assert.equal(await colored({ FORCE_COLOR: "1" }), true);
  assert.equal(await colored({ FORCE_COLOR: "0" }), false);
  assert.equal(await colored({ FORCE_COLOR: "1", NO_COLOR: "1" }), false);
});

test("--quiet: nothing at all where all is well, not from npm either; a refusal still speaks", async () => {
  const project = await scene.project({ "noisy-installer": "1.0.0" });
  const run = () => secureInstall(project, ["ci", "--quiet"], { caFile: scene.served.caFile });
  assert.deepEqual(await run(), { status: 0, stdout: "", stderr: "" });
  scene.simulator.tamper("noisy-installer", "1.0.0", (tarball) => Buffer.from(tarball).fill(0xff, tarball.length - 8));
  await secureInstall(project, ["store", "prune", "--budget=0"]);
  const refused = await run();
  assert.equal(refused.status, 65);
  assert.match(refused.stdout, /DIGEST_MISMATCH[\s\S]*FAILED/);
});

test("--quiet keeps npm's words back, and gives them where npm has failed", async () => {
  const printed = terminal(false);
  const world = { ...realWorld(), terminal: printed };
  const ended = async (status: number) => ({ status, signal: null, output: "npm ERR! words\n" });
  const command = { file: "npm", args: [], env: {}, cwd: "/", seal: "digest-locked" as const };
  for (const status of [0, 1]) {
    const asked: unknown[] = [];
    const run: World["processes"]["run"] = (_command, how) => {
      asked.push(how.output);
      return ended(status);
    };
    const quiet = quietly({ ...world, processes: { ...world.processes, run } }, true);
    await quiet.processes.run(command, { output: "inherit" });
    assert.notEqual(asked[0], "inherit");
    assert.deepEqual(printed.printed, status === 0 ? [] : ["npm ERR! words\n"]);
  }
  assert.equal(quietly(world, false), world);
});
