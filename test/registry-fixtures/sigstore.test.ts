import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { describe, it } from "node:test";
import { mintSigningKey } from "../../registry-fixtures/signing-key.js";
import { githubBuild, gitlabBuild } from "../../registry-fixtures/sigstore/build.js";
import type { Bundle, BundleVersion, LogEntry } from "../../registry-fixtures/sigstore/bundle.js";
import { mintCertificateLog } from "../../registry-fixtures/sigstore/certificate-log.js";
import type { EntryKind } from "../../registry-fixtures/sigstore/entry-body.js";
import { mintFulcio } from "../../registry-fixtures/sigstore/fulcio.js";
import { fulcioOid } from "../../registry-fixtures/sigstore/fulcio-extensions.js";
import { type AttestOptions, mintSigstore, SIGNED_AT } from "../../registry-fixtures/sigstore/instance.js";
import { mintLog } from "../../registry-fixtures/sigstore/log.js";
import { auditPath, leafHash, treeHash } from "../../registry-fixtures/sigstore/merkle.js";
import { provenanceStatement, SLSA_V02 } from "../../registry-fixtures/sigstore/npm-statements.js";
import { mintTimestampAuthority } from "../../registry-fixtures/sigstore/timestamp-authority.js";
import { type Thresholds, verifyBundle } from "./bundles.js";

const sigstore = mintSigstore();
const key = mintSigningKey();
const SUBJECT = { name: "@acme/lib", version: "1.0.0", sha512: createHash("sha512").update("lib").digest("hex") };
const STATEMENT = provenanceStatement({ ...SUBJECT, build: githubBuild() });
const MINUTE_MS = 60_000;

function verify(bundle: Bundle, root = sigstore.trustedRoot(), thresholds: Thresholds = {}) {
  return verifyBundle(bundle, root, [key], thresholds);
}

function entryOf(bundle: Bundle): LogEntry {
  const [entry] = bundle.verificationMaterial.tlogEntries;
  assert.ok(entry);
  return entry;
}

function bodyOf(bundle: Bundle) {
  return JSON.parse(Buffer.from(entryOf(bundle).canonicalizedBody, "base64").toString("utf8"));
}

function certificateOf(bundle: Bundle): X509Certificate {
  return new X509Certificate(Buffer.from(bundle.verificationMaterial.certificate?.rawBytes ?? "", "base64"));
}

describe("what is honest verifies", () => {
  const forms: readonly (readonly [BundleVersion, EntryKind])[] = [
    ["0.1", "v1-intoto"],
    ["0.1", "v1-dsse"],
    ["0.2", "v1-intoto"],
    ["0.2", "v1-dsse"],
    ["0.3", "v1-intoto"],
    ["0.3", "v1-dsse"],
    ["0.3", "v1-hashedrekord"],
    ["0.3", "v2-dsse"],
    ["0.3", "v2-hashedrekord"],
  ];
  for (const [bundle, log] of forms) {
    it(`a bundle ${bundle} in a ${log} entry, by certificate and by key`, () => {
      const signer = verify(sigstore.attest(STATEMENT, { bundle, log }));
      assert.equal(signer.identity?.subjectAlternativeName, githubBuild().san);
      assert.equal(signer.identity?.extensions?.issuer, githubBuild().issuer);
      assert.ok(verify(sigstore.attestWithKey(STATEMENT, key, { bundle, log })).key);
    });
  }

  it("with a timestamp beside the log's time, embedded or not", () => {
    for (const timestamp of [true, SIGNED_AT, { embed: true }]) {
      const bundle = sigstore.attest(STATEMENT, { timestamp });
      verify(bundle, sigstore.trustedRoot(), { timestampThreshold: 2 });
    }
  });

  it("from two logs, seen by two logs of certificates", () => {
    const twice = { tlogThreshold: 2, ctlogThreshold: 2 };
    for (const log of ["v1-dsse", "v2-dsse"] as const) {
      verify(sigstore.attest(STATEMENT, { log, entries: 2, certificate: { scts: 2 } }), sigstore.trustedRoot(), twice);
    }
  });

  it("a build on GitLab, and statements of both versions", () => {
    const build = gitlabBuild();
    const statement = provenanceStatement({ ...SUBJECT, build });
    assert.equal(statement.predicateType, SLSA_V02);
    const signer = verify(sigstore.attest(statement, { build }));
    assert.equal(
      signer.identity?.subjectAlternativeName,
      "https://gitlab.com/acme/lib//.gitlab-ci.yml@refs/tags/v1.0.0",
    );
    verify(sigstore.attest(provenanceStatement({ ...SUBJECT, build: githubBuild(), predicateType: SLSA_V02 })));
  });

  it("at another time, in bytes that are no JSON, as another type", () => {
    const bundle = sigstore.attest(Buffer.from([0xff, 0x00]), {
      at: new Date("2023-02-09T17:56:00.700Z"),
      payloadType: "text/plain",
    });
    verify(bundle);
    assert.equal(entryOf(bundle).integratedTime, "1675965360");
  });
});

describe("what is told", () => {
  it("certificates say of a build what Fulcio's say", () => {
    const certificate = certificateOf(sigstore.attest(STATEMENT));
    assert.equal(certificate.subject ?? "", "");
    assert.equal(certificate.issuer, "O=sigstore.example\nCN=sigstore-intermediate");
    assert.equal(certificate.subjectAltName, `URI:${githubBuild().san}`);
    assert.deepEqual(certificate.keyUsage, ["1.3.6.1.5.5.7.3.3"]);
    assert.equal(Date.parse(certificate.validTo) - Date.parse(certificate.validFrom), 10 * MINUTE_MS);
    const said = extensionsOf(sigstore.attest(STATEMENT));
    const commit = githubBuild().commit;
    assert.deepEqual(said.slice(0, 6), [
      "https://token.actions.githubusercontent.com",
      "push",
      commit,
      "Release",
      "acme/lib",
      "refs/tags/v1.0.0",
    ]);
    assert.deepEqual(
      said.slice(6),
      [
        "https://token.actions.githubusercontent.com",
        "https://github.com/acme/lib/.github/workflows/release.yml@refs/tags/v1.0.0",
        commit,
        "github-hosted",
        "https://github.com/acme/lib",
        commit,
        "refs/tags/v1.0.0",
        "700000001",
        "https://github.com/acme",
        "7000001",
        "https://github.com/acme/lib/.github/workflows/release.yml@refs/tags/v1.0.0",
        commit,
        "push",
        "https://github.com/acme/lib/actions/runs/77/attempts/1",
        "public",
      ].map((text) => `\f${String.fromCharCode(text.length)}${text}`),
    );
  });

  it("extensions can be missing, doubled, of another kind, or those of early 2023 only", () => {
    const told = (certificate: AttestOptions["certificate"]) =>
      extensionsOf(sigstore.attest(STATEMENT, certificate === undefined ? {} : { certificate }));
    const all = told({});
    assert.equal(told({ extensions: { [fulcioOid(15)]: null } }).length, all.length - 1);
    const doubled = told({ extensions: { [fulcioOid(12)]: ["https://github.com/acme/lib", Buffer.from("bare")] } });
    assert.equal(doubled.length, all.length + 1);
    assert.ok(doubled.includes("bare"));
    assert.deepEqual(told({ early: true }), all.slice(0, 6));
  });

  it("entries hold what Rekor keeps, and speak of another verifier on demand", () => {
    const honest = sigstore.attest(STATEMENT, { log: "v1-dsse" });
    assert.deepEqual(Object.keys(bodyOf(honest).spec), ["envelopeHash", "payloadHash", "signatures"]);
    const other = sigstore.fulcio.certify(githubBuild(), SIGNED_AT);
    for (const log of ["v1-intoto", "v1-dsse", "v2-dsse"] as const) {
      const verifier = { certificate: other.certificate };
      const bundle = sigstore.attest(STATEMENT, { log, entryVerifier: verifier });
      const text = JSON.stringify(bodyOf(bundle));
      assert.equal(text.includes(other.certificate.toString("base64")), log === "v2-dsse");
      verify(bundle);
    }
  });

  it("a tree of several entries, whose proofs have hashes", () => {
    for (const log of [sigstore.rekor, sigstore.rekor2]) {
      const before = log.size;
      assert.ok(before > 10);
      const kind = log.generation === 1 ? "v1-dsse" : "v2-dsse";
      const bundle = sigstore.attest(STATEMENT, { log: kind });
      const proof = entryOf(bundle).inclusionProof;
      assert.equal(proof?.treeSize, `${before + 1}`);
      assert.ok((proof?.hashes.length ?? 0) > 0);
      sigstore.attest(STATEMENT, { log: kind });
      bundle.verificationMaterial.tlogEntries = [log.entryOf(before)];
      assert.notDeepEqual(entryOf(bundle).inclusionProof, proof);
      verify(bundle);
    }
  });

  it("trees are those of RFC 6962", () => {
    const leaves = ["a", "b", "c", "d", "e"].map((text) => leafHash(Buffer.from(text)));
    const node = (...two: Buffer[]) =>
      createHash("sha256")
        .update(Buffer.concat([Buffer.from([1]), ...two]))
        .digest();
    const [a, b, c, d, e] = leaves as [Buffer, Buffer, Buffer, Buffer, Buffer];
    const four = node(node(a, b), node(c, d));
    assert.deepEqual(treeHash(leaves), node(four, e));
    assert.deepEqual(auditPath(leaves, 2), [d, node(a, b), e]);
    assert.deepEqual(auditPath(leaves, 4), [four]);
  });
});

describe("what is not honest fails", () => {
  const fails = (name: string, how: AttestOptions, message: RegExp, change?: (bundle: Bundle) => void) =>
    it(name, () => {
      const bundle = sigstore.attest(STATEMENT, how);
      change?.(bundle);
      assert.throws(() => verify(bundle), { message });
    });
  const strangersLog = mintCertificateLog("https://ctfe.stranger.example");
  const stranger = mintFulcio("sigstore.example", []);
  const leaf = sigstore.fulcio.certify(githubBuild(), SIGNED_AT);
  const late = new Date(SIGNED_AT.getTime() + 11 * MINUTE_MS);
  const chain = /certificate chain/;

  fails("no log saw the certificate", { certificate: { scts: 0 } }, /expected 1 SCTs, got 0/);
  fails("a stranger's log saw it", { certificate: { scts: [strangersLog] } }, /SCT verification failed/);
  fails(
    "a stranger's log under the name of a trusted one",
    { certificate: { scts: [mintCertificateLog("https://ctfe.example", sigstore.certificateLogs[0]?.id)] } },
    /SCT verification failed/,
  );
  fails("signed after the certificate's end", { loggedAt: late }, chain);
  fails("stamped after the certificate's end", { timestamp: late }, chain);
  fails("certified by a stranger of the same name", { certificate: { signedBy: stranger.intermediate } }, chain);
  fails("certified by a leaf", { certificate: { signedBy: leaf } }, chain);
  fails(
    "signed with another key than the certificate's",
    { signWith: leaf.privateKey },
    /signature verification failed/,
  );
  fails(
    "stamped by a stranger",
    { timestamp: { by: mintTimestampAuthority("sigstore.example") } },
    /could not be verified/,
  );
  fails("stamped over other bytes", { timestamp: { over: Buffer.from("other") } }, /could not be verified/);
  fails("no time at all", { log: "v2-dsse", timestamp: false }, /expected 1 timestamps/);
  fails("no entry", { entries: 0, timestamp: true }, /expected 1 tlog entries/);

  for (const generation of [1, 2] as const) {
    const log = generation === 1 ? "v1-dsse" : "v2-dsse";
    const own = generation === 1 ? sigstore.rekor : sigstore.rekor2;
    const strangers = mintLog({ name: own.name, generation });
    const impostor = mintLog({ name: own.name, generation, claimed: own.id });
    fails(`in a stranger's log (${generation})`, { log, entries: [strangers] }, /could not be verified|checkpoint sig/);
    fails(`in an impostor's log (${generation})`, { log, entries: [impostor] }, /could not be verified|checkpoint sig/);
    fails(`with the proof of another entry (${generation})`, { log }, /root hash does not match/, (bundle) => {
      entryOf(bundle).inclusionProof = own.proofOf(own.size - 2);
    });
    fails(`under a checkpoint that a stranger signed (${generation})`, { log }, /checkpoint signature/, (bundle) => {
      const proof = entryOf(bundle).inclusionProof;
      if (proof !== undefined) proof.checkpoint.envelope = own.checkpoint({ signedBy: [strangers] });
    });
    fails(`with the entry of another bundle (${generation})`, { log }, /signature mismatch/, (bundle) => {
      bundle.verificationMaterial.tlogEntries = sigstore.attest(STATEMENT, { log }).verificationMaterial.tlogEntries;
    });
  }

  it("the trusted root takes members away and ends them", () => {
    const bundle = sigstore.attest(STATEMENT);
    const without = sigstore.trustedRoot((root) => {
      root.tlogs = [];
    });
    assert.throws(() => verify(bundle, without), /promise could not be verified/);
    const ended = sigstore.trustedRoot((root) => {
      for (const authority of root.certificateAuthorities) authority.validFor.end = "2025-12-31T00:00:00Z";
    });
    assert.throws(() => verify(bundle, ended), chain);
    assert.throws(() => verify(bundle, mintSigstore().trustedRoot()), chain);
    verify(bundle);
  });
});

/** The values of Fulcio's extensions as text, in order, each after whatever stands around it in DER. */
function extensionsOf(bundle: Bundle): string[] {
  const prefix = Buffer.from("060a2b0601040183bf3001", "hex");
  const { raw } = certificateOf(bundle);
  const found: string[] = [];
  for (let at = raw.indexOf(prefix); at >= 0; at = raw.indexOf(prefix, at + 1)) {
    const value = at + prefix.length + 1;
    assert.equal(raw[value], 0x04);
    found.push(raw.subarray(value + 2, value + 2 + (raw[value + 1] ?? 0)).toString("latin1"));
  }
  return found;
}
