/** Servers that send clients elsewhere, or ask for what is not theirs. */
import assert from "node:assert/strict";
import { after, afterEach, beforeEach, test } from "node:test";
import { mintAuthority } from "../../registry-fixtures/authority.js";
import type { Project } from "../../registry-fixtures/project.js";
import { registryEntry } from "../../registry-fixtures/project.js";
import { serve } from "../../registry-fixtures/server.js";
import { createSimulator } from "../../registry-fixtures/simulator.js";
import type { Site } from "../../registry-fixtures/site.js";
import { setScene, small } from "./scene.js";

const authority = await mintAuthority();
const simulator = createSimulator({ name: "fixture" });
simulator.publish(small("soup"));
const scene = await setScene(simulator, { authority, inside: true });
const { tarball } = simulator.release("soup", "1.0.0");
const PATH = "soup/-/soup-1.0.0.tgz";
const TARBALLS = { on: /\.tgz$/ };
const TOKEN = "token-of-the-first-registry";

/** Holds the very bytes that are asked for: only where they lie is wrong. */
const other = createSimulator({ name: "other" });
const elsewhere = await serve(other, { authority });
const overHttp = createSimulator({ name: "plain" });
const plain = await serve(overHttp, { plainHttp: true });
beforeEach(() => {
  for (const site of [other, overHttp]) site.put(PATH, tarball);
});
afterEach(() => {
  for (const site of [other, overHttp]) site.reset();
});
after(() => Promise.all([elsewhere.close(), plain.close()]));

const soup = (): Promise<Project> => scene.project({ soup: "1.0.0" });

test("redirect to plain HTTP", async () => {
  simulator.redirect(`${plain.url}${PATH}`, 302, TARBALLS);
  const report = await scene.refused(await soup(), { code: "FETCH_REDIRECT", of: "soup@1.0.0" });
  assert.match(report.verdicts[0]?.findings[0]?.says ?? "", /not https:/);
  assert.deepEqual(overHttp.log, [], "nobody went there");
});

test("redirect to another host", async () => {
  simulator.redirect(`${elsewhere.url}${PATH}`, 302, TARBALLS);
  await scene.refused(await soup(), { code: "FETCH_REDIRECT", of: "soup@1.0.0" });
  assert.deepEqual(other.log, [], "nobody went there");
});

test("redirect to another host with a token at hand: nobody goes there, so nobody there is told it", async () => {
  const project = await soup();
  await login(project);
  simulator.requireToken(TOKEN);
  for (const on of [/\.tgz$/, /soup\/1\.0\.0$/]) {
    simulator.redirect((path) => `${elsewhere.url}${path.slice(1)}`, 307, { on });
    await scene.refused(project, { code: "FETCH_REDIRECT", of: "soup@1.0.0" });
  }
  assert.deepEqual(other.log, []);
});

test("redirect of the manifest to another host", async () => {
  other.put("soup/1.0.0", JSON.stringify(simulator.release("soup", "1.0.0").manifest));
  simulator.redirect((path) => `${elsewhere.url}${path.slice(1)}`, 302, { on: /soup\/1\.0\.0$/ });
  await scene.refused(await soup(), { code: "FETCH_REDIRECT", of: "soup@1.0.0" });
  assert.deepEqual(other.log, []);
});

test("redirect in a circle", async () => {
  simulator.redirect((path) => path, 302, TARBALLS);
  await scene.refused(await soup(), { code: "FETCH_REDIRECT", of: "soup@1.0.0" });
});

test("a redirect that trust.json declares is followed, and the token is not sent along", async () => {
  const project = await soup();
  await login(project);
  simulator.requireToken(TOKEN);
  await project.writeTrust({
    registries: { fixture: { ...registryEntry(simulator), redirects: [new URL(elsewhere.url).host] } },
  });
  simulator.redirect(`${elsewhere.url}${PATH}`, 307, TARBALLS);
  await scene.installed(project);
  assert.deepEqual(
    other.log.map(({ path }) => path),
    [`/${PATH}`],
  );
  assertNoToken(other);
  assert.ok(simulator.log.every(({ headers }) => headers.authorization === `Bearer ${TOKEN}`));
});

test("a token asked for by another host is not given, not even where that host is declared as well", async () => {
  other.publish(small("salt"));
  other.requireToken(TOKEN);
  const project = await scene.project({ soup: "1.0.0" });
  await login(project);
  await project.writeTrust({
    registries: { fixture: registryEntry(simulator), other: registryEntry(other, { home: ["salt"] }) },
  });
  const manifest = { ...project.manifest, dependencies: { soup: "1.0.0", salt: "1.0.0" } };
  await project.write("package.json", manifest);
  const lockfile = JSON.parse(await project.read("package-lock.json"));
  lockfile.packages[""].dependencies = manifest.dependencies;
  const { integrity } = other.release("salt", "1.0.0").manifest.dist;
  const resolved = `${elsewhere.url}salt/-/salt-1.0.0.tgz`;
  lockfile.packages["node_modules/salt"] = { version: "1.0.0", resolved, integrity, license: "MIT" };
  await project.writeLockfile(lockfile);
  const report = await scene.refused(project, { code: "FETCH_FAILED", of: "salt@1.0.0", status: 75 });
  assert.match(report.verdicts.flatMap(({ findings }) => findings)[0]?.says ?? "", /401.*no credentials/);
  assert.ok(other.log.length > 0);
  assertNoToken(other);
});

test("a token is not sent to a path outside of its registry on the same host", async () => {
  const project = await soup();
  const host = new URL(scene.served.url).host;
  await project.write(".npmrc", `registry=${scene.served.url}\n//${host}/team/:_authToken=${TOKEN}\n`);
  await scene.installed(project);
  assertNoToken(simulator);
});

test("the token stands in no report, and npm never gets to see it", async () => {
  const project = await soup();
  await login(project);
  simulator.requireToken("another token");
  const { status, stdout, stderr } = await scene.run(project, ["ci"]);
  assert.equal(status, 75);
  assert.ok(!`${stdout}${stderr}`.includes(TOKEN));
  simulator.reset();
  await scene.installed(project);
  assert.ok(!scene.witness.runs().flat().join(" ").includes(TOKEN));
});

function login(project: Project): Promise<void> {
  const { host, pathname } = new URL(scene.served.url);
  return project.write(".npmrc", `registry=${scene.served.url}\n//${host}${pathname}:_authToken=${TOKEN}\n`);
}

function assertNoToken(site: Site): void {
  for (const { headers } of site.log) {
    assert.equal(headers.authorization, undefined);
    assert.ok(!JSON.stringify(headers).includes(TOKEN));
  }
}
