/**
 * Sound signatures, and attacks by the signature itself, each with the outcome that is due. `openpgp.test.ts` puts every
 * case to the verifier and, where it is installed, to sqv.
 */
import type * as openpgp from "openpgp";
import { against, asItIs, type Case, plain, rsa, stranger, subkeyAgainst, text, withSubkey } from "./openpgp-keys.js";
import * as shop from "./openpgp-workshop.js";
import {
  ago,
  certificateOf,
  certify,
  concat,
  copyOf,
  HASH,
  makeKey,
  revoke,
  secretOf,
  sign,
  subkeyOf,
  TYPE,
  userOf,
} from "./openpgp-workshop.js";

const sound: readonly Case[] = [
  {
    name: "a signature by the primary key",
    due: "verified",
    attempt: async () => against(await plain(), asItIs),
  },
  {
    name: "the same in armor with headers, CRLF and white space around",
    due: "verified",
    attempt: async () => {
      const { signature, certificates } = await against(await plain(), asItIs);
      const block = (await shop.armor(signature)).replace(
        "SIGNATURE-----",
        "SIGNATURE-----\nVersion: X 1.0\nComment: a: b",
      );
      return { signature: text(`\r\n  \n${block.replace(/\r?\n/g, "\r\n")}\n\n`), certificates };
    },
  },
  {
    name: "a signature by a subkey with binding and back-signature",
    due: "verified",
    attempt: async () => subkeyAgainst(await withSubkey(), asItIs),
  },
  {
    name: "a signature by ECDSA over NIST P-256",
    due: "verified",
    attempt: async () => against(await makeKey({ curve: "nistP256" }), asItIs),
  },
  {
    name: "a signature by RSA with 2048 bits, which is noted",
    due: "verified",
    attempt: async () => against(await rsa(), asItIs),
  },
  {
    name: "a signature by a version 6 key",
    due: "verified",
    unknownToSqv: "version 6 (RFC 9580)",
    attempt: async () => against(await makeKey({ v6: true }), asItIs),
  },
  {
    name: "a signature with a notation that is not critical",
    due: "verified",
    attempt: async () => {
      const signature = await sign(await plain(), { tweak: shop.noting(false) });
      return against(await plain(), asItIs, signature);
    },
  },
  {
    name: "a signature that expires tomorrow",
    due: "verified",
    attempt: async () => {
      const signature = await sign(await plain(), {
        tweak: shop.having({ signatureExpirationTime: 51 * 86_400 }),
      });
      return against(await plain(), asItIs, signature);
    },
  },
  {
    name: "the same signature twice",
    due: "verified",
    attempt: async () => {
      const signature = await sign(await plain());
      return against(await plain(), asItIs, concat(signature, signature));
    },
  },
  {
    name: "a good signature beside one by a key that nobody pinned",
    due: "verified",
    attempt: async () =>
      against(await plain(), asItIs, concat(await sign(await stranger()), await sign(await plain()))),
  },
  {
    name: "a good signature that does not say its fingerprint, only the 64-bit id",
    due: "verified",
    attempt: async () => {
      const signature = await sign(await plain(), { tweak: nameless });
      const body = Buffer.from((await plain()).getKeyID().toHex(), "hex");
      return against(await plain(), asItIs, await shop.unhashed(signature, { type: 16, body }));
    },
  },
  {
    name: "an old self-signature over SHA-1 below a newer one over SHA-512",
    due: "verified",
    attempt: async () =>
      against(await rsa(), async (copy) => {
        userOf(copy).selfCertifications = [
          await certify(copy, { hash: HASH.sha1, created: ago(100) }),
          await certify(copy, { created: ago(90) }),
        ];
      }),
  },
  {
    name: "a revocation by somebody else, whom the certificate never named",
    due: "verified",
    attempt: async () =>
      against(await plain(), async (copy) => {
        copy.revocationSignatures = [await revoke(copy, { by: secretOf(await stranger()) })];
      }),
  },
];

/** Leaves out both names of the issuer, which the library writes by itself. */
function nameless(packet: openpgp.SignaturePacket): void {
  const writer = packet as unknown as { writeHashedSubPackets(): Uint8Array };
  const original = writer.writeHashedSubPackets.bind(packet);
  writer.writeHashedSubPackets = () => {
    Object.assign(packet, { issuerFingerprint: null, issuerKeyVersion: 6 });
    return original();
  };
}

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
      const signature = await sign(await stranger(), { tweak: nameless });
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

export const signatureCases: readonly Case[] = [...sound, ...wrongSigner, ...weakSignature];
