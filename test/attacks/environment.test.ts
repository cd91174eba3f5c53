/** What the surroundings would do to node, npm and TLS before anything has been verified. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { runInside } from "../pipeline/inside.js";
import { setScene } from "./scene.js";

const scene = await setScene();
const GREETER = { greeter: "1.0.0" };

test("NODE_TLS_REJECT_UNAUTHORIZED=0", async () => {
  const project = await scene.project(GREETER);
  const env = { NODE_TLS_REJECT_UNAUTHORIZED: "0" };
  const error = await scene.stopped(project, { code: "ENVIRONMENT_UNSAFE", env });
  assert.match(error.says, /NODE_TLS_REJECT_UNAUTHORIZED/);
  assert.deepEqual(scene.simulator.log, [], "nobody was asked");
});

test("NODE_OPTIONS=--require loads code into every node", async () => {
  const project = await scene.project(GREETER);
  const preload = join(project.home, "preload.cjs");
  await writeFile(preload, "// nothing\n");
  const env = { NODE_OPTIONS: `--require "${preload}"` };
  const error = await scene.stopped(project, { code: "ENVIRONMENT_UNSAFE", env });
  assert.match(error.says, /--require/);
});

for (const [what, option, says] of [
  ["loads code", "--import ./evil.mjs", /loads code/],
  ["loads code", "--max-old-space-size=900 -r ./evil.cjs", /loads code/],
  ["loads code", '"--experimental-loader" ./evil.mjs', /loads code/],
  ["loads settings", "--env-file=.env", /loads code/],
  ["loads libraries", "--openssl-config=./openssl.cnf", /loads code/],
  ["weakens TLS", "--tls-min-v1.0", /weakens/],
  ["weakens the reading of HTTP", "--insecure-http-parser", /weakens/],
] as const) {
  test(`NODE_OPTIONS=${option} ${what}`, async () => {
    const project = await scene.project(GREETER);
    const before = await project.snapshot();
    const env = { PATH: scene.witness.path, NODE_OPTIONS: option };
    for (const args of [["ci"], ["hummer"]]) {
      const { status, report } = await runInside(project, args, { caFile: scene.served.caFile, env });
      assert.deepEqual([status, report.error?.code], [78, "ENVIRONMENT_UNSAFE"]);
      assert.match(report.error?.says ?? "", says);
    }
    assert.deepEqual([scene.witness.runs(), scene.simulator.log], [[], []]);
    assert.deepEqual(await project.snapshot(), before);
  });
}

test("NODE_COMPILE_CACHE: node would run code that nobody verifies", async () => {
  const project = await scene.project(GREETER);
  const env = { NODE_COMPILE_CACHE: join(project.home, "compiled") };
  await scene.stopped(project, { code: "ENVIRONMENT_UNSAFE", env });
});

for (const [name, value] of [
  ["npm_config_strict_ssl", "false"],
  ["NPM_CONFIG_STRICT_SSL", "false"],
] as const) {
  test(`${name}=${value}`, async () => {
    const project = await scene.project(GREETER);
    const error = await scene.stopped(project, { code: "ENVIRONMENT_UNSAFE", env: { [name]: value } });
    assert.match(error.says, new RegExp(name));
  });
}

test("npm_config_registry: a registry that nobody declared is not asked", async () => {
  const project = await scene.project(GREETER, { resolved: false });
  const env = { npm_config_registry: "https://registry.elsewhere.invalid/" };
  await scene.refused(project, { code: "REGISTRY_UNKNOWN", of: "greeter@1.0.0", env });
});

test("npm_config_*, BASH_ENV, ENV and their like reach neither npm nor a shell", async () => {
  const project = await scene.project({ "noisy-installer": "1.0.0" });
  const trust = JSON.parse(await project.read(".secure-install/trust.json")) as object;
  await project.writeTrust({ ...trust, scripts: [{ allow: "npm:noisy-installer@1.0.0", reason: "it is known" }] });
  const ran = join(project.home, "hostile-ran");
  const script = join(project.home, "hostile.sh");
  await writeFile(script, `touch "${ran}"\n`);
  await writeFile(join(project.home, "npmrc"), "ignore-scripts=false\n");
  const env = {
    BASH_ENV: script,
    ENV: script,
    npm_config_git: script,
    npm_config_script_shell: script,
    npm_config_ignore_scripts: "true",
    npm_config_cache: join(project.home, "poisoned-cache"),
    npm_config_dry_run: "true",
    npm_config_omit: "",
    npm_config_package_lock: "false",
    NODE_OPTIONS: "--max-old-space-size=1024",
    NODE_PATH: project.home,
  };
  const report = await install(project, env);
  assert.ok(!existsSync(ran), "nothing of it was run");
  assert.ok(!existsSync(join(project.home, "poisoned-cache")), "nor was the cache used");
  assert.ok(existsSync(join(project.directory, "node_modules/noisy-installer/postinstall-ran.txt")));
  assert.ok(report.findings.some(({ code, says }) => code === "ENVIRONMENT_UNSAFE" && /NODE_OPTIONS/.test(says)));
});

async function install(project: Parameters<typeof scene.run>[0], env: Readonly<Record<string, string>>) {
  const { status, report, stderr } = await scene.run(project, ["ci"], { env });
  assert.equal(status, 0, stderr);
  return report;
}
