/** Keys that are too weak, or were never bound as they should be. */
import { against, asItIs, type Case, plain, rsa, shortRsa, subkeyAgainst, withSubkey } from "./openpgp-keys.js";
import * as shop from "./openpgp-workshop.js";
import {
  ago,
  bind,
  certificateOf,
  certify,
  copyOf,
  craft,
  FLAGS,
  HASH,
  secretOf,
  sign,
  subkeyOf,
  TYPE,
  userOf,
} from "./openpgp-workshop.js";

const weak: readonly Case[] = [
  { name: "RSA with 1024 bits", due: "KEY_WEAK", attempt: async () => against(await shortRsa(), asItIs) },
  {
    name: "a self-signature over SHA-1",
    due: "KEY_WEAK",
    attempt: async () =>
      against(await rsa(), async (copy) => {
        userOf(copy).selfCertifications = [await certify(copy, { hash: HASH.sha1 })];
      }),
  },
  {
    name: "a newest self-signature over SHA-1 above a good one",
    due: "KEY_WEAK",
    attempt: async () =>
      against(await rsa(), async (copy) => {
        userOf(copy).selfCertifications.push(await certify(copy, { hash: HASH.sha1, created: ago(20) }));
      }),
  },
  {
    name: "a newest self-signature over SHA-1 that the library can't so much as verify",
    due: "KEY_WEAK",
    attempt: async () =>
      against(await plain(), async (copy) => {
        const newer = await certify(copy, { created: ago(20) });
        newer.hashAlgorithm = HASH.sha1;
        newer.signatureData?.set([HASH.sha1], 3);
        userOf(copy).selfCertifications.push(newer);
      }),
  },
  {
    name: "a self-signature with a critical notation",
    due: "KEY_WEAK",
    attempt: async () =>
      against(await plain(), async (copy) => {
        userOf(copy).selfCertifications = [await certify(copy, { tweak: shop.noting(true) })];
      }),
  },
  {
    name: "a certificate without a self-signature",
    due: "KEY_WEAK",
    attempt: async () =>
      against(await plain(), (copy) => {
        userOf(copy).selfCertifications = [];
      }),
  },
  {
    name: "a user ID that was revoked, and no other",
    due: "KEY_WEAK",
    attempt: async () =>
      against(await plain(), async (copy) => {
        const over = { key: copy.keyPacket, userID: userOf(copy).userID };
        const what = { type: TYPE.certificationRevocation, created: ago(60) };
        userOf(copy).revocationSignatures = [await craft(secretOf(copy), over, what)];
      }),
  },
  {
    name: "a primary key that is not marked as signing",
    due: "KEY_WEAK",
    attempt: async () =>
      against(await plain(), async (copy) => {
        const tweak = shop.having({ keyFlags: Uint8Array.of(FLAGS.certify) });
        userOf(copy).selfCertifications = [await certify(copy, { tweak })];
      }),
  },
];

const unbound: readonly Case[] = [
  ...(
    [
      ["without a back-signature", { back: null }],
      ["whose back-signature is of another type", { back: { type: TYPE.subkeyBinding } }],
      ["that is not marked as signing", { tweak: shop.having({ keyFlags: Uint8Array.of(FLAGS.encrypt) }) }],
      ["without any flags", { tweak: shop.having({ keyFlags: null }) }],
    ] as readonly (readonly [string, Parameters<typeof bind>[1]])[]
  ).map(
    ([how, options]): Case => ({
      name: `a subkey ${how}`,
      due: "KEY_WEAK",
      attempt: async () =>
        subkeyAgainst(await withSubkey(), async (copy) => {
          subkeyOf(copy).bindingSignatures = [await bind(copy, options)];
        }),
    }),
  ),
  {
    name: "a subkey whose back-signature was made by the primary key",
    due: "KEY_WEAK",
    attempt: async () =>
      subkeyAgainst(await withSubkey(), async (copy) => {
        subkeyOf(copy).bindingSignatures = [await bind(copy, { back: { by: secretOf(copy) } })];
      }),
  },
  ...(
    [
      ["binding", { hash: HASH.sha1 }],
      ["back-signature", { back: { hash: HASH.sha1 } }],
    ] as readonly (readonly [string, Parameters<typeof bind>[1]])[]
  ).map(
    ([what, options]): Case => ({
      name: `a subkey's ${what} over SHA-1`,
      due: "KEY_WEAK",
      attempt: async () =>
        subkeyAgainst(await rsa(), async (copy) => {
          subkeyOf(copy).bindingSignatures = [await bind(copy, options)];
        }),
    }),
  ),
  {
    name: "a subkey adopted by a pinned certificate that does not own it",
    due: "KEY_WEAK",
    attempt: async () => {
      const victim = await withSubkey();
      const { certificates } = await against(await plain(), async (copy) => {
        const [adopted] = (await copyOf(victim)).subkeys;
        if (adopted === undefined) throw new Error("no subkey");
        adopted.bindingSignatures = [await bind(copy, { subkey: adopted, back: null })];
        copy.subkeys.push(adopted);
      });
      return { signature: await sign(subkeyOf(victim)), certificates };
    },
  },
  {
    name: "an adopted subkey, with its owner's certificate pinned too, counts for the owner only",
    due: "verified",
    attempt: async () => {
      const victim = await withSubkey();
      const { certificates } = await against(await plain(), async (copy) => {
        const [adopted] = (await copyOf(victim)).subkeys;
        if (adopted === undefined) throw new Error("no subkey");
        adopted.bindingSignatures = [await bind(copy, { subkey: adopted, back: null })];
        copy.subkeys.push(adopted);
      });
      return { signature: await sign(subkeyOf(victim)), certificates: [...certificates, certificateOf(victim)] };
    },
  },
];

export const boundCases: readonly Case[] = [...weak, ...unbound];
