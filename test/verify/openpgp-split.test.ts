/** What is told apart of two copies of a certificate. */
import assert from "node:assert/strict";
import test from "node:test";
import { generateKey, type PublicKey, revokeKey } from "openpgp";
import { certificatePackets } from "../../src/verify/openpgp-split.js";

const { privateKey, publicKey } = await generateKey({ userIDs: [{ name: "Anna" }], format: "object" });
const bytesOf = (key: PublicKey): Uint8Array => Buffer.from(key.armor());

test("a revocation is one more packet, marked as such; all others are none and stay as they were", async () => {
  const { publicKey: revoked } = await revokeKey({ key: privateKey, format: "object" });
  const [before, after] = [certificatePackets(bytesOf(publicKey)), certificatePackets(bytesOf(revoked))];
  assert.ok(before !== null && after !== null);
  assert.ok(before.every(({ revokes }) => !revokes));
  const added = after.filter(({ id }) => !before.some((packet) => packet.id === id));
  assert.deepEqual(
    added.map(({ revokes }) => revokes),
    [true],
  );
  assert.deepEqual(
    after.filter((packet) => !added.includes(packet)),
    before,
  );
});

test("armored or not, with other headers or line ends, it is the same certificate", () => {
  const armored = publicKey.armor();
  const expected = certificatePackets(Buffer.from(armored));
  for (const form of [publicKey.write(), Buffer.from(armored.replaceAll("\r\n", "\n"))]) {
    assert.deepEqual(certificatePackets(form), expected);
  }
});

test("no prefix and no flipped octet is taken for the same certificate, and none makes it throw", () => {
  const whole = publicKey.write();
  const expected = JSON.stringify(certificatePackets(whole));
  for (let length = 0; length < whole.length; length++) {
    assert.notEqual(JSON.stringify(certificatePackets(whole.subarray(0, length))), expected);
  }
  for (const at of whole.keys()) {
    const form = Uint8Array.from(whole, (octet, index) => (index === at ? octet ^ 0x01 : octet));
    const told = certificatePackets(form);
    assert.ok(told === null || JSON.stringify(told) !== expected, `octet ${at}`);
  }
});
