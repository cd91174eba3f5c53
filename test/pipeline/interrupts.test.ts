/**
 * Ctrl-C at moments that cannot be hit from outside: whatever an interrupt finds half done is undone, nothing unproven
 * stays in its place, and nothing of it runs.
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Project, registryEntry } from "../../registry-fixtures/project.js";
import type { Snapshot } from "../../registry-fixtures/snapshot.js";
import type { Ended, Files, Interrupt, World } from "../../src/model/world.js";
import { listening } from "../../src/pipeline/interrupts.js";
import { setScene } from "../attacks/scene.js";
import { brief, codesOf, findingsOf } from "../attacks/shown.js";
import { type Changes, endedWith, hasTree, type Inside, runInside } from "./inside.js";

const scene = await setScene(undefined, { inside: true });
const DEPENDENCIES = { greeter: "1.0.0", "noisy-installer": "1.0.0" };

/** Ctrl-C for a run inside this process, and the temporary folders that the run made. */
class Hand {
  readonly temporary: string[] = [];
  readonly #listeners = new Set<(signal: Interrupt) => void>();

  interrupt(signal: Interrupt = "SIGINT"): void {
    assert.ok(this.#listeners.size > 0, "an interrupt would end the process here, and leave things as they are");
    for (const listener of this.#listeners) listener(signal);
  }

  world(more: (files: Files) => Partial<Files> = () => ({})): (world: World) => World {
    return (world) => {
      const makeTemporary: Files["makeTemporary"] = async (...given) => {
        const folder = await world.files.makeTemporary(...given);
        this.temporary.push(folder);
        return folder;
      };
      const onInterrupt = (listener: (signal: Interrupt) => void) => {
        this.#listeners.add(listener);
        return () => void this.#listeners.delete(listener);
      };
      const files = { ...world.files, makeTemporary, ...more(world.files) };
      return { ...world, files, processes: { ...world.processes, onInterrupt } };
    };
  }

  /** Nothing temporary is left, and nobody listens any more. */
  isDone(): void {
    const left = this.temporary.filter((folder) => existsSync(folder) && !folder.includes(".refused-"));
    assert.deepEqual([left, this.#listeners.size], [[], 0]);
  }
}

test("in `secure-install <spec>`, between the write-back and npm's start: the project is as it was", async () => {
  const { project, before } = await allowing();
  const hand = new Hand();
  let wasWritten = false;
  const ran = await run(project, ["hummer"], {
    npm: { ci: () => assert.fail("npm was started") },
    world: hand.world((files) => ({
      link: async (from, to) => {
        wasWritten ||= (await project.read("package.json")).includes("hummer");
        if (to.includes("_cacache")) hand.interrupt();
        return files.link(from, to);
      },
    })),
  });
  assert.ok(wasWritten, "it came after the write-back");
  told(ran, 130, /^interrupted \(SIGINT\) before anything was installed: the project is as it was$/);
  assert.deepEqual([await project.snapshot(), ran.report.handedOff], [before, false]);
  hand.isDone();
});

test("in `ci`, right before npm's start: npm is not started", async () => {
  const { project, before } = await allowing();
  const hand = new Hand();
  const ran = await run(project, ["ci"], {
    npm: { ci: () => assert.fail("npm was started") },
    world: hand.world((files) => ({
      link: async (from, to) => {
        if (to.includes("_cacache")) hand.interrupt("SIGTERM");
        return files.link(from, to);
      },
    })),
  });
  told(ran, 143, /^interrupted \(SIGTERM\) before anything was installed/);
  assert.deepEqual(await project.snapshot(), before);
  hand.isDone();
});

for (const args of [["ci"], ["hummer"]]) {
  test(`while the tree is proven, in \`${args}\`: moved aside, and nothing of it runs`, async () => {
    const { project, before } = await allowing();
    const hand = new Hand();
    const ran = await run(project, args, {
      npm: { rebuild: () => assert.fail("scripts were run") },
      before: (job) => (job === "hash" ? hand.interrupt("SIGHUP") : undefined),
      world: hand.world(),
    });
    told(ran, 129, /^interrupted \(SIGHUP\) before the tree was proven: it was moved to .*\.refused-/);
    assert.deepEqual([hasTree(project), ran.report.handedOff], [false, true]);
    const [aside = "", ...others] = await keepsInputs(project, before);
    assert.deepEqual(others, []);
    assert.ok(existsSync(join(project.directory, aside, "node_modules", "greeter")));
    hand.isDone();
  });

  test(`while npm runs, which ends by it half-way, in \`${args}\`: the inputs are as before`, async () => {
    const { project, before } = await allowing();
    const hand = new Hand();
    const ci = async (_: unknown, real: () => Promise<Ended>): Promise<Ended> => {
      await real();
      hand.interrupt();
      hand.interrupt();
      return { status: null, signal: "SIGINT", output: "" };
    };
    const ran = await run(project, args, { npm: { ci }, world: hand.world() });
    told(ran, 130, /before the tree was proven/);
    assert.ok(!hasTree(project));
    await keepsInputs(project, before);
    hand.isDone();
  });
}

for (const args of [["ci"], ["hummer"]]) {
  test(`again and again while the first is tidied up, in \`${args}\`: all is undone as if it had come once`, async () => {
    const { project, before } = await allowing();
    const hand = new Hand();
    const tidied: string[] = [];
    let isOver = false;
    // Whatever it tidies up in the project, or of its own temporary folders, it is interrupted at.
    const again = (what: string, place: string): void => {
      if (!isOver || ![project.directory, ...hand.temporary].some((folder) => place.startsWith(folder))) return;
      tidied.push(what);
      hand.interrupt("SIGINT");
      hand.interrupt("SIGTERM");
    };
    const ran = await run(project, args, {
      npm: {
        ci: async (_, real) => {
          await real();
          isOver = true;
          hand.interrupt();
          return { status: null, signal: "SIGINT", output: "" };
        },
        rebuild: () => assert.fail("scripts were run"),
      },
      world: hand.world((files) => ({
        rename: async (from, to) => {
          again("rename", from);
          await files.rename(from, to);
          again("rename", from);
        },
        write: async (file, ...rest) => {
          again("write", file);
          await files.write(file, ...rest);
        },
        remove: async (place) => {
          again("remove", place);
          await files.remove(place);
        },
      })),
    });
    told(ran, 130, /^interrupted \(SIGINT\) before the tree was proven: it was moved to .*\.refused-/);
    assert.ok(!hasTree(project));
    await keepsInputs(project, before);
    const written = args.includes("ci") ? [] : ["write"];
    assert.deepEqual([...new Set(tidied)].sort(), ["remove", "rename", ...written], "it was interrupted at each");
    hand.isDone();
  });
}

test("while npm runs, which comes to its end all the same: its tree is not taken for installed", async () => {
  const { project, before } = await allowing();
  const hand = new Hand();
  const ci = async (_: unknown, real: () => Promise<Ended>): Promise<Ended> => {
    hand.interrupt();
    return real();
  };
  told(await run(project, ["ci"], { npm: { ci }, world: hand.world() }), 130, /before the tree was proven/);
  assert.ok(!hasTree(project));
  await keepsInputs(project, before);
});

test("while npm runs, which stops before it touches the tree: an older tree stays", async () => {
  const { project } = await allowing();
  await run(project, ["ci"], {});
  const before = await project.snapshot();
  const hand = new Hand();
  const ci = async (): Promise<Ended> => {
    hand.interrupt();
    return endedWith(1);
  };
  const ran = await run(project, ["hummer"], { npm: { ci }, world: hand.world() });
  told(ran, 1, /before npm had changed the tree: the project is as it was/);
  assert.deepEqual(await project.snapshot(), before);
});

test("after the proof: the tree is proven and stays, and no script is run", async () => {
  const { project } = await allowing();
  const hand = new Hand();
  const above = join("/", "node_modules", ".bin");
  const ran = await run(project, ["ci"], {
    npm: { rebuild: () => assert.fail("scripts were run") },
    world: hand.world((files) => ({
      list: async (folder) => {
        // Looked at for commands that would shadow the system's, which comes after the proof.
        if (folder === above) hand.interrupt();
        return files.list(folder);
      },
    })),
  });
  told(ran, 130, /after the tree was proven: it is complete, and no install script was run/);
  assert.ok(hasTree(project));
  assert.ok(ran.report.scripts.every(({ outcome }) => outcome === "blocked"));
});

for (const job of ["inspect", "holds"]) {
  test(`before the write-back (${job}): nothing is touched, and the copy is removed`, async () => {
    const { project, before } = await allowing();
    const hand = new Hand();
    const ran = await run(project, ["hummer"], {
      npm: { ci: () => assert.fail("npm was started") },
      before: (name) => (name === job ? hand.interrupt() : undefined),
      world: hand.world(),
    });
    told(ran, 130, /before anything was installed/);
    assert.deepEqual(await project.snapshot(), before);
    hand.isDone();
  });
}

test("while npm locks, which ends by it: no word of a package that could not be found", async () => {
  const { project, before } = await allowing();
  const hand = new Hand();
  const install = async (): Promise<Ended> => {
    hand.interrupt();
    return { status: null, signal: "SIGINT", output: "" };
  };
  told(await run(project, ["hummer"], { npm: { install }, world: hand.world() }), 130, /before anything/);
  assert.deepEqual(await project.snapshot(), before);
});

test("a disk that fails while the tree is proven leaves no unproven tree in its place", async () => {
  const { project, before } = await allowing();
  const failing = run(project, ["hummer"], {
    before: (job) => {
      if (job === "hash") throw new Error("EIO");
    },
  });
  await assert.rejects(failing, /EIO/);
  assert.ok(!hasTree(project));
  await keepsInputs(project, before);
});

test("trouble after npm has ended, before anything is proven, leaves no unproven tree either", async () => {
  const { project, before } = await allowing();
  const ci = async (_: unknown, real: () => Promise<Ended>): Promise<Ended> => {
    await real();
    throw new Error("EIO");
  };
  await assert.rejects(run(project, ["hummer"], { npm: { ci } }), /EIO/);
  assert.ok(!hasTree(project));
  await keepsInputs(project, before);
});

test("npm's temporary cache that can't be removed keeps nobody from proving the tree", async () => {
  const { project } = await allowing();
  const world = (given: World): World => ({
    ...given,
    files: {
      ...given.files,
      remove: async (place) => {
        if (place.includes("secure-install-cache-")) throw Object.assign(new Error("EBUSY"), { syscall: "rm" });
        await given.files.remove(place);
      },
    },
  });
  const ci = async (_: unknown, real: () => Promise<Ended>): Promise<Ended> => {
    const ended = await real();
    writeFileSync(join(project.directory, "node_modules/greeter/evil.js"), "");
    return ended;
  };
  const tampered = await run(project, ["ci"], { npm: { ci }, world });
  assert.ok(findingsOf(tampered.report).some(({ code }) => code === "TREE_MISMATCH"));
  assert.ok(!hasTree(project));
});

test("a tree that can't be moved aside is told with its place, and the next one is moved all the same", async () => {
  const { project } = await allowing();
  const world = (given: World): World => ({
    ...given,
    files: {
      ...given.files,
      rename: async (from, to) => {
        if (from.includes("node_modules")) throw Object.assign(new Error("EBUSY: busy"), { code: "EBUSY" });
        await given.files.rename(from, to);
      },
    },
  });
  const ci = async (_: unknown, real: () => Promise<Ended>): Promise<Ended> => {
    const ended = await real();
    writeFileSync(join(project.directory, "node_modules/greeter/evil.js"), "");
    return ended;
  };
  const { status, report } = await run(project, ["ci"], { npm: { ci }, world });
  const words = findingsOf(report).map(({ says }) => says);
  assert.equal(status, 65);
  assert.ok(
    words.some((says) => /evil\.js/.test(says)),
    words.join("\n"),
  );
  assert.ok(
    words.some((says) => /could not be moved aside: .*node_modules \(EBUSY/.test(says)),
    words.join("\n"),
  );
});

test("a lockfile that can't be read back is not left in the project", async () => {
  const { project, before } = await allowing();
  const hand = new Hand();
  let written = false;
  const ran = await run(project, ["hummer"], {
    world: hand.world((files) => ({
      write: async (file, ...rest) => {
        await files.write(file, ...rest);
        written ||= file === join(project.directory, "package-lock.json");
      },
      status: async (file) => {
        if (written && file === join(project.directory, "npm-shrinkwrap.json")) throw new Error("EIO");
        return files.status(file);
      },
    })),
  }).catch(String);
  assert.match(String(ran), /EIO/);
  assert.deepEqual(await project.snapshot(), before);
});

test("what was given up cleans up after itself, and one who comes too late does not begin", async () => {
  const hand = new Hand();
  const late: string[] = [];
  let finish: (text: string) => void = () => {};
  const { processes } = hand.world()({ files: {}, processes: {} } as unknown as World);
  await listening(processes, async (interrupts) => {
    const work = () =>
      new Promise<string>((done) => {
        finish = done;
      });
    const waiting = interrupts.orStop(work, async (text) => void late.push(text));
    hand.interrupt("SIGTERM");
    hand.interrupt("SIGINT");
    await assert.rejects(waiting, { name: "Interrupted", signal: "SIGTERM" });
    finish("copy");
    await assert.rejects(
      interrupts.orStop(async () => assert.fail("was begun")),
      { name: "Interrupted" },
    );
  });
  assert.deepEqual(late, ["copy"]);
  hand.isDone();
});

async function allowing(): Promise<{ readonly project: Project; readonly before: Snapshot }> {
  const project = await scene.project(DEPENDENCIES);
  await project.writeTrust({
    registries: { fixture: registryEntry(scene.simulator) },
    scripts: [{ allow: "npm:noisy-installer", reason: "its script is known" }],
  });
  writeFileSync(join(project.directory, "package.json"), `${JSON.stringify(project.manifest)}\n\n`);
  return { project, before: await project.snapshot() };
}

function run(project: Project, args: readonly string[], changes: Omit<Changes, "caFile">): Promise<Inside> {
  return runInside(project, args, { caFile: scene.served.caFile, ...changes });
}

/** One sentence, and the exit status that a shell knows. */
function told({ status, report }: Inside, wanted: number, says: RegExp): void {
  assert.deepEqual([status, codesOf(report)], [wanted, ["HANDOFF_FAILED"]], brief(report));
  assert.match(findingsOf(report)[0]?.says ?? "", says);
  assert.equal(report.result, "FAILED");
}

/** All files but those of trees are as before; gives the folders of what was moved aside. */
async function keepsInputs(project: Project, before: Snapshot): Promise<string[]> {
  const aside = readdirSync(project.directory).filter((name) => name.startsWith(".refused-"));
  const after = Object.entries(await project.snapshot()).filter(([name]) => !/^(\.refused-|node_modules)/.test(name));
  assert.deepEqual(Object.fromEntries(after), before);
  return aside;
}
