/** Keys that have ended, and signatures whose time can't be. */
import { type Attempt, against, asItIs, type Case, plain, subkeyAgainst, withSubkey } from "./openpgp-keys.js";
import * as shop from "./openpgp-workshop.js";
import {
  ago,
  bind,
  certify,
  craft,
  DAY,
  makeKey,
  NOW,
  secretOf,
  sign,
  subkeyOf,
  TYPE,
  userOf,
} from "./openpgp-workshop.js";

/** A key of a hundred days ago that lived for sixty, and signed after fifty. */
const expiring = async (publishedDaysAgo?: number): Promise<Attempt> => ({
  ...(await against(await makeKey({ lifeDays: 60 }), asItIs)),
  ...(publishedDaysAgo === undefined ? {} : { publishedAt: NOW - publishedDaysAgo * DAY }),
});

const lifeOf = (days: number): shop.Tweak => shop.having({ keyExpirationTime: (days * DAY) / 1000 });

const expired: readonly Case[] = [
  {
    name: "an expired key's signature, and nobody knows when it was published",
    due: "KEY_EXPIRED",
    attempt: () => expiring(),
  },
  { name: "an expired key's signature, published while it lived", due: "verified", attempt: () => expiring(49) },
  { name: "an expired key's signature, published after its end", due: "KEY_EXPIRED", attempt: () => expiring(30) },
  {
    name: "an expired key's signature, backdated far from its publication",
    due: "KEY_EXPIRED",
    attempt: () => expiring(42),
  },
  {
    name: "an expired key's signature, dated long after its publication",
    due: "KEY_EXPIRED",
    attempt: () => expiring(90),
  },
  {
    name: "a key that had expired when it signed",
    due: "KEY_EXPIRED",
    attempt: async () => {
      const key = await makeKey({ lifeDays: 60 });
      return { ...(await against(key, asItIs, await sign(key, { created: ago(30) }))), publishedAt: NOW - 30 * DAY };
    },
  },
  {
    name: "a key whose newest self-signature ends its life",
    due: "KEY_EXPIRED",
    attempt: async () =>
      against(await plain(), async (copy) => {
        userOf(copy).selfCertifications.push(await certify(copy, { created: ago(20), tweak: lifeOf(90) }));
      }),
  },
  {
    name: "two self-signatures of one second, of which one ends the key's life",
    due: "KEY_EXPIRED",
    attempt: async () =>
      against(await plain(), async (copy) => {
        userOf(copy).selfCertifications.push(await certify(copy, { tweak: lifeOf(90) }));
      }),
  },
  {
    name: "a direct-key signature that ends the key's life",
    due: "KEY_EXPIRED",
    attempt: async () =>
      against(await plain(), async (copy) => {
        const over = { key: copy.keyPacket };
        copy.revocationSignatures = [
          await craft(secretOf(copy), over, { type: TYPE.direct, created: ago(60), tweak: lifeOf(90) }),
        ];
      }),
  },
  {
    name: "a self-signature that has itself expired",
    due: "KEY_EXPIRED",
    attempt: async () =>
      against(await plain(), async (copy) => {
        const tweak = shop.having({ signatureExpirationTime: 90 * 86_400 });
        userOf(copy).selfCertifications = [await certify(copy, { tweak })];
      }),
  },
  {
    name: "a key that was renewed before it ended",
    due: "verified",
    attempt: async () => {
      const key = await makeKey({ lifeDays: 60 });
      return against(key, async (copy) => {
        userOf(copy).selfCertifications.push(await certify(copy, { created: ago(45), tweak: lifeOf(365) }));
      });
    },
  },
  {
    name: "an expired signing subkey",
    due: "KEY_EXPIRED",
    attempt: async () =>
      subkeyAgainst(await withSubkey(), async (copy) => {
        subkeyOf(copy).bindingSignatures = [await bind(copy, { tweak: lifeOf(60) })];
      }),
  },
  {
    name: "a back-signature that has expired",
    due: "KEY_EXPIRED",
    attempt: async () =>
      subkeyAgainst(await withSubkey(), async (copy) => {
        const tweak = shop.having({ signatureExpirationTime: 60 * 86_400 });
        subkeyOf(copy).bindingSignatures = [await bind(copy, { back: { tweak } })];
      }),
  },
];

const untimely: readonly Case[] = [
  {
    name: "a signature dated tomorrow",
    due: "SIGNATURE_TIME",
    attempt: async () => against(await plain(), asItIs, await sign(await plain(), { created: ago(-1) })),
  },
  {
    name: "a signature dated before its key was made",
    due: "SIGNATURE_TIME",
    attempt: async () => against(await plain(), asItIs, await sign(await plain(), { created: ago(101) })),
  },
  {
    name: "a signature dated before the oldest self-signature",
    due: "SIGNATURE_TIME",
    attempt: async () =>
      against(await plain(), async (copy) => {
        userOf(copy).selfCertifications = [await certify(copy, { created: ago(40) })];
      }),
  },
  {
    name: "a signature dated before its subkey was bound",
    due: "SIGNATURE_TIME",
    attempt: async () =>
      subkeyAgainst(await withSubkey(), async (copy) => {
        subkeyOf(copy).bindingSignatures = [await bind(copy, { created: ago(40) })];
      }),
  },
  {
    name: "a signature that has expired",
    due: "SIGNATURE_TIME",
    attempt: async () => {
      const tweak = shop.having({ signatureExpirationTime: 10 * 86_400 });
      return against(await plain(), asItIs, await sign(await plain(), { tweak }));
    },
  },
];

export const timeCases: readonly Case[] = [...expired, ...untimely];
