import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import type { Manifest, Packument } from "../../registry-fixtures/manifest.js";
import { type Served, serve } from "../../registry-fixtures/server.js";
import type { PublicKey } from "../../registry-fixtures/signing-key.js";
import { createSimulator } from "../../registry-fixtures/simulator.js";
import { readTarball } from "../../registry-fixtures/tarball.js";
import { get, getJson } from "./client.js";
import { holds } from "./signatures.js";

const INSTALL = { accept: "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*" };
const simulator = createSimulator({ name: "fixture" }).loadPackages();
let served: Served;

before(async () => {
  served = await serve(simulator, { pathPrefix: "npm/private" });
});
after(() => served.close());

const ask = async <Shape>(path: string, headers = {}) =>
  await getJson<Shape>(`${served.url}${path}`, { ca: served.ca, headers });

test("a manifest describes the tarball that its address gives", async () => {
  const manifest = await ask<Manifest>("greeter/1.0.0");
  assert.equal(manifest.dist.tarball, `${served.url}greeter/-/greeter-1.0.0.tgz`);
  const { body } = await get(manifest.dist.tarball, { ca: served.ca });
  assert.equal(manifest.dist.integrity, `sha512-${createHash("sha512").update(body).digest("base64")}`);
  assert.equal(manifest.dist.shasum, createHash("sha1").update(body).digest("hex"));
  const sizes = Object.values(readTarball(body)).map((file) => file.length);
  assert.deepEqual([manifest.dist.fileCount, manifest.dist.unpackedSize], [4, sizes.reduce((a, b) => a + b)]);
});

test("every published version is signed, and the keys endpoint has the key", async () => {
  const { keys } = await ask<{ keys: readonly PublicKey[] }>("-/npm/v1/keys");
  for (const version of ["2.0.0", "2.1.0", "3.0.0-beta.1"]) {
    assert.ok(holds(await ask<Manifest>(`@fixture%2fwords/${version}`), keys), version);
  }
});

test("a name with a scope is understood in all three spellings", async () => {
  const plain = await ask<Packument>("@fixture/words");
  assert.equal(plain.name, "@fixture/words");
  for (const spelling of ["@fixture%2fwords", "%40fixture%2Fwords"]) assert.deepEqual(await ask(spelling), plain);
  assert.deepEqual(await ask("@fixture/words/2.1.0"), plain.versions["2.1.0"]);
  assert.deepEqual(await ask("@fixture%2fwords/next"), plain.versions["3.0.0-beta.1"]);
});

test("the full packument has times and scripts; the abbreviated one only what an installer needs", async () => {
  const full = await ask<Packument>("noisy-installer");
  assert.deepEqual(Object.keys(full.time as object), ["created", "modified", "1.0.0"]);
  assert.deepEqual(full.versions["1.0.0"]?.scripts, { postinstall: "node postinstall.js" });
  const short = await ask<Packument>("noisy-installer", INSTALL);
  assert.deepEqual(Object.keys(short).sort(), ["dist-tags", "modified", "name", "versions"]);
  const version = short.versions["1.0.0"];
  assert.deepEqual([version?.scripts, version?.hasInstallScript], [undefined, true]);
  assert.deepEqual(version?.dist, full.versions["1.0.0"]?.dist);
});

test("what npm's client adds when it publishes is in the manifest", async () => {
  const greeter = await ask<Manifest>("greeter/latest");
  assert.deepEqual(greeter.bin, { greeter: "bin/greet.js" });
  const bell = await ask<Manifest>("native-bell/1.0.0");
  assert.deepEqual([bell.scripts, bell.gypfile], [{ install: "node-gyp rebuild" }, true]);
  assert.equal((await ask<Manifest>("frozen-choir/1.0.0"))._hasShrinkwrap, true);
  assert.equal((await ask<Manifest>("old-tune/0.9.0")).deprecated, "sing greeter instead");
});

test("a shrinkwrap in a package carries the digest of what it locks", () => {
  const { tarball } = simulator.release("frozen-choir", "1.0.0");
  const text = readTarball(tarball ?? Buffer.alloc(0))["npm-shrinkwrap.json"]?.toString() ?? "";
  assert.ok(text.includes(simulator.release("@fixture/words", "2.0.0").manifest.dist.integrity));
});

test("what is not there is answered as npm does", async () => {
  const paths = [
    "nobody",
    "@fixture/nobody",
    "greeter/9.9.9",
    "greeter/-/greeter-9.9.9.tgz",
    "-/npm/v1/security/advisories/bulk",
  ];
  for (const path of [...paths, "a/b/c/d", ""]) {
    const { status, headers } = await get(`${served.url}${path}`, { ca: served.ca });
    assert.deepEqual([path, status, headers["content-type"]], [path, 404, "application/json"]);
  }
  assert.deepEqual(await ask("nobody"), { error: "Not found" });
  assert.equal(await ask("greeter/9.9.9"), "version not found: 9.9.9");
  const outside = await get(new URL("/greeter", served.url).href, { ca: served.ca });
  assert.equal(outside.status, 404);
  assert.equal((await get(`${served.url}%zz`, { ca: served.ca })).status, 400);
});

test("after a rotation both keys are shown, old signatures hold, and the old key can be made to sign once more", () => {
  const registry = createSimulator({ name: "rotating" });
  const package_ = (version: string) => ({ "package.json": JSON.stringify({ name: "a", version }) });
  registry.publish(package_("1.0.0"));
  const [old] = registry.trustKeys();
  const keyid = registry.rotateKey({ expiresOld: "2026-02-01T00:00:00.000Z" });
  const keys = registry.trustKeys();
  assert.deepEqual(
    keys.map(({ expires }) => expires),
    ["2026-02-01T00:00:00.000Z", null],
  );
  assert.equal(keys[1]?.keyid, keyid);
  registry.publish(package_("1.1.0"));
  registry.publish(package_("1.2.0"), { keyid: old?.keyid ?? "" });
  const signers = registry.releasesOf("a").map(({ manifest }) => manifest.dist.signatures?.[0]?.keyid);
  assert.deepEqual(signers, [old?.keyid, keyid, old?.keyid]);
  for (const { manifest } of registry.releasesOf("a")) assert.ok(holds(manifest, keys));
});

test("a version is published once, unless it is to be replaced", () => {
  const registry = createSimulator({ name: "strict", signs: false });
  const files = { "package.json": '{"name":"a","version":"1.0.0"}' };
  const first = registry.publish(files);
  assert.equal(first.manifest.dist.signatures, undefined);
  assert.throws(() => registry.publish(files), /published already/);
  registry.publish({ ...files, "index.js": "" }, { replace: true });
  assert.notEqual(registry.release("a", "1.0.0").manifest.dist.integrity, first.manifest.dist.integrity);
});

test("a file under packages/ has to be named for what is in it", () => {
  const archive = { comment: "", files: [{ path: "package.json", text: '{"name":"a","version":"1.0.0"}' }] };
  const misnamed = [{ id: "a@1.0.1", archive }];
  assert.throws(() => createSimulator({ name: "strict" }).loadPackages(misnamed), /a@1\.0\.1: .* a@1\.0\.0/);
});

test("an archive whose files overlap or lead outside is not published", () => {
  const registry = createSimulator({ name: "strict" });
  for (const path of ["package.json", "../a", "/a", "a//b", "a/./b"]) {
    const files = [
      { path: "package.json", text: '{"name":"a","version":"1.0.0"}' },
      { path, text: "" },
    ];
    assert.throws(() => registry.publish({ comment: "", files }), /comes twice/);
  }
  assert.throws(() => registry.publish({ "index.js": "" }), /package\.json/);
});
