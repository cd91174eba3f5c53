/** SRI strings: npm takes a string of several hashes for a choice, so what two readers could read in two ways is refused. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  ALGORITHMS,
  type Algorithm,
  agree,
  type DigestSet,
  formatDigest,
  isAlgorithm,
  parseIntegrity,
  strongest,
  toIntegrity,
} from "../../src/model/digest.js";

const sri = (algorithm: string, content: string): string =>
  `${algorithm}-${createHash(algorithm).update(content).digest("base64")}`;
const hex = (algorithm: string, content: string): string => createHash(algorithm).update(content).digest("hex");

const GOOD = sri("sha512", "honest");
const EVIL = sri("sha512", "hostile");
const WEAK = sri("sha1", "honest");

const BYTES: Readonly<Record<Algorithm, number>> = { sha256: 32, sha384: 48, sha512: 64 };
const digest = fc
  .constantFrom(...ALGORITHMS)
  .chain((algorithm) =>
    fc
      .uint8Array({ minLength: BYTES[algorithm], maxLength: BYTES[algorithm] })
      .map((bytes) => ({ algorithm, hex: Buffer.from(bytes).toString("hex") })),
  );

describe("parseIntegrity", () => {
  const read: readonly [what: string, text: string, digests: DigestSet, weak: readonly string[]][] = [
    ["one sha512", GOOD, { sha512: hex("sha512", "honest") }, []],
    ["one sha384", sri("sha384", "a"), { sha384: hex("sha384", "a") }, []],
    ["one sha256", sri("sha256", "a"), { sha256: hex("sha256", "a") }, []],
    [
      "one of each algorithm",
      `${sri("sha256", "a")} ${sri("sha512", "a")}`,
      { sha256: hex("sha256", "a"), sha512: hex("sha512", "a") },
      [],
    ],
    ["SHA-1 beside sha512", `${WEAK} ${GOOD}`, { sha512: hex("sha512", "honest") }, ["sha1"]],
    ["SHA-1 alone, which satisfies nothing", WEAK, {}, ["sha1"]],
    ["SHA-1 and MD5, which satisfy nothing", `${WEAK} ${sri("md5", "a")}`, {}, ["sha1", "md5"]],
    ["white space around it", `\n ${GOOD}\t`, { sha512: hex("sha512", "honest") }, []],
  ];
  for (const [what, text, digests, weak] of read) {
    it(`reads ${what}`, () => assert.deepEqual(parseIntegrity(text), { digests, weak, problem: null }));
  }

  const unpadded = GOOD.replace(/=+$/, "");
  const broken: readonly [what: string, text: string][] = [
    ["nothing", ""],
    ["white space alone", " \n"],
    ["an option behind the digest", `${GOOD}?vnd.npm.tarball`],
    ["an empty option", `${GOOD}?`],
    ["base64 without its padding", unpadded],
    ["base64 with half of its padding", `${unpadded}=`],
    ["base64 with too much padding", `${GOOD}=`],
    ["base64 of the URL's alphabet", GOOD.replace(/[+/]/g, "_").replace(/^(sha512-.)./, "$1_")],
    ["base64 whose last bits are not zero", GOOD.replace(/.==$/, (end) => `${next(end)}==`)],
    ["a digest of another algorithm's length", `sha512-${GOOD.slice(-64)}`],
    ["sha256's digest under the name sha512", sri("sha256", "a").replace("sha256", "sha512")],
    ["a name in capitals", GOOD.replace("sha512", "SHA512")],
    ["an algorithm that nobody knows", `sha999-${GOOD.slice(7)}`],
    ["an algorithm with a dash", `sha3-512-${GOOD.slice(7)}`],
    ["a good digest beside an unknown algorithm", `${GOOD} sha999-AAAA`],
    ["a good digest beside rubbish", `${GOOD} rubbish`],
    ["hex instead of base64", `sha512-${hex("sha512", "honest")}`],
    ["a digest cut by white space", `${GOOD.slice(0, 40)} ${GOOD.slice(40)}`],
    ["two digests joined by a comma", `${GOOD},${EVIL}`],
    ["a NUL behind the digest", `${GOOD}\0`],
    ["a homoglyph in the name", GOOD.replace("a", "\u0430")],
    ["more than any honest string", `${GOOD} `.repeat(1000)],
  ];
  for (const [what, text] of broken) {
    it(`refuses ${what}`, () => {
      const { problem, digests } = parseIntegrity(text);
      assert.equal(problem, "malformed");
      assert.deepEqual(digests, {});
    });
  }

  it("refuses two hashes of one algorithm, of which npm accepts either, in any order and also where they are the same", () => {
    for (const text of [
      `${GOOD} ${EVIL}`,
      `${EVIL} ${GOOD}`,
      `${GOOD}\n${EVIL}`,
      `${GOOD} ${GOOD}`,
      `${WEAK} ${WEAK}`,
    ]) {
      assert.deepEqual(parseIntegrity(text).problem, "two-of-one-algorithm", text);
      assert.deepEqual(parseIntegrity(text).digests, {}, text);
    }
    const apart = `${GOOD} ${sri("sha256", "honest")} ${WEAK} ${EVIL}`;
    assert.equal(parseIntegrity(apart).problem, "two-of-one-algorithm");
  });

  it("reads back what toIntegrity writes, and nothing else as the same digest", () => {
    fc.assert(
      fc.property(digest, (one) => {
        const text = toIntegrity(one);
        assert.deepEqual(parseIntegrity(text), { digests: { [one.algorithm]: one.hex }, weak: [], problem: null });
        assert.equal(toIntegrity(strongest(parseIntegrity(text).digests) ?? one), text);
      }),
    );
  });

  it("holds every prefix and every changed character of a digest for another digest, or for none", () => {
    for (let end = 0; end < GOOD.length; end++) assert.equal(parseIntegrity(GOOD.slice(0, end)).problem, "malformed");
    for (let at = 0; at < GOOD.length; at++) {
      for (const character of ["A", "b", "9", "+", "=", "-", " ", "\u00e4"]) {
        if (GOOD[at] === character) continue;
        const mangled = parseIntegrity(GOOD.slice(0, at) + character + GOOD.slice(at + 1));
        assert.notEqual(mangled.digests.sha512, hex("sha512", "honest"), `${character} at ${at}`);
      }
    }
  });

  it("never throws, and never gives digests together with a problem", () => {
    const part = fc.oneof(fc.string(), fc.constantFrom(GOOD, EVIL, WEAK, "sha512-", "-", "?x"));
    const texts = fc.array(part, { maxLength: 4 }).map((parts) => parts.join(" "));
    fc.assert(
      fc.property(texts, (text) => {
        const { digests, problem } = parseIntegrity(text);
        if (problem !== null) assert.deepEqual(digests, {});
        for (const key of Object.keys(digests)) assert.ok(isAlgorithm(key));
      }),
    );
  });
});

describe("agree", () => {
  const both = { sha512: "aa", sha256: "bb" };
  it("agrees with nothing where nothing was expected", () => {
    assert.equal(agree({}, both), false);
    assert.equal(agree({}, {}), false);
  });
  it("asks for every algorithm that was expected, not for one of them", () => {
    assert.equal(agree({ sha512: "aa" }, both), true);
    assert.equal(agree(both, both), true);
    assert.equal(agree(both, { sha512: "aa" }), false);
    assert.equal(agree(both, { sha512: "aa", sha256: "cc" }), false);
  });
  it("agrees with a set exactly where all that is expected is in it", () => {
    const set = fc.dictionary(fc.constantFrom(...ALGORITHMS), fc.constantFrom("aa", "bb"));
    fc.assert(
      fc.property(set, set, (expected, computed) => {
        const wanted = Object.entries(expected);
        const holds = wanted.length > 0 && wanted.every(([key, value]) => computed[key] === value);
        assert.equal(agree(expected, computed), holds);
      }),
    );
  });
});

describe("strongest", () => {
  it("takes sha512 before sha384 before sha256, and nothing where there is nothing", () => {
    assert.deepEqual(strongest({ sha256: "a", sha384: "b", sha512: "c" }), { algorithm: "sha512", hex: "c" });
    assert.deepEqual(strongest({ sha256: "a", sha384: "b" }), { algorithm: "sha384", hex: "b" });
    assert.deepEqual(strongest({ sha256: "a" }), { algorithm: "sha256", hex: "a" });
    assert.equal(strongest({}), null);
  });
  it("is spelled in reports with its algorithm", () => {
    assert.equal(formatDigest({ algorithm: "sha512", hex: "ab" }), "sha512:ab");
  });
});

/** Another character whose spare bits, which padding makes meaningless, are not zero. */
function next(end: string): string {
  return String.fromCharCode(end.charCodeAt(0) + 1);
}
