/** What a run holds in memory of the archives that it has read. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, test } from "node:test";
import { realWorld } from "../../src/cli/world.js";
import { judgeAll } from "../../src/pipeline/judge.js";
import { readProject } from "../../src/pipeline/project.js";
import { openSession } from "../../src/pipeline/session.js";
import { setScene } from "../attacks/scene.js";

const scene = await setScene(undefined, { inside: true });
const world = realWorld();
after(() => world.workers.close());

test("an audit forgets what it has read of each archive, but not before what lies inside is judged by it", async () => {
  const project = await scene.project({ "picnic-basket": "1.0.0", greeter: "1.0.0" });
  const home = { HOME: project.home, XDG_CACHE_HOME: join(project.home, "cache"), LOCALAPPDATA: project.home };
  const environment = { ...world.environment, variables: { ...home }, homeDirectory: project.home };
  const session = await openSession(
    { ...world, environment },
    {
      ...{
        project: project.directory,
        trust: null,
        cafile: scene.served.caFile,
        omit: null,
        installs: false,
        builtinOnly: false,
      },
      options: { signaturesOnly: false, offline: false, thisPlatform: false, gate: false, concurrency: 4 },
      progress: { stage: () => {}, step: () => {}, clear: () => {} },
      userAgent: "test",
    },
  );
  try {
    const { lockfile } = await readProject(session.river.world, project.directory);
    const all = await judgeAll(session.river, lockfile.artifacts, project.directory, "listings");
    const few = await judgeAll(session.river, lockfile.artifacts, project.directory, "verdicts");
    const shown = (judged: typeof all) =>
      judged.map(({ verdict }) => `${verdict.artifact.location} ${verdict.result}`).sort();
    assert.deepEqual(shown(few), shown(all));
    assert.ok(shown(all).every((line) => line.endsWith(" PASSED")) && all.length > 4, shown(all).join("\n"));
    const listed = (judged: typeof all) =>
      judged.filter(({ listing }) => listing !== null).map(({ verdict }) => verdict.artifact.name);
    assert.deepEqual(listed(few), ["picnic-basket"]);
    assert.equal(listed(all).length, all.length - 1);
  } finally {
    await session.close();
  }
});
