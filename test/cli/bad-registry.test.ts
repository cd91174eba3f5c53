/** Registries that answer nonsense, or nothing: a clear error with its code, in bounded time, and nothing half-written. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { registryEntry } from "../../registry-fixtures/project.js";
import { MAIN } from "../../registry-fixtures/secure-install.js";
import { serve } from "../../registry-fixtures/server.js";
import { createSimulator } from "../../registry-fixtures/simulator.js";
import { setScene, small } from "../attacks/scene.js";
import { findingsOf } from "../attacks/shown.js";

const scene = await setScene(undefined, { inside: true });
const { simulator } = scene;
simulator.publish(small("soup"));
const SOUP = { soup: "1.0.0" };

test("HTML for every answer, with status 200: the login page of a network", async () => {
  const project = await scene.project(SOUP);
  simulator.html();
  const report = await scene.refused(project, { code: "DIGEST_MISMATCH", of: "soup@1.0.0" });
  assert.equal(report.counts.failed, 1);
});

test("HTML for every answer while it locks", async () => {
  const project = await scene.project({});
  simulator.html();
  const report = await scene.refused(project, { code: "LOCK_FAILED", args: ["soup"] });
  assert.match(findingsOf(report)[0]?.says ?? "", /^soup: /);
});

test("5xx for every answer: asked again a few times, then undecided, with the server's own status", async () => {
  const project = await scene.project(SOUP);
  simulator.status(503);
  const begun = performance.now();
  const report = await scene.refused(project, { code: "FETCH_FAILED", of: "soup@1.0.0", status: 75 });
  assert.match(findingsOf(report, "soup@1.0.0")[0]?.says ?? "", /answered 503.*4 attempts/);
  assert.ok(performance.now() - begun < 20_000);
});

test("5xx for every answer while it locks: undecided as well", async () => {
  const project = await scene.project({});
  simulator.status(503);
  const report = await scene.refused(project, { code: "FETCH_FAILED", args: ["soup"], status: 75 });
  assert.match(findingsOf(report)[0]?.says ?? "", /^soup: .*answered 503/);
});

test("nobody there: undecided", async () => {
  const closed = createSimulator({ name: "closed" });
  closed.publish(small("soup"));
  const served = await serve(closed);
  const project = await scene.project(SOUP, { resolved: false });
  await project.writeNpmrc({ registry: served.url });
  await project.writeTrust({ registries: { closed: registryEntry(closed) } });
  await served.close();
  await scene.refused(project, { code: "FETCH_FAILED", of: "soup@1.0.0", status: 75 });
});

test("nothing at all comes, and the user gives up: nothing is left half-written", {
  skip: process.platform === "win32",
}, async () => {
  const project = await scene.project(SOUP);
  const before = await project.snapshot();
  const cache = join(project.home, "cache");
  mkdirSync(cache);
  simulator.hang(100, { on: /\.tgz$/ });
  const env = { PATH: scene.witness.path, HOME: project.home, XDG_CACHE_HOME: cache };
  const child = spawn(process.execPath, [MAIN, "ci", `--cafile=${scene.served.caFile}`], {
    cwd: project.directory,
    env,
  });
  const ended = new Promise((resolve) => child.on("exit", (status, signal) => resolve(status ?? signal)));
  while (!simulator.log.some(({ path }) => path.endsWith(".tgz"))) await pause(20);
  await pause(100);
  child.kill("SIGINT");
  assert.notEqual(await ended, 0);
  assert.deepEqual(await project.snapshot(), before);
  assert.deepEqual(scene.witness.runs(), []);
  const contents = join(cache, "secure-install", "content-v2", "sha512");
  assert.deepEqual(existsSync(contents) ? readdirSync(contents) : [], [], "nothing took its final name");
});
