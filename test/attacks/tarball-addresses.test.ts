/** Lockfiles without addresses, and registries that keep their tarballs where npm's convention does not look. */
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, test } from "node:test";
import { mintAuthority } from "../../registry-fixtures/authority.js";
import { type Project, registryEntry } from "../../registry-fixtures/project.js";
import { serve } from "../../registry-fixtures/server.js";
import { createSimulator } from "../../registry-fixtures/simulator.js";
import { setScene, small } from "./scene.js";
import { findingsOf } from "./shown.js";

const PLACE = "files/soup/1.0.0/archive";
const CONVENTION = { on: /\/soup\/-\// };

const authority = await mintAuthority();
const simulator = createSimulator({ name: "fixture" });
simulator.publish(small("soup"));
const { tarball } = simulator.release("soup", "1.0.0");
assert.ok(tarball);
const scene = await setScene(simulator, { authority, inside: true });
/** Holds the very bytes that are asked for: only where they lie is wrong. */
const other = createSimulator({ name: "other" });
const elsewhere = await serve(other, { authority });
other.put(PLACE, tarball);
afterEach(() => {
  other.reset();
  simulator.put(PLACE, null);
});
after(() => elsewhere.close());

/** The registry says that the tarball lies at `address`, and answers `status` at the usual place. */
async function kept(address: string, status = 404): Promise<Project> {
  simulator.alterManifest("soup", "1.0.0", ({ dist, ...manifest }) => ({
    ...manifest,
    dist: { ...dist, tarball: address },
  }));
  simulator.status(status, CONVENTION);
  return scene.project({ soup: "1.0.0" }, { resolved: false });
}

test("a tarball elsewhere in the same registry is found by the registry's own word, verified, and installed", async () => {
  simulator.put(PLACE, tarball);
  const project = await kept(PLACE);
  const { status, report } = await scene.run(project, ["gate"]);
  assert.deepEqual([status, report.result], [0, "PASSED"]);
  assert.ok(simulator.log.some(({ path }) => path === `/${PLACE}`));
  await scene.installed(project);
});

test("a tarball that was moved since its claims were kept is asked for anew", async () => {
  simulator.put(PLACE, tarball);
  const project = await kept(PLACE);
  assert.equal((await scene.run(project, ["gate"])).status, 0);
  const place = "files/soup/moved";
  simulator.put(PLACE, null);
  simulator.put(place, tarball);
  await kept(place);
  // The claims are kept, the bytes are gone.
  await rm(join(project.home, "cache", "secure-install", "content-v2"), { recursive: true });
  assert.equal((await scene.run(project, ["gate"])).status, 0);
  simulator.put(place, null);
});

test("other bytes at the claimed address", async () => {
  simulator.put(PLACE, Buffer.from("not the tarball"));
  await scene.refused(await kept(PLACE), { code: "DIGEST_MISMATCH", of: "soup@1.0.0" });
});

test("the convention's address is taken where there is something", async () => {
  const project = await kept(`${elsewhere.url}${PLACE}`);
  simulator.reset();
  simulator.alterManifest("soup", "1.0.0", ({ dist, ...manifest }) => ({
    ...manifest,
    dist: { ...dist, tarball: `${elsewhere.url}${PLACE}` },
  }));
  await scene.installed(project);
  assert.deepEqual(other.log, []);
});

test("a claimed address on another host, even of a declared registry", async () => {
  const project = await kept(`${elsewhere.url}${PLACE}`);
  const report = await scene.refused(project, { code: "FETCH_REDIRECT", of: "soup@1.0.0" });
  assert.match(findingsOf(report, "soup@1.0.0")[0]?.says ?? "", /"fixture" has its tarball elsewhere/);
  const registries = { fixture: registryEntry(simulator), other: { ...registryEntry(other), home: [] } };
  await project.writeTrust({ registries });
  await scene.refused(project, { code: "FETCH_REDIRECT", of: "soup@1.0.0" });
  assert.deepEqual(other.log, [], "nobody went there");
});

test("a claimed address on a host that trust.json allows for redirects", async () => {
  const project = await kept(`${elsewhere.url}${PLACE}`);
  const redirects = [new URL(elsewhere.url).host];
  await project.writeTrust({ registries: { fixture: { ...registryEntry(simulator), redirects } } });
  await scene.installed(project);
});

test("a claimed address on an allowed host: no token goes there, neither the registry's nor the one for that host", async () => {
  const project = await kept(`${elsewhere.url}${PLACE}`);
  const redirects = [new URL(elsewhere.url).host];
  await project.writeTrust({ registries: { fixture: { ...registryEntry(simulator), redirects } } });
  await project.write(".npmrc", `registry=${scene.served.url}\n${login(scene.served.url)}${login(elsewhere.url)}`);
  simulator.requireToken(tokenOf(scene.served.url));
  await scene.installed(project);
  assert.deepEqual(
    other.log.map(({ path, headers }) => [path, headers.authorization]),
    [[`/${PLACE}`, undefined]],
  );
  assert.ok(simulator.log.length > 0, "its own registry was told");
});

test("a host that asks for a token of its own gets none by a claimed address: as over a redirect, it can't be asked", async () => {
  const project = await kept(`${elsewhere.url}${PLACE}`);
  const redirects = [new URL(elsewhere.url).host];
  await project.writeTrust({ registries: { fixture: { ...registryEntry(simulator), redirects } } });
  await project.write(".npmrc", `registry=${scene.served.url}\n${login(elsewhere.url)}`);
  other.requireToken(tokenOf(elsewhere.url));
  const report = await scene.refused(project, { code: "FETCH_FAILED", of: "soup@1.0.0", status: 75 });
  assert.match(
    findingsOf(report, "soup@1.0.0")[0]?.says ?? "",
    /answered 401 \(its credentials are not sent where another server leads to it\)/,
  );
  assert.ok(other.log.length > 0);
  for (const { headers } of other.log) assert.equal(headers.authorization, undefined);
});

test("a claimed address in the same registry, which wants its token there too, gets it; beside its folder it does not", async () => {
  simulator.put(PLACE, tarball);
  const project = await kept(PLACE);
  await project.write(".npmrc", `registry=${scene.served.url}\n${login(scene.served.url)}`);
  simulator.requireToken(tokenOf(scene.served.url));
  await scene.installed(project);
  // A token for the one package alone ends where its own folder does.
  const narrow = await kept(PLACE);
  await narrow.write(".npmrc", `registry=${scene.served.url}\n${login(`${scene.served.url}soup/`)}`);
  simulator.log.length = 0;
  const { status } = await scene.run(narrow, ["gate"]);
  assert.equal(status, 75);
  const told = simulator.log.filter(({ headers }) => headers.authorization !== undefined);
  assert.ok(told.length > 0 && told.every(({ path }) => path.startsWith("/soup/")), JSON.stringify(told));
});

test("claimed addresses over plain HTTP, with credentials, or that lead out of the registry", async () => {
  const { host } = new URL(scene.served.url);
  for (const address of [
    `http://${host}/${PLACE}`,
    `https://user:password@${host}/${PLACE}`,
    `https://${host}@${new URL(elsewhere.url).host}/${PLACE}`,
    `https://${host}/x%2f..%2f${PLACE}`,
    `file:///etc/passwd`,
    "/etc/passwd",
  ]) {
    simulator.reset();
    const project = await kept(address);
    const report = await scene.refused(project, { code: "FETCH_REDIRECT", of: "soup@1.0.0", args: ["gate"] });
    assert.doesNotMatch(JSON.stringify(report), /user:password/);
  }
  assert.deepEqual(other.log, []);
});

test("the tarball of another package", async () => {
  const project = await kept("salt/-/salt-1.0.0.tgz");
  await scene.refused(project, { code: "CLAIM_NAME_MISMATCH", of: "soup@1.0.0" });
});

test("only a 404 sends anybody there, and only where the lockfile names no address", async () => {
  simulator.put(PLACE, tarball);
  await scene.refused(await kept(PLACE, 403), { code: "FETCH_FAILED", of: "soup@1.0.0", status: 75 });
  simulator.reset();
  await kept(PLACE);
  const named = await scene.project({ soup: "1.0.0" });
  const lockfile = JSON.parse(await named.read("package-lock.json"));
  lockfile.packages["node_modules/soup"].resolved = `${scene.served.url}soup/-/soup-1.0.0.tgz`;
  await named.writeLockfile(lockfile);
  await scene.refused(named, { code: "FETCH_FAILED", of: "soup@1.0.0", status: 75 });
});

/** What a user's settings say of the token for an address. */
function login(address: string): string {
  const { host, pathname } = new URL(address);
  return `//${host}${pathname}:_authToken=${tokenOf(address)}\n`;
}

function tokenOf(address: string): string {
  return `token-of-${new URL(address).port}`;
}
