import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { readRegistryPath } from "../../src/gateway/paths.js";

const read = (path: string) => readRegistryPath(path.split("/"));

describe("the paths of npm's registry protocol", () => {
  it("reads metadata", () => {
    assert.deepEqual(read("a"), { kind: "packument", name: "a" });
    assert.deepEqual(read("@s/a"), { kind: "packument", name: "@s/a" });
    assert.deepEqual(read("a/1.0.0"), { kind: "manifest", name: "a", version: "1.0.0" });
    assert.deepEqual(read("@s/a/latest"), { kind: "manifest", name: "@s/a", version: "latest" });
  });

  it("finds name and file of a tarball behind any prefix, in each spelling", () => {
    const plain = { kind: "tarball", name: "a", filename: "a-1.0.0.tgz" };
    const scoped = { kind: "tarball", name: "@s/a", filename: "a-1.0.0.tgz" };
    assert.deepEqual(read("a/-/a-1.0.0.tgz"), plain);
    assert.deepEqual(read("artifactory/api/npm/all/a/-/a-1.0.0.tgz"), plain);
    assert.deepEqual(read("@s/a/-/a-1.0.0.tgz"), scoped);
    assert.deepEqual(read("npm/@s/a/-/@s/a-1.0.0.tgz"), scoped);
    assert.deepEqual(read("-/a/-/a-1.0.0.tgz").kind, "chatter");
  });

  it("takes nothing else for a tarball", () => {
    for (const path of ["a/-", "a/-/", "@s/a/-/@t/a-1.0.0.tgz", "a/-/x/y/a.tgz", "a/b/c"]) {
      assert.notEqual(readRegistryPath(path.split("/").filter(Boolean)).kind, "tarball", path);
    }
    assert.deepEqual(readRegistryPath([]), { kind: "unknown" });
    assert.deepEqual(read("@s"), { kind: "unknown" });
    assert.deepEqual(read("-/npm/v1/security/advisories/bulk"), { kind: "chatter" });
    assert.deepEqual(read("-/ping"), { kind: "chatter" });
  });

  it("never throws", () => {
    const segment = fc.oneof(fc.constantFrom("-", "@s", "a", "a-1.0.0.tgz", "..", "__proto__"), fc.string());
    fc.assert(fc.property(fc.array(segment, { maxLength: 8 }), (path) => readRegistryPath(path).kind.length > 0));
  });
});
