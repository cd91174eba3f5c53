/** `secure-install --global`: into npm's own prefix only what was verified, proven there, and nothing else is touched. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Project } from "../../registry-fixtures/project.js";
import { registryEntry } from "../../registry-fixtures/project.js";
import { snapshot } from "../../registry-fixtures/snapshot.js";
import { setScene } from "../attacks/scene.js";
import { brief, codesOf } from "../attacks/shown.js";
import { type ActAsNpm, runInside } from "../pipeline/inside.js";
import { SPOILED } from "./wrapper-three.js";

const scene = await setScene(undefined, { inside: true });
const { simulator } = scene;
const windows = process.platform === "win32";

interface Place {
  readonly project: Project;
  readonly prefix: string;
  readonly modules: string;
  readonly bin: string;
  run(args: readonly string[], act?: ActAsNpm): ReturnType<typeof runInside>;
}

/** Somebody with a prefix of their own, in which another package lies already, and a trust store outside of any project. */
async function place(trust: Readonly<Record<string, unknown>> = {}): Promise<Place> {
  const project = await scene.project({ hummer: "1.0.0" });
  const prefix = join(project.home, "prefix");
  const lib = windows ? prefix : join(prefix, "lib");
  const modules = join(lib, "node_modules");
  const bin = windows ? prefix : join(prefix, "bin");
  for (const folder of [join(modules, "other"), bin]) mkdirSync(folder, { recursive: true });
  writeFileSync(join(modules, "other/package.json"), '{"name":"other","version":"1.0.0"}');
  writeFileSync(join(modules, "other/surprise.js"), "whatever somebody has written here\n");
  symlinkSync("../lib/node_modules/other/surprise.js", join(bin, "other"));
  writeFileSync(join(project.home, ".npmrc"), `registry=${scene.served.url}\nprefix=${prefix}\n`);
  const store = join(project.home, "trust");
  mkdirSync(store);
  const content = { format: 1, registries: { fixture: registryEntry(simulator) }, ...trust };
  writeFileSync(join(store, "trust.json"), JSON.stringify(content));
  const run = (args: readonly string[], act?: ActAsNpm) =>
    runInside(project, [...args, `--trust=${store}`], {
      caFile: scene.served.caFile,
      env: { PATH: scene.witness.path },
      // The lock step is an install too.
      ...(act === undefined
        ? {}
        : { npm: { install: (command, real) => (isGlobal(command.args) ? act(command, real) : real()) } }),
    });
  return { project, prefix, modules, bin, run };
}

const isGlobal = (args: readonly string[]): boolean => args.includes("--global=true");
const ranGlobally = (): boolean => scene.witness.runs().some(isGlobal);
const said = (file: string, ...args: string[]): string => execFileSync(process.execPath, [file, ...args]).toString();

for (const { what, code, spoil } of SPOILED) {
  test(`a dependency is ${what}: npm installs nothing, project and prefix are byte-identical`, async () => {
    const { project, prefix, run } = await place();
    const before = [await project.snapshot(), await snapshot(prefix)];
    spoil(simulator);
    for (const args of [code === "KEY_UNKNOWN" ? ["npm", "install", "-g", "greeter"] : ["--global", "greeter"]]) {
      const { status, report } = await run(args);
      assert.deepEqual(
        [status, report.handedOff, codesOf(report, "left-padder@1.1.1")],
        [65, false, [code]],
        brief(report),
      );
    }
    assert.ok(!ranGlobally());
    assert.deepEqual([await project.snapshot(), await snapshot(prefix)], before);
  });
}

test("the store of the project where one stands has no say: only --trust, or the built-in floor", async () => {
  const { project, prefix } = await place();
  const before = await snapshot(prefix);
  const run = await runInside(project, ["-g", "greeter"], { caFile: scene.served.caFile });
  assert.deepEqual([run.status, codesOf(run.report)], [65, ["REGISTRY_UNKNOWN"]], brief(run.report));
  assert.deepEqual(await snapshot(prefix), before);
});

test("a usage error where it means nothing", async () => {
  const { prefix, run } = await place();
  const before = await snapshot(prefix);
  for (const line of [
    ["-g", "greeter", "-D"],
    ["-g", "greeter", "-w", "a"],
    ["npm", "install", "-g"],
  ]) {
    const { status, report } = await run(line);
    assert.deepEqual([status, report.error?.code], [64, "USAGE"]);
  }
  assert.deepEqual([await snapshot(prefix), scene.witness.runs()], [before, []]);
});

test("packages and their commands are installed and proven; others are neither touched nor looked at", async () => {
  const { project, modules, bin, run } = await place();
  // Nor has the .npmrc of the project where one stands a say.
  await project.writeNpmrc({ registry: "https://registry.example/", "@fixture:registry": "https://registry.example/" });
  const before = [await project.snapshot(), await snapshot(join(modules, "other"))];
  const { status, report } = await run(["npm", "install", "-g", "greeter", "hummer@1.0.0", "noisy-installer"]);
  assert.deepEqual([status, report.handedOff, report.counts.failed], [0, true, 0], brief(report));
  assert.match(said(join(modules, "greeter/bin/greet.js"), "all"), /all!/);
  assert.ok(existsSync(join(bin, "greeter")));
  assert.ok(existsSync(join(modules, "greeter/node_modules/left-padder/package.json")));
  assert.deepEqual([await project.snapshot(), await snapshot(join(modules, "other"))], before);
  assert.ok(existsSync(join(bin, "other")));
  assert.doesNotMatch(brief(report), /did not get it/, "what is for other platforms is no sign of anything");
  assert.equal(report.scripts[0]?.outcome, "blocked");
  assert.ok(!existsSync(join(modules, "noisy-installer/postinstall-ran.txt")));
});

/** An older greeter, into which somebody has written, and a command of it. */
function older({ modules, bin }: Place): void {
  mkdirSync(join(modules, "greeter/node_modules/left-padder"), { recursive: true });
  writeFileSync(join(modules, "greeter/package.json"), '{"name":"greeter","version":"1.0.0"}');
  writeFileSync(join(modules, "greeter/node_modules/left-padder/extra.js"), "evil();\n");
  symlinkSync("../lib/node_modules/greeter/extra.js", join(bin, "evil"));
}

test("an older one is replaced, with what somebody has written into it, and nothing of it stays", async () => {
  const at = await place({ scripts: [{ allow: "npm:noisy-installer", reason: "it is read" }] });
  older(at);
  mkdirSync(join(at.modules, "noisy-installer"));
  writeFileSync(join(at.modules, "noisy-installer/built.txt"), "by an earlier script\n");
  const { status, report } = await at.run(["-g", "greeter@1.0.0", "noisy-installer"]);
  assert.deepEqual([status, report.scripts[0]?.outcome], [0, "ran"], brief(report));
  const left = Object.keys(await snapshot(at.prefix));
  assert.ok(left.some((name) => name.endsWith("greeter/bin/greet.js")));
  assert.deepEqual(
    left.filter((name) => /evil|extra\.js|built\.txt|\.secure-install|\.refused/.test(name)),
    [],
  );
  assert.ok(existsSync(join(at.modules, "noisy-installer/postinstall-ran.txt")), "its script ran where it lies");
});

test("npm leaves something else: refused, put aside before any script, and what was there before is back", async () => {
  const at = await place();
  older(at);
  const before = await snapshot(at.prefix);
  const greeter = join(at.modules, "greeter");
  const { status, report } = await at.run(["-g", "greeter"], async (_command, real) => {
    const ended = await real();
    appendFileSync(join(greeter, "index.js"), "evil();\n");
    appendFileSync(join(greeter, "node_modules/left-padder/index.js"), "//\n");
    writeFileSync(join(greeter, "more.js"), "evil();\n");
    mkdirSync(join(greeter, "node_modules/evil"));
    writeFileSync(join(greeter, "node_modules/evil/package.json"), '{"name":"evil","version":"1.0.0"}');
    symlinkSync("../lib/node_modules/greeter/index.js", join(at.bin, "git"));
    return ended;
  });
  assert.equal(status, 65, brief(report));
  const told = brief(report);
  for (const says of [
    /greeter\/index\.js is not what was verified/,
    /left-padder\/index\.js is not what was verified/,
    /greeter\/more\.js is a file that nothing verified accounts for/,
    /node_modules\/evil is a folder that nothing verified accounts for/,
    /\.bin\/git is a symbolic link that nothing verified accounts for/,
    /was moved to .*\.refused-.* what was there before is back in its place/,
  ])
    assert.match(told, says);
  const after = Object.entries(await snapshot(at.prefix)).filter(([name]) => !name.includes(".refused-"));
  assert.deepEqual(Object.fromEntries(after), before);
});

test("npm leaves a dependency out: what the package would find instead was not verified", async () => {
  const at = await place();
  const { status, report } = await at.run(["-g", "greeter"], async (_command, real) => {
    const ended = await real();
    execFileSync(process.execPath, [
      "-e",
      `require("fs").rmSync(${JSON.stringify(join(at.modules, "greeter/node_modules/left-padder"))}, { recursive: true })`,
    ]);
    return ended;
  });
  assert.equal(status, 65);
  assert.match(brief(report), /node_modules\/greeter does not find the left-padder that it needs/);
});

test("npm fails: its status, and the prefix is as it was", async () => {
  const at = await place();
  older(at);
  const before = await snapshot(at.prefix);
  const { status, report } = await at.run(["-g", "greeter"], async () => ({ status: 7, signal: null, output: "" }));
  assert.deepEqual([status, report.handedOff, codesOf(report)], [7, true, ["HANDOFF_FAILED"]], brief(report));
  assert.deepEqual(await snapshot(at.prefix), before);
});

test("a command of another package is not taken over: npm's word, and the prefix is as it was", async () => {
  const at = await place();
  writeFileSync(join(at.bin, "greeter"), "somebody's own\n");
  const before = await snapshot(at.prefix);
  const { status, report } = await at.run(["-g", "greeter"]);
  assert.notEqual(status, 0, brief(report));
  assert.equal(readFileSync(join(at.bin, "greeter"), "utf8"), "somebody's own\n");
  assert.deepEqual(await snapshot(at.prefix), before);
});

test("what is at work is not replaced", async () => {
  const at = await place();
  const cli = join(at.modules, "npm/bin/npm-cli.js");
  mkdirSync(join(at.modules, "npm/bin"), { recursive: true });
  writeFileSync(
    cli,
    `require(${JSON.stringify(join(scene.witness.path.split(":")[0] ?? "", "node_modules/npm/bin/npm-cli.js"))});`,
  );
  chmodSync(cli, 0o755);
  writeFileSync(join(at.modules, "npm/package.json"), '{"name":"npm","version":"11.0.0"}');
  symlinkSync("../lib/node_modules/npm/bin/npm-cli.js", join(at.bin, "npm"));
  simulator.publish({ "package.json": '{"name":"npm","version":"99.0.0"}' }, { replace: true });
  const before = await snapshot(at.prefix);
  const run = await runInside(at.project, ["-g", "npm:npm", `--trust=${join(at.project.home, "trust")}`], {
    caFile: scene.served.caFile,
    env: { PATH: [at.bin, scene.witness.path].join(":") },
  });
  assert.deepEqual([run.status, run.report.error?.code], [64, "USAGE"], brief(run.report));
  assert.match(run.report.error?.says ?? "", /^npm at .* is at work, and can't be replaced meanwhile$/);
  assert.deepEqual(await snapshot(at.prefix), before);
});

test("--prefix names another prefix, also one that does not exist yet; bundled packages and scopes lie where npm puts them", async () => {
  const at = await place();
  const before = await snapshot(at.prefix);
  const prefix = join(at.project.home, "another");
  const { status, report } = await at.run(["-g", "picnic-basket", "@fixture/words", "duet", `--prefix=${prefix}`]);
  assert.equal(status, 0, brief(report));
  assert.ok(existsSync(join(prefix, windows ? "node_modules" : "lib/node_modules", "@fixture/words/package.json")));
  assert.deepEqual(await snapshot(at.prefix), before);
});
