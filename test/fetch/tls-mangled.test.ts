/** Certificate files, mangled: they come from a person or an administrator, and still nothing but PEM gets through. */
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";
import { createSecureContext } from "node:tls";
import fc from "fast-check";
import { mintAuthority } from "../../registry-fixtures/authority.js";
import { certificatesIn } from "../../src/fetch/tls.js";
import { StopError } from "../../src/model/finding.js";

const { pem } = await mintAuthority();
const { fingerprint256 } = new X509Certificate(pem);

/** The fingerprints that were read; null where the file was refused by name. Anything else fails the test. */
function read(text: string): readonly string[] | null {
  try {
    const found = certificatesIn(text, "ca.pem");
    // As the client does, which adds node's own roots to them.
    createSecureContext({ ca: [...found] });
    return found.map((one) => new X509Certificate(one).fingerprint256);
  } catch (error) {
    assert.ok(error instanceof StopError && error.code === "ENVIRONMENT_UNSAFE", `${error} on ${text}`);
    assert.equal(error.at, "ca.pem");
    return null;
  }
}

test("no prefix of a certificate is one", () => {
  const whole = pem.trimEnd();
  assert.deepEqual(read(whole), [fingerprint256]);
  for (let length = 0; length < whole.length; length++) assert.equal(read(whole.slice(0, length)), null);
});

test("whatever octet is changed: refused by the file's name, or a certificate that can be told from the first", () => {
  const bytes = Buffer.from(pem);
  const begin = bytes.indexOf("\n") + 1;
  const end = bytes.indexOf("\n-----END");
  for (let at = 0; at < bytes.length; at++) {
    const bent = Buffer.from(bytes);
    bent[at] = (bent[at] ?? 0) ^ 0x01;
    const found = read(bent.toString("latin1"));
    if (found === null) continue;
    // Before a padding, the last letter holds bits that mean nothing; how many depends on the certificate's length.
    const isContent = at >= begin && at < end && !/\s/.test(pem[at] ?? "") && !/^[^=]=/.test(pem.slice(at, at + 2));
    assert.ok(!isContent || found[0] !== fingerprint256, `the change at ${at} made no difference`);
  }
});

test("certificates among anything else are found, or the file is refused; in time in proportion to its length", () => {
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom(pem, "-----BEGIN CERTIFICATE-----\n", "\n-----END CERTIFICATE-----\n", "AAAA", "# a comment\n"),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
      const found = read(pieces.join(""));
      assert.ok(found === null || found.every((one) => one === fingerprint256));
    }),
    { numRuns: 200 },
  );
  const begun = performance.now();
  for (const flood of [
    "-----BEGIN CERTIFICATE-----",
    "-----BEGIN CERTIFICATE-----\n\n",
    "-----BEGIN CERTIFICATE-----A",
  ]) {
    assert.equal(read(flood.repeat(100_000)), null);
  }
  assert.equal(read(`-----BEGIN CERTIFICATE-----${"A".repeat(4_000_000)}`), null);
  assert.ok(performance.now() - begun < 5_000);
});
