/** The bench itself runs, on a few generated packages and without the network. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../bench/main.js", import.meta.url));

test("20 generated packages: an audit and a proof are measured, and told as Markdown", () => {
  const cache = mkdtempSync(join(tmpdir(), "bench-cache-"));
  try {
    const args = ["--generated", "20", "--pairs", "1", "--only", "audit,proof", "--cache", cache];
    const run = spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8", timeout: 120_000 });
    assert.equal(run.status, 0, run.stderr);
    assert.match(run.stdout, /^20 generated packages of 10 files each; rounds: 1; /);
    assert.match(run.stdout, /^\| full `audit`, against its limit \| \d+\.\d\d × \| ≤ 2\.00 × \| /m);
    assert.match(run.stdout, /^### Proof of the tree\n\n200 files\./m);
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
});
