/** Answers that never end, end too early, or are not what was announced; each on a package of its own, in one run. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { afterEach, before, test } from "node:test";
import { snapshot } from "../../registry-fixtures/snapshot.js";
import { FETCH_LIMITS } from "../../src/fetch/settings.js";
import { LIMITS } from "../../src/model/limits.js";
import { repack, setScene, small } from "./scene.js";
import { codesOf, type ShownReport } from "./shown.js";

const scene = await setScene(undefined, { inside: true });
/** What is waited and read for no longer than a test may take: put back after each. */
const bounds = { ...FETCH_LIMITS };
const shortened = (fewer: Partial<typeof FETCH_LIMITS>) => Object.assign(FETCH_LIMITS, { backOffMs: 20, ...fewer });
afterEach(() => Object.assign(FETCH_LIMITS, bounds));
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
  "far-longer-than-allowed": {
    code: "FETCH_TOO_LARGE",
    spoil: (name) => simulator.wrongLength(LIMITS.tarballBytes, { on: tarball(name) }),
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
  shortened({});
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

test("a tarball without an end is cut off at the limit, and nothing of it is kept", async () => {
  const project = await scene.project({ gone: "1.0.0" });
  simulator.endless({ on: tarball("gone") });
  const { tarballBytes } = LIMITS;
  Object.assign(LIMITS, { tarballBytes: 1024 * 1024 });
  try {
    await scene.refused(project, { code: "FETCH_TOO_LARGE", of: "gone@1.0.0", status: 75 });
  } finally {
    Object.assign(LIMITS, { tarballBytes });
  }
  const kept = await snapshot(join(project.home, "cache"));
  assert.deepEqual(
    Object.keys(kept).filter((name) => /content-v2\/|tmp\/./.test(name) && kept[name]?.startsWith("file")),
    [],
  );
});

test("a server that falls silent, before its answer or in the midst of it, and one that trickles: given up", async () => {
  const ways: Readonly<Record<string, (name: string) => void>> = {
    "silent-at-once": (name) => simulator.hang(null, { on: tarball(name) }),
    "silent-in-the-midst": (name) => simulator.hang(1000, { on: tarball(name) }),
    "silent-manifest": (name) => simulator.hang(10, { on: manifest(name) }),
    trickling: (name) => simulator.slow(20, { on: tarball(name) }),
  };
  const names = Object.keys(ways);
  for (const name of names) simulator.publish({ ...small(name), "noise.bin": randomBytes(50_000) });
  const project = await scene.project(Object.fromEntries(names.map((name) => [name, "1.0.0"])));
  for (const [name, spoil] of Object.entries(ways)) spoil(name);
  shortened({ idleMs: 200, answerMs: 800, attempts: 1 });
  const told = await scene.refused(project, { code: "FETCH_TIMEOUT", of: "trickling@1.0.0", status: 75 });
  for (const name of names) assert.deepEqual(codesOf(told, `${name}@1.0.0`), ["FETCH_TIMEOUT"], name);
  assert.deepEqual([told.result, told.counts.undecided], ["UNDECIDED", names.length]);
});

test("what can't be had is undecided, never passed: exit status 75", async () => {
  const project = await scene.project({ gone: "1.0.0" });
  simulator.status(404, { on: tarball("gone") });
  const told = await scene.refused(project, { code: "FETCH_FAILED", of: "gone@1.0.0", status: 75 });
  assert.deepEqual([told.result, told.tampered, told.counts.undecided], ["UNDECIDED", false, 1]);
});
