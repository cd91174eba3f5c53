/** What a repository's own .npmrc would have npm do before anything has been verified. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { registryEntry } from "../../registry-fixtures/project.js";
import { serve } from "../../registry-fixtures/server.js";
import { createSimulator } from "../../registry-fixtures/simulator.js";
import { setScene } from "./scene.js";

const scene = await setScene(undefined, { inside: true });
const GREETER = { greeter: "1.0.0" };

for (const [line, why] of [
  ["strict-ssl=false", /any server would be believed/],
  ["git=./evil.sh", /runs as git/],
  ["node-options=--require ./evil.cjs", /node process/],
  ["script-shell=./evil.sh", /runs every script/],
  ["prefix=./elsewhere", /folder/],
  ["userconfig=./user.npmrc", /settings/],
] as const) {
  test(`the project's .npmrc says ${line}`, async () => {
    const project = await scene.project(GREETER);
    await project.write(".npmrc", `registry=${scene.served.url}\n${line}\n`);
    const error = await scene.stopped(project, { code: "ENVIRONMENT_UNSAFE" });
    assert.match(error.says, why);
    assert.match(error.says, /line 2/, "it names the place");
  });
}

test("before anything is locked as well: an install by name stops at the same settings, and npm is not started", async () => {
  for (const line of ["git=./evil.sh", "node-options=--require ./evil.cjs", "script-shell=./evil.sh", "strict-ssl=0"]) {
    const project = await scene.project(GREETER);
    await project.write(".npmrc", `registry=${scene.served.url}\n${line}\n`);
    for (const args of [["hummer"], ["gate"], ["audit"]]) {
      await scene.stopped(project, { code: "ENVIRONMENT_UNSAFE", args });
    }
  }
  assert.deepEqual(scene.simulator.log, [], "nobody was asked");
});

test("the project's .npmrc puts a proxy and an authority between us and the registry: neither is used", async () => {
  const project = await scene.project(GREETER);
  const lines = ["https-proxy=http://127.0.0.1:9", "proxy=http://127.0.0.1:9", "noproxy=", "ca=evil"];
  await project.write(".npmrc", [`registry=${scene.served.url}`, ...lines, ""].join("\n"));
  const report = await scene.installed(project);
  const told = report.findings.filter(({ code, severity }) => code === "ENVIRONMENT_UNSAFE" && severity === "warn");
  assert.deepEqual(told.map(({ says }) => says.split(" ")[0]).sort(), ["ca", "https-proxy", "proxy"]);
});

test("the project's .npmrc allows scripts, omits and moves things: npm is told otherwise", async () => {
  const project = await scene.project({ "noisy-installer": "1.0.0", greeter: "1.0.0" });
  const lines = ["ignore-scripts=false", "foreground-scripts=true", "dry-run=true", "package-lock=false", "force=true"];
  const more = ["cache=./cache", "install-strategy=nested", "workspaces=true", "replace-registry-host=never"];
  await project.write(".npmrc", [`registry=${scene.served.url}`, ...lines, ...more, ""].join("\n"));
  const report = await scene.installed(project);
  assert.deepEqual(
    report.scripts.map(({ outcome }) => outcome),
    ["blocked"],
  );
  for (const name of ["node_modules/noisy-installer/postinstall-ran.txt", "cache"]) {
    assert.ok(!existsSync(join(project.directory, name)), name);
  }
  assert.ok(existsSync(join(project.directory, "node_modules", "greeter", "index.js")));
});

test("what a person has set in their own settings is theirs, save for what no one may set", async () => {
  const project = await scene.project(GREETER);
  await writeFile(join(project.home, ".npmrc"), "script-shell=/bin/sh\ngit=/usr/bin/git\n");
  await scene.installed(project);
  const told = scene.witness.runs()[0]?.join(" ") ?? "";
  assert.doesNotMatch(told, /usr\/bin\/git|bin\/sh/, "and is not passed on to npm");
  scene.witness.clear();
  await writeFile(join(project.home, ".npmrc"), "strict-ssl=false\n");
  const error = await scene.stopped(project, { code: "ENVIRONMENT_UNSAFE" });
  assert.match(error.says, /strict-ssl is off \(~\/\.npmrc/);
});

test("the project's .npmrc names another registry: nobody declared it, so nothing is asked of it", async () => {
  const hostile = createSimulator({ name: "hostile" }).loadPackages();
  const elsewhere = await serve(hostile);
  try {
    const project = await scene.project(GREETER, { resolved: false });
    await project.write(".npmrc", `registry=${elsewhere.url}\n`);
    const report = await scene.refused(project, { code: "REGISTRY_UNKNOWN", of: "greeter@1.0.0" });
    assert.match(report.verdicts[0]?.findings[0]?.help ?? "", /"registries"/);
    await project.write(".npmrc", `registry=${scene.served.url}\n@fixture:registry=${elsewhere.url}\n`);
    const scoped = await scene.refused(project, { code: "REGISTRY_UNKNOWN", of: "@fixture/words@2.1.0" });
    assert.equal(scoped.counts.passed, 2, "the others come from where they are at home");
    assert.deepEqual(hostile.log, [], "the hostile registry was never asked");
  } finally {
    await elsewhere.close();
  }
});

test("the project's .npmrc names another registry for a scope, which is declared and not that scope's home", async () => {
  const other = createSimulator({ name: "other" }).loadPackages();
  const elsewhere = await serve(other);
  try {
    const project = await scene.project(GREETER, { resolved: false });
    const registries = {
      fixture: registryEntry(scene.simulator),
      other: registryEntry(other, { home: ["@other/*"] }),
    };
    await project.writeTrust({ registries });
    await project.write(".npmrc", `registry=${scene.served.url}\n@fixture:registry=${elsewhere.url}\n`);
    const report = await scene.refused(project, { code: "REGISTRY_NOT_HOME", of: "@fixture/words@2.1.0" });
    assert.equal(report.tampered, true);
    assert.deepEqual(other.log, []);
  } finally {
    await elsewhere.close();
  }
});

test("a secret that the project's .npmrc puts into an address stands in no report", async () => {
  const project = await scene.forged(GREETER, ({ packages }) => {
    delete packages["node_modules/@fixture/words"]?.resolved;
  });
  const put = (variable: string) => `$\{${variable}}`;
  const address = `https://me:${put("SECRET_A")}@npm.example/${put("SECRET_B")}/`;
  const lines = [`registry=${scene.served.url}`, `@fixture:registry=${address}`];
  await project.write(".npmrc", `${lines.join("\n")}\n`);
  const env = { SECRET_A: "s3cret-one", SECRET_B: "s3cret/two" };
  const { status, report } = await scene.run(project, ["audit"], { env });
  assert.equal(status, 65);
  const text = JSON.stringify(report);
  assert.match(text, /REGISTRY_UNKNOWN/);
  for (const secret of ["s3cret-one", "s3cret/two", "s3cret%2Ftwo"]) assert.ok(!text.includes(secret), secret);
});
