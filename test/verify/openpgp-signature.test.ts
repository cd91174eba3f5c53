import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { LIMITS } from "../../src/model/limits.js";
import { dearmor } from "../../src/verify/openpgp-armor.js";
import { readKeyFields, splitPackets } from "../../src/verify/openpgp-packets.js";
import { readSignatureFile } from "../../src/verify/openpgp-signature.js";
import { readVector } from "./openpgp-files.js";
import { plain } from "./openpgp-keys.js";
import { ago, concat, fingerprintOf, having, noting, sign } from "./openpgp-workshop.js";

const text = (value: string): Buffer => Buffer.from(value);
const block = (body: string): Buffer => text(`-----BEGIN PGP SIGNATURE-----\n\n${body}\n-----END PGP SIGNATURE-----\n`);

describe("the fields of a signature", () => {
  test("type, hash, times and the issuer's two names", async () => {
    const key = await plain();
    const signature = await sign(key, { tweak: having({ signatureExpirationTime: 86_400 }) });
    const read = readSignatureFile(signature);
    assert.ok(read.ok);
    assert.deepEqual(read.value, [
      {
        version: 4,
        type: 0,
        hash: 10,
        created: ago(50).getTime(),
        expires: ago(49).getTime(),
        fingerprint: fingerprintOf(key),
        keyId: fingerprintOf(key).slice(-16),
        demand: null,
        raw: signature,
      },
    ]);
  });
  test("a critical notation is a demand", async () => {
    const read = readSignatureFile(await sign(await plain(), { tweak: noting(true) }));
    assert.equal(read.ok && read.value[0]?.demand, "a critical notation");
  });
  test("a version that nobody knows names nobody", () => {
    const read = readSignatureFile(Uint8Array.of(0xc2, 4, 10, 0, 1, 8));
    assert.ok(read.ok);
    assert.deepEqual([read.value[0]?.version, read.value[0]?.fingerprint, read.value[0]?.keyId], [10, null, null]);
  });
});

describe("armor", () => {
  test("a checksum is not needed, and one that is there must match", () => {
    assert.deepEqual(dearmor(block("iQEB"), "SIGNATURE", 100), { ok: true, value: Buffer.from("iQEB", "base64") });
    assert.ok(!dearmor(block("iQEB\n=AAAA"), "SIGNATURE", 100).ok);
    const real = readVector("openpgp", "cases", "gpg-rsa-1key", "data.asc").toString();
    assert.match(real, /^=[^\n]{4}$/m);
    assert.ok(dearmor(text(real), "SIGNATURE", 1000).ok);
  });
  test("lines may be of any length up to 512, and hold nothing but base64", () => {
    assert.ok(dearmor(block("A".repeat(512)), "SIGNATURE", 1000).ok);
    assert.ok(!dearmor(block("A".repeat(516)), "SIGNATURE", 1000).ok);
    for (const body of ["AA=A", "AAAAA", "AA==AA==", "AB==", "AA AA", "A-AA", "", "=AAAA"]) {
      assert.ok(!dearmor(block(body), "SIGNATURE", 1000).ok, body);
    }
  });
  test("white space without end does not take long", () => {
    const started = performance.now();
    assert.ok(!dearmor(text(" ".repeat(60_000)), "SIGNATURE", LIMITS.signatureBytes).ok);
    assert.ok(!dearmor(text(`${" \n".repeat(30_000)}x`), "SIGNATURE", LIMITS.signatureBytes).ok);
    assert.ok(performance.now() - started < 1000);
  });
});

describe("packets", () => {
  const lengths = (bytes: Uint8Array): readonly number[] | string => {
    const read = splitPackets(bytes, 10);
    return read.ok ? read.value.map(({ body }) => body.length) : read.why;
  };
  test("all five forms of a length", () => {
    const of = (header: readonly number[], count: number): Uint8Array =>
      concat(Uint8Array.from(header), new Uint8Array(count));
    assert.deepEqual(lengths(of([0xc2, 5], 5)), [5]);
    assert.deepEqual(lengths(of([0xc2, 0xc0, 8], 200)), [200]);
    assert.deepEqual(lengths(of([0xc2, 0xff, 0, 0, 1, 0], 256)), [256]);
    assert.deepEqual(lengths(of([0x88, 5], 5)), [5]);
    assert.deepEqual(lengths(of([0x89, 1, 0], 256)), [256]);
    assert.deepEqual(lengths(of([0x8a, 0, 0, 1, 0], 256)), [256]);
  });
  test("partial and missing lengths, and lengths beyond the end", () => {
    assert.match(String(lengths(Uint8Array.of(0xc2, 0xe1, 0, 0, 0))), /partial/);
    assert.match(String(lengths(Uint8Array.of(0x8b, 0, 0))), /no length/);
    assert.match(String(lengths(Uint8Array.of(0xc2, 0xff, 0xff, 0xff, 0xff, 0xff, 0))), /too early/);
    assert.match(String(lengths(Uint8Array.of(0xc2, 1, 0, 0x41))), /follows a packet/);
  });
  test("fingerprints of versions 4 and 6", () => {
    const four = splitPackets(readVector("openpgp", "cases", "gpg-ed25519-1key", "keyring.pgp"), 99);
    assert.ok(four.ok);
    assert.equal(readKeyFields(four.value[0]?.body ?? new Uint8Array()).keyId, "139563682A020D0A");
    // RFC 9580, appendix A.3.
    const file = readVector("openpgp", "keys", "rfc9580", "A.3.transferable-pubkey-v6.asc");
    const armor = dearmor(file, "PUBLIC KEY BLOCK", 10_000);
    const six = armor.ok ? splitPackets(armor.value, 99) : armor;
    assert.ok(six.ok);
    const { fingerprint } = readKeyFields(six.value[0]?.body ?? new Uint8Array());
    assert.equal(fingerprint, "CB186C4F0609A697E4D52DFA6C722B0C1F1E27C18A56708F6525EC27BAD9ACC9");
  });
});
