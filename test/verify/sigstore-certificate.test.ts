/** What a certificate of Fulcio says, read field by field; and certificates that two readers could read in two ways. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { X509Certificate } from "@sigstore/core";
import fc from "fast-check";
import { type Build, githubBuild, gitlabBuild } from "../../registry-fixtures/sigstore/build.js";
import type { CertificateOptions } from "../../registry-fixtures/sigstore/fulcio.js";
import { fulcioOid } from "../../registry-fixtures/sigstore/fulcio-extensions.js";
import { mintSigstore, SIGNED_AT } from "../../registry-fixtures/sigstore/instance.js";
import { factsOf } from "../../src/verify/sigstore-certificate.js";

const { fulcio } = mintSigstore();

function read(build: Build, how: CertificateOptions = {}) {
  const { certificate } = fulcio.certify(build, SIGNED_AT, how);
  return factsOf(X509Certificate.parse(Buffer.from(certificate)), certificate);
}

function factsIn(build: Build, how: CertificateOptions = {}) {
  const result = read(build, how);
  assert.ok(result.ok, result.ok ? "" : result.why);
  return result.facts;
}

describe("what a build's certificate says", () => {
  for (const build of [githubBuild(), gitlabBuild(), gitlabBuild({ repository: "https://gitlab.com/a/group/lib" })]) {
    it(`of ${build.repository}`, () => {
      const { issuer, san, repository, repositoryId, ownerId, workflow, ref, commit, run, runner, trigger } = build;
      const source = { issuer, repository, repositoryId, ownerId, workflow, ref, commit, run, runner };
      assert.deepEqual(factsIn(build), { issuer, san, source, trigger });
    });
  }

  it("from before 2023: the repository by its short name, no ids, the workflow by the signer's name", () => {
    const { source } = factsIn(githubBuild(), { early: true });
    const { repository, workflow, ref, commit } = githubBuild();
    assert.deepEqual(
      [source?.repository, source?.workflow, source?.ref, source?.commit, source?.repositoryId, source?.runner],
      [repository, workflow, ref, commit, null, null],
    );
  });

  it("a short name counts for GitHub alone", () => {
    const build = githubBuild({ issuer: "https://issuer.example" });
    assert.equal(factsIn(build, { early: true }).source, null);
  });

  it("a workflow that was called from another repository: the one that was started counts", () => {
    const reused = "https://github.com/builders/shared/.github/workflows/build.yml@refs/tags/v2";
    assert.equal(factsIn(githubBuild({ san: reused })).source?.workflow, githubBuild().workflow);
    const unnamed = { extensions: { [fulcioOid(18)]: null } };
    assert.equal(factsIn(githubBuild({ san: reused }), unnamed).source?.workflow, null);
    const elsewhere = githubBuild({
      config: "https://github.com/acme/library/.github/workflows/release.yml@refs/heads/x",
    });
    assert.equal(factsIn(elsewhere).source?.workflow, null);
  });

  it("a branch in letters of any kind is a branch that nobody can pin, and no forgery", () => {
    const build = githubBuild({ ref: "refs/tags/ünï-🚀", san: githubBuild().san });
    const { source } = factsIn(build);
    assert.deepEqual([source?.ref, source?.workflow], [null, build.workflow]);
    // What is there and can't be read is not looked for in an older place.
    const { source: hidden } = factsIn(
      githubBuild({ repository: "https://github.com/acme/l\u202eib", san: build.san }),
    );
    assert.equal(hidden, null);
  });

  it("a person's certificate is no build's", () => {
    const names = [{ type: "email", value: "anna@example.com" }] as const;
    const extensions = Object.fromEntries(
      [2, 3, 4, 5, 6, 12, 13, 14, 15, 17, 18].map((part) => [fulcioOid(part), null]),
    );
    const { san, source } = factsIn(githubBuild(), { names, extensions });
    assert.deepEqual([san, source], ["anna@example.com", null]);
  });
});

describe("certificates that are refused", () => {
  const other = "https://github.com/mallory/lib";
  const cases: Readonly<Record<string, CertificateOptions>> = {
    "two issuers, old and new": { extensions: { [fulcioOid(1)]: "https://issuer.example" } },
    "no issuer": { extensions: { [fulcioOid(1)]: null, [fulcioOid(8)]: null } },
    "an extension twice": { extensions: { [fulcioOid(12)]: [githubBuild().repository, other] } },
    "an extension that is no text": { extensions: { [fulcioOid(15)]: Buffer.from([0x02, 0x01, 0x07]) } },
    "an extension that is not UTF-8": { extensions: { [fulcioOid(15)]: Buffer.from([0x0c, 0x02, 0xc3, 0x28]) } },
    "no name": { names: [] },
    "two names": { names: ["a", "b"].map((value) => ({ type: "uri", value: `https://${value}.example` })) },
    "a name of another kind": { names: [{ type: "dns", value: "github.com" }] },
    "a name with white space": { names: [{ type: "uri", value: "https://github.com/a b" }] },
    "an authority": { ca: true },
    "no purpose": { purpose: null },
    "no usage": { keyUsage: null },
    "another usage": { keyUsage: 0x20 },
  };
  for (const [what, how] of Object.entries(cases)) {
    it(what, () => assert.equal(read(githubBuild(), how).ok, false));
  }

  it("another encoding of the same certificate", () => {
    const { certificate } = fulcio.certify(githubBuild(), SIGNED_AT);
    assert.equal(
      factsOf(X509Certificate.parse(Buffer.from(certificate)), Buffer.concat([certificate, Buffer.alloc(1)])).ok,
      false,
    );
  });

  it("whatever stands in an extension, reading ends well", () => {
    const parts = fc.constantFrom(1, 2, 3, 5, 6, 8, 11, 12, 13, 14, 15, 17, 18, 20, 21);
    fc.assert(
      fc.property(parts, fc.uint8Array({ maxLength: 40 }), (part, value) => {
        const result = read(githubBuild(), { extensions: { [fulcioOid(part)]: value } });
        assert.equal(typeof result.ok, "boolean");
      }),
      { numRuns: 60 },
    );
  });
});
