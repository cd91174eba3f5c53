/**
 * Attacks on the refresh of npm's keys and Sigstore's roots, as The Update Framework names them, by whoever stands
 * between us and the repository: its real metadata, at several dates. Each is refused, and not a byte is written.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { mintAuthority } from "../../registry-fixtures/authority.js";
import type { Project } from "../../registry-fixtures/project.js";
import { servePublicly } from "../../registry-fixtures/public-registry.js";
import { recordedAsServed, recordedTarball } from "../../registry-fixtures/recorded.js";
import { serve } from "../../registry-fixtures/server.js";
import { sideBySide } from "../../registry-fixtures/side-by-side.js";
import { createSimulator } from "../../registry-fixtures/simulator.js";
import { TufRepository, tufVector } from "../../registry-fixtures/tuf-repository.js";
import { followRepository } from "../../src/pipeline/tuf-client.js";
import { ROOTS_REPOSITORY } from "../../src/trust/builtin.js";
import { renewalChanges } from "../../src/trust/renewal.js";
import { readRoots } from "../../src/trust/roots.js";
import { ROOT_FILES, rootFile } from "../../src/trust/tuf.js";
import { typeInside } from "../pipeline/inside.js";
import { setRefreshScene } from "../pipeline/refresh-scene.js";
import { mintKey } from "../trust/samples.js";
import { npmKeysJson, TufMaker, type TufState, withRoots } from "../trust/tuf-maker.js";
import { codesOf, parseReport } from "./shown.js";

const SMALL = ["is-stream", "undici-types"];
const scene = await setRefreshScene();
const { repository } = scene;

async function refused(
  project: Project,
  day: string,
  says: RegExp,
  code = "ROOTS_INVALID",
  status = 65,
): Promise<void> {
  const before = await project.snapshot();
  const ended = await scene.refresh(project, day);
  assert.deepEqual([ended.told.findings[0]?.code, ended.status], [code, status], JSON.stringify(ended.told));
  assert.match(ended.told.findings[0]?.says ?? "", says);
  assert.equal(ended.told.result, status === 75 ? "UNDECIDED" : "FAILED");
  assert.deepEqual(await project.snapshot(), before);
}

/** A project that was refreshed on that day. */
async function refreshedOn(day: "2025-11-23" | "2026-04-09" | "2026-08-21"): Promise<Project> {
  const project = await scene.project();
  repository.show(day);
  assert.equal((await scene.refresh(project, day)).status, 0);
  return project;
}

describe("who stands in between", () => {
  test("rollback: an older timestamp after a newer one", async () => {
    const project = await refreshedOn("2026-08-21");
    repository.show("2026-04-09");
    await refused(project, "2026-04-10", /New timestamp version 642 is less than current version 762/);
  });

  test("rollback: an older snapshot under the newest timestamp", async () => {
    const project = await refreshedOn("2026-04-09");
    repository.show("2026-08-21");
    repository.replace("165.snapshot.json", tufVector("snapshots/2026-04-09/snapshot.json"));
    await refused(project, "2026-08-22", /Snapshot version doesn't match timestamp/);
  });

  test("rollback is remembered on another machine, which has only the store", async () => {
    const project = await refreshedOn("2026-08-21");
    const other = await scene.project();
    for (const name of Object.values(ROOT_FILES)) {
      await other.write(`.secure-install/${name}`, await project.read(`.secure-install/${name}`));
    }
    repository.show("2026-04-09");
    await refused(other, "2026-04-10", /less than current version 762/);
  });

  test("freeze: a timestamp that has ended", async () => {
    const project = await refreshedOn("2026-04-09");
    await refused(project, "2026-04-20", /tuf-timestamp\.json: it is expired/);
    repository.show("2026-08-21");
    await refused(await scene.project(), "2026-09-01", /Final timestamp\.json is expired/);
  });

  test("freeze: the newest roots are held back, and the last one that is shown has ended", async () => {
    repository.show("2026-08-21");
    await refused(await scene.project(), "2026-11-21", /Final root\.json is expired/);
  });

  test("mix-and-match: files of two dates", async () => {
    const older = { targets: "14.targets.json", "registry.npmjs.org": "8.registry.npmjs.org.json" };
    for (const [role, path] of Object.entries(older)) {
      repository.show("2026-08-21");
      repository.replace(path, tufVector(`snapshots/2025-11-23/${role}.json`));
      await refused(await scene.project(), "2026-08-22", /does not match snapshot version|length|hash/i);
    }
  });

  test("another length, another digest", async () => {
    repository.show("2026-08-21");
    const path = scene.targetPath("keys.json");
    const genuine = repository.shown(path);
    repository.replace(path, Buffer.concat([genuine, Buffer.from("\n")]));
    await refused(await scene.project(), "2026-08-22", /more than 2121 bytes/, "FETCH_TOO_LARGE", 75);
    repository.replace(path, genuine.subarray(1));
    await refused(await scene.project(), "2026-08-22", /2120 bytes came where 2121 are signed for/);
    repository.replace(path, Buffer.from(genuine.toString().replace("2025-01-29", "2099-01-29")));
    await refused(await scene.project(), "2026-08-22", /SHA-256 [0-9a-f]{64} came where 160677eb/);
  });

  test("the attacker's own keys.json, wherever it is put", async () => {
    const theirs = new TufMaker().state({ npmKeys: npmKeysJson(mintKey()) });
    for (const [path, name] of [
      ["8.registry.npmjs.org.json", ROOT_FILES.npm],
      ["14.targets.json", ROOT_FILES.targets],
      ["165.snapshot.json", ROOT_FILES.snapshot],
      ["timestamp.json", ROOT_FILES.timestamp],
    ] as const) {
      repository.show("2026-08-21");
      repository.replace(path, theirs.kept.get(name) ?? assert.fail());
      await refused(await scene.project(), "2026-08-22", /was signed by 0\/\d keys/);
    }
  });

  test("an unknown root", async () => {
    repository.show("2026-08-21");
    repository.replace("16.root.json", new TufMaker().root(16));
    await refused(await scene.project(), "2026-08-22", /tuf-root-16\.json: root was signed by 0\/3 keys/);
    repository.replace("16.root.json", tufVector("roots/14.root.json"));
    await refused(await scene.project(), "2026-08-22", /tuf-root-16\.json: Expected version 16, got 14/);
  });
});

describe("a repository that does not behave", () => {
  test("an answer without end", async () => {
    repository.show("2026-08-21");
    repository.endless({ on: /timestamp/ });
    await refused(await scene.project(), "2026-08-22", /more than 16384 bytes/, "FETCH_TOO_LARGE", 75);
  });

  test("a redirect to another host", async () => {
    const other = new TufRepository().show("2026-08-21");
    const elsewhere = await serve(other, { authority: await mintAuthority() });
    repository.show("2026-08-21");
    repository.redirect((path) => `${elsewhere.url}${path.slice(1)}`, 302, { on: /snapshot/ });
    await refused(await scene.project(), "2026-08-22", /another host/, "FETCH_REDIRECT");
    assert.deepEqual(other.log, []);
    await elsewhere.close();
  });

  test("no snapshot, and no network: undecided, and what is in use goes on working", async () => {
    const project = await refreshedOn("2026-04-09");
    repository.show("2026-08-21");
    repository.status(404, { on: /165\.snapshot/ });
    await refused(project, "2026-08-22", /165\.snapshot\.json answered 404/, "FETCH_FAILED", 75);
    const audit = await scene.run(project, ["audit", "--json"], "2026-08-22");
    assert.deepEqual([audit.status, JSON.parse(audit.stdout).judgedBy.rootsAge], [0, "2026-04-09"]);
  });
});

describe("roots that change hands", () => {
  const follow = (state: TufState, shipped: Uint8Array, kept: ReadonlyMap<string, Uint8Array> = new Map()) => {
    const get = async (address: string) => {
      const bytes = state.shown.get(address.slice(ROOTS_REPOSITORY.metadata.length));
      if (bytes !== undefined)
        return { ok: true, value: { status: 200, body: Buffer.from(bytes), headers: {} } } as const;
      return { ok: false, code: "FETCH_FAILED", says: `${address} answered 404`, status: 404 } as const;
    };
    const now = Date.UTC(2026, 7, 22);
    return followRepository({ client: { get }, repository: ROOTS_REPOSITORY, kept, now, shipped });
  };
  const [first, second] = [new TufMaker(), new TufMaker()];
  const shipped = first.shipped();
  const [one, two] = [mintKey(), mintKey()];

  test("the real chain from the fifth root to the fifteenth; and with a link missing", async () => {
    const real = new TufRepository().show("2026-08-21");
    const chain = (without: readonly number[]): TufState => {
      const versions = [6, 7, 8, 9, 10, 11, 12, 13, 14, 15].filter((version) => !without.includes(version));
      const shown = new Map(
        versions.map((version) => [`${version}.root.json`, tufVector(`roots/${version}.root.json`)]),
      );
      for (const path of ["timestamp.json", "165.snapshot.json", "14.targets.json", "8.registry.npmjs.org.json"]) {
        shown.set(path, real.shown(path));
      }
      for (const path of [scene.targetPath("keys.json"), scene.targetPath("trusted_root.json")]) {
        shown.set(path, real.shown(path));
      }
      return { kept: new Map(), shown };
    };
    const whole = await follow(chain([]), tufVector("roots/5.root.json"));
    assert.ok(whole.ok, JSON.stringify(whole));
    assert.equal([...whole.files.keys()].filter((name) => name.startsWith("roots/tuf-root-")).length, 10);
    const broken = await follow(chain([11]), tufVector("roots/5.root.json"));
    assert.ok(!broken.ok);
    assert.deepEqual(
      [broken.finding.code, broken.finding.says],
      ["ROOTS_INVALID", "roots/tuf-timestamp.json: Final root.json is expired"],
    );
  });

  test("all keys are handed over, and what was kept under the old ones is no obstacle", async () => {
    const before = await follow(first.state({ version: 5, npmKeys: npmKeysJson(one) }), shipped);
    assert.ok(before.ok);
    const state = second.state({ version: 2, npmKeys: npmKeysJson(one, two) });
    const after = await follow(withRoots(state, { 2: first.root(2, { next: second }) }), shipped, before.files);
    assert.ok(after.ok, JSON.stringify(after));
    assert.ok(after.files.has(rootFile(2)));
    const renewed = new Map([
      ...after.files,
      [ROOT_FILES.renewed, state.kept.get(ROOT_FILES.renewed) ?? assert.fail()],
    ]);
    assert.equal((await readRoots(renewed, shipped))?.npmKeys.length, 2);
    const told = renewalChanges(before.files, after.files, new Map());
    assert.deepEqual(
      told.map(({ direction, says }) => [direction, says]),
      [["weaker", `npm signs with a new key, ${two.keyid}, has no beginning and has no end.`]],
    );
  });

  test("a root that the keys before it did not sign, or that only they did", async () => {
    const state = second.state({ version: 2, npmKeys: npmKeysJson(two) });
    for (const by of [[second], [first]]) {
      const result = await follow(withRoots(state, { 2: first.root(2, { next: second, by }) }), shipped);
      assert.ok(!result.ok);
      assert.match(result.finding.says, /tuf-root-2\.json: root was signed by 0\/1 keys/);
    }
  });

  test("what is no metadata at all", async () => {
    const junk = [
      "",
      "null",
      "[]",
      '{"signed":',
      '{"signed":{"_type":"root"}}',
      '{"__proto__":{"signed":{}}}',
      "[".repeat(9000),
    ];
    for (const text of junk) {
      for (const path of ["2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"]) {
        const state = first.state({ npmKeys: npmKeysJson(one) });
        state.shown.set(path, Buffer.from(text));
        const result = await follow(state, shipped);
        assert.ok(!result.ok && result.finding.code === "ROOTS_INVALID", `${text.slice(0, 40)} at ${path}`);
      }
    }
  });

  test("more roots than anybody would ever make", async () => {
    const roots = Object.fromEntries(Array.from({ length: 70 }, (_, index) => [index + 2, first.root(index + 2)]));
    const result = await follow(withRoots(first.state({ npmKeys: npmKeysJson(one) }), roots), shipped);
    assert.ok(!result.ok && /more than 64 roots/.test(result.finding.says));
  });

  test("a key in use that ends, or goes: said loudly, with how much stands on it", async () => {
    const both = first.state({ npmKeys: npmKeysJson(one, { ...two, start: "2026-01-01T00:00:00Z" }) });
    const later = first.state({
      version: 2,
      npmKeys: npmKeysJson({ ...two, start: "2026-01-01T00:00:00Z", end: "2027-01-01T00:00:00Z" }),
    });
    const told = renewalChanges(
      both.kept,
      later.kept,
      new Map([
        [one.keyid, 1200],
        [two.keyid, 3],
      ]),
    );
    assert.deepEqual(
      told.map(({ direction, says, inUseBy }) => [direction, says, inUseBy]),
      [
        ["stronger", `The key ${one.keyid} is npm's no longer.`, 1200],
        [
          "stronger",
          `The key ${two.keyid}, begins on 2026-01-01 and has no end until now, begins on 2026-01-01 and ends on 2027-01-01.`,
          3,
        ],
      ],
    );
  });
});

describe("roots/ in a pull request", () => {
  test("the attacker's key among npm's: nobody can judge by it", async () => {
    const project = await refreshedOn("2026-08-21");
    const path = ".secure-install/roots/npm-keys.json";
    const genuine = JSON.parse(await project.read(path)) as { keys: unknown[] };
    await project.write(path, { keys: [...genuine.keys, ...(npmKeysJson(mintKey()).keys as unknown[])] });
    const audit = await scene.run(project, ["audit", "--json"], "2026-08-22");
    const { error } = JSON.parse(audit.stdout) as { error: { code: string; at: string } };
    assert.deepEqual([audit.status, error.code, error.at], [78, "TRUST_MALFORMED", "roots/npm-keys.json"]);
  });

  test("the attacker's whole repository in the place of the real one", async () => {
    const project = await scene.project();
    const theirs = new TufMaker();
    const state = withRoots(theirs.state({ npmKeys: npmKeysJson(mintKey()) }), { 16: theirs.root(16) });
    for (const [name, bytes] of state.kept) await project.write(`.secure-install/${name}`, bytes);
    const audit = await scene.run(project, ["audit", "--json"], "2026-08-22");
    const { error } = JSON.parse(audit.stdout) as { error: { code: string; at: string } };
    assert.deepEqual([audit.status, error.code, error.at], [78, "TRUST_MALFORMED", "roots/tuf-root-16.json"]);
  });
});

test("npm's old key after a refresh: its own time still counts, and no beginning is asked about", async () => {
  const signed = recordedAsServed().filter((one) => SMALL.includes(one.name) && recordedTarball(one) !== null);
  const [old = assert.fail()] = signed.filter(({ name }) => name === "is-stream");
  for (const [publishTime, code] of [
    ["2024-06-01T00:00:00.000Z", undefined],
    ["2025-06-01T00:00:00.000Z", "KEY_EXPIRED"],
  ] as const) {
    const simulator = createSimulator({ name: "public", signs: false });
    for (const record of signed) {
      simulator.publishSigned(record === old ? { ...record, publishTime } : record, recordedTarball(record));
    }
    const registry = await servePublicly(simulator);
    const project = await refreshedOn("2026-08-21");
    const { manifest, lockfile } = sideBySide(simulator, signed);
    await project.write("package.json", manifest);
    await project.writeLockfile(lockfile);
    const ended = await typeInside(project, ["gate", "--json", `--cafile=${registry.caFile}`], registry.env);
    const report = parseReport(ended.stdout, ended.stderr);
    assert.deepEqual(
      [ended.status, codesOf(report, `is-stream@${old.version}`)[0]],
      [code === undefined ? 0 : 65, code],
    );
    const packuments = simulator.log.filter(({ path }) => /^\/[^/]+$/.test(path)).map(({ path }) => path);
    assert.deepEqual(packuments, ["/is-stream"]);
    await registry.close();
  }
});
