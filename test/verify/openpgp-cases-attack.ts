/** Attacks by the signature itself: by the wrong signer, over other bytes, of a weak kind. */
import type * as openpgp from "openpgp";
import { against, asItIs, type Case, plain, rsa, stranger, text, withSubkey } from "./openpgp-keys.js";
import * as shop from "./openpgp-workshop.js";
import { certificateOf, concat, copyOf, HASH, sign, subkeyOf, TYPE } from "./openpgp-workshop.js";

const wrongSigner: readonly Case[] = [
  {
    name: "the bytes were changed",
    due: "SIGNATURE_INVALID",
    attempt: async () => ({ ...(await against(await plain(), asItIs)), bytes: text("one line\nanother line\n\n") }),
  },
  {
    name: "a sound signature by a key that nobody pinned",
    due: "unknown-signer",
    attempt: async () => against(await plain(), asItIs, await sign(await stranger())),
  },
  {
    name: "a stranger's signature with the pinned fingerprint written beside it, unhashed",
    due: "SIGNATURE_INVALID",
    attempt: async () => {
      const signature = await sign(await stranger(), { tweak: shop.nameless });
      const body = concat(Uint8Array.of(4), Buffer.from((await plain()).getFingerprint(), "hex"));
      return against(await plain(), asItIs, await shop.unhashed(signature, { type: 33, body }));
    },
  },
  {
    name: "a stranger's signature with the pinned 64-bit id written beside it, unhashed",
    due: "SIGNATURE_MALFORMED",
    attempt: async () => {
      const body = Buffer.from((await plain()).getKeyID().toHex(), "hex");
      const signature = await shop.unhashed(await sign(await stranger()), { type: 16, body });
      return against(await plain(), asItIs, signature);
    },
  },
  {
    name: "two different fingerprints in one signature",
    due: "SIGNATURE_MALFORMED",
    attempt: async () => {
      const body = concat(Uint8Array.of(4), Buffer.from((await stranger()).getFingerprint(), "hex"));
      const signature = await shop.unhashed(await sign(await plain()), { type: 33, body });
      return against(await plain(), asItIs, signature);
    },
  },
  {
    name: "a good signature beside a bad one by a pinned key",
    due: "SIGNATURE_INVALID",
    attempt: async () => {
      const bad = await sign(await plain(), { bytes: text("other bytes") });
      return against(await plain(), asItIs, concat(await sign(await plain()), bad));
    },
  },
  {
    name: "a good signature beside a bad one by another pinned key",
    due: "SIGNATURE_INVALID",
    attempt: async () => {
      const bad = await sign(await stranger(), { bytes: text("other bytes") });
      const certificates = [certificateOf(await plain()), certificateOf(await stranger())];
      return { signature: concat(bad, await sign(await plain())), certificates };
    },
  },
  {
    name: "one signature by a subkey that two pinned certificates share",
    due: "KEY_WEAK",
    attempt: async () => {
      const owner = await withSubkey();
      const other = await copyOf(await plain());
      const shared = subkeyOf(await copyOf(owner));
      shared.bindingSignatures = [await shop.bind(other, { subkey: subkeyOf(owner) })];
      other.subkeys.push(shared);
      return { signature: await sign(subkeyOf(owner)), certificates: [certificateOf(owner), certificateOf(other)] };
    },
  },
];

const weakSignature: readonly Case[] = [
  {
    name: "a text signature made over LF, offered for CRLF bytes",
    due: "SIGNATURE_HASH_WEAK",
    attempt: async () => ({
      ...(await against(await plain(), asItIs, await sign(await plain(), { type: TYPE.text }))),
      bytes: text("one line\r\nanother line\r\n"),
    }),
  },
  {
    name: "a text signature over the very bytes",
    due: "SIGNATURE_HASH_WEAK",
    attempt: async () => against(await plain(), asItIs, await sign(await plain(), { type: TYPE.text })),
  },
  ...([HASH.md5, HASH.sha1, HASH.sha224] as const).map(
    (hash): Case => ({
      name: `a document hash that is too weak (${hash})`,
      due: "SIGNATURE_HASH_WEAK",
      attempt: async () => against(await rsa(), asItIs, await sign(await rsa(), { hash })),
    }),
  ),
  {
    name: "a version 3 signature that names the pinned key",
    due: "SIGNATURE_HASH_WEAK",
    attempt: async () => against(await plain(), asItIs, versionThree(await plain())),
  },
  {
    name: "a version 3 signature by the pinned key beside a good one",
    due: "SIGNATURE_HASH_WEAK",
    attempt: async () => against(await plain(), asItIs, concat(await sign(await plain()), versionThree(await plain()))),
  },
  {
    name: "a critical notation",
    due: "SIGNATURE_MALFORMED",
    attempt: async () => {
      const signature = await sign(await plain(), { tweak: shop.noting(true) });
      return against(await plain(), asItIs, signature);
    },
  },
  {
    name: "a critical subpacket that nobody knows",
    due: "SIGNATURE_MALFORMED",
    attempt: async () =>
      against(await plain(), asItIs, await sign(await plain(), { tweak: shop.appended([0x80 | 99, 1]) })),
  },
  {
    name: "two times in one signature",
    due: "SIGNATURE_MALFORMED",
    attempt: async () =>
      against(await plain(), asItIs, await sign(await plain(), { tweak: shop.appended([2, 0x60, 0, 0, 0]) })),
  },
];

/** Version 3, by hand: 16 octets of fields and one integer. */
function versionThree(key: openpgp.Key): Uint8Array {
  const body = Buffer.concat([
    Buffer.from([3, 5, 0, 0x60, 0, 0, 0]),
    Buffer.from(key.getKeyID().toHex(), "hex"),
    Buffer.from([1, HASH.sha256, 0, 0, 0, 8, 0xff]),
  ]);
  return Buffer.concat([Buffer.from([0xc2, body.length]), body]);
}

export const attackCases: readonly Case[] = [...wrongSigner, ...weakSignature];
