/** The keys that the cases share, made once, and what a case is. */
import type * as openpgp from "openpgp";
import type { Code } from "../../src/model/codes.js";
import { certificateOf, copyOf, makeKey, sign, subkeyOf } from "./openpgp-workshop.js";

export interface Attempt {
  /** The workshop's BYTES where they are left out. */
  readonly bytes?: Uint8Array;
  readonly signature: Uint8Array;
  readonly certificates: readonly Uint8Array[];
  /** Milliseconds. */
  readonly publishedAt?: number;
}

export interface Case {
  readonly name: string;
  readonly due: "verified" | "unknown-signer" | Code;
  readonly attempt: () => Promise<Attempt>;
  /** Why sqv 1.1 refuses what is verified here. */
  readonly unknownToSqv?: string;
}

type Change = (copy: openpgp.PrivateKey) => Promise<void> | void;

const once = <Value>(make: () => Promise<Value>): (() => Promise<Value>) => {
  let made: Promise<Value> | undefined;
  return () => {
    made ??= make();
    return made;
  };
};

const SIGNING_SUBKEY: openpgp.SubkeyOptions = { type: "ecc", curve: "ed25519Legacy", sign: true };

export const plain = once(() => makeKey());
export const stranger = once(() => makeKey());
export const withSubkey = once(() => makeKey({ subkeys: [SIGNING_SUBKEY] }));
export const withTwoSubkeys = once(() => makeKey({ subkeys: [SIGNING_SUBKEY, SIGNING_SUBKEY] }));
export const rsa = once(() => makeKey({ rsaBits: 2048, subkeys: [{ type: "rsa", rsaBits: 2048, sign: true }] }));
export const shortRsa = once(() => makeKey({ rsaBits: 1024 }));

export const text = (value: string): Uint8Array => new TextEncoder().encode(value);
export const asItIs: Change = () => {};

/** A signature by `key` (or another one), against the certificate that `change` makes of it. */
export async function against(key: openpgp.PrivateKey, change: Change, signature?: Uint8Array): Promise<Attempt> {
  const copy = await copyOf(key);
  await change(copy);
  return { signature: signature ?? (await sign(key)), certificates: [certificateOf(copy)] };
}

/** A signature by the first subkey of `key`, against the certificate that `change` makes of it. */
export async function subkeyAgainst(key: openpgp.PrivateKey, change: Change, created?: Date): Promise<Attempt> {
  return against(key, change, await sign(subkeyOf(key), created === undefined ? {} : { created }));
}
