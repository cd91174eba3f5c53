/**
 * The frozen vectors: real and deliberately odd signatures, with what gpgv, sqv, rnp and openpgp.js said of them.
 * The rule is: never laxer than sqv. Where sqv accepts and we refuse, the table says why.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { Outcome } from "../../src/model/evidence.js";
import { verifyOpenPgp } from "../../src/verify/openpgp.js";
import { readCertificate } from "../../src/verify/openpgp-certificate.js";
import { readSignatureFile } from "../../src/verify/openpgp-signature.js";
import { readVector, splitRing, vector } from "../verify/openpgp-files.js";

/** The day on which the programs were asked. */
const NOW = Date.UTC(2026, 10, 21);
const DAY = 24 * 60 * 60 * 1000;

type Matrix = Readonly<Record<string, { readonly sqv: string }>>;
const matrix: Matrix = JSON.parse(readVector("openpgp", "matrix.json").toString());

/** Where sqv accepts, and we refuse. */
const STRICTER: Readonly<Record<string, readonly [code: string, why: string]>> = {
  "it-revoked-superseded-sig-t1-t2": [
    "KEY_REVOKED",
    "a soft revocation counts too: the signature's time is its signer's word",
  ],
  "it-revoked-superseded-sig-t3-now": ["KEY_REVOKED", "a newer self-signature does not bring a revoked key back"],
  "syn-key-retired-after": ["KEY_REVOKED", "a soft revocation counts too"],
  "rnp-expired-key": [
    "KEY_EXPIRED",
    "nobody says when it was published; below it passes with a publication of its time",
  ],
  "seq-text-text-signature-notation-has-lf": ["SIGNATURE_HASH_WEAK", "a text signature covers other bytes as well"],
  "syn-armor-garbage-around": ["SIGNATURE_MALFORMED", "a file is one armor block and nothing else"],
  "syn-one-good-one-bad": ["SIGNATURE_INVALID", "a bad signature by a pinned key refuses, whatever stands beside it"],
};

/** Where sqv refuses, and we verify. */
const LAXER: Readonly<Record<string, string>> = {
  "syn-v6-ed25519-good": "version 6 (RFC 9580), which sqv 1.1 does not know",
};

/** How the most telling refusals are called here. */
const CODES: Readonly<Record<string, string>> = {
  "go-expired-crosssig": "KEY_EXPIRED",
  "go-rsa-binary": "SIGNATURE_HASH_WEAK",
  "it-revoked-no_subpacket-sig-t1-t2": "KEY_REVOKED",
  "it-revoked-unknown-sig-t1-t2": "KEY_REVOKED",
  "it-sha1-baseline": "SIGNATURE_HASH_WEAK",
  "it-subkey-compromised-sig-t2-t3": "KEY_REVOKED",
  "mvn-fop-0.95-inline": "SIGNATURE_MALFORMED",
  "mvn-helloworld-jar-ok": "KEY_WEAK",
  "mvn-wrong-asc": "SIGNATURE_MALFORMED",
  "rnp-critical-notation": "SIGNATURE_MALFORMED",
  "rnp-invalid-sig": "KEY_WEAK",
  "rnp-rsa-armored-ok": "KEY_WEAK",
  "rnp-source-ok": "SIGNATURE_TIME",
  "rnp-text-sig": "SIGNATURE_HASH_WEAK",
  "rnp-v5-detached": "unknown-signer",
  "seq-cleartext-not-detached": "SIGNATURE_MALFORMED",
  "seq-ed25519-tampered": "SIGNATURE_INVALID",
  "seq-ed25519-wrong-key": "unknown-signer",
  "seq-shattered-swap": "SIGNATURE_HASH_WEAK",
  "syn-critical-notation": "SIGNATURE_MALFORMED",
  "syn-key-compromised-after": "KEY_REVOKED",
  "syn-subkey-no-backsig": "KEY_WEAK",
};

async function pins(certificates: readonly Uint8Array[]): Promise<Map<string, Uint8Array>> {
  const map = new Map<string, Uint8Array>();
  for (const bytes of certificates) {
    const facts = await readCertificate(bytes);
    if (facts.ok) map.set(facts.fingerprint, bytes);
  }
  return map;
}

async function ask(id: string, publishedAt: number | null = null): Promise<Outcome> {
  const description: { readonly sig_file: string } = JSON.parse(
    readVector("openpgp", "cases", id, "case.json").toString(),
  );
  return await verifyOpenPgp({
    bytes: readVector("openpgp", "cases", id, "data"),
    signature: readVector("openpgp", "cases", id, description.sig_file),
    certificates: await pins(splitRing(readVector("openpgp", "cases", id, "keyring.pgp"))),
    now: NOW,
    publishedAt,
  });
}

const nameOf = (outcome: Outcome): string => (outcome.outcome === "invalid" ? outcome.code : outcome.outcome);

describe("every case of the matrix", () => {
  test("is there", () => {
    assert.deepEqual(Object.keys(matrix).sort(), readdirSync(vector("openpgp", "cases")).sort());
    assert.equal(Object.keys(matrix).length, 62);
  });

  for (const [id, { sqv }] of Object.entries(matrix)) {
    const sqvAccepts = sqv.startsWith("accept");
    const stricter = STRICTER[id];
    test(`${id}: sqv ${sqvAccepts ? "accepts" : "refuses"}${stricter ? `, we refuse: ${stricter[1]}` : ""}`, async () => {
      const got = nameOf(await ask(id));
      if (id in LAXER) assert.equal(got, "verified");
      else if (stricter !== undefined) assert.ok(sqvAccepts && got === stricter[0], got);
      else if (sqvAccepts) assert.equal(got, "verified");
      else assert.notEqual(got, "verified");
      if (CODES[id] !== undefined) assert.equal(got, CODES[id]);
    });
  }

  test("an expired key's signature passes with a publication of its time, and not with a later one", async () => {
    const signed = 1_623_423_955_000;
    assert.equal(nameOf(await ask("rnp-expired-key", signed)), "verified");
    assert.equal(nameOf(await ask("rnp-expired-key", signed + DAY)), "KEY_EXPIRED");
  });

  test("what one packet of a duplicated signature proves, two do", async () => {
    const outcome = await ask("seq-ed25519-duplicated");
    assert.ok(outcome.outcome === "verified" && outcome.signers.length === 1);
    const both = await ask("syn-two-certs-two-sigs");
    assert.ok(both.outcome === "verified" && both.signers.length === 2);
  });
});

describe("two real keys with one 64-bit id", () => {
  const ID = "DDA252EBB8EBE1AF";
  const certificate = (which: 1 | 2): Buffer =>
    readVector("openpgp", "keys", "keyid-collision", `dda252ebb8ebe1af-${which}.asc`);

  /** A signature that names what it is told to, over nothing. */
  function claiming(...subpackets: readonly Buffer[]): Buffer {
    const time = Buffer.from([5, 2, 0x60, 0, 0, 0]);
    const unhashed = Buffer.concat(subpackets);
    const body = Buffer.concat([
      Buffer.from([4, 0, 1, 8, 0, time.length]),
      time,
      Buffer.from([0, unhashed.length]),
      unhashed,
      Buffer.from([0, 0, 0, 8, 0xff]),
    ]);
    return Buffer.concat([Buffer.from([0xc2, body.length]), body]);
  }
  const byId = Buffer.concat([Buffer.from([9, 16]), Buffer.from(ID, "hex")]);
  const byFingerprint = (fingerprint: string): Buffer =>
    Buffer.concat([Buffer.from([22, 33, 4]), Buffer.from(fingerprint, "hex")]);

  test("are told apart by their fingerprints", async () => {
    const [one, two] = await Promise.all([readCertificate(certificate(1)), readCertificate(certificate(2))]);
    assert.ok(one.ok && two.ok);
    assert.notEqual(one.fingerprint, two.fingerprint);
    assert.ok(one.fingerprint.endsWith(ID) && two.fingerprint.endsWith(ID));
    const certificates = new Map([[one.fingerprint, certificate(1)]]);
    const given = { bytes: Buffer.from("x"), certificates, now: NOW, publishedAt: null };
    // The other key's signature is a stranger's, although its id is pinned.
    const other = await verifyOpenPgp({ ...given, signature: claiming(byId, byFingerprint(two.fingerprint)) });
    assert.equal(nameOf(other), "unknown-signer");
    assert.equal(nameOf(await verifyOpenPgp({ ...given, signature: claiming(byId) })), "SIGNATURE_INVALID");
    const both = new Map([...certificates, [two.fingerprint, certificate(2)]]);
    assert.equal(
      nameOf(await verifyOpenPgp({ ...given, certificates: both, signature: claiming(byId) })),
      "SIGNATURE_INVALID",
    );
  });
});

describe("keys and parser corner cases", () => {
  const under = (folder: string): readonly string[] =>
    readdirSync(vector("openpgp", folder), { recursive: true, encoding: "utf8" }).filter((name) =>
      statSync(join(vector("openpgp", folder), name)).isFile(),
    );

  test("none makes a reader throw", async () => {
    for (const folder of ["keys", "parser"]) {
      for (const name of under(folder)) {
        const bytes = readFileSync(join(vector("openpgp", folder), name));
        assert.equal(typeof (await readCertificate(bytes)).ok, "boolean", name);
        assert.equal(typeof readSignatureFile(bytes).ok, "boolean", name);
      }
    }
  });

  const facts: readonly (readonly [name: string, what: string, holds: (certificate: Facts) => boolean])[] = [
    ["rnp-forged-keys/ecc-p256-pub.pgp", "sound", (c) => c.signingKeys.length === 1 && c.weakness === null],
    ["rnp-forged-keys/ecc-p256-pub-forged-key.pgp", "altered key", (c) => c.weakness !== null],
    ["rnp-forged-keys/ecc-p256-pub-forged-material.pgp", "altered key", (c) => c.weakness !== null],
    ["rnp-forged-keys/ecc-25519-pub-forged-material.pgp", "altered key", (c) => c.weakness !== null],
    ["rnp-forged-keys/rsa-rsa-pub-forged-key.pgp", "altered key", (c) => c.weakness !== null],
    ["rnp-forged-keys/ecc-p256-pub-no-certification.pgp", "no self-signature", (c) => c.weakness !== null],
    ["rnp-forged-keys/rsa-rsa-pub.pgp", "SHA-1 self-signature", (c) => /SHA-1/.test(c.weakness ?? "")],
    ["rnp-forged-keys/eddsa-2012-md5-pub.pgp", "MD5 self-signature", (c) => c.weakness !== null],
    ["rnp-forged-keys/dsa-eg-pub-forged-key.pgp", "DSA", (c) => /dsa2048/.test(c.weakness ?? "")],
    ["rnp-key-edge-cases/alice-rev-no-reason.pgp", "revoked", (c) => c.revoked],
    ["rnp-key-edge-cases/key-malf-sig.pgp", "malformed self-signature", (c) => c.weakness !== null],
    ["rnp-key-validity/case8/pubring.gpg", "no user ID", (c) => c.weakness !== null],
    ["rnp-key-validity/case9/pubring.gpg", "two self-signatures of one second", (c) => (c.expires ?? NOW) < NOW],
    ["rnp-key-validity/case14/pubring.gpg", "an ending direct-key signature", (c) => (c.expires ?? NOW) < NOW],
    ["rfc9580/A.3.transferable-pubkey-v6.asc", "version 6", (c) => c.version === 6 && c.signingKeys.length === 1],
    ["sequoia/MD5.gpg", "MD5 self-signature", (c) => c.signingKeys.length === 0],
    ["sequoia/RipeMD160.gpg", "RIPEMD-160 self-signature", (c) => c.signingKeys.length === 0],
    ["sequoia/already-revoked-direct-revocation.pgp", "a revocation at the file's end", (c) => c.revoked],
    ["sequoia/really-revoked-cert-3-hard-revocation.pgp", "revoked", (c) => c.revoked],
    ["sequoia/peter-sha1-backsig.pgp", "SHA-1 back-signature", (c) => c.signingKeys.length === 0],
    [
      "sequoia/issue-215-expiration-on-direct-key-sig.pgp",
      "an ended direct-key signature",
      (c) => (c.expires ?? NOW) < NOW,
    ],
  ];
  type Facts = Extract<Awaited<ReturnType<typeof readCertificate>>, { ok: true }>;
  for (const [name, what, holds] of facts) {
    test(`${name}: ${what}`, async () => {
      const read = await readCertificate(readVector("openpgp", "keys", ...name.split("/")));
      assert.ok(read.ok && holds(read), JSON.stringify(read));
    });
  }

  for (const name of [
    "rnp-key-edge-cases/alice-2-keys-same-grip.pgp",
    "rnp-key-edge-cases/pubring-malf-key0.pgp",
    "rnp-key-validity/case3/pubring.gpg",
    "sequoia/bad-subkey-keyring.pgp",
    "sequoia/bobs-cert-badly-mangled.asc",
    "sequoia/already-revoked.rev",
  ]) {
    test(`${name}: not exactly one certificate`, async () => {
      assert.ok(!(await readCertificate(readVector("openpgp", "keys", ...name.split("/")))).ok);
    });
  }
});

describe("GNU hello 2.10, as its author signed it in 2014", () => {
  const FINGERPRINT = "8ED396E37E38D471A00530D3A9553245FDE9B739";
  const ask = async (bytes: Uint8Array): Promise<Outcome> =>
    await verifyOpenPgp({
      bytes,
      signature: readVector("debian", "hello_2.10.orig.tar.gz.asc"),
      certificates: new Map([[FINGERPRINT, readVector("debian", "hello.signing-key.asc")]]),
      now: NOW,
      publishedAt: null,
    });

  test("holds, but the key's self-signature of that time is over SHA-1, so it is refused, as sqv refuses it", async () => {
    const outcome = await ask(readVector("debian", "hello_2.10.orig.tar.gz"));
    assert.equal(nameOf(outcome), "KEY_WEAK");
    assert.match(outcome.outcome === "invalid" ? outcome.detail : "", /SHA-1/);
  });
  test("that it does hold shows in the other refusal that altered bytes get", async () => {
    const altered = Buffer.concat([readVector("debian", "hello_2.10.orig.tar.gz"), Buffer.from("x")]);
    assert.equal(nameOf(await ask(altered)), "SIGNATURE_INVALID");
  });
  test("the certificate itself is sound today: a newer self-signature is over SHA-256", async () => {
    const facts = await readCertificate(readVector("debian", "hello.signing-key.asc"));
    assert.ok(facts.ok && facts.weakness === null && facts.userIds.length === 1);
  });
});
