import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, describe, it } from "node:test";
import { workerPool } from "../../src/parallel/pool.js";

const entry = new URL("./jobs.js", import.meta.url);

describe("worker threads", () => {
  const pool = workerPool(entry, 2);
  after(() => pool.close());

  it("answer each job with its own result, more jobs than threads", async () => {
    const inputs = Array.from({ length: 50 }, (_, index) => index);
    const results = await Promise.all(inputs.map((input) => pool.run<number>("double", input)));
    assert.deepEqual(
      results,
      inputs.map((input) => input * 2),
    );
    assert.deepEqual(await Promise.all(["a", "b", "c"].map((input) => pool.run("later", input))), ["a", "b", "c"]);
  });

  it("get little room for what is new, since all of them together count", async () => {
    const limits = await pool.run<{ readonly maxYoungGenerationSizeMb: number }>("limits", null);
    assert.ok(limits.maxYoungGenerationSizeMb <= 8, String(limits.maxYoungGenerationSizeMb));
  });

  it("reject only the job that failed, and tell its error", async () => {
    const [failed, odd, unknown, inherited, unclonable, good] = await Promise.allSettled([
      pool.run("fail", null),
      pool.run("odd", null),
      pool.run("nothing", null),
      pool.run("toString", null),
      pool.run("unclonable", null),
      pool.run("double", 4),
    ]);
    assert.ok(failed.status === "rejected" && failed.reason.name === "TypeError");
    assert.equal(failed.reason.message, "no good");
    assert.equal(failed.reason.code, "ENOGOOD");
    assert.ok(odd.status === "rejected" && odd.reason.message === "text");
    assert.ok(unknown.status === "rejected" && /no job is called nothing/.test(unknown.reason.message));
    assert.ok(inherited.status === "rejected" && /no job is called toString/.test(inherited.reason.message));
    assert.ok(unclonable.status === "rejected");
    assert.deepEqual(good, { status: "fulfilled", value: 8 });
    await assert.rejects(
      pool.run("double", () => 1),
      /could not be cloned/,
    );
  });

  it("are replaced when they crash, and the jobs behind still run", async () => {
    const jobs = ["crash", "leave", "crash", "leave"].map((job) => pool.run(job, null));
    const behind = Array.from({ length: 10 }, (_, index) => pool.run<number>("double", index));
    const ends = await Promise.allSettled(jobs);
    assert.deepEqual(
      ends.map((end) => end.status === "rejected" && end.reason.message),
      ["crashed", "a worker thread ended with status 3", "crashed", "a worker thread ended with status 3"],
    );
    assert.equal((await Promise.all(behind)).length, 10);
  });

  it("see nothing of our environment, flags and arguments", async () => {
    process.env.POOL_SECRET = "1";
    assert.deepEqual(await pool.run("surroundings", null), {
      variables: { NODE_DISABLE_COMPILE_CACHE: "1" },
      flags: [],
      arguments: [],
    });
  });

  it("reject every job when the module can't be loaded, and do not try for ever", async () => {
    const broken = workerPool(new URL("./none.js", import.meta.url), 2);
    const ends = await Promise.allSettled([1, 2, 3, 4, 5].map((input) => broken.run("double", input)));
    assert.ok(ends.every((end) => end.status === "rejected"));
    await broken.close();
  });

  it("close at once, rejecting what is not done", async () => {
    const other = workerPool(entry, 1);
    const jobs = [other.run("never", null), other.run("double", 1)];
    const ends = Promise.allSettled(jobs);
    await other.close();
    assert.ok((await ends).every((end) => end.status === "rejected" && /closed during/.test(end.reason.message)));
    await assert.rejects(other.run("double", 1), /closed before double/);
    await other.close();
  });

  it("do not keep the process alive when idle", { timeout: 9000 }, () => {
    const pool = new URL("../../src/parallel/pool.js", import.meta.url);
    const code = `import { workerPool } from ${JSON.stringify(pool.href)};
      const workers = workerPool(new URL(${JSON.stringify(entry.href)}), 2);
      console.log(await Promise.all([workers.run("double", 1), workers.run("double", 2), workers.run("later", 3)]));`;
    const ended = spawnSync(process.execPath, ["--input-type=module", "-e", code], { timeout: 8000 });
    assert.equal(`${ended.stdout}${ended.stderr}`, "[ 2, 4, 3 ]\n");
    assert.equal(ended.status, 0);
  });
});
