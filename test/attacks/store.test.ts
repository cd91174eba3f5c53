/** Our own store in other hands: nothing in it is believed, and nothing of it reaches npm without its digest. */
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { Project } from "../../registry-fixtures/project.js";
import { secureInstall } from "../../registry-fixtures/secure-install.js";
import { setScene, small } from "./scene.js";
import { parseReport } from "./shown.js";

const scene = await setScene(undefined, { inside: true });
const { simulator } = scene;
simulator.publish(small("soup"));
simulator.publish(small("salt"));

test("a tarball in the store changed before a second run: found out, thrown away, and fetched once more", async () => {
  const project = await scene.project({ soup: "1.0.0" });
  await scene.installed(project);
  const honest = await project.read("node_modules/soup/index.js");
  overwrite(contentOf(project), simulator.release("salt", "1.0.0").tarball ?? Buffer.alloc(0));
  simulator.log.length = 0;
  scene.witness.clear();
  await scene.installed(project);
  assert.equal(await project.read("node_modules/soup/index.js"), honest);
  assert.ok(simulator.log.some(({ path }) => path.endsWith(".tgz")));
});

test("a tarball in the store changed, and no network: undecided, and never believed", async () => {
  const project = await scene.project({ soup: "1.0.0" });
  await scene.run(project, ["gate"]);
  overwrite(contentOf(project), "something else");
  const refusal = { code: "FETCH_OFFLINE", of: "soup@1.0.0", status: 75, args: ["ci", "--offline"] };
  await scene.refused(project, refusal);
});

test("with an honest store no network is needed at all", async () => {
  const project = await scene.project({ soup: "1.0.0" });
  await scene.run(project, ["gate"]);
  simulator.log.length = 0;
  const { status, report } = await scene.run(project, ["ci", "--offline"]);
  assert.deepEqual([status, report.result, simulator.log], [0, "PASSED", []]);
});

test("claims in the store forged: they may confirm, and before they refuse the registry is asked again", async () => {
  const project = await scene.project({ soup: "1.0.0" });
  await scene.run(project, ["gate"]);
  const stranger = simulator.release("salt", "1.0.0").manifest;
  for (const file of filesBelow(join(project.home, "cache"), /claims/)) {
    const kept = readFileSync(file, "utf8");
    overwrite([file], kept.replace(/"sig":\s*"[^"]+"/, `"sig":${JSON.stringify(stranger.dist.signatures?.[0]?.sig)}`));
  }
  simulator.log.length = 0;
  await scene.installed(project);
  assert.ok(simulator.log.some(({ path }) => path.endsWith("/soup/1.0.0")));
});

test("the store open to others: nothing is put into it, nor taken from it", async () => {
  const project = await scene.project({ soup: "1.0.0" });
  await scene.run(project, ["gate"]);
  await chmod(join(project.home, "cache", "secure-install"), 0o777);
  const error = await scene.stopped(project, { code: "ENVIRONMENT_UNSAFE" });
  assert.match(error.says, /open to others/);
});

test("folders where the store's files must be: named where they stop the run, and passed over where nothing is lost", async () => {
  const project = await scene.project({ soup: "1.0.0" });
  await scene.run(project, ["gate"]);
  for (const file of filesBelow(join(project.home, "cache"), /claims/)) {
    rmSync(file);
    mkdirSync(file);
  }
  assert.equal((await scene.run(project, ["gate"])).status, 0);
  const [content = ""] = contentOf(project);
  rmSync(content);
  mkdirSync(content);
  const error = await scene.stopped(project, { code: "ENVIRONMENT_UNUSABLE", args: ["gate"] });
  assert.equal(error.at, content);
  assert.match(error.says, /the store can't use/);
});

test("certificates that are none are named by their file", async () => {
  const project = await scene.project({ soup: "1.0.0" });
  const file = join(project.home, "ca.pem");
  writeFileSync(file, "no certificate");
  const { status, stdout, stderr } = await secureInstall(project, ["gate", "--json", `--cafile=${file}`]);
  const { error } = parseReport(stdout, stderr);
  assert.deepEqual([status, error?.code, error?.at], [78, "ENVIRONMENT_UNSAFE", file]);
});

function contentOf(project: Project): string[] {
  return filesBelow(join(project.home, "cache"), /content-v2/);
}

function filesBelow(folder: string, among: RegExp): string[] {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return found.map((entry) => join(entry.parentPath, entry.name)).filter((file) => among.test(file));
}

function overwrite(files: readonly string[], content: string | Uint8Array): void {
  assert.ok(files.length > 0);
  for (const file of files) {
    chmodSync(file, 0o600);
    writeFileSync(file, content);
  }
}
