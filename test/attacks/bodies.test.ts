/** Answers that never end, end too early, or are not what was announced; each on a package of its own, in one run. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { repack, setScene, small } from "./scene.js";
import { codesOf, type ShownReport } from "./shown.js";

const scene = await setScene();
const { simulator } = scene;
const tarball = (name: string): RegExp => new RegExp(`/${name}-1\\.0\\.0\\.tgz$`);
const manifest = (name: string): RegExp => new RegExp(`/${name}/1\\.0\\.0$`);

/** By package: what is done to it, and the code of its verdict. */
const FAULTS: Readonly<Record<string, { readonly code: string; spoil(name: string): void }>> = {
  "cut-off": { code: "FETCH_FAILED", spoil: (name) => simulator.cutOff(64, { on: tarball(name) }) },
  "shorter-than-announced": {
    code: "FETCH_FAILED",
    spoil: (name) => simulator.wrongLength(100, { on: tarball(name) }),
  },
  "longer-than-announced": {
    code: "DIGEST_MISMATCH",
    spoil: (name) => simulator.wrongLength(-100, { on: tarball(name) }),
  },
  "endless-manifest": { code: "FETCH_TOO_LARGE", spoil: (name) => simulator.endless({ on: manifest(name) }) },
  "half-a-manifest": { code: "FETCH_FAILED", spoil: (name) => simulator.cutOff(100, { on: manifest(name) }) },
  "web-page": { code: "FETCH_FAILED", spoil: (name) => simulator.html({ on: manifest(name) }) },
  "web-page-for-bytes": { code: "DIGEST_MISMATCH", spoil: (name) => simulator.html({ on: tarball(name) }) },
  "server-error": { code: "FETCH_FAILED", spoil: (name) => simulator.status(503, { on: tarball(name) }) },
  gone: { code: "FETCH_FAILED", spoil: (name) => simulator.status(404, { on: tarball(name) }) },
  "truncated-gzip": { code: "ARCHIVE_MALFORMED", spoil: () => {} },
};

let report: ShownReport;
let elapsed = 0;
before(async () => {
  const names = [...Object.keys(FAULTS), "slow", "stumbling"];
  for (const name of names) simulator.publish(small(name));
  const project = await scene.forged(Object.fromEntries(names.map((name) => [name, "1.0.0"])), ({ packages }) =>
    repack(simulator, packages, "truncated-gzip", { truncateTo: 150 }),
  );
  for (const [name, { spoil }] of Object.entries(FAULTS)) spoil(name);
  simulator.slow(50, { on: tarball("slow") });
  simulator.cutOff(10, { on: tarball("stumbling"), times: 2 });
  const begun = performance.now();
  report = await scene.refused(project, { code: "DIGEST_MISMATCH", of: "longer-than-announced@1.0.0" });
  elapsed = performance.now() - begun;
});

for (const [name, { code }] of Object.entries(FAULTS)) {
  test(`${name}: ${code}`, () => {
    const [verdict] = report.verdicts.filter(({ location }) => location === `node_modules/${name}`);
    assert.equal(verdict?.result, code.startsWith("FETCH_") ? "UNDECIDED" : "FAILED");
    assert.deepEqual(codesOf(report, `${name}@1.0.0`), [code]);
  });
}

test("a slow server is waited for, and one that stumbles is asked again", () => {
  for (const name of ["slow", "stumbling"]) {
    const [verdict] = report.verdicts.filter(({ location }) => location === `node_modules/${name}`);
    assert.equal(verdict?.result, "PASSED", name);
  }
});

test("all of that in bounded time", () => {
  assert.ok(elapsed < 30_000, `${elapsed} ms`);
});

test("what can't be had is undecided, never passed: exit status 75", async () => {
  const project = await scene.project({ gone: "1.0.0" });
  simulator.status(404, { on: tarball("gone") });
  const told = await scene.refused(project, { code: "FETCH_FAILED", of: "gone@1.0.0", status: 75 });
  assert.deepEqual([told.result, told.tampered, told.counts.undecided], ["UNDECIDED", false, 1]);
});
