/** What must verify: every sound form of a signature, and odd certificates that are none the worse for it. */
import { against, asItIs, type Case, plain, rsa, stranger, subkeyAgainst, text, withSubkey } from "./openpgp-keys.js";
import * as shop from "./openpgp-workshop.js";
import { ago, certify, concat, HASH, makeKey, revoke, secretOf, sign, userOf } from "./openpgp-workshop.js";

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
      const signature = await sign(await plain(), { tweak: shop.nameless });
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

export const soundCases: readonly Case[] = sound;
