/** Ctrl-C as a user gives it, to a process of its own that has npm running. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { Project } from "../../registry-fixtures/project.js";
import { MAIN } from "../../registry-fixtures/secure-install.js";
import { setScene } from "../attacks/scene.js";
import { realNpm } from "../installer/real-npm.js";

const scene = await setScene();
const posix = process.platform !== "win32";

/** An npm that locks as npm does, and of an installation does the first half, says so, and takes its time. */
async function slowNpm(project: Project): Promise<string> {
  const real = await realNpm();
  const folder = join(project.home, "bin");
  const root = join(folder, "node_modules", "npm");
  mkdirSync(join(root, "bin"), { recursive: true });
  writeFileSync(join(root, "package.json"), JSON.stringify({ name: "npm", version: real.version }));
  const code = `if (process.argv[2] !== "ci") require(${JSON.stringify(real.cli)});
    else {
      require("node:fs").mkdirSync("node_modules/half", { recursive: true });
      console.log("npm is at work");
      setTimeout(() => {}, 20_000);
    }`;
  writeFileSync(join(root, "bin", "npm-cli.js"), code);
  writeFileSync(join(folder, "npm"), "");
  chmodSync(join(folder, "npm"), 0o755);
  return [folder, process.env.PATH].join(delimiter);
}

for (const [signal, status] of [["SIGINT", 130] as const, ["SIGTERM", 143] as const]) {
  test(`${signal} while npm installs: half a tree is moved aside, all else is put back, exit ${status}`, {
    skip: !posix,
  }, async () => {
    const project = await scene.project({ greeter: "1.0.0" });
    const before = await project.snapshot();
    const run = start(project, await slowNpm(project));
    await run.until(() => run.printed().includes("npm is at work"));
    assert.match(await project.read("package.json"), /hummer/, run.printed());
    run.child.kill(signal);
    assert.deepEqual(await run.ended, [status, null], run.printed());
    const says = `interrupted (${signal}) before the tree was proven: it was moved to `;
    assert.ok(run.printed().includes(says), run.printed());
    assert.ok(!existsSync(join(project.directory, "node_modules")));
    const after = Object.entries(await project.snapshot()).filter(([name]) => !name.startsWith(".refused-"));
    assert.deepEqual(Object.fromEntries(after), before);
    assert.deepEqual(readdirSync(run.temporary), []);
  });
}

test("SIGINT without end: nothing unproven stays, all is put back, and it ends by it", { skip: !posix }, async () => {
  const project = await scene.project({ greeter: "1.0.0" });
  const before = await project.snapshot();
  const run = start(project, await slowNpm(project));
  await run.until(() => run.printed().includes("npm is at work"));
  const insisting = setInterval(() => run.child.kill("SIGINT"), 2);
  const [status, signal] = await run.ended.finally(() => clearInterval(insisting));
  // Once everything is undone, one of them may end it before it has told so: 130 to a shell, too.
  assert.ok(status === 130 || (status === null && signal === "SIGINT"), `${status} ${signal} ${run.printed()}`);
  assert.ok(!existsSync(join(project.directory, "node_modules")));
  const after = Object.entries(await project.snapshot()).filter(([name]) => !name.startsWith(".refused-"));
  assert.deepEqual(Object.fromEntries(after), before);
  assert.deepEqual(readdirSync(run.temporary), []);
});

test("SIGINT while a registry keeps us waiting: at once, and nothing is left behind", { skip: !posix }, async () => {
  const project = await scene.project({ greeter: "1.0.0" });
  const before = await project.snapshot();
  scene.simulator.hang(100, { on: /\.tgz$/ });
  const run = start(project, scene.witness.path);
  await run.until(() => scene.simulator.log.some(({ path }) => path.endsWith(".tgz")));
  run.child.kill("SIGINT");
  const begun = Date.now();
  assert.deepEqual(await run.ended, [130, null], run.printed());
  assert.ok(Date.now() - begun < 5_000);
  assert.match(run.printed(), /interrupted \(SIGINT\) before anything was installed: the project is as it was/);
  assert.doesNotMatch(run.printed(), /INTERNAL|Error|\n {4}at /);
  assert.deepEqual(await project.snapshot(), before);
  assert.deepEqual(readdirSync(run.temporary), []);
});

/** `secure-install hummer`, with this PATH, and a folder of its own for what is temporary. */
function start(project: Project, path: string) {
  const temporary = join(project.home, "temporary");
  mkdirSync(temporary);
  const env = { PATH: path, HOME: project.home, TMPDIR: temporary, XDG_CACHE_HOME: project.home };
  const args = [MAIN, "hummer", `--cafile=${scene.served.caFile}`];
  const child = spawn(process.execPath, args, { cwd: project.directory, env });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (piece) => {
      printed += String(piece);
    });
  }
  const until = async (is: () => boolean): Promise<void> => {
    while (!is() && child.exitCode === null) await pause(20);
  };
  const ended = new Promise<readonly [number | null, NodeJS.Signals | null]>((resolve) =>
    child.on("close", (...how) => resolve(how)),
  );
  return { child, temporary, until, ended, printed: () => printed };
}
