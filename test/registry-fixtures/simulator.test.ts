import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, afterEach, before, test } from "node:test";
import type { Manifest, Packument } from "../../registry-fixtures/manifest.js";
import { type Served, serve } from "../../registry-fixtures/server.js";
import { createSimulator } from "../../registry-fixtures/simulator.js";
import { npmTarball, readTarball } from "../../registry-fixtures/tarball.js";
import { get, getJson } from "./client.js";
import { holds } from "./signatures.js";

const simulator = createSimulator({ name: "fixture" }).loadPackages();
const OTHER = { name: "left-padder", version: "1.0.0" };
let served: Served;
let honest: { readonly manifest: Manifest; readonly tarball: Buffer };

before(async () => {
  served = await serve(simulator);
  honest = await words();
});
after(() => served.close());
afterEach(() => simulator.reset());

test("tamper: the bytes are others, the manifest is as published and signed", async () => {
  simulator.tamper("@fixture/words", "2.1.0", (tarball) => Buffer.concat([tarball, Buffer.from("!")]));
  const { manifest, tarball } = await words();
  assert.deepEqual(manifest, honest.manifest);
  assert.deepEqual(tarball, Buffer.concat([honest.tarball, Buffer.from("!")]));
});

test("tamper can bring a tarball that reads well and does harm", async () => {
  simulator.tamper("@fixture/words", "2.1.0", (tarball) =>
    npmTarball({ ...readTarball(tarball), "index.js": "evil()" }),
  );
  assert.equal(readTarball((await words()).tarball)["index.js"]?.toString(), "evil()");
});

test("substitute: the bytes of another package under an honest manifest", async () => {
  simulator.substitute("@fixture/words", "2.1.0", OTHER);
  const { manifest, tarball } = await words();
  assert.deepEqual(manifest, honest.manifest);
  assert.match(readTarball(tarball)["package.json"]?.toString() ?? "", /left-padder/);
});

test("strip: no signatures, everything else the same", async () => {
  simulator.strip("@fixture/words", "2.1.0");
  const { manifest } = await words();
  assert.equal("signatures" in manifest.dist, false);
  assert.deepEqual({ ...manifest.dist, signatures: honest.manifest.dist.signatures }, honest.manifest.dist);
});

test("replay of signatures: genuine, and over something else", async () => {
  for (const from of [OTHER, { name: "@fixture/words", version: "2.0.0" }]) {
    simulator.replay("@fixture/words", "2.1.0", from, "signatures");
    const { manifest } = await words();
    const genuine = simulator.release(from.name, from.version).manifest;
    assert.deepEqual(manifest.dist.signatures, genuine.dist.signatures);
    assert.ok(holds(genuine, simulator.trustKeys()));
    assert.equal(holds(manifest, simulator.trustKeys()), false);
  }
});

test("replay of a manifest: whole, genuinely signed, in the place of the one asked for, in both answers", async () => {
  simulator.replay("@fixture/words", "2.1.0", OTHER, "manifest");
  const manifest = await getJson<Manifest>(`${served.url}@fixture/words/2.1.0`, { ca: served.ca });
  assert.deepEqual([manifest.name, manifest.version], ["left-padder", "1.0.0"]);
  assert.ok(holds(manifest, simulator.trustKeys()));
  const packument = await getJson<Packument>(`${served.url}@fixture/words`, { ca: served.ca });
  assert.deepEqual(packument.versions["2.1.0"], manifest);
});

test("renameInside: digest and signature hold, and the package.json inside is of another package", async () => {
  simulator.renameInside("@fixture/words", "2.1.0", { name: "@fixture/swords" });
  const { manifest, tarball } = await words();
  assert.equal(manifest.name, "@fixture/words");
  assert.ok(holds(manifest, simulator.trustKeys()));
  assert.equal(manifest.dist.integrity, `sha512-${createHash("sha512").update(tarball).digest("base64")}`);
  assert.match(readTarball(tarball)["package.json"]?.toString() ?? "", /"@fixture\/swords"/);
});

test("alterManifest: a bin that the tarball does not have, and the signature still holds", async () => {
  simulator.alterManifest("@fixture/words", "2.1.0", (manifest) => ({ ...manifest, bin: { git: "index.js" } }));
  const { manifest, tarball } = await words();
  assert.deepEqual(manifest.bin, { git: "index.js" });
  assert.ok(holds(manifest, simulator.trustKeys()));
  assert.deepEqual(tarball, honest.tarball);
});

test("alterManifest can lead tarballs elsewhere; the old place still answers", async () => {
  const alter = (tarball: string) =>
    simulator.alterManifest("@fixture/words", "2.1.0", (manifest) => ({
      ...manifest,
      dist: { ...manifest.dist, tarball },
    }));
  for (const tarball of [
    "https://elsewhere.example/a/../words.tgz",
    "//elsewhere.example/words.tgz",
    "/w.tgz",
    "http://[",
  ]) {
    alter(tarball);
    const manifest = await getJson<Manifest>(`${served.url}@fixture/words/2.1.0`, { ca: served.ca });
    assert.equal(manifest.dist.tarball, tarball);
  }
  assert.deepEqual((await get(honest.manifest.dist.tarball, { ca: served.ca })).body, honest.tarball);
});

test("alterSignatures: a stranger's signature beside the good one", async () => {
  const stranger = { keyid: "SHA256:stranger", sig: "MEUCIQ==" };
  simulator.alterSignatures("@fixture/words", "2.1.0", (signatures) => [stranger, ...signatures]);
  const { signatures } = (await words()).manifest.dist;
  assert.deepEqual(signatures, [stranger, ...(honest.manifest.dist.signatures ?? [])]);
});

test("one lie leaves all other versions alone, and two lies about one version add up", async () => {
  simulator.strip("@fixture/words", "2.1.0");
  simulator.tamper("@fixture/words", "2.1.0", () => Buffer.from("x"));
  const { manifest, tarball } = await words();
  assert.deepEqual([manifest.dist.signatures, tarball.toString()], [undefined, "x"]);
  assert.ok(holds(simulator.release("@fixture/words", "2.0.0").manifest, simulator.trustKeys()));
});

test("reset: honest again, keys and packages as they were", async () => {
  const keys = simulator.trustKeys();
  simulator.strip("@fixture/words", "2.1.0");
  simulator.substitute("@fixture/words", "2.1.0", OTHER);
  simulator.reset();
  assert.deepEqual(simulator.log, []);
  assert.deepEqual(await words(), honest);
  assert.deepEqual(simulator.trustKeys(), keys);
});

test("a lie about what was never published is a mistake in the test", () => {
  assert.throws(() => simulator.strip("@fixture/words", "7.0.0"), /never published/);
});

async function words(): Promise<{ readonly manifest: Manifest; readonly tarball: Buffer }> {
  const manifest = await getJson<Manifest>(`${served.url}@fixture/words/2.1.0`, { ca: served.ca });
  const { body } = await get(manifest.dist.tarball, { ca: served.ca });
  return { manifest, tarball: body };
}
