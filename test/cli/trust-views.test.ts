/** `trust check` and `trust show`, as they are typed, on a store with certificates and observations. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { generateKey } from "openpgp";
import { makeProject } from "../../registry-fixtures/project.js";
import { observationLine } from "../../src/trust/observed.js";
import { typeInside } from "../pipeline/inside.js";

const project = await makeProject();
after(() => project.remove());

const { publicKey: ending } = await generateKey({
  userIDs: [{ name: "Anna" }],
  keyExpirationTime: 10 * 24 * 60 * 60,
  format: "object",
});
const own = ending.getFingerprint().toUpperCase();
const { publicKey: rsa } = await generateKey({
  userIDs: [{ name: "Rob" }],
  type: "rsa",
  rsaBits: 2048,
  format: "object",
});
const short = rsa.getFingerprint().toUpperCase();

const seen = (name: string, version: string) =>
  `${observationLine({
    ecosystem: "npm",
    name,
    version,
    digest: { algorithm: "sha512", hex: "ab".repeat(64) },
    registry: "npmjs",
    evidence: [],
    signers: [],
    publisher: { name: "anna", trusted: false },
    source: null,
    published: null,
    seen: Date.UTC(2026, 0, 1),
    reviewed: false,
  })}\n`;

await project.writeTrust({
  publishers: { anna: { identities: [{ type: "openpgp", fingerprint: own }] } },
  rules: [
    { select: "npm:lib", publishers: { atLeast: 1, of: ["anna"] }, reason: "she signs" },
    { select: "npm:lib@>=1.0.0", publishers: { atLeast: 1, of: ["anna"] }, reason: "once more" },
  ],
});
await project.write(`.secure-install/keys/${own}.asc`, ending.armor());
await project.write(`.secure-install/keys/${short}.asc`, rsa.armor());
await project.write(
  ".secure-install/observed.lock",
  seen("lib", "1.0.0") + seen("lib", "1.1.0") + seen("other", "1.0.0"),
);

test("trust check reads the certificates, and names what is weak, ends, repeats itself, or was only seen", async () => {
  const { status, stdout } = await typeInside(project, ["trust", "check"]);
  assert.equal(status, 0);
  assert.match(stdout, new RegExp(`Weaker than the built-in floor\\n {2}keys/${short}.asc {2}It has a key of rsa2048`));
  assert.match(stdout, new RegExp(`Ends within six weeks\\n {2}keys/${own}.asc`));
  assert.match(stdout, /Adds nothing to what others say\n {2}rules\[1\]/);
  assert.match(stdout, /3 of 3 observations were only seen/);
  const { shadowed, unreviewed, endsSoon } = JSON.parse(
    (await typeInside(project, ["trust", "check", "--json"])).stdout,
  );
  assert.deepEqual([shadowed.length, unreviewed, endsSoon.length], [1, 3, 1]);
});

test("trust show tells what was observed, and what else speaks for it only when asked", async () => {
  const plain = await typeInside(project, ["trust", "show", "lib"]);
  assert.match(plain.stdout, /Observed, which satisfies no requirement\n {2}1\.1\.0 .*\n {2}1\.0\.0/);
  assert.doesNotMatch(plain.stdout, /Corroboration/);
  const asked = await typeInside(project, ["trust", "show", "lib", "--corroborate"]);
  assert.match(
    asked.stdout,
    /published by anna {2}the last 2 of 2 observed releases, since 2026-01-01 {2}1 other package/,
  );
});
