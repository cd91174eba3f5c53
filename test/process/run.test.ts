import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { diskFiles } from "../../src/files/disk.js";
import type { Command, Environment } from "../../src/model/world.js";
import { systemProcesses } from "../../src/process/system.js";

const files = diskFiles();
const posix = process.platform !== "win32";
const environment: Environment = {
  variables: process.env,
  platform: process.platform,
  arch: process.arch,
  libc: null,
  homeDirectory: "/",
  workingDirectory: process.cwd(),
  node: process.execPath,
  cores: 1,
};
const processes = systemProcesses(environment, files);
let folder = "";

const node = (code: string, ...args: string[]): Command => ({
  file: process.execPath,
  args: ["-e", code, "--", ...args],
  env: { ONLY: "this" },
  cwd: folder,
  seal: "lock-only",
});

before(async () => {
  folder = await files.makeTemporary("run-");
});
after(() => files.remove(folder));

describe("running a command", () => {
  it("gives its status, and both its streams as they came", async () => {
    const ended = await processes.run(node("console.log('out'); console.error('err'); process.exitCode = 7"), {
      output: { keep: 1000 },
    });
    assert.deepEqual(
      { ...ended, output: ended.output.split("\n").sort() },
      {
        status: 7,
        signal: null,
        output: ["", "err", "out"],
      },
    );
  });

  it("gives it what it reads, and every byte of stdout alone where bytes are asked for", async () => {
    const echo = "process.stdin.pipe(process.stdout); console.error('a warning')";
    const input = Buffer.from([...Array(256).keys()]);
    const ended = await processes.run(node(echo), { output: { keep: 1000, binary: true, input } });
    assert.deepEqual(Buffer.from(ended.output, "latin1"), input);
  });

  it("is not disturbed by a program that reads nothing of what it is given", async () => {
    const output = { keep: 10, input: Buffer.alloc(1024 * 1024) };
    assert.equal((await processes.run(node("process.exitCode = 3"), { output })).status, 3);
  });

  it("passes the environment as given, and nothing of ours", async () => {
    const before = process.env.NODE_V8_COVERAGE;
    process.env.NODE_V8_COVERAGE = path.join(folder, "coverage");
    const ended = await processes.run(node("console.log(JSON.stringify(process.env))"), { output: { keep: 10_000 } });
    if (before === undefined) delete process.env.NODE_V8_COVERAGE;
    else process.env.NODE_V8_COVERAGE = before;
    const seen: Record<string, string> = JSON.parse(ended.output);
    assert.equal(seen.ONLY, "this");
    for (const ours of ["PATH", "HOME", "NODE_V8_COVERAGE", "NODE_TEST_CONTEXT"]) {
      if (posix) assert.equal(seen[ours], undefined, ours);
    }
  });

  it("goes through no shell: arguments arrive as they are", async () => {
    const args = ["$(id)", "a b", "`id`", "*", "; exit 3", '"'];
    const ended = await processes.run(node("console.log(JSON.stringify(process.argv.slice(1)))", ...args), {
      output: { keep: 10_000 },
    });
    assert.deepEqual(JSON.parse(ended.output), args);
  });

  it("keeps no more than was asked for, however much there is", async () => {
    const ended = await processes.run(node("process.stdout.write('x'.repeat(3_000_000))"), { output: { keep: 100 } });
    assert.equal(ended.output, "x".repeat(100));
    assert.equal(ended.status, 0);
  });

  it("says which program did not start, and refuses a relative one", async () => {
    const missing = { ...node(""), file: path.join(folder, "none") };
    await assert.rejects(processes.run(missing, { output: "inherit" }), { code: "HANDOFF_FAILED", message: /none/ });
    await assert.rejects(processes.run({ ...missing, file: "npm" }, { output: "inherit" }), /absolute/);
  });

  it("refuses a .cmd on Windows, where a shell would read its arguments anew (CVE-2024-27980)", async () => {
    const windows = systemProcesses({ ...environment, platform: "win32" }, files);
    const shim = { ...node(""), file: path.join(folder, "npm.CMD") };
    await assert.rejects(windows.run(shim, { output: "inherit" }), { code: "HANDOFF_FAILED" });
  });
});

describe("ending a command", { skip: !posix }, () => {
  const ends = async (file: string): Promise<boolean> => {
    const pid = Number(fs.readFileSync(path.join(folder, file), "utf8"));
    for (let tries = 0; tries < 40; tries++) {
      try {
        process.kill(pid, 0);
      } catch {
        return true;
      }
      // In a container nobody may collect an orphan that has ended.
      const status = `/proc/${pid}/status`;
      if (fs.existsSync(status) && /^State:\s+Z/m.test(fs.readFileSync(status, "utf8"))) return true;
      await wait(50);
    }
    return false;
  };
  const grandchild = (file: string, detachedPipes: string): string => `
    const child = require("child_process").spawn(process.execPath, ["-e",
      "process.on('SIGTERM', () => {}); setTimeout(() => {}, 30000)"], { stdio: ${detachedPipes} });
    require("fs").writeFileSync(${JSON.stringify(file)}, String(child.pid));`;

  it("ends the whole group when the time is over, also one who ignores the request", { timeout: 9000 }, async () => {
    const code = `${grandchild("pid1", '"inherit"')} setTimeout(() => {}, 30000)`;
    const ended = await processes.run(node(code), { output: { keep: 100 }, timeoutMs: 4_000 });
    assert.deepEqual([ended.status, ended.signal], [null, "SIGTERM"]);
    assert.ok(await ends("pid1"), "the grandchild has ended too");
  });

  it("does not wait for one who was left behind with the pipes", { timeout: 9000 }, async () => {
    const ended = await processes.run(node(`${grandchild("pid2", '"inherit"')} child.unref(); process.exit(3)`), {
      output: { keep: 100 },
    });
    assert.equal(ended.status, 3);
    process.kill(Number(fs.readFileSync(path.join(folder, "pid2"), "utf8")), "SIGKILL");
  });

  it("ends a command that ignores three requests in a row", { timeout: 9000 }, async () => {
    const room = new URL("../../src/process/system.js", import.meta.url);
    const disk = new URL("../../src/files/disk.js", import.meta.url);
    const inner = `process.on("SIGTERM", () => {}); console.log("ready"); setInterval(() => {}, 9000)`;
    const outer = `import { systemProcesses } from ${JSON.stringify(room.href)};
      import { diskFiles } from ${JSON.stringify(disk.href)};
      const ended = await systemProcesses({ platform: process.platform, variables: {} }, diskFiles()).run(
        { file: process.execPath, args: ["-e", ${JSON.stringify(inner)}], env: {}, cwd: "/", seal: "lock-only" },
        { output: "inherit" });
      console.log("ended " + ended.signal);`;
    const parent = spawn(process.execPath, ["--input-type=module", "-e", outer], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let printed = "";
    parent.stdout?.on("data", (piece) => {
      printed += piece;
    });
    const closed = new Promise((resolve) => parent.on("close", resolve));
    while (!printed.includes("ready")) await wait(20);
    for (let times = 0; times < 3; times += 1) {
      parent.kill("SIGTERM");
      await wait(100);
    }
    await closed;
    assert.equal(printed, "ready\nended SIGKILL\n");
  });

  it("hands on SIGINT, SIGTERM, SIGHUP and SIGQUIT, and lives to say how the command ended", {
    timeout: 9000,
  }, async () => {
    const room = new URL("../../src/process/system.js", import.meta.url);
    const disk = new URL("../../src/files/disk.js", import.meta.url);
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const) {
      const inner = `process.on("${signal}", () => process.exit(42)); console.log("ready"); setInterval(() => {}, 9000)`;
      const outer = `import { systemProcesses } from ${JSON.stringify(room.href)};
        import { diskFiles } from ${JSON.stringify(disk.href)};
        const ended = await systemProcesses({ platform: process.platform, variables: {} }, diskFiles()).run(
          { file: process.execPath, args: ["-e", ${JSON.stringify(inner)}], env: {}, cwd: "/", seal: "lock-only" },
          { output: "inherit" });
        console.log("ended " + ended.status);`;
      const parent = spawn(process.execPath, ["--input-type=module", "-e", outer], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      let printed = "";
      parent.stdout?.on("data", (piece) => {
        printed += piece;
        if (printed === "ready\n") parent.kill(signal);
      });
      await new Promise((resolve) => parent.on("close", resolve));
      assert.equal(printed, "ready\nended 42\n");
    }
  });
});
