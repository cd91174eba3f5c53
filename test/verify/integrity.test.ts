import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { verifyIdentity } from "../../src/verify/identity.js";
import { verifyIntegrity } from "../../src/verify/integrity.js";

const A = "ab".repeat(64);
const B = "cd".repeat(64);
const sri = (hex: string) => `sha512-${Buffer.from(hex, "hex").toString("base64")}`;

describe("integrity", () => {
  const table: [string, Parameters<typeof verifyIntegrity>, string][] = [
    ["all three agree", [{ sha512: A }, { sha512: A }, sri(A)], "verified"],
    ["the registry claims nothing", [{ sha512: A }, { sha512: A }, null], "verified"],
    ["the registry claims only SHA-1", [{ sha512: A }, { sha512: A }, "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk="], "verified"],
    ["other bytes than were locked", [{ sha512: A }, { sha512: B }, sri(B)], "DIGEST_MISMATCH"],
    ["the registry names other bytes", [{ sha512: A }, { sha512: A }, sri(B)], "DIGEST_MISMATCH"],
    ["the registry names two", [{ sha512: A }, { sha512: A }, `${sri(A)} ${sri(B)}`], "DIGEST_MISMATCH"],
    [
      "one of two locked algorithms differs",
      [{ sha512: A, sha256: "00" }, { sha512: A, sha256: "11" }, null],
      "DIGEST_MISMATCH",
    ],
    ["a locked algorithm that was not computed", [{ sha384: "00" }, { sha512: A }, null], "DIGEST_MISMATCH"],
    ["nothing locked", [{}, { sha512: A }, sri(A)], "absent"],
  ];
  for (const [name, input, expected] of table) {
    it(name, () => {
      const outcome = verifyIntegrity(...input);
      assert.equal(outcome.outcome === "invalid" ? outcome.code : outcome.outcome, expected);
    });
  }
});

describe("identity", () => {
  const table: [unknown, unknown, boolean][] = [
    ["lib", "1.0.0", true],
    ["lib", "v1.0.0", true],
    ["lib", "1.0.0+build", true],
    ["lib", "1.0.1", false],
    ["other", "1.0.0", false],
    ["Lib", "1.0.0", false],
    [undefined, "1.0.0", false],
    ["lib", undefined, false],
    [{}, [], false],
  ];
  for (const [name, version, same] of table) {
    it(`${String(name)}@${String(version)} is ${same ? "" : "not "}lib@1.0.0`, () => {
      const outcome = verifyIdentity({ name: "lib", version: "1.0.0" }, { name, version });
      assert.equal(outcome.outcome, same ? "verified" : "invalid");
    });
  }
});
