/** What npm really signed, and what was forged from it (registry-fixtures/vectors/npm-signatures/SOURCE.md). */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { vectorPath } from "../../registry-fixtures/fixture-files.js";
import { recordedAsServed, recordedForgeries, recordedPackument } from "../../registry-fixtures/recorded.js";
import { type RecordedManifest, tarballPath } from "../../registry-fixtures/release.js";
import { parseClaims, parsePublication } from "../../src/ecosystem/npm.js";
import type { Artifact } from "../../src/model/artifact.js";
import { type DigestSet, parseIntegrity, strongest } from "../../src/model/digest.js";
import { evidence, type Outcome } from "../../src/model/evidence.js";
import type { TrustStore } from "../../src/model/policy.js";
import { decide } from "../../src/policy/decide.js";
import { BUILTIN, PUBLIC_SIGSTORE } from "../../src/trust/builtin.js";
import { requirementsFor } from "../../src/trust/lookup.js";
import { type Publication, verifyRegistrySignature } from "../../src/verify/registry-signature.js";

/** Without a trust store: what is built in, and nothing else. */
const NO_STORE: TrustStore = {
  directory: null,
  registries: BUILTIN,
  publishers: [],
  rules: [],
  exceptions: [],
  denials: [],
  scripts: [],
  sources: [],
  sdists: [],
  owners: null,
  sigstore: [PUBLIC_SIGSTORE],
  observations: new Map(),
  certificates: new Map(),
  files: new Map(),
  renewed: null,
  digest: null,
  findings: [],
};
const NPMJS = BUILTIN.find(({ id }) => id === "npmjs") ?? assert.fail("npmjs is not built in");
const NOW = Date.parse("2026-07-01T00:00:00Z");
const genuine = recordedAsServed();
const forgeries = recordedForgeries();

/** How a forged record is refused, by kind; "verified" for the one that is no forgery. */
const REFUSED_WITH: Readonly<Record<string, string>> = {
  "integrity-one-char": "SIGNATURE_INVALID",
  "version-changed": "SIGNATURE_INVALID",
  "name-changed": "SIGNATURE_INVALID",
  "signature-of-other-package": "SIGNATURE_INVALID",
  "keyid-swapped": "SIGNATURE_INVALID",
  "keyid-unknown": "KEY_UNKNOWN",
  "signatures-empty": "SIGNATURE_ABSENT",
  "signatures-absent": "SIGNATURE_ABSENT",
  "sig-empty-string": "SIGNATURE_INVALID",
  "sha1-only": "SIGNATURE_MALFORMED",
  "two-signatures-first-bad": "SIGNATURE_INVALID",
  // ECDSA is malleable: (r, n - s) is as good. Nothing here takes a signature's text for an identity.
  "sig-malleated-high-s": "PASSED",
  "sig-trailing-bytes": "SIGNATURE_INVALID",
  "old-key-published-after-expiry": "KEY_EXPIRED",
};

function digestsOf(integrity: unknown): DigestSet {
  return typeof integrity === "string" ? parseIntegrity(integrity).digests : {};
}

/** The record as claims, read at the same door as a registry's answer, and held against `own` and the built-in keys. */
function outcomeOf(record: RecordedManifest, own: DigestSet, publication: Publication): Outcome {
  const { name, version } = record;
  const claims = parseClaims(Buffer.from(JSON.stringify(record)), name, version);
  assert.ok(claims.ok, `${name}@${version} could not be read`);
  const { integrity: published, signatures } = claims.value;
  return verifyRegistrySignature({
    name,
    version,
    registry: NPMJS.id,
    now: Date.UTC(2026, 0, 1),
    keys: NPMJS.keys,
    own,
    published,
    signatures,
    publication,
  });
}

/** When it was published, and all recorded siblings. */
function publicationOf(record: RecordedManifest): Publication {
  const siblings = genuine
    .filter(({ name, version }) => name === record.name && version !== record.version)
    .map(({ version, dist }) => ({ version, integrity: dist.integrity, signatures: dist.signatures ?? [] }));
  return { at: record.publishTime == null ? null : Date.parse(record.publishTime), siblings };
}

/** "PASSED", or the code with which the built-in floor refuses an artifact whose bytes are otherwise as they should be. */
function decisionOn({ name, version }: RecordedManifest, own: DigestSet, outcome: Outcome): string {
  const subject = strongest(own) ?? assert.fail(`${name}@${version}: no digest`);
  const artifact = { ecosystem: "npm", name, version, findings: [] } as unknown as Artifact;
  const integrity = evidence("integrity", subject, { outcome: "verified", signers: [] });
  const given = { artifact, digest: subject, findings: [], always: ["integrity"] as const };
  const all = [integrity, evidence("registry-signature", subject, outcome)];
  const verdict = decide({ ...given, evidence: all }, requirementsFor(NO_STORE, artifact, NPMJS, NOW), NOW);
  return verdict.result === "PASSED" ? "PASSED" : verdict.findings.map(({ code }) => code).join(" ");
}

/** The record that a forgery was made from. */
function originalOf({ dist }: RecordedManifest): RecordedManifest {
  const original = genuine.find(({ name, version }) => dist.tarball.endsWith(`/${tarballPath(name, version)}`));
  return original ?? assert.fail(`${dist.tarball} is not recorded`);
}

test("all 161 recorded manifests pass under npm's built-in keys, old and new", () => {
  assert.equal(genuine.length, 161);
  const signedBy = new Map<string, number>();
  for (const record of genuine) {
    const own = digestsOf(record.dist.integrity);
    const outcome = outcomeOf(record, own, publicationOf(record));
    assert.equal(decisionOn(record, own, outcome), "PASSED", `${record.name}@${record.version}`);
    const signers = outcome.outcome === "verified" ? outcome.signers : [];
    for (const signer of signers) {
      if (signer.type === "registry-key") signedBy.set(signer.keyid, (signedBy.get(signer.keyid) ?? 0) + 1);
    }
  }
  assert.deepEqual(
    NPMJS.keys.map(({ keyid }) => signedBy.get(keyid)),
    [145, 16],
  );
});

test("none of the 161 passes over other bytes than those that were signed", () => {
  const other = { sha512: "ab".repeat(64) };
  for (const record of genuine) {
    const outcome = outcomeOf(record, other, publicationOf(record));
    assert.equal(decisionOn(record, other, outcome), "SIGNATURE_INVALID", `${record.name}@${record.version}`);
  }
});

test("what the retired key signed is refused where the registry has no publish time at all", () => {
  const byRetired = genuine.filter(({ dist }) => dist.signatures?.[0]?.keyid === NPMJS.keys[0]?.keyid);
  assert.equal(byRetired.length, 145);
  for (const record of byRetired) {
    const own = digestsOf(record.dist.integrity);
    const outcome = outcomeOf(record, own, { at: null, siblings: [] });
    assert.equal(decisionOn(record, own, outcome), "KEY_EXPIRED", `${record.name}@${record.version}`);
  }
});

describe("all 108 derived forgeries are refused, each for its own reason", () => {
  test("every kind is known here", () => {
    assert.equal(forgeries.length, 108);
    assert.deepEqual(new Set(forgeries.map(({ kind }) => kind)), new Set(Object.keys(REFUSED_WITH)));
  });

  for (const [kind, expected] of Object.entries(REFUSED_WITH)) {
    test(`${kind}: ${expected}`, () => {
      for (const forgery of forgeries.filter((one) => one.kind === kind)) {
        // The bytes are those that the registry has. The time is the forgery's own where that is what was forged.
        const { dist, publishTime } = originalOf(forgery);
        const own = digestsOf(dist.integrity);
        const at = Date.parse(forgery.publishTime ?? publishTime ?? "");
        const outcome = outcomeOf(forgery, own, { at, siblings: [] });
        assert.equal(decisionOn(forgery, own, outcome), expected, `${forgery.name}@${forgery.version}`);
      }
    });
  }

  test("integrity-one-char, with bytes that have the forged digest: still refused", () => {
    for (const forgery of forgeries.filter(({ kind }) => kind === "integrity-one-char")) {
      const own = digestsOf(forgery.dist.integrity);
      const outcome = outcomeOf(forgery, own, publicationOf(forgery));
      assert.equal(decisionOn(forgery, own, outcome), "SIGNATURE_INVALID", `${forgery.name}@${forgery.version}`);
    }
  });

  test("version-changed and name-changed, offered for what they were made from: not even read as claims", () => {
    for (const forgery of forgeries.filter(({ kind }) => kind === "version-changed" || kind === "name-changed")) {
      const { name, version } = originalOf(forgery);
      const claims = parseClaims(Buffer.from(JSON.stringify(forgery)), name, version);
      assert.equal(claims.ok ? "read" : claims.finding.code, "CLAIM_NAME_MISMATCH");
    }
  });
});

test("a signature invented in a public document is refused", () => {
  const fabricated = JSON.parse(readFileSync(vectorPath("npm-signatures", "fabricated.jsonl"), "utf8"));
  const own = digestsOf(fabricated.dist.integrity);
  const outcome = outcomeOf(fabricated, own, { at: NOW, siblings: [] });
  assert.equal(decisionOn(fabricated, own, outcome), "SIGNATURE_INVALID");
});

/** Whole packuments, in which fixes went into old lines after the key was changed: the succession raises no alarm. */
for (const [file, name, versions] of [
  ["undici-types", "undici-types", 78],
  ["is-stream", "is-stream", 6],
  ["abbrev-full", "abbrev", 9],
] as const) {
  test(`${file}: every version of the packument passes beside its siblings`, () => {
    const bytes = recordedPackument(file) ?? assert.fail(`${file} was not kept`);
    const packument = JSON.parse(bytes.toString("utf8"));
    assert.equal(Object.keys(packument.versions).length, versions);
    for (const [version, manifest] of Object.entries<RecordedManifest>(packument.versions)) {
      const publication = parsePublication(bytes, name, version);
      assert.ok(publication.ok && publication.value.siblings.length === versions - 1, version);
      const own = digestsOf(manifest.dist.integrity);
      assert.equal(decisionOn(manifest, own, outcomeOf(manifest, own, publication.value)), "PASSED", version);
    }
  });
}
