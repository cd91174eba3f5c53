/** What the system refuses is no bug of ours, and is told as what it is; a report that is lost does not pass unremarked. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Project } from "../../registry-fixtures/project.js";
import { MAIN, type Run } from "../../registry-fixtures/secure-install.js";
import { setScene } from "../attacks/scene.js";

const scene = await setScene();

test("a store that is no folder", async () => {
  const project = await scene.project({ hummer: "1.0.0" });
  const file = join(project.home, "file");
  writeFileSync(file, "");
  const error = await scene.stopped(project, {
    code: "ENVIRONMENT_UNUSABLE",
    env: { XDG_CACHE_HOME: file, LOCALAPPDATA: file },
  });
  assert.match(error.says, /ENOTDIR|EEXIST/);
  assert.ok(error.at?.startsWith(file));
});

test("no folder for temporary files", async () => {
  const project = await scene.project({ hummer: "1.0.0" });
  const gone = join(project.home, "gone");
  const error = await scene.stopped(project, {
    code: "ENVIRONMENT_UNUSABLE",
    env: { TMPDIR: gone, TEMP: gone, TMP: gone },
  });
  assert.deepEqual([error.at, error.says], ["TMPDIR", `there is no folder ${gone} for temporary files`]);
});

test("a disk that takes no report: said on stderr, and no success", { skip: !existsSync("/dev/full") }, async () => {
  const project = await scene.project({ hummer: "1.0.0" });
  const shell = ["-c", '"$0" "$@" > /dev/full', process.execPath];
  const told = await start(project, "sh", [...shell, MAIN, "gate", "--json", `--cafile=${scene.served.caFile}`]);
  assert.deepEqual([told.status, told.stdout], [78, ""]);
  assert.match(told.stderr, /^secure-install: the report can't be written: ENOSPC.*\n$/);
});

test("our own bug: one line, and the place in our code under --verbose", async () => {
  const project = await scene.project({ hummer: "1.0.0" });
  // Nothing that a user can cause is known to be one, so the worker threads are put out of order.
  const broken = join(project.home, "broken.mjs");
  const code = `import { Worker } from "node:worker_threads";
    Worker.prototype.postMessage = () => { throw new Error("out of order"); };`;
  writeFileSync(broken, code);
  const args = ["--import", broken, MAIN, "ci", `--cafile=${scene.served.caFile}`];
  const told = await start(project, process.execPath, args);
  assert.deepEqual([told.status, told.stdout], [70, ""]);
  assert.match(told.stderr, /INTERNAL\n {4}says {8}Error: out of order\n/);
  assert.doesNotMatch(told.stderr, /at .*\.js/);
  const more = await start(project, process.execPath, [...args, "--verbose"]);
  assert.match(more.stderr, /^Error: out of order\n {4}at .*pool\.js/s);
});

/** Not waited for in one piece: the registry that it asks is in this process. */
function start(project: Project, file: string, args: readonly string[]): Promise<Run> {
  const env = { PATH: process.env.PATH, HOME: project.home, XDG_CACHE_HOME: project.home };
  return new Promise((resolve) => {
    const child = execFile(file, args, { cwd: project.directory, env, timeout: 30_000 }, (_error, stdout, stderr) =>
      resolve({ status: child.exitCode, stdout, stderr }),
    );
  });
}
