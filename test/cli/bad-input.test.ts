/** Files of the project that are not what they must be: a clear error with its code, at once, and nothing written. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync } from "node:fs";
import { mkdir, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { Project } from "../../registry-fixtures/project.js";
import { setScene } from "../attacks/scene.js";
import { brief, type ShownReport } from "../attacks/shown.js";
import { hasTree, runInside } from "../pipeline/inside.js";

const scene = await setScene();
const LOCKFILE = "package-lock.json";
const MEGABYTE = 1024 * 1024;
/** Little for a program that would read 200 MB into memory. */
const SMALL_HEAP = { NODE_OPTIONS: "--max-old-space-size=200" };
const isRoot = process.getuid?.() === 0;

type ShownError = NonNullable<ShownReport["error"]>;

/** Most of these need no process of their own. */
async function stopped(damaged: Project, code: string): Promise<ShownError> {
  const before = await damaged.snapshot();
  const { status, report } = await runInside(damaged, ["ci"], { caFile: scene.served.caFile });
  assert.deepEqual([status, report.result, report.error?.code], [78, "ERROR", code], brief(report));
  assert.deepEqual(await damaged.snapshot(), before);
  assert.ok(report.error);
  return report.error;
}

async function unreadable(damaged: Project, says: RegExp): Promise<void> {
  assert.match((await stopped(damaged, "LOCKFILE_UNREADABLE")).says, says);
}

/** In a process whose memory is small. */
async function unreadableInLittleMemory(damaged: Project): Promise<ShownError> {
  const begun = performance.now();
  const error = await scene.stopped(damaged, { code: "LOCKFILE_UNREADABLE", env: SMALL_HEAP });
  assert.ok(performance.now() - begun < 20_000, "in bounded time");
  return error;
}

const project = (): Promise<Project> => scene.project({ greeter: "1.0.0" });

test("no lockfile", async () => {
  const bare = await project();
  await rm(join(bare.directory, LOCKFILE));
  await unreadable(bare, /has no package-lock\.json/);
});

test("only another installer's lockfile", async () => {
  const bare = await project();
  await rm(join(bare.directory, LOCKFILE));
  await bare.write("yarn.lock", "# yarn lockfile v1\n");
  await unreadable(bare, /yarn\.lock, which npm does not install by/);
});

for (const [what, content] of [
  ["empty file", ""],
  ["not JSON", "<<<<<<< HEAD\n"],
  ["no object", "[]"],
  ["null", "null"],
  ["a version that does not exist", '{ "name": "x", "lockfileVersion": 4, "packages": {} }'],
  ["no version", '{ "name": "x", "packages": {} }'],
  ["a member twice", '{ "name": "x", "lockfileVersion": 3, "packages": { "": {} }, "packages": {} }'],
  ["not UTF-8", Buffer.from([0x7b, 0xff, 0xfe, 0x7d])],
  ["absurdly nested", `{ "lockfileVersion": 3, "packages": ${'{"a":'.repeat(100_000)}`],
] as const) {
  test(`lockfile: ${what}`, async () => {
    const damaged = await project();
    await damaged.write(LOCKFILE, content);
    await unreadable(damaged, /./);
  });
}

test("lockfile: truncated half-way", async () => {
  const damaged = await project();
  const whole = await damaged.read(LOCKFILE);
  await damaged.write(LOCKFILE, whole.slice(0, whole.length / 2));
  await unreadable(damaged, /line \d+|:\d+|JSON/);
});

test("lockfile: 200 MB", async () => {
  const damaged = await project();
  await truncate(join(damaged.directory, LOCKFILE), 200 * MEGABYTE);
  const { says } = await unreadableInLittleMemory(damaged);
  assert.match(says, /is larger than the \d+ bytes that are read/);
});

test("lockfile: absurdly nested, 10 MB of it", async () => {
  const damaged = await project();
  await damaged.write(LOCKFILE, "[".repeat(10 * MEGABYTE));
  await unreadableInLittleMemory(damaged);
});

test("lockfile: as large as is read, and nothing but one name", async () => {
  const damaged = await project();
  await damaged.write(LOCKFILE, `{ "name": "${"a".repeat(60 * MEGABYTE)}" }`);
  await unreadableInLittleMemory(damaged);
});

test("lockfile: a folder in its place", async () => {
  const damaged = await project();
  await rm(join(damaged.directory, LOCKFILE));
  await mkdir(join(damaged.directory, LOCKFILE));
  await unreadable(damaged, /is not a file/);
});

test("lockfile: a named pipe in its place, which nobody writes into", {
  skip: process.platform === "win32",
}, async () => {
  const damaged = await project();
  await rm(join(damaged.directory, LOCKFILE));
  execFileSync("mkfifo", [join(damaged.directory, LOCKFILE)]);
  await unreadable(damaged, /is not a file/);
});

test("package.json: a folder, or a named pipe, in its place", { skip: process.platform === "win32" }, async () => {
  for (const put of [(path: string) => mkdir(path), async (path: string) => execFileSync("mkfifo", [path])]) {
    const damaged = await project();
    await rm(join(damaged.directory, "package.json"));
    await put(join(damaged.directory, "package.json"));
    await unreadable(damaged, /package\.json can't be read/);
  }
});

test("audit of what is no file, or is not there", { skip: process.platform === "win32" }, async () => {
  const plain = await project();
  execFileSync("mkfifo", [join(plain.directory, "pipe")]);
  for (const name of ["pipe", "none.json"]) {
    const { status, report } = await runInside(plain, ["audit", name], { caFile: scene.served.caFile });
    assert.deepEqual([status, report.error?.code], [78, "LOCKFILE_UNREADABLE"]);
  }
});

test("lockfile: that we may not read", { skip: process.platform === "win32" || isRoot }, async () => {
  const damaged = await project();
  chmodSync(join(damaged.directory, LOCKFILE), 0o000);
  await unreadable(damaged, /./);
});

test("lockfile: empty of packages, which never passes unremarked", async () => {
  const empty = await scene.project({});
  const { status, report } = await runInside(empty, ["gate"], { caFile: scene.served.caFile });
  assert.deepEqual([status, report.result, report.counts.entries], [0, "PASSED", 0]);
  assert.deepEqual(
    report.findings.map(({ code, severity }) => [code, severity]),
    [["LOCKFILE_EMPTY", "warn"]],
  );
});

for (const content of ["", "{", "[]", '{ "name": 1, "dependencies": [] }']) {
  test(`package.json: ${content || "empty"}`, async () => {
    const damaged = await project();
    await damaged.write("package.json", content);
    const { status, report } = await runInside(damaged, ["ci"], { caFile: scene.served.caFile });
    assert.ok(status === 78 || status === 65, brief(report));
    assert.ok(!hasTree(damaged) && report.handedOff !== true);
  });
}

for (const [file, content, at] of [
  ["trust.json", "{", /trust\.json:1:\d+/],
  ["trust.json", "", /trust\.json:1:1/],
  ["trust.json", '{ "format": 2 }', /trust\.json:1:\d+/],
  ["trust.json", '{\n  "format": 1,\n  "format": 1\n}', /trust\.json:3:3/],
  ["trust.json", '{ "format": 1, "rules": [{ "select": "npm:(a+)+$", "reason": "x" }] }', /trust\.json:1:\d+/],
  ["trust.json", '{ "format": 1, "registries": { "x": { "url": "http://plain.example/" } } }', /trust\.json:1:\d+/],
  ["exceptions.json", '{ "format": 1, "exceptions": [{}] }', /exceptions\.json:1:\d+/],
  ["deny.json", '{ "format": 1, "deny": {} }', /deny\.json:1:\d+/],
] as const) {
  test(`${file}: ${content.replaceAll("\n", " ") || "empty"}`, async () => {
    const damaged = await project();
    await damaged.write(`.secure-install/${file}`, content);
    const error = await stopped(damaged, "TRUST_MALFORMED");
    assert.match(error.at ?? "", at);
  });
}

test("trust.json: deeply nested, and larger than any", async () => {
  const damaged = await project();
  await damaged.write(".secure-install/trust.json", `{ "format": 1, "rules": ${"[".repeat(1_000_000)}`);
  await stopped(damaged, "TRUST_MALFORMED");
  await writeFile(join(damaged.directory, ".secure-install", "trust.json"), "");
  await truncate(join(damaged.directory, ".secure-install", "trust.json"), 100 * MEGABYTE);
  await scene.stopped(damaged, { code: "TRUST_MALFORMED", env: SMALL_HEAP });
});

test("a second trust store below the repository's root", async () => {
  const nested = await project();
  await mkdir(join(nested.directory, ".git"));
  await nested.write("packages/app/.secure-install/trust.json", '{ "format": 1 }');
  await nested.write(`packages/app/${LOCKFILE}`, await nested.read(LOCKFILE));
  await nested.write("packages/app/package.json", nested.manifest);
  const before = await nested.snapshot();
  const { status, report } = await scene.run(nested, ["gate"], { cwd: join(nested.directory, "packages", "app") });
  assert.deepEqual([status, report.error?.code], [78, "TRUST_NESTED"]);
  assert.deepEqual(await nested.snapshot(), before);
});

test("a --trust folder that is not there", async () => {
  const plain = await project();
  await scene.stopped(plain, { code: "TRUST_MALFORMED", args: ["ci", "--trust", join(plain.home, "none")] });
});
