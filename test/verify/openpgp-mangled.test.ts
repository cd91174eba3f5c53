import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { verifyOpenPgp } from "../../src/verify/openpgp.js";
import { dearmor } from "../../src/verify/openpgp-armor.js";
import { readCertificate } from "../../src/verify/openpgp-certificate.js";
import { splitPackets } from "../../src/verify/openpgp-packets.js";
import { readSignatureFile } from "../../src/verify/openpgp-signature.js";
import { plain, withSubkey } from "./openpgp-keys.js";
import * as shop from "./openpgp-workshop.js";
import { BYTES, certificateOf, fingerprintOf, flipped, NOW, sign } from "./openpgp-workshop.js";

const MASKS = [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff];

async function verifies(signature: Uint8Array, bytes: Uint8Array = BYTES): Promise<boolean> {
  const key = await plain();
  const certificates = new Map([[fingerprintOf(key), certificateOf(key)]]);
  return (await verifyOpenPgp({ bytes, signature, certificates, now: NOW, publishedAt: null })).outcome === "verified";
}

/** As GnuPG writes it: the 64-bit id stands unhashed. */
async function small(): Promise<Uint8Array> {
  const body = Buffer.from((await plain()).getKeyID().toHex(), "hex");
  return await shop.unhashed(await sign(await plain()), { type: 16, body });
}

/** The mangled forms that still verify, each with the place of its flipped octet. */
async function survivors(
  signature: Uint8Array,
): Promise<readonly { readonly at: number; readonly form: Uint8Array }[]> {
  const found: { readonly at: number; readonly form: Uint8Array }[] = [];
  for (const at of signature.keys()) {
    for (const mask of MASKS) {
      const form = flipped(signature, at, mask);
      if (await verifies(form)) found.push({ at, form });
    }
  }
  return found;
}

describe("a mangled signature", () => {
  test("no prefix of a signature verifies, armored or not", async () => {
    const binary = await small();
    const block = Buffer.from((await shop.armor(binary)).trimEnd());
    for (const whole of [binary, block]) {
      assert.ok(await verifies(whole));
      for (let length = 0; length < whole.length; length++) assert.ok(!(await verifies(whole.subarray(0, length))));
    }
  });

  test("a flipped octet verifies only where it is the type of an unhashed hint that is not needed", async () => {
    const signature = await small();
    const packets = splitPackets(signature, 1);
    assert.ok(packets.ok);
    const [packet] = packets.value;
    assert.ok(packet !== undefined);
    const header = packet.raw.length - packet.body.length;
    const hashed = Buffer.from(packet.body).readUInt16BE(4);
    // Header, version to hash, length of the hashed area, that area, length of the unhashed one, length of its only
    // subpacket: then comes that subpacket's type. Made another type, it is no hint any more; the signed one remains.
    const type = header + 4 + 2 + hashed + 2 + 1;
    assert.equal(signature[type], 16);
    assert.deepEqual(new Set((await survivors(signature)).map(({ at }) => at)), new Set([type]));
  });

  test("in armor a flipped octet verifies only in a header's words, or where white space stays white", async () => {
    const binary = await small();
    const block = (await shop.armor(binary)).replace("-----\n", "-----\nComment: some words\n");
    const headers = block.slice(0, block.indexOf("\n\n"));
    const left = await survivors(Buffer.from(block));
    assert.ok(left.length > 0);
    for (const { at, form } of left) {
      const isInWords = at > headers.indexOf("\n") && at < headers.length;
      assert.ok(isInWords || /\s/.test(block[at] ?? ""), `at ${at}`);
      const read = dearmor(form, "SIGNATURE", 1000);
      assert.ok(read.ok && Buffer.compare(read.value, binary) === 0, "other packets than were armored");
    }
  });

  test("no changed octet of the bytes verifies", async () => {
    const signature = await small();
    for (const at of BYTES.keys()) assert.ok(!(await verifies(signature, flipped(BYTES, at))));
  });
});

describe("parsers of what comes from outside never throw", () => {
  const pieces = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.constantFrom(
      ...[
        "-----BEGIN PGP SIGNATURE-----\n",
        "-----END PGP SIGNATURE-----",
        "\n",
        "=AAAA\n",
        "wsB\n",
        "Comment: x\n",
      ].map((piece) => Uint8Array.from(Buffer.from(piece))),
      Uint8Array.of(0xc2, 0x05, 4, 0, 22, 8, 0),
      Uint8Array.of(0xc6, 0xff, 0xff, 0xff, 0xff, 0xff),
      Uint8Array.of(0x88, 0x10, 6, 0, 27, 10, 0, 0, 0, 5, 4, 0x82),
    ),
  );

  test("generated signature files and certificates", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(pieces, { maxLength: 8 }), async (parts) => {
        const file = shop.concat(...parts);
        assert.equal(typeof readSignatureFile(file).ok, "boolean");
        assert.equal(typeof (await readCertificate(file)).ok, "boolean");
        assert.ok(!(await verifies(file)));
      }),
      { numRuns: 300 },
    );
  });

  test("every prefix and every flipped octet of a certificate is read or refused, and never gains a fingerprint", async () => {
    const key = await withSubkey();
    const certificate = certificateOf(key);
    for (const at of certificate.keys()) {
      const cut = await readCertificate(certificate.subarray(0, at));
      assert.ok(!cut.ok || cut.fingerprint === fingerprintOf(key));
      const changed = await readCertificate(flipped(certificate, at));
      assert.equal(typeof changed.ok, "boolean");
    }
  });

  test("a flipped octet of a revocation un-revokes only by making it another statement, or another's", async () => {
    const copy = await shop.copyOf(await plain());
    copy.revocationSignatures = [await shop.revoke(copy)];
    const packets = splitPackets(certificateOf(copy), 10);
    assert.ok(packets.ok);
    const [primary, revocation, ...others] = packets.value.map(({ raw }) => raw);
    assert.ok(primary !== undefined && revocation !== undefined);
    const issuer = Buffer.from(revocation).indexOf(Buffer.from(copy.getFingerprint(), "hex"));
    for (const at of revocation.keys()) {
      for (const mask of [0x01, 0x80, 0xff]) {
        const facts = await readCertificate(shop.concat(primary, flipped(revocation, at, mask), ...others));
        if (!facts.ok || facts.revoked) continue;
        const isVersionOrType = at === 2 || at === 3;
        assert.ok(isVersionOrType || (at >= issuer && at < issuer + 20), `un-revoked by a change at ${at}`);
      }
    }
  });
});
