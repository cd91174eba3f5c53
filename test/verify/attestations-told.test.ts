/** What a refusal tells of an attestation is for reading, however much its signer had to say. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { githubBuild } from "../../registry-fixtures/sigstore/build.js";
import { mintSigstore } from "../../registry-fixtures/sigstore/instance.js";
import { provenanceStatement } from "../../registry-fixtures/sigstore/npm-statements.js";
import { npmPurl } from "../../src/model/names.js";
import { verifyAttestations } from "../../src/verify/attestations.js";

const BUILD = githubBuild();
const sha512 = "ab".repeat(64);

it("a genuine statement about something with an endless name is refused in a few lines", async () => {
  const sigstore = mintSigstore();
  const statement = provenanceStatement({ name: "x".repeat(100_000), version: "1.0.0", sha512, build: BUILD });
  const bundle = sigstore.attest(statement, { build: BUILD });
  const { provenance } = await verifyAttestations({
    ...{ name: "lib", version: "1.0.0", purl: npmPurl("lib", "1.0.0"), own: { sha512 } },
    registry: { id: "acme", url: "https://acme.example/" },
    keys: [],
    instances: [
      {
        id: "minted",
        root: Buffer.from(JSON.stringify(sigstore.trustedRoot())),
        issuers: [BUILD.issuer],
        ...{ logEntries: 1, scts: 1 },
      },
    ],
    answer: Buffer.from(JSON.stringify({ attestations: [{ predicateType: statement.predicateType, bundle }] })),
  });
  if (provenance.outcome !== "invalid") assert.fail(provenance.outcome);
  assert.equal(provenance.code, "ATTESTATION_SUBJECT_MISMATCH");
  assert.match(provenance.got ?? "", /^pkg:npm\/x{100,}…$/);
  const longest = Math.max(...Object.values(provenance).map((text) => String(text).length));
  assert.ok(longest <= 601, `a text of ${longest} characters`);
});
