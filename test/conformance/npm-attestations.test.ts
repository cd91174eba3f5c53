/**
 * Attestations as npm's public registry really gave them (registry-fixtures/vectors/npm-attestations), under the shipped
 * root and npm's built-in keys; and copies of them that others have damaged.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { vectorPath } from "../../registry-fixtures/fixture-files.js";
import type { Outcome } from "../../src/model/evidence.js";
import { npmPurl } from "../../src/model/names.js";
import { BUILTIN, PUBLIC_SIGSTORE } from "../../src/trust/builtin.js";
import { type Attested, verifyAttestations } from "../../src/verify/attestations.js";

const NPMJS = BUILTIN.find(({ id }) => id === "npmjs") ?? assert.fail();

/** What a recorded answer is about: a package, and its tarball or the digest that the sound copies state. */
interface Recorded {
  readonly name: string;
  readonly version: string;
  readonly tarball?: string;
  readonly sha512?: string;
}

function recorded(...path: readonly string[]): Buffer {
  return readFileSync(vectorPath("npm-attestations", ...path));
}

async function judged(answer: Uint8Array, { name, version, tarball, sha512 }: Recorded): Promise<Attested> {
  const hex =
    sha512 ??
    createHash("sha512")
      .update(recorded(tarball ?? ""))
      .digest("hex");
  const { id, url, keys } = NPMJS;
  const own = { sha512: hex };
  const asked = { name, version, purl: npmPurl(name, version), own, registry: { id, url }, keys };
  return verifyAttestations({ ...asked, instances: [PUBLIC_SIGSTORE], answer });
}

/** `verified`, or the code, or the outcome. */
function brief(outcome: Outcome): string {
  return outcome.outcome === "invalid" ? outcome.code : outcome.outcome;
}

const GUNDAM: Recorded = {
  name: "gundam-visor",
  version: "1.0.1",
  tarball: "slsa-verifier/gundam-visor-cli-v1-tag.tgz",
};
const TEST: Recorded = {
  name: "@laurentsimon/provenance-npm-test",
  version: "1.0.3",
  tarball: "slsa-verifier/provenance-npm-test-cli-v02-prega.tgz",
};
const SIGSTORE_04: Recorded = { name: "sigstore", version: "0.4.0", tarball: "pacote/sigstore-0.4.0.tgz" };
const SIGSTORE_10: Recorded = { name: "sigstore", version: "1.0.0", tarball: "npm-cli/sigstore-1.0.0.tgz" };
const PLAYWRIGHT: Recorded = {
  name: "@playwright/cli",
  version: "0.1.1",
  tarball: "sigstore-dotnet/playwright-cli-0.1.1.tgz",
};

const BOTH = ["verified", "verified"] as const;
/** File, what it is about, the outcomes of provenance and of publish attestation. */
const CASES: readonly (readonly [string, Recorded, readonly [provenance: string, publish: string]])[] = [
  ["slsa-verifier/gundam-visor-cli-v1-tag.tgz.json", GUNDAM, BOTH],
  ["slsa-verifier/provenance-npm-test-cli-v02-prega.tgz.json", TEST, BOTH],
  ["pacote/valid-attestations.json", SIGSTORE_04, BOTH],
  ["npm-cli/valid-sigstore-1.0.0-attestations.json", SIGSTORE_10, BOTH],
  ["slsa-verifier/gundam-visor-cli-v1-tag-invalidsigprov.tgz.json", GUNDAM, ["ATTESTATION_INVALID", "verified"]],
  ["slsa-verifier/gundam-visor-cli-v1-tag-invalidsigpub.tgz.json", GUNDAM, ["verified", "ATTESTATION_INVALID"]],
  [
    "slsa-verifier/provenance-npm-test-cli-v02-prega-invalidsigprov.tgz.json",
    TEST,
    ["ATTESTATION_INVALID", "verified"],
  ],
  ["slsa-verifier/provenance-npm-test-cli-v02-prega-invalidsigpub.tgz.json", TEST, ["verified", "ATTESTATION_INVALID"]],
  ["pacote/invalid-attestations.json", SIGSTORE_04, ["verified", "ATTESTATION_INVALID"]],
  // The library verifies it: nobody signs for the key id, and its caller has to object.
  ["pacote/mismatched-keyid-attestations.json", SIGSTORE_04, ["ATTESTATION_INVALID", "verified"]],
  ["pacote/mismatched-subject-name-attestations.json", SIGSTORE_04, ["verified", "ATTESTATION_INVALID"]],
  ["pacote/unsupported-attestations.json", SIGSTORE_04, ["verified", "ATTESTATION_INVALID"]],
];

describe("recorded attestations of npm", () => {
  for (const [file, about, [provenance, publish]] of CASES) {
    it(file, async () => {
      const outcomes = await judged(recorded(file), about);
      const told = JSON.stringify(outcomes);
      assert.deepEqual([brief(outcomes.provenance), brief(outcomes.publish)], [provenance, publish], told);
    });
  }

  it("a publish attestation by npm's current key", async () => {
    const bundle: unknown = JSON.parse(
      recorded("sigstore-dotnet", "playwright-cli-0.1.1-publish.sigstore.json").toString("utf8"),
    );
    const answer = Buffer.from(JSON.stringify({ attestations: [{ bundle }] }));
    const { publish, provenance } = await judged(answer, PLAYWRIGHT);
    assert.deepEqual([brief(publish), brief(provenance)], ["verified", "absent"]);
  });

  it("tells from where, by which workflow, of which commit, and when", async () => {
    const { provenance } = await judged(recorded("slsa-verifier/gundam-visor-cli-v1-tag.tgz.json"), GUNDAM);
    assert.ok(provenance.outcome === "verified");
    assert.deepEqual(provenance.signers, [
      {
        type: "sigstore",
        issuer: "https://token.actions.githubusercontent.com",
        san: "https://github.com/ramonpetgrave64/gundam-visor/.github/workflows/npm-publish.yml@refs/tags/v1.0.1",
        source: {
          issuer: "https://token.actions.githubusercontent.com",
          repository: "https://github.com/ramonpetgrave64/gundam-visor",
          repositoryId: "810002373",
          ownerId: "32398091",
          workflow: ".github/workflows/npm-publish.yml",
          ref: "refs/tags/v1.0.1",
          commit: "599500821344b070902a7a5666064bfdaba715df",
          run: "https://github.com/ramonpetgrave64/gundam-visor/actions/runs/9358004112/attempts/1",
          runner: "github-hosted",
        },
        time: Date.parse("2024-06-03T22:17:59Z"),
        repositoryId: "810002373",
        ownerId: "32398091",
      },
    ]);
  });

  it("of before 2023, without ids", async () => {
    const { provenance } = await judged(recorded("pacote/valid-attestations.json"), SIGSTORE_04);
    assert.ok(provenance.outcome === "verified");
    const [signer] = provenance.signers;
    assert.ok(signer?.type === "sigstore");
    const { source } = signer;
    assert.deepEqual(
      [source?.repository, source?.workflow, source?.ref, source?.repositoryId, source?.commit],
      [
        "https://github.com/sigstore/sigstore-js",
        ".github/workflows/publish.yml",
        "refs/tags/v0.4.0",
        null,
        "8a2ee2fd20dda58ffa4a8d808a65cb1e04711c03",
      ],
    );
  });
});

describe("recorded attestations, held against something else", () => {
  const answer = recorded("slsa-verifier/gundam-visor-cli-v1-tag.tgz.json");
  const other = "ab".repeat(64);
  const cases: Readonly<Record<string, Recorded>> = {
    "another package": { ...GUNDAM, name: "gundam-visor-evil" },
    "another version": { ...GUNDAM, version: "1.0.2" },
    "other bytes": { name: GUNDAM.name, version: GUNDAM.version, sha512: other },
  };
  for (const [what, about] of Object.entries(cases)) {
    it(what, async () => {
      const { provenance, publish } = await judged(answer, about);
      const code = "ATTESTATION_SUBJECT_MISMATCH";
      assert.deepEqual([brief(provenance), brief(publish)], [code, code]);
    });
  }
});

describe("statements that others have damaged", () => {
  const about = { name: "@laurentsimon/provenance-npm-test", version: "1.0.0" };
  const sound = JSON.parse(recorded("slsa-verifier-unit/npm-attestations.intoto.sigstore").toString("utf8")) as {
    attestations: { bundle: { dsseEnvelope: { payload: string } } }[];
  };
  const payload = Buffer.from(sound.attestations[0]?.bundle.dsseEnvelope.payload ?? "", "base64").toString("utf8");
  const { subject } = JSON.parse(payload) as { subject: { digest: { sha512: string } }[] };
  const sha512 = subject[0]?.digest.sha512 ?? "";
  const cases: readonly (readonly [string, provenance: string, publish: string])[] = [
    ["npm-attestations", "verified", "verified"],
    ["npm-att-mismatch-prov-payloadtype", "ATTESTATION_INVALID", "verified"],
    // The one of its name is the provenance as well.
    ["npm-att-mismatch-pub-payloadtype", "ATTESTATION_INVALID", "verified"],
    ["npm-att-prov-invalid-signature", "ATTESTATION_INVALID", "verified"],
    ["npm-att-publish-nodigest", "verified", "ATTESTATION_INVALID"],
    ["npm-stmt-mismatch-prov-predicatetype", "ATTESTATION_INVALID", "verified"],
    ["npm-stmt-mismatch-pub-predicatetype", "verified", "ATTESTATION_INVALID"],
  ];
  for (const [file, provenance, publish] of cases) {
    it(file, async () => {
      const outcomes = await judged(recorded(`slsa-verifier-unit/${file}.intoto.sigstore`), { ...about, sha512 });
      const told = JSON.stringify(outcomes);
      assert.deepEqual([brief(outcomes.provenance), brief(outcomes.publish)], [provenance, publish], told);
    });
  }
});
