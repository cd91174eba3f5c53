/** `store status` and `store prune`, as a user types them, on the store that an installation has filled. */
import assert from "node:assert/strict";
import fs, { existsSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Project } from "../../registry-fixtures/project.js";
import { secureInstall } from "../../registry-fixtures/secure-install.js";
import { parse } from "../../src/cli/parse.js";
import { realWorld } from "../../src/cli/world.js";
import { setScene } from "../attacks/scene.js";
import { DAY, HOUR, setAge, storedIn, there } from "../fetch/stored.js";

const scene = await setScene();
const posix = process.platform !== "win32";

/** Where `secureInstall` has its store. */
const storeOf = (project: Project): string =>
  process.platform === "win32"
    ? join(project.home, "cache", "secure-install", "Cache")
    : join(project.home, "cache", "secure-install");

interface Told {
  readonly blobs: { readonly count: number; readonly bytes: number };
  readonly claims: { readonly count: number };
  readonly removed: { readonly count: number };
  readonly bytes: number;
  readonly left: number;
  readonly budget: number | null;
  readonly oldestUse: string | null;
  readonly runs: number;
  readonly broken: readonly string[] | null;
  readonly directory: string;
}

async function told(project: Project, ...args: readonly string[]): Promise<Told> {
  const { status, stdout, stderr } = await secureInstall(project, ["store", ...args, "--json"]);
  assert.deepEqual([status, stderr], [0, ""]);
  return JSON.parse(stdout) as Told;
}

/** Every blob's file. */
function blobsOf(project: Project): string[] {
  const content = join(storeOf(project), "content-v2", "sha512");
  return readdirSync(content, { recursive: true, encoding: "utf8" })
    .map((name) => join(content, name))
    .filter((file) => fs.statSync(file).isFile());
}

test("no store yet: status says so, prune has nothing to do, and neither makes one", async () => {
  const project = await scene.project({});
  const { status, stdout } = await secureInstall(project, ["store", "status"]);
  assert.equal(status, 0);
  assert.match(
    stdout,
    /^Store {7}.*\nBlobs {7}0 {2}0 B\nClaims {6}0 {2}0 B\nSize {8}0 B of 5 GB, 0%\nOldest {6}nothing yet\n$/,
  );
  assert.equal(
    (await secureInstall(project, ["store", "prune"])).stdout,
    "Removed 0 files, 0 B; 0 B left of a budget of 5 GB.\n",
  );
  assert.ok(!existsSync(storeOf(project)));
});

/** A project whose store holds three blobs, last used 90 days, 31 days and a moment ago, and a claim. */
async function filled(): Promise<{ readonly project: Project; readonly blobs: readonly string[] }> {
  const project = await scene.project({});
  const store = await storedIn(storeOf(project), Date.now());
  const blobs = [await store.blob(90 * DAY), await store.blob(31 * DAY), await store.blob(0)];
  await store.claim(0);
  return { project, blobs };
}

test("status: where it is, how much of what, since when, by which budget; nobody is at work", async () => {
  const { project } = await filled();
  const status = await told(project, "status");
  assert.equal(status.directory, storeOf(project));
  assert.deepEqual([status.blobs, status.claims.count], [{ count: 3, bytes: 3000 }, 1]);
  assert.deepEqual([status.runs, status.broken, status.budget], [0, null, 5_000_000_000]);
  assert.ok(Math.abs(Date.now() - 90 * DAY - Date.parse(status.oldestUse ?? "")) < HOUR);
  assert.equal((await told(project, "status", "--budget", "none")).budget, null);
  const { stdout } = await secureInstall(project, ["store", "status", "--budget=10KB", "--verify"]);
  const lines = ["Blobs       3  3 kB", "Size        3.1 kB of 10 kB, 31%", "Oldest      last used 90 days ago"];
  for (const line of [...lines, "Verified    every file is what it is named for"])
    assert.ok(stdout.includes(`${line}\n`), stdout);
});

test("prune: to the budget, least recently used first, and nothing where it is only tried", async () => {
  const { project, blobs } = await filled();
  const dry = await told(project, "prune", "--budget=2.5KB", "--dry-run");
  assert.deepEqual([dry.removed.count, there(blobs)], [1, [true, true, true]]);
  assert.equal((await told(project, "prune", "--budget=2.5KB")).removed.count, 1);
  assert.deepEqual(there(blobs), [false, true, true]);
  assert.equal((await secureInstall(project, ["store", "prune", "--budget=0", "--quiet"])).stdout, "");
  assert.equal((await told(project, "status")).bytes, 0);
});

test("prune by age alone leaves the budget out of it", async () => {
  const { project, blobs } = await filled();
  const env = { SECURE_INSTALL_STORE_BUDGET: "0" };
  const { stdout } = await secureInstall(project, ["store", "prune", "--older-than", "30"], { env });
  assert.match(stdout, /^Removed 2 files, 2 kB; 1\.1 kB left\.\n$/);
  assert.deepEqual(there(blobs), [false, false, true]);
});

test("--verify finds what was altered; status names it, prune removes it", async () => {
  const { project, blobs } = await filled();
  const altered = blobs[2] ?? "";
  fs.chmodSync(altered, 0o644);
  fs.appendFileSync(altered, "x");
  assert.deepEqual((await told(project, "status", "--verify")).broken, [altered]);
  const { stdout } = await secureInstall(project, ["store", "prune", "--verify", "--dry-run", "--quiet"]);
  assert.equal(stdout, `Broken      ${altered} is not what it is named for, and would be removed\n`);
  assert.deepEqual((await told(project, "prune", "--verify")).broken, [altered]);
  assert.deepEqual(there(blobs), [true, true, false]);
});

test("a run over its budget prunes by itself and says nothing; what it used stays, and is marked as used", async () => {
  const project = await scene.project({ hummer: "1.0.0" });
  const store = await storedIn(storeOf(project), Date.now());
  const old = await store.blob(90 * DAY);
  const audit = async (budget: string) => {
    const env = { SECURE_INSTALL_STORE_BUDGET: budget };
    const { status, stdout, stderr } = await secureInstall(project, ["audit", "--quiet"], {
      env,
      caFile: scene.served.caFile,
    });
    assert.deepEqual([status, stdout, stderr], [0, "", ""]);
  };
  await audit("1");
  const used = blobsOf(project);
  assert.deepEqual([existsSync(old), used.length > 0], [false, true]);
  for (const file of used) setAge(file, 60 * DAY, Date.now());
  setAge(join(storeOf(project), "pruned"), 2 * DAY, Date.now());
  await audit("a budget that is none, and stops no run");
  for (const file of used) assert.ok(Date.now() - fs.statSync(file).mtimeMs < HOUR);
  assert.deepEqual(readdirSync(join(storeOf(project), "runs")), []);
});

test("a budget in the environment that is none stops store", async () => {
  const project = await scene.project({});
  const env = { SECURE_INSTALL_STORE_BUDGET: "much" };
  const stopped = await secureInstall(project, ["store", "status"], { env });
  assert.equal(stopped.status, 78);
  assert.match(stopped.stderr, /ENVIRONMENT_UNUSABLE at SECURE_INSTALL_STORE_BUDGET/);
  assert.equal(
    (await secureInstall(project, ["store", "status"], { env: { SECURE_INSTALL_STORE_BUDGET: "none" } })).status,
    0,
  );
});

test("a store that is a link, or open to others, is not pruned", { skip: !posix }, async () => {
  const project = await scene.project({});
  mkdirSync(join(project.home, "cache"), { recursive: true });
  mkdirSync(join(project.home, "elsewhere"), { mode: 0o700 });
  symlinkSync(join(project.home, "elsewhere"), storeOf(project));
  const { status, stderr } = await secureInstall(project, ["store", "prune", "--budget=0"]);
  assert.equal(status, 78);
  assert.match(stderr, /ENVIRONMENT_UNSAFE.*\n.*is a symbolic link/);
  assert.deepEqual(readdirSync(join(project.home, "elsewhere")), []);
});

test("usage: what is no size, no number of days, or no command", async () => {
  const world = realWorld();
  for (const line of [
    "prune --budget lots",
    "prune --budget=-1",
    "prune --budget=1e9",
    "prune --older-than=-3",
    "prune --older-than=soon",
    "status --older-than=3",
    "prune everything",
    "empty",
  ])
    await assert.rejects(parse(["store", ...line.split(" ")], world), { name: "StopError", code: "USAGE" }, line);
});
