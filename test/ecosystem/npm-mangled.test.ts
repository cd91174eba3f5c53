/**
 * A registry's answers, mangled. Whatever comes is read or refused in bounded time; and what is read gets no further
 * with a verdict than what was signed: the same name, version and integrity, and the same story as the archive's.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { mintSigningKey, signedMessage } from "../../registry-fixtures/signing-key.js";
import { manifestFromPackument, parseClaims, parsePublication } from "../../src/ecosystem/npm.js";
import { parseIntegrity } from "../../src/model/digest.js";
import { verifyManifest } from "../../src/verify/manifest.js";
import { readFacts } from "../../src/verify/npm-facts.js";
import { verifyRegistrySignature } from "../../src/verify/registry-signature.js";

const MASKS = [0x01, 0x04, 0x20, 0x80];
const NOW = Date.parse("2026-06-01T00:00:00Z");
const [retired, current] = [mintSigningKey(), mintSigningKey()];
const END = "2026-01-01T00:00:00.000Z";
const KEYS = [
  { keyid: retired.keyid, spki: retired.key, notBefore: null, expires: Date.parse(END) },
  { keyid: current.keyid, spki: current.key, notBefore: null, expires: null },
];
const INTEGRITY = `sha512-${Buffer.alloc(64, 7).toString("base64")}`;
const OWN = parseIntegrity(INTEGRITY).digests;
const INSIDE = {
  name: "soup",
  version: "1.1.0",
  bin: { soup: "cli.js" },
  dependencies: { salt: "^1.0.0" },
  scripts: { install: "node x" },
};

function distOf(version: string, by: typeof current) {
  const sig = by.sign(signedMessage("soup", version, INTEGRITY));
  return { integrity: INTEGRITY, tarball: "https://r.example/soup.tgz", signatures: [{ keyid: by.keyid, sig }] };
}

const MANIFEST = Buffer.from(JSON.stringify({ ...INSIDE, dist: distOf("1.1.0", current) }));
const PACKUMENT = Buffer.from(
  JSON.stringify({
    name: "soup",
    versions: {
      "1.0.0": { name: "soup", version: "1.0.0", dist: distOf("1.0.0", current) },
      "1.1.0": { name: "soup", version: "1.1.0", dist: distOf("1.1.0", retired) },
    },
    time: { "1.1.0": "2025-12-01T00:00:00.000Z" },
  }),
);

/** The answer as claims, and what becomes of its signature; null where it was refused at the door. */
function signatureIn(bytes: Uint8Array): { readonly integrity: string | null; readonly outcome: string } | null {
  const claims = parseClaims(bytes, "soup", "1.1.0");
  if (!claims.ok) return null;
  const { integrity, signatures } = claims.value;
  const asked = { name: "soup", version: "1.1.0", registry: "r", keys: KEYS, now: NOW, publication: null };
  const { outcome } = verifyRegistrySignature({ ...asked, own: OWN, published: integrity, signatures });
  return { integrity, outcome };
}

/** Each with one octet changed. */
function* bent(sample: Uint8Array, masks = MASKS): Generator<Buffer> {
  for (let at = 0; at < sample.length; at++) {
    for (const mask of masks) {
      const copy = Buffer.from(sample);
      copy[at] = (copy[at] ?? 0) ^ mask;
      yield copy;
    }
  }
}

describe("the manifest of one version", () => {
  test("as it is, it is verified", () => {
    assert.deepEqual(signatureIn(MANIFEST), { integrity: INTEGRITY, outcome: "verified" });
  });

  test("no prefix of it is read", () => {
    for (let length = 0; length < MANIFEST.length; length++) {
      const read = parseClaims(MANIFEST.subarray(0, length), "soup", "1.1.0");
      assert.ok(!read.ok && read.finding.code === "FETCH_FAILED", String(length));
    }
  });

  test("whatever octet is changed: refused, or the signature is still over the same integrity", () => {
    let verified = 0;
    for (const bytes of bent(MANIFEST)) {
      const got = signatureIn(bytes);
      if (got?.outcome !== "verified") continue;
      assert.equal(got.integrity, INTEGRITY);
      verified++;
    }
    assert.ok(verified > 0, "changes elsewhere do not matter to the signature");
  });

  test("whatever octet is changed: the manifest is held against the archive, and agrees only where it says the same", async () => {
    const archive = { manifest: INSIDE, files: new Set(["package.json", "cli.js"]) };
    const honest = JSON.stringify(await readFacts(INSIDE, "soup", null));
    for (const bytes of bent(MANIFEST.subarray(0, MANIFEST.indexOf('"dist"')), [0x01])) {
      const claims = parseClaims(Buffer.concat([bytes, MANIFEST.subarray(bytes.length)]), "soup", "1.1.0");
      if (!claims.ok) continue;
      const registry = claims.value.manifest;
      const { outcome } = await verifyManifest({ name: "soup", lock: null, registry, archive });
      const facts = JSON.stringify(await readFacts(registry, "soup", null));
      assert.equal(outcome, facts === honest ? "verified" : "invalid", bytes.toString());
    }
  });
});

describe("the packument", () => {
  const publication = (bytes: Uint8Array) => parsePublication(bytes, "soup", "1.1.0");

  test("no prefix of it is read, nor a manifest taken out of one", () => {
    for (let length = 0; length < PACKUMENT.length; length++) {
      assert.ok(!publication(PACKUMENT.subarray(0, length)).ok, String(length));
      assert.equal(manifestFromPackument(PACKUMENT.subarray(0, length), "1.1.0"), null);
    }
    assert.ok(manifestFromPackument(PACKUMENT, "1.1.0"));
  });

  test("whatever octet is changed: a retired key passes only where its successor's signature below is not to be seen", () => {
    const asked = { name: "soup", version: "1.1.0", registry: "r", keys: KEYS, now: NOW, own: OWN };
    const { signatures } = distOf("1.1.0", retired);
    const judged = (bytes: Uint8Array) => {
      const read = publication(bytes);
      if (!read.ok) return null;
      const given = { ...asked, published: INTEGRITY, signatures, publication: read.value };
      return { siblings: JSON.stringify(read.value.siblings), ...verifyRegistrySignature(given) };
    };
    const honest = judged(PACKUMENT);
    assert.equal(honest?.outcome, "invalid");
    for (const bytes of bent(PACKUMENT, [0x01, 0x20])) {
      const got = judged(bytes);
      assert.ok(got?.outcome !== "verified" || got.siblings !== honest.siblings, bytes.toString());
    }
  });
});

describe("answers of any shape", () => {
  const odd = fc.oneof(
    fc.jsonValue({ depthSize: "small" }),
    fc.constantFrom<unknown>(
      "sha512-AAAA",
      `${INTEGRITY} ${INTEGRITY}`,
      { __proto__: null },
      [{ keyid: 1 }],
      [[]],
      NOW,
    ),
  );
  const dist = fc.oneof(odd, fc.record({ integrity: odd, tarball: odd, signatures: odd }, { requiredKeys: [] }));
  const parts = { bin: odd, scripts: odd, dependencies: odd, optionalDependencies: odd, peerDependencies: odd };
  const more = { bundleDependencies: odd, directories: odd, os: odd, engines: odd, gypfile: odd, dist };
  const manifest = fc.record({ ...parts, ...more }, { requiredKeys: [] });

  test("a manifest with anything in its fields throws nothing, and is verified by nobody's signature", async () => {
    const archive = { manifest: INSIDE, files: new Set(["package.json", "cli.js"]) };
    await fc.assert(
      fc.asyncProperty(manifest, async (fields) => {
        const bytes = Buffer.from(JSON.stringify({ ...fields, name: "soup", version: "1.1.0" }));
        assert.notEqual(signatureIn(bytes)?.outcome, "verified");
        const claims = parseClaims(bytes, "soup", "1.1.0");
        const registry = claims.ok ? claims.value.manifest : {};
        const { outcome } = await verifyManifest({ name: "soup", lock: null, registry, archive });
        assert.ok(outcome === "invalid" || outcome === "verified");
        const turned = { manifest: registry, files: archive.files };
        await verifyManifest({ name: "soup", lock: null, registry: INSIDE, archive: turned });
      }),
      { numRuns: 150 },
    );
  });

  test("a packument with anything in its places throws nothing, and tells no time but one that a calendar has", () => {
    const versions = fc.oneof(odd, fc.dictionary(fc.constantFrom("1.0.0", "1.1.0", "v1", "__proto__"), manifest));
    const times = fc.oneof(odd, fc.record({ "1.1.0": fc.oneof(odd, fc.string(), fc.constant("+275760-09-13")) }));
    fc.assert(
      fc.property(versions, times, (all, time) => {
        const bytes = Buffer.from(JSON.stringify({ name: "soup", versions: all, time }));
        const read = parsePublication(bytes, "soup", "1.1.0");
        assert.ok(read.ok);
        const { at } = read.value;
        assert.ok(at === null || !Number.isNaN(new Date(at).getTime()));
        manifestFromPackument(bytes, "1.1.0");
      }),
      { numRuns: 150 },
    );
  });

  test("an answer nested a hundred thousand levels deep, in any field, is refused or left out", async () => {
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    const archive = { manifest: INSIDE, files: new Set<string>() };
    for (const field of ["dependencies", "bin", "scripts", "bundleDependencies", "os", "engines", "dist"]) {
      const bytes = Buffer.from(`{"name":"soup","version":"1.1.0","${field}":${deep}}`);
      const claims = parseClaims(bytes, "soup", "1.1.0");
      if (!claims.ok) continue;
      const { outcome } = await verifyManifest({ name: "soup", lock: null, registry: claims.value.manifest, archive });
      assert.equal(outcome, "invalid", field);
    }
    const packument = Buffer.from(`{"name":"soup","versions":{"1.1.0":${deep}},"time":${deep}}`);
    assert.deepEqual(parsePublication(packument, "soup", "1.1.0"), { ok: true, value: { at: null, siblings: [] } });
    assert.equal(manifestFromPackument(packument, "1.1.0"), null);
  });
});
