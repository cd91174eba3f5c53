import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { openSealedRegistry, type SealedRegistry } from "../../src/gateway/sealed.js";
import { StopError } from "../../src/model/finding.js";
import { pack } from "./packages.js";
import { ask, askByProxy } from "./talk.js";

const one = pack("one", "1.0.0", {
  ...{ dependencies: { two: "^2.0.0" }, bin: { one: "index.js" }, os: ["linux"], hasInstallScript: true },
  ...{ dist: { tarball: "http://evil.example/" }, _resolved: "http://evil.example/", _hasShrinkwrap: true },
});
const later = pack("one", "1.1.0");
const scoped = pack("@s_x/two", "2.0.0");

describe("the sealed registry", () => {
  let registry: SealedRegistry;
  before(async () => {
    registry = await openSealedRegistry([one, later, scoped, one]);
  });
  after(() => registry.close());

  const json = async (path: string) => JSON.parse((await ask(registry.url + path)).body.toString());

  it("makes metadata of the admitted versions only, from the proven manifest", async () => {
    const packument = await json("one");
    assert.deepEqual(Object.keys(packument.versions), ["1.0.0", "1.1.0"]);
    assert.deepEqual(packument.versions["1.0.0"], {
      ...{ name: "one", version: "1.0.0", dependencies: { two: "^2.0.0" }, bin: { one: "index.js" }, os: ["linux"] },
      hasInstallScript: true,
      dist: { tarball: `${registry.url}one/-/one-1.0.0.tgz`, integrity: one.integrity },
    });
    assert.deepEqual(await json("one/1.1.0"), packument.versions["1.1.0"]);
    assert.equal((await json("@s_x%2ftwo")).versions["2.0.0"].dist.integrity, scoped.integrity);
  });

  it("gives the tarballs that its metadata names, with and without the token", async () => {
    const { tarball } = (await json("@s_x/two")).versions["2.0.0"].dist;
    assert.deepEqual((await ask(tarball)).body, scoped.bytes);
    const got = await askByProxy(registry.proxyUrl, `${registry.bareUrl}@s_x%2ftwo`);
    const bare = JSON.parse(got.body.toString()).versions["2.0.0"].dist.tarball;
    assert.equal(bare, `${registry.bareUrl}@s_x/two/-/two-2.0.0.tgz`);
    assert.deepEqual((await askByProxy(registry.proxyUrl, bare)).body, scoped.bytes);
    assert.equal((await ask(tarball, { method: "HEAD" })).body.length, 0);
  });

  it("knows a tarball by name and file, whatever path its old registry had", async () => {
    for (const path of ["npm/all/one/-/one-1.0.0.tgz", "one/-/one-1.0.0.tgz"]) {
      assert.deepEqual((await ask(registry.url + path)).body, one.bytes);
    }
  });

  it("refuses everything else, and writes it down", async () => {
    const refused = [
      ...["three", "one/9.9.9", "one/latest", "three/-/one-1.0.0.tgz", "one/-/three-1.0.0.tgz", "__proto__"],
      ...["constructor", "one/toString", "two", "a/b/c"],
    ];
    for (const path of refused) assert.equal((await ask(registry.url + path)).status, 403, path);
    for (const method of ["PUT", "POST", "DELETE"]) {
      assert.equal((await ask(`${registry.url}one`, { method })).status, 403);
    }
    assert.equal((await ask(registry.url)).status, 403);
    const methods = ["PUT /one", "POST /one", "DELETE /one", "GET /"];
    assert.deepEqual(registry.refused, [...refused.map((path) => `GET /${path}`), ...methods]);
  });

  it("has no audits and no advisories, and makes no noise about it", async () => {
    const before = registry.refused.length;
    assert.equal((await ask(`${registry.url}-/npm/v1/security/advisories/bulk`, { method: "POST" })).status, 404);
    assert.equal((await ask(`${registry.url}-/npm/v1/keys`)).status, 404);
    assert.equal(registry.refused.length, before);
  });

  it("does not open where one version was admitted with two digests", async () => {
    const twin = { ...one, integrity: later.integrity };
    await assert.rejects(openSealedRegistry([one, twin]), (error) => {
      assert.ok(error instanceof StopError);
      assert.equal(error.code, "INTERNAL");
      return true;
    });
  });
});
