/** Attacks by what became of a key: revoked, expired, backdated, weak, or never bound. */
import {
  type Attempt,
  against,
  asItIs,
  type Case,
  plain,
  rsa,
  shortRsa,
  stranger,
  subkeyAgainst,
  withSubkey,
  withTwoSubkeys,
} from "./openpgp-keys.js";
import * as shop from "./openpgp-workshop.js";
import {
  ago,
  bind,
  certificateOf,
  certify,
  craft,
  DAY,
  FLAGS,
  HASH,
  makeKey,
  NOW,
  revoke,
  secretOf,
  sign,
  subkeyOf,
  TYPE,
  userOf,
} from "./openpgp-workshop.js";

const revoked: readonly Case[] = [
  ...(
    [
      ["without a reason", {}],
      ["as compromised, long after the signature", { reason: 2, created: ago(1) }],
      ["as superseded, after the signature (soft)", { reason: 1, created: ago(1) }],
      ["as retired, after the signature (soft)", { reason: 3, created: ago(1) }],
      ["by a revocation dated tomorrow", { created: ago(-1) }],
      ["by a revocation that demands the unknown", { tweak: shop.appended([0x80 | 99, 1]) }],
    ] as readonly (readonly [string, Parameters<typeof revoke>[1]])[]
  ).map(
    ([how, options]): Case => ({
      name: `the certificate is revoked ${how}`,
      due: "KEY_REVOKED",
      attempt: async () =>
        against(await plain(), async (copy) => {
          copy.revocationSignatures = [await revoke(copy, options)];
        }),
    }),
  ),
  ...([HASH.sha1, HASH.md5] as const).map(
    (hash): Case => ({
      name: `the certificate is revoked by a signature over a weak hash (${hash})`,
      due: "KEY_REVOKED",
      attempt: async () =>
        against(await rsa(), async (copy) => {
          copy.revocationSignatures = [await revoke(copy, { hash, reason: 2 })];
        }),
    }),
  ),
  {
    name: "the certificate holds a damaged revocation of itself",
    due: "KEY_REVOKED",
    attempt: async () => {
      const { signature, certificates } = await against(await plain(), async (copy) => {
        copy.revocationSignatures = [await revoke(copy)];
      });
      return { signature, certificates: certificates.map((each) => shop.damaged(each, TYPE.keyRevocation)) };
    },
  },
  {
    name: "the certificate names a revoker, and holds another key's revocation",
    due: "KEY_REVOKED",
    attempt: async () =>
      against(await plain(), async (copy) => {
        const revoker = Buffer.from((await stranger()).getFingerprint(), "hex");
        const tweak = shop.appended([12, 0x80, 22, ...revoker]);
        const named = await craft(secretOf(copy), { key: copy.keyPacket }, { type: TYPE.direct, tweak });
        copy.revocationSignatures = [named, await revoke(copy, { by: secretOf(await stranger()) })];
      }),
  },
  {
    name: "the signing subkey is revoked",
    due: "KEY_REVOKED",
    attempt: async () =>
      subkeyAgainst(await withSubkey(), async (copy) => {
        subkeyOf(copy).revocationSignatures = [await revoke(copy, { subkey: subkeyOf(copy), reason: 3 })];
      }),
  },
  {
    name: "the signing subkey's revocation was moved behind another subkey",
    due: "KEY_REVOKED",
    attempt: async () =>
      subkeyAgainst(await withTwoSubkeys(), async (copy) => {
        const [first, second] = copy.subkeys;
        if (first === undefined || second === undefined) throw new Error("no subkeys");
        second.revocationSignatures = [await revoke(copy, { subkey: first })];
      }),
  },
  {
    name: "the primary key is revoked, and its subkey signed",
    due: "KEY_REVOKED",
    attempt: async () =>
      subkeyAgainst(await withSubkey(), async (copy) => {
        copy.revocationSignatures = [await revoke(copy)];
      }),
  },
];

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
        const [adopted] = (await shop.copyOf(victim)).subkeys;
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
        const [adopted] = (await shop.copyOf(victim)).subkeys;
        if (adopted === undefined) throw new Error("no subkey");
        adopted.bindingSignatures = [await bind(copy, { subkey: adopted, back: null })];
        copy.subkeys.push(adopted);
      });
      return { signature: await sign(subkeyOf(victim)), certificates: [...certificates, certificateOf(victim)] };
    },
  },
];

export const keyCases: readonly Case[] = [...revoked, ...expired, ...untimely, ...weak, ...unbound];
