/**
 * Somebody saves package.json or the lockfile while an installation is at work that is refused or given up later: their
 * version stays, and the report names it, for what the installation had written may stand in it.
 */
import assert from "node:assert/strict";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Project } from "../../registry-fixtures/project.js";
import type { World } from "../../src/model/world.js";
import { setScene } from "../attacks/scene.js";
import { brief, findingsOf } from "../attacks/shown.js";
import { type ActAsNpm, type Changes, endedWith, hasTree, type Inside, runInside } from "./inside.js";

const scene = await setScene(undefined, { inside: true });
const THEIRS = '{ "name": "project", "description": "saved by an editor" }\n';

test("npm fails: the one file that an editor has saved is named, the other is put back", async () => {
  const project = await scene.project({ greeter: "1.0.0" });
  const lockfile = await project.read("package-lock.json");
  const ci: ActAsNpm = async () => {
    save(project, "package.json");
    return endedWith(1);
  };
  const ran = await run(project, { npm: { ci } });
  assert.equal(ran.status, 1);
  names(ran, ["package.json"]);
  assert.deepEqual([await project.read("package.json"), await project.read("package-lock.json")], [THEIRS, lockfile]);
});

test("the tree is refused, and both files were saved meanwhile: both are named", async () => {
  const project = await scene.project({ greeter: "1.0.0" });
  const ci: ActAsNpm = async (_, real) => {
    const ended = await real();
    save(project, "node_modules/greeter/evil.js");
    save(project, "package.json");
    save(project, "package-lock.json", "{}\n");
    return ended;
  };
  const ran = await run(project, { npm: { ci } });
  assert.equal(ran.status, 65);
  names(ran, ["package-lock.json", "package.json"]);
  assert.deepEqual([await project.read("package.json"), await project.read("package-lock.json")], [THEIRS, "{}\n"]);
});

test("Ctrl-C while npm runs: the report does not say that all is put back", async () => {
  const project = await scene.project({ greeter: "1.0.0" });
  const { world, interrupt } = interruptible();
  const ci: ActAsNpm = async (_, real) => {
    await real();
    save(project, "package.json");
    interrupt();
    return { status: null, signal: "SIGINT", output: "" };
  };
  const ran = await run(project, { npm: { ci }, world });
  assert.deepEqual([ran.status, hasTree(project)], [130, false]);
  names(ran, ["package.json"]);
  const words = findingsOf(ran.report).map(({ says }) => says);
  assert.ok(
    words.some((says) => /^interrupted \(SIGINT\) before the tree was proven: it was moved to /.test(says)),
    words.join("\n"),
  );
  assert.doesNotMatch(words.join("\n"), /as (it|they) (was|were)/);
});

test("Ctrl-C before npm is started, or before it has changed anything: the same", async () => {
  for (const started of [false, true]) {
    const project = await scene.project({ greeter: "1.0.0" });
    const { world, interrupt } = interruptible();
    const linking = (given: World): World => ({
      ...given,
      files: {
        ...given.files,
        link: async (from, to) => {
          if (to.includes("_cacache") && !started) {
            save(project, "package-lock.json");
            interrupt();
          }
          return given.files.link(from, to);
        },
      },
    });
    const ci: ActAsNpm = async () => {
      assert.ok(started, "npm was started");
      save(project, "package-lock.json");
      interrupt();
      return endedWith(1);
    };
    const ran = await run(project, { npm: { ci }, world: (given) => linking(world(given)) });
    assert.equal(ran.status, started ? 1 : 130, brief(ran.report));
    names(ran, ["package-lock.json"]);
    const words = findingsOf(ran.report).map(({ says }) => says);
    assert.ok(words.some((says) => says.startsWith("interrupted (SIGINT)")));
    assert.doesNotMatch(words.join("\n"), /as it was/);
    assert.doesNotMatch(await project.read("package.json"), /hummer/);
  }
});

test("saved between our writing and npm's start: npm is not started, and the file is named", async () => {
  const project = await scene.project({ greeter: "1.0.0" });
  const world = (given: World): World => ({
    ...given,
    files: {
      ...given.files,
      link: async (from, to) => {
        if (to.includes("_cacache")) save(project, "package.json");
        return given.files.link(from, to);
      },
    },
  });
  const ran = await run(project, { npm: { ci: () => assert.fail("npm was started") }, world });
  assert.equal(ran.status, 65);
  names(ran, ["package.json"]);
  assert.equal(await project.read("package.json"), THEIRS);
});

test("saved as soon as it was written: the lockfile is not the one that was verified, and is named", async () => {
  const project = await scene.project({ greeter: "1.0.0" });
  const place = join(project.directory, "package-lock.json");
  const other = JSON.stringify({ name: "project", lockfileVersion: 3, packages: {} });
  const world = (given: World): World => ({
    ...given,
    files: {
      ...given.files,
      write: async (file, ...rest) => {
        await given.files.write(file, ...rest);
        if (file === place) writeFileSync(place, other);
      },
    },
  });
  const ran = await run(project, { npm: { ci: () => assert.fail("npm was started") }, world });
  assert.equal(ran.status, 65);
  names(ran, ["package-lock.json"]);
  assert.equal(await project.read("package-lock.json"), other);
  assert.doesNotMatch(await project.read("package.json"), /hummer/);
});

test("taken back by hand already: there is nothing to be named", async () => {
  const project = await scene.project({ greeter: "1.0.0" });
  const before = await project.snapshot();
  const manifest = await project.read("package.json");
  const ci: ActAsNpm = async () => {
    save(project, "package.json", manifest);
    return endedWith(1);
  };
  const ran = await run(project, { npm: { ci } });
  names(ran, []);
  assert.deepEqual(await project.snapshot(), before);
});

test("an error of the disk, of which there is no report: it is named on stderr all the same", async () => {
  const project = await scene.project({ greeter: "1.0.0" });
  const printed: string[] = [];
  const world = (given: World): World => ({
    ...given,
    terminal: { ...given.terminal, err: (text) => void printed.push(text) },
  });
  const ci: ActAsNpm = async () => {
    save(project, "package-lock.json");
    rmSync(join(project.directory, "package.json"));
    throw new Error("EIO");
  };
  await assert.rejects(run(project, { npm: { ci }, world }), /EIO/);
  assert.match(
    printed.join(""),
    /^secure-install: package-lock\.json was not put back.*\nsecure-install: package\.json was not put back/m,
  );
  assert.match(printed.join(""), /version control/);
  assert.ok(!existsSync(join(project.directory, "package.json")));
});

/** `secure-install hummer`. */
function run(project: Project, changes: Omit<Changes, "caFile">): Promise<Inside> {
  return runInside(project, ["hummer"], { caFile: scene.served.caFile, ...changes });
}

/** What an editor does. */
function save(project: Project, name: string, text = THEIRS): void {
  writeFileSync(join(project.directory, name), text);
}

function interruptible() {
  const listeners = new Set<(signal: "SIGINT") => void>();
  const interrupt = () => {
    for (const listener of listeners) listener("SIGINT");
  };
  const world = (given: World): World => ({
    ...given,
    processes: {
      ...given.processes,
      onInterrupt: (listener) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
  });
  return { world, interrupt };
}

/** Each of the files has a warning of its own, that says who has changed it and what to do. */
function names({ report }: Inside, files: readonly string[]): void {
  const left = findingsOf(report).filter(({ says }) => says.includes("not put back"));
  assert.deepEqual(left.map(({ says }) => says.split(" ")[0]).sort(), files, brief(report));
  for (const { code, severity, says, help } of left) {
    assert.deepEqual([code, severity], ["HANDOFF_UNSEALED", "warn"]);
    assert.match(says, /another hand has changed it/);
    assert.match(help, /version control/);
  }
}
