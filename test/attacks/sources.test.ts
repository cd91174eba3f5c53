/** Git, URL and file sources: no registry stands behind them. Refused by name, unless trust.json pins the exact one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Project, registryEntry } from "../../registry-fixtures/project.js";
import { runInside } from "../pipeline/inside.js";
import { setScene, small } from "./scene.js";
import { brief, codesOf } from "./shown.js";

const scene = await setScene(undefined, { inside: true });
const { simulator } = scene;
const COMMIT = "0123456789abcdef0123456789abcdef01234567";
simulator.publish(small("tool"));
const { tarball, manifest } = simulator.release("tool", "1.0.0");
const { integrity } = manifest.dist;

interface Source {
  readonly what: string;
  readonly spec: () => string;
  readonly resolved?: () => string;
  readonly integrity?: string;
}

const addressed = (): string => `${scene.served.url}downloads/tool.tgz`;
const SOURCES: readonly Source[] = [
  {
    what: "git",
    spec: () => `git+https://git.example.net/tool.git#${COMMIT}`,
    resolved: () => `git+https://git.example.net/tool.git#${COMMIT}`,
  },
  {
    what: "git over ssh",
    spec: () => "git@git.example.net:tool.git",
    resolved: () => `git+ssh://git@git.example.net/tool.git#${COMMIT}`,
  },
  {
    what: "a URL",
    spec: () => "https://cdn.example.net/tool.tgz",
    resolved: () => "https://cdn.example.net/tool.tgz",
    integrity,
  },
  { what: "a file", spec: () => "file:vendor/tool.tgz", resolved: () => "file:vendor/tool.tgz", integrity },
];

for (const source of SOURCES) {
  test(`not pinned, refused by name: ${source.what}`, async () => {
    const project = await dependingOn(source);
    const report = await scene.refused(project, { code: "LOCKFILE_SOURCE_UNSUPPORTED", of: "tool@1.0.0" });
    assert.deepEqual(codesOf(report, "tool@1.0.0"), ["LOCKFILE_SOURCE_UNSUPPORTED"]);
    assert.ok(
      simulator.log.every(({ path }) => !path.includes("tool")),
      "nobody was asked for it",
    );
  });
}

test("a file that is pinned, and is the one that was locked: installed and proven", async () => {
  const [, , , file] = SOURCES;
  assert.ok(file);
  const project = await dependingOn(file);
  await pin(project, "file:vendor/tool.tgz");
  const { status, report, stderr } = await scene.run(project, ["ci"]);
  assert.equal(status, 0, `${brief(report)}${stderr}`);
  assert.match(await project.read("node_modules/tool/index.js"), /tool/);
});

test("a file that is pinned, and is not the one that was locked", async () => {
  const [, , , file] = SOURCES;
  assert.ok(file);
  const project = await dependingOn(file);
  await pin(project, "file:vendor/tool.tgz");
  await project.write("vendor/tool.tgz", simulator.release("greeter", "1.0.0").tarball);
  await scene.refused(project, { code: "DIGEST_MISMATCH", of: "tool@1.0.0" });
});

test("a pin is for exactly one source: another commit, another file and another package have none", async () => {
  for (const from of [
    `git+https://git.example.net/tool.git#${"f".repeat(40)}`,
    "git+https://git.example.net/tool.git",
  ]) {
    const [git] = SOURCES;
    assert.ok(git);
    const project = await dependingOn(git);
    await pin(project, from);
    const { status, report } = await runInside(project, ["gate"], { caFile: scene.served.caFile });
    const code = report.error?.code ?? codesOf(report, "tool@1.0.0")[0];
    assert.ok((status === 65 && code === "LOCKFILE_SOURCE_UNSUPPORTED") || code === "TRUST_MALFORMED", brief(report));
  }
});

test("a pinned commit passes an audit, and is never handed to npm, which would fetch it by itself", async () => {
  const [git] = SOURCES;
  assert.ok(git);
  const project = await dependingOn(git);
  await pin(project, git.spec());
  const { status, report } = await scene.run(project, ["gate"]);
  assert.equal(status, 0, brief(report));
  await scene.refused(project, { code: "HANDOFF_UNSEALED" });
});

test("a tarball of a declared registry under an address of another form answers to that registry's keys", async () => {
  simulator.put("downloads/tool.tgz", tarball);
  const project = await dependingOn({ what: "its own download", spec: addressed, resolved: addressed, integrity });
  simulator.strip("tool", "1.0.0");
  await scene.refused(project, { code: "SIGNATURE_ABSENT", of: "tool@1.0.0" });
  simulator.reset();
  const report = await scene.installed(project);
  assert.ok(
    report.verdicts[0]?.evidence.some(({ kind, outcome }) => kind === "registry-signature" && outcome === "verified"),
  );
});

async function dependingOn({ spec, resolved, integrity: digest }: Source): Promise<Project> {
  const project = await scene.project({});
  const dependencies = { tool: spec() };
  await project.write("package.json", { ...project.manifest, dependencies });
  await project.write("vendor/tool.tgz", tarball);
  await project.writeLockfile({
    name: "project",
    version: "1.0.0",
    lockfileVersion: 3,
    requires: true,
    packages: {
      "": { name: "project", version: "1.0.0", dependencies },
      "node_modules/tool": {
        version: "1.0.0",
        ...(resolved === undefined ? {} : { resolved: resolved() }),
        ...(digest === undefined ? {} : { integrity: digest }),
        license: "MIT",
      },
    },
  });
  return project;
}

function pin(project: Project, from: string): Promise<void> {
  return project.writeTrust({
    registries: { fixture: registryEntry(simulator) },
    sources: [{ allow: "npm:tool", from, reason: "it has no other home yet" }],
  });
}
