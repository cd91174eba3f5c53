/** What the README shows is what the program prints: its transcripts are run again on the fixture registry. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Lockfile, lockfileFor } from "../../registry-fixtures/lockfile.js";
import { makeProject, type Project, registryEntry } from "../../registry-fixtures/project.js";
import { type Run, secureInstall } from "../../registry-fixtures/secure-install.js";
import { type Served, serve } from "../../registry-fixtures/server.js";
import { createSimulator, type Simulator } from "../../registry-fixtures/simulator.js";
import { EXIT } from "../../src/model/codes.js";
import { blocksOf, read, rowsOf } from "./pages.js";

const page = read("README.md");
const blocks = blocksOf(page);

describe("the README's first two commands", () => {
  it("are one line each, and all that a fresh clone needs", () => {
    const commands = blocks.filter(({ info }) => info === "sh").map(({ text }) => text);
    assert.deepEqual(commands.slice(0, 2), ["npm ci && npm run demo\n", "npm ci && npm test\n"]);
    const { scripts } = JSON.parse(read("package.json"));
    for (const script of ["demo", "test", "build"]) assert.equal(typeof scripts[script], "string");
  });
});

describe("the README's exit statuses", () => {
  it("are those of the program", () => {
    const told = rowsOf(page).flatMap(([status = ""]) => (/^\d+$/.test(status) ? [Number(status)] : []));
    assert.deepEqual(told.sort(), Object.values(EXIT).sort());
  });
});

describe("the README's transcripts", () => {
  const shown = blocks.filter(({ info }) => info === "console").map(({ text }) => commandsOf(text));
  let simulator: Simulator;
  let served: Served;
  const projects: Project[] = [];

  before(async () => {
    simulator = createSimulator({ name: "fixture" }).loadPackages();
    served = await serve(simulator);
  });
  after(async () => {
    await served.close();
    for (const project of projects) await project.remove();
  });

  /** A project of somebody who declared the registry, and allowed one package its script. */
  async function open(dependencies: Readonly<Record<string, string>>): Promise<Project> {
    const project = await makeProject({ name: "demo", dependencies });
    projects.push(project);
    await project.writeNpmrc({ registry: served.url });
    await project.writeTrust({
      registries: { fixture: registryEntry(simulator) },
      scripts: [{ allow: "npm:noisy-installer@1.x", reason: "writes one file; read on 2026-10-01" }],
    });
    return project;
  }

  async function repeat(project: Project, transcript: readonly Told[]): Promise<void> {
    let status: Run["status"] = null;
    for (const { command, output } of transcript) {
      if (command === "echo $?") {
        assert.equal(output, `${status}`);
        continue;
      }
      const [program, ...args] = command.split(" ");
      assert.equal(program, "secure-install");
      const run = await secureInstall(project, args, { caFile: served.caFile });
      status = run.status;
      assert.equal(output, plain(run.stdout.replaceAll(served.url, "https://npm.acme.example/")), run.stderr);
    }
  }

  function transcript(at: number, first: string): readonly Told[] {
    const told = shown[at] ?? [];
    assert.equal(told[0]?.command, first);
    return told;
  }

  it("adds a package", async () => repeat(await open({}), transcript(0, "secure-install greeter")));

  it("refuses a tampered one", async () => {
    simulator.tamper("left-padder", "1.1.1", (tarball) => Buffer.from(tarball).fill(0xff, tarball.length - 8));
    try {
      await repeat(await open({}), transcript(1, "secure-install greeter"));
    } finally {
      simulator.reset();
    }
  });

  it("installs by the lockfile, audits it, and tells why", async () => {
    const project = await open({
      greeter: "^1.0.0",
      hummer: "^1.0.0",
      "native-bell": "^1.0.0",
      "noisy-installer": "*",
    });
    await project.writeLockfile(lockfileFor(simulator, project.manifest));
    await repeat(project, transcript(2, "secure-install ci"));
    await repeat(project, transcript(4, "secure-install audit --signatures-only package-lock.json"));
    await repeat(project, transcript(5, "secure-install trust show noisy-installer@1.0.0"));
    const report = await secureInstall(project, ["gate", "--json"], { caFile: served.caFile });
    const sentence = /`--json` prints one object with ([^.]*)\./.exec(page)?.[1] ?? "";
    const keys = [...sentence.matchAll(/`(\w+)`/g)].map(([, key]) => key);
    assert.deepEqual(Object.keys(JSON.parse(report.stdout)), keys);
  });

  it("refuses an entry without its digest", async () => {
    const project = await open({ greeter: "^1.0.0" });
    await project.writeLockfile(withoutDigest(lockfileFor(simulator, project.manifest)));
    await repeat(project, transcript(3, "secure-install gate"));
  });
});

interface Told {
  readonly command: string;
  readonly output: string;
}

/** The commands of a console block, each with what is shown below it. */
function commandsOf(text: string): Told[] {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [command = "", ...lines] = part.split("\n");
      return { command, output: plain(lines.join("\n")) };
    });
}

/** Without npm's own lines, empty ones, and what differs from run to run. */
function plain(output: string): string {
  return output
    .split("\n")
    .filter((line) => line.trim() !== "" && !/^(?:added \d+ package|rebuilt dependencies)/.test(line))
    .map((line) => line.replace(/sha512-[A-Za-z0-9+/]{86}==|sha512-…/, "sha512-…"))
    .join("\n");
}

function withoutDigest(lockfile: Lockfile): Lockfile {
  const copy: { packages?: Record<string, { integrity?: string }> } = JSON.parse(JSON.stringify(lockfile));
  delete copy.packages?.["node_modules/left-padder"]?.integrity;
  return copy as Lockfile;
}
