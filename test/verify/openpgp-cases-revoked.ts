/** Revoked keys: whatever the reason, the hash, the time and the place of the revocation. */
import { against, type Case, plain, rsa, stranger, subkeyAgainst, withSubkey, withTwoSubkeys } from "./openpgp-keys.js";
import * as shop from "./openpgp-workshop.js";
import { ago, craft, HASH, revoke, secretOf, subkeyOf, TYPE } from "./openpgp-workshop.js";

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

export const revokedCases: readonly Case[] = revoked;
