/** A new key that the old one has certified: the mark of a rotation, which nobody else can make. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as openpgp from "openpgp";
import { vouchesFor } from "../../src/verify/openpgp-vouching.js";
import {
  ago,
  certificateOf,
  concat,
  copyOf,
  craft,
  HASH,
  makeKey,
  revoke,
  secretOf,
  type Tweak,
  TYPE,
  userOf,
} from "./openpgp-workshop.js";

const [old, renewed, thief] = await Promise.all([makeKey(), makeKey(), makeKey()]);

interface How {
  readonly by?: openpgp.PrivateKey;
  readonly over?: openpgp.Key;
  readonly type?: number;
  readonly hash?: number;
  readonly created?: Date;
  readonly tweak?: Tweak;
}

/** The certificate of `of`, with another key's certification of its user ID put into it. */
async function certified(of: openpgp.PrivateKey, { by = old, over = of, type = TYPE.certification, ...how }: How = {}) {
  const copy = await copyOf(of);
  const about = { key: over.keyPacket, userID: userOf(over).userID };
  userOf(copy).otherCertifications.push(await craft(secretOf(by), about, { type, ...how }));
  return certificateOf(copy);
}

test("the old key has certified the new one", async () => {
  assert.equal(await vouchesFor(certificateOf(old), await certified(renewed)), true);
});

for (const [what, userID] of Object.entries({
  address: { name: "New Name", email: "Workshop@example.org" },
  name: { name: "Workshop", email: "workshop@new.example" },
})) {
  test(`the old key has certified the new one under the ${what} that both have`, async () => {
    const { privateKey } = await openpgp.generateKey({ userIDs: [userID], date: ago(100), format: "object" });
    assert.equal(await vouchesFor(certificateOf(old), await certified(privateKey)), true);
  });
}

const others: Readonly<Record<string, () => Promise<readonly [Uint8Array, Uint8Array]>>> = {
  "nobody has certified it, though the user ID is the same": async () => [certificateOf(old), certificateOf(renewed)],
  "the new key has certified the old one": async () => [await certified(old, { by: renewed }), certificateOf(renewed)],
  "somebody else has certified it": async () => [certificateOf(old), await certified(renewed, { by: thief })],
  "a certification of another key was moved here": async () => [
    certificateOf(old),
    await certified(thief, { over: renewed }),
  ],
  "it is the same certificate": async () => [certificateOf(old), await certified(old, { by: old })],
  "over a hash that can be forged": async () => {
    const by = await makeKey({ curve: "nistP256" });
    return [certificateOf(by), await certified(renewed, { by, hash: HASH.sha1 })];
  },
  "a revocation in the place of a certification": async () => [
    certificateOf(old),
    await certified(renewed, { type: TYPE.certificationRevocation }),
  ],
  "before the old key was made": async () => [certificateOf(old), await certified(renewed, { created: ago(200) })],
  "after the old key had ended": async () => {
    const ended = await makeKey({ lifeDays: 10 });
    return [certificateOf(ended), await certified(renewed, { by: ended })];
  },
  "it had certified another person's name, who took this one later": async () => {
    const { privateKey } = await openpgp.generateKey({
      userIDs: [{ name: "Mallory", email: "mallory@example.net" }, { email: "WORKSHOP@example.org" }],
      date: ago(100),
      format: "object",
    });
    return [certificateOf(old), await certified(privateKey)];
  },
  "by a certification that was made to end": async () => {
    const tweak: Tweak = (signature) => {
      signature.signatureNeverExpires = false;
      signature.signatureExpirationTime = 1;
    };
    return [certificateOf(old), await certified(renewed, { tweak })];
  },
  "the old key is revoked": async () => {
    const copy = await copyOf(old);
    copy.revocationSignatures.push(await revoke(copy));
    return [certificateOf(copy), await certified(renewed)];
  },
  "what can't be read vouches for nobody": async () => [Uint8Array.of(1, 2, 3), await certified(renewed)],
  "nor is anybody vouched for by it": async () => [
    certificateOf(old),
    concat(await certified(renewed), Uint8Array.of(0)),
  ],
};
for (const [what, make] of Object.entries(others)) {
  test(`no rotation: ${what}`, async () => assert.equal(await vouchesFor(...(await make())), false));
}

test("taken back by the old key", async () => {
  const copy = await copyOf(renewed);
  const over = { key: copy.keyPacket, userID: userOf(copy).userID };
  userOf(copy).otherCertifications.push(await craft(secretOf(old), over, { type: TYPE.certification }));
  userOf(copy).revocationSignatures.push(await craft(secretOf(old), over, { type: TYPE.certificationRevocation }));
  assert.equal(await vouchesFor(certificateOf(old), certificateOf(copy)), false);
});
