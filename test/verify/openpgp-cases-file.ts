/** Attacks by the form of the signature's file. */
import * as openpgp from "openpgp";
import { against, asItIs, type Case, plain, text } from "./openpgp-keys.js";
import { ago, armor, BYTES, certificateOf, concat, sign } from "./openpgp-workshop.js";

const malformedFile: readonly Case[] = (
  [
    ["text before the armor", (block) => `Look here:\n${block}`],
    ["text after the armor", (block) => `${block}trailing`],
    ["two armored signatures", (block) => block + block],
    ["a block of another type", (block) => block.replaceAll("SIGNATURE", "MESSAGE")],
    ["a cleartext message", (block) => `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\none line\n${block}`],
    ["armor with a wrong checksum", (block) => block.replace(/\n=.*\n/, "\n=AAAA\n")],
    ["armor without an empty line after its headers", (block) => block.replace("-----\n\n", "-----\n")],
    ["armor without an end", (block) => block.slice(0, block.indexOf("-----END"))],
    ["a header line that is none", (block) => block.replace("-----\n", "-----\nno header\n")],
    ["seventeen headers", (block) => block.replace("-----\n", `-----\n${"Comment: x\n".repeat(17)}`)],
    ["a byte order mark", (block) => `\ufeff${block}`],
    ["an empty file", () => ""],
    ["white space only", () => " \n\n"],
    ["a page of HTML", () => "<!doctype html><title>404</title>"],
    ["a huge file", (block) => block + "\n".repeat(70_000)],
  ] as readonly (readonly [string, (block: string) => string])[]
).map(
  ([name, change]): Case => ({
    name,
    due: "SIGNATURE_MALFORMED",
    attempt: async () => against(await plain(), asItIs, text(change(await armor(await sign(await plain()))))),
  }),
);

const malformedPackets: readonly Case[] = [
  {
    name: "an inline-signed message in the place of a signature",
    due: "SIGNATURE_MALFORMED",
    attempt: async () => {
      const message = await openpgp.createMessage({ binary: BYTES });
      const signed = await openpgp.sign({ message, signingKeys: await plain(), format: "binary", date: ago(50) });
      return against(await plain(), asItIs, signed);
    },
  },
  ...(
    [
      [
        "a marker packet beside the signature",
        (signature) => concat(Buffer.from([0xca, 3, 0x50, 0x47, 0x50]), signature),
      ],
      ["the certificate beside the signature", (signature, certificate) => concat(signature, certificate)],
      ["a stray octet after the signature", (signature) => concat(signature, Uint8Array.of(0))],
      ["a partial length", (signature) => concat(Uint8Array.of(0xc2, 0xe0), signature.subarray(1))],
      ["thirty-three signatures", (signature) => concat(...Array.from({ length: 33 }, () => signature))],
    ] as readonly (readonly [string, (signature: Uint8Array, certificate: Uint8Array) => Uint8Array])[]
  ).map(
    ([name, change]): Case => ({
      name,
      due: "SIGNATURE_MALFORMED",
      attempt: async () => {
        const key = await plain();
        return against(key, asItIs, change(await sign(key), certificateOf(key)));
      },
    }),
  ),
];

export const fileCases: readonly Case[] = [...malformedFile, ...malformedPackets];
