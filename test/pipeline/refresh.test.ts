/**
 * Refreshing npm's keys and Sigstore's roots from their real repository at several dates
 * (registry-fixtures/vectors/tuf/SOURCE.md), under its own name, by a clock that stands at that date.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { makeProject } from "../../registry-fixtures/project.js";
import { PUBLIC_URL } from "../../registry-fixtures/public-registry.js";
import { tufVector } from "../../registry-fixtures/tuf-repository.js";
import type { Project } from "../../src/pipeline/project.js";
import { keyUse } from "../../src/pipeline/refresh.js";
import { builtinStore } from "../../src/trust/store.js";
import { setRefreshScene } from "./refresh-scene.js";

const scene = await setRefreshScene();
const FILES = [
  ...["roots/npm-keys.json", "roots/renewed.json", "roots/trusted-root.json", "roots/tuf-npm.json"],
  ...["roots/tuf-snapshot.json", "roots/tuf-targets.json", "roots/tuf-timestamp.json"],
];

describe("trust refresh", () => {
  test("the first time: everything is kept as it was signed, and the day is in the report", async () => {
    const project = await scene.project();
    scene.repository.show("2026-08-21");
    const { status, told } = await scene.refresh(project, "2026-08-22");
    assert.deepEqual([status, told.result, told.changed, told.rootsAge], [0, "PASSED", FILES, "2026-08-22"]);
    assert.deepEqual(told.changes, [
      {
        direction: "other",
        place: "roots/trusted-root.json",
        says: "Sigstore's roots are kept from now on: 7 logs and authorities.",
        inUseBy: 0,
      },
    ]);
    const kept = (name: string) => project.read(`.secure-install/roots/${name}`);
    assert.equal(await kept("npm-keys.json"), tufVector("targets/registry.npmjs.org/keys.json").toString());
    assert.equal(await kept("trusted-root.json"), tufVector("targets/trusted_root.json").toString());
    assert.equal(await kept("tuf-timestamp.json"), tufVector("snapshots/2026-08-21/timestamp.json").toString());
    const audit = await scene.run(project, ["audit", "--json"], "2027-08-22");
    assert.equal(JSON.parse(audit.stdout).judgedBy.rootsAge, "2026-08-22", "a year later nothing is refused for it");
    assert.equal(audit.status, 0, audit.stdout);
  });

  test("again, with nothing newer: no byte changes", async () => {
    const project = await scene.project();
    scene.repository.show("2026-08-21");
    await scene.refresh(project, "2026-08-22");
    const before = await project.snapshot();
    const { status, told } = await scene.refresh(project, "2026-08-23");
    assert.deepEqual([status, told.changed, told.changes, told.rootsAge], [0, [], [], "2026-08-22"]);
    assert.deepEqual(await project.snapshot(), before);
  });

  test("forward over every date that was kept: what is new and what ended is told in words", async () => {
    const project = await scene.project();
    const said: string[] = [];
    for (const date of ["2025-02-20", "2025-07-08", "2025-11-23", "2026-04-09", "2026-08-21"] as const) {
      scene.repository.show(date);
      const { status, told } = await scene.refresh(project, date);
      assert.equal(status, 0, JSON.stringify(told));
      said.push(...told.changes.map(({ direction, says }) => `${date} ${direction}: ${says.replace(/ \(.*?\)/, "")}`));
    }
    assert.deepEqual(said, [
      "2025-02-20 other: Sigstore's roots are kept from now on: 5 logs and authorities.",
      "2025-11-23 weaker: The transparency log https://log2025-1.rekor.sigstore.dev is new, begins on 2025-09-23 and has no end.",
      "2025-11-23 weaker: The timestamp authority https://timestamp.sigstore.dev/api/v1/timestamp is new, begins on 2025-07-04 and has no end.",
    ]);
  });

  test("--dry-run says it all, and writes nothing", async () => {
    const project = await scene.project();
    const before = await project.snapshot();
    scene.repository.show("2026-08-21");
    const { status, told } = await scene.refresh(project, "2026-08-22", ["--dry-run"]);
    assert.deepEqual([status, told.dryRun, told.changed, told.changes.length], [0, true, [], 1]);
    assert.equal(told.rootsAge, "2025-01-13");
    assert.deepEqual(await project.snapshot(), before);
  });

  test("without a store: one is made, and nothing else stands in it", async () => {
    const project = await makeProject();
    scene.repository.show("2026-08-21");
    const { status } = await scene.refresh(project, "2026-08-22");
    assert.equal(status, 0);
    assert.ok(existsSync(join(project.directory, ".secure-install/roots/npm-keys.json")));
    assert.ok(!existsSync(join(project.directory, ".secure-install/trust.json")));
    await project.remove();
  });

  test("nobody but the repository is asked, and each thing once", async () => {
    const project = await scene.project();
    scene.repository.show("2026-08-21");
    await scene.refresh(project, "2026-08-22");
    assert.deepEqual(scene.asked(), [
      "16.root.json",
      "timestamp.json",
      "165.snapshot.json",
      "14.targets.json",
      "8.registry.npmjs.org.json",
      scene.targetPath("keys.json"),
      scene.targetPath("trusted_root.json"),
    ]);
    scene.repository.log.length = 0;
    await scene.refresh(project, "2026-08-23");
    assert.deepEqual(scene.asked(), ["16.root.json", "timestamp.json"]);
  });

  test("told to people: what changes, how old it is, and what comes next", async () => {
    const project = await scene.project();
    scene.repository.show("2026-08-21");
    const first = await scene.run(project, ["trust", "refresh"], "2026-08-22");
    assert.equal(
      first.stdout,
      `npm's keys and Sigstore's roots have changed:
  OTHER     roots/trusted-root.json: Sigstore's roots are kept from now on: 7 logs and authorities.
Written: 7 files. Review and commit .secure-install/roots.
`,
    );
    const again = await scene.run(project, ["trust", "refresh"], "2026-08-24");
    assert.equal(
      again.stdout,
      `npm's keys and Sigstore's roots are what they were.
The repository has nothing newer than what was renewed on 2026-08-22, 2 days ago.
`,
    );
    const offline = await scene.run(project, ["trust", "refresh"], "2026-12-01");
    assert.equal(offline.status, 65);
    assert.match(
      offline.stderr,
      /^Not refreshed: roots\/tuf-timestamp\.json: Final root\.json is expired\n {2}ROOTS_INVALID/,
    );
    assert.match(offline.stderr, /In use, as before: what was renewed on 2026-08-22, 101 days ago\.\n$/);
  });
});

test("keys are in use by what was observed, and by what the lockfile's packages were last seen signed with", async () => {
  const artifact = makeArtifact("left-pad", "1.3.0");
  const claims = { name: "left-pad", version: "1.3.0", dist: { signatures: [{ keyid: "SHA256:two", sig: "" }] } };
  const signer = { type: "registry-key", registry: "npmjs", keyid: "SHA256:one" } as const;
  const observed = ["1.0.0", "1.3.0"].map((version) => ({ name: "left-pad", version, signers: [signer] }));
  const river = {
    trust: { ...builtinStore(), observations: new Map([["npm:left-pad", observed]]) },
    npm: { registry: PUBLIC_URL, scopes: new Map(), replaceRegistryHost: "npmjs" },
    masked: [],
    quarantine: {
      kept: async (key: string) => (key.endsWith("/left-pad/1.3.0") ? Buffer.from(JSON.stringify(claims)) : null),
    },
  } as unknown as Parameters<typeof keyUse>[0];
  const project = { lockfile: { artifacts: [artifact, makeArtifact("other", "1.0.0")] } } as unknown as Project;
  const use = await keyUse(river, project);
  assert.deepEqual(
    [...use],
    [
      ["SHA256:one", 2],
      ["SHA256:two", 1],
    ],
  );
});

function makeArtifact(name: string, version: string) {
  const url = `${PUBLIC_URL}${name}/-/${name}-${version}.tgz`;
  return { ecosystem: "npm", name, version, source: { type: "registry", url }, findings: [] };
}
