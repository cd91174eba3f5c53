import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { LIMITS } from "../../src/model/limits.js";
import { readCertificate } from "../../src/verify/openpgp-certificate.js";
import { plain, rsa, shortRsa, stranger, text, withSubkey } from "./openpgp-keys.js";
import * as shop from "./openpgp-workshop.js";
import {
  ago,
  bind,
  certificateOf,
  certify,
  concat,
  copyOf,
  fingerprintOf,
  HASH,
  makeKey,
  revoke,
  subkeyOf,
  userOf,
} from "./openpgp-workshop.js";

async function refusal(bytes: Uint8Array): Promise<string> {
  const read = await readCertificate(bytes);
  assert.ok(!read.ok, "it was read");
  return read.why;
}

describe("a certificate's facts", () => {
  test("full fingerprint, user ID, algorithm, times and signing keys, armored or not", async () => {
    const key = await withSubkey();
    const facts = {
      ok: true,
      fingerprint: fingerprintOf(key),
      version: 4,
      userIds: ["Workshop <workshop@example.org>"],
      algorithm: "ed25519",
      created: ago(100).getTime(),
      expires: null,
      revoked: false,
      revocation: null,
      signingKeys: [fingerprintOf(key), fingerprintOf(subkeyOf(key))].map((fingerprint) => ({
        fingerprint,
        algorithm: "ed25519",
        created: ago(100).getTime(),
        expires: null,
        remark: null,
      })),
      weakness: null,
      remark: null,
    };
    assert.deepEqual(await readCertificate(certificateOf(key)), facts);
    assert.deepEqual(await readCertificate(text(key.toPublic().armor())), facts);
  });

  test("version 6, RSA's size, and an end", async () => {
    const six = await readCertificate(certificateOf(await makeKey({ v6: true })));
    assert.ok(six.ok && six.version === 6);
    assert.match(six.fingerprint, /^[0-9A-F]{64}$/);
    const two = await readCertificate(certificateOf(await rsa()));
    assert.ok(two.ok && two.algorithm === "rsa2048");
    assert.match(two.signingKeys[0]?.remark ?? "", /2048 bits only/);
    const ending = await readCertificate(certificateOf(await makeKey({ lifeDays: 60 })));
    assert.ok(ending.ok && ending.expires === ago(40).getTime());
  });

  test("a revoked one is read, with the reason, and can sign nothing", async () => {
    const copy = await copyOf(await rsa());
    copy.revocationSignatures = [await revoke(copy, { hash: HASH.sha1, reason: 2 })];
    const facts = await readCertificate(certificateOf(copy));
    assert.ok(facts.ok && facts.revoked);
    assert.match(facts.revocation ?? "", /compromised/);
    assert.deepEqual(facts.signingKeys, []);
  });

  test("a revoked subkey is no signing key any more", async () => {
    const copy = await copyOf(await withSubkey());
    subkeyOf(copy).revocationSignatures = [await revoke(copy, { subkey: subkeyOf(copy) })];
    const facts = await readCertificate(certificateOf(copy));
    assert.ok(facts.ok && !facts.revoked);
    assert.deepEqual(
      facts.signingKeys.map(({ fingerprint }) => fingerprint),
      [fingerprintOf(copy)],
    );
  });

  test("weak ones are read, and it is said why they prove nothing", async () => {
    const short = await readCertificate(certificateOf(await shortRsa()));
    assert.ok(short.ok && short.signingKeys.length === 0);
    assert.match(short.weakness ?? "", /rsa1024 is too short/);
    const copy = await copyOf(await rsa());
    userOf(copy).selfCertifications = [await certify(copy, { hash: HASH.sha1 })];
    const old = await readCertificate(certificateOf(copy));
    assert.ok(old.ok && old.signingKeys.length === 0);
    assert.match(old.weakness ?? "", /SHA-1/);
  });

  test("a user ID that the key never certified, or has revoked, is not told", async () => {
    const copy = await copyOf(await plain());
    const foreign = userOf(await copyOf(await stranger())).clone();
    copy.users.push(foreign);
    const facts = await readCertificate(certificateOf(copy));
    assert.ok(facts.ok);
    assert.equal(facts.userIds.length, 1);
  });

  test("a subkey without a back-signature is no signing key", async () => {
    const copy = await copyOf(await withSubkey());
    subkeyOf(copy).bindingSignatures = [await bind(copy, { back: null })];
    const facts = await readCertificate(certificateOf(copy));
    assert.ok(facts.ok && facts.signingKeys.length === 1);
  });
});

describe("a file that is not exactly one public certificate", () => {
  test("two certificates, armored together or after one another", async () => {
    const [one, other] = [await plain(), await stranger()];
    assert.match(await refusal(concat(certificateOf(one), certificateOf(other))), /holds 2 certificates/);
    const blocks = one.toPublic().armor() + other.toPublic().armor();
    assert.match(await refusal(text(blocks)), /something follows the armor|not base64/);
  });
  test("a secret key", async () => {
    assert.match(await refusal((await plain()).write()), /secret key/);
    assert.match(await refusal(text((await plain()).armor())), /does not begin with/);
  });
  test("a signature, a certificate behind other packets, text around it, nothing", async () => {
    const certificate = certificateOf(await plain());
    assert.match(await refusal(await shop.sign(await plain())), /holds 0 certificates/);
    assert.match(
      await refusal(concat(await shop.sign(await plain()), certificate)),
      /does not begin with a primary key/,
    );
    assert.match(await refusal(text(`see below\n${(await plain()).toPublic().armor()}`)), /does not begin/);
    assert.match(await refusal(new Uint8Array()), /empty/);
  });
  test("packets that no certificate has", async () => {
    const certificate = certificateOf(await plain());
    assert.match(await refusal(concat(certificate, Uint8Array.of(0xcc, 0))), /tag 12/);
    assert.match(await refusal(concat(certificate, Uint8Array.of(0xcb, 0))), /tag 11/);
    assert.ok((await readCertificate(concat(certificate, Uint8Array.of(0xd5, 1, 0)))).ok, "padding may be there");
  });
  test("a version 3 key", async () => {
    const body = Buffer.from([3, 0x30, 0, 0, 0, 0, 0, 1, 0, 8, 0xff, 0, 2, 3]);
    assert.match(await refusal(concat(Uint8Array.of(0xc6, body.length), body)), /version 3/);
  });
  test("one too large, or of too many packets", async () => {
    assert.match(await refusal(new Uint8Array(LIMITS.certificateBytes + 1).fill(0x80)), /at most/);
    const many = Array.from({ length: 10_001 }, () => Uint8Array.of(0xd5, 0));
    assert.match(await refusal(concat(certificateOf(await plain()), ...many)), /more than 10000/);
  });
  test("a subkey's revocation before any subkey, or one that the library can't read", async () => {
    const copy = await copyOf(await withSubkey());
    const revocation = shop.packetBytes(await revoke(copy, { subkey: subkeyOf(copy) }));
    const primaryOnly = certificateOf(await copyOf(await plain()));
    assert.match(await refusal(concat(primaryOnly, revocation)), /before any subkey/);
    const unread = Uint8Array.from(revocation);
    unread[4] = 99;
    assert.match(await refusal(concat(certificateOf(copy), unread)), /can't be read/);
  });
});
