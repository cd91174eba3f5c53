/** The bench itself runs, on a few generated packages and without the network. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../bench/main.js", import.meta.url));

function bench(sections: string): string {
  const cache = mkdtempSync(join(tmpdir(), "bench-cache-"));
  try {
    const args = ["--generated", "20", "--pairs", "1", "--only", sections, "--cache", cache];
    const run = spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8", timeout: 240_000 });
    assert.equal(run.status, 0, run.stderr);
    return run.stdout;
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
}

test("20 generated packages: an audit and a proof are measured, and told as Markdown", () => {
  const told = bench("audit,proof");
  assert.match(told, /^20 generated packages of 10 files each; rounds: 1; /);
  assert.match(told, /^\| full `audit`, against its limit \| \d+\.\d\d × \| ≤ 2\.00 × \| /m);
  assert.match(told, /^### Proof of the tree\n\n200 files\./m);
});

test("20 generated packages, 7 of them attested: bundles by four verifiers, and audits with and without", () => {
  const told = bench("attestations");
  const others = told.match(
    /^\| a (provenance bundle|publish attestation), against .* \| \d+\.\d\d × \| – \| {2}\|$/gm,
  );
  assert.equal(others?.length, 6, told);
  assert.match(told, /^\| `audit` with attestations, against without \| \d+\.\d\d × \| – \| /m);
  assert.match(told, /^\| `audit --signatures-only`, more for each attested package \| /m);
  assert.match(told, /^7 of 20 packages attested, /m);
});
