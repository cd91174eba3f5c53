/**
 * How a key stood at a moment: bound by self-signatures that are good enough, allowed to sign, and until when
 * (RFC 9580, section 10.1).
 */

import type { SignaturePacket, Subkey } from "openpgp";
import type { Code } from "../model/codes.js";
import { day } from "../model/day.js";
import type { Certificate, KeyPacket } from "./openpgp-library.js";
import { SIGNATURE_TYPE } from "./openpgp-signature.js";
import { flawIn, identitiesAt, newest, timeOf } from "./openpgp-statements.js";
import { weaknessOf } from "./openpgp-strength.js";

const SUBKEY_BINDING = 0x18;
const FLAG_SIGN = 0x02;

export interface Refusal {
  readonly ok: false;
  readonly code: Code;
  readonly detail: string;
}

/** `expires` in milliseconds, Infinity where nothing ends: of the key, and of the self-signatures that say so. */
export type Standing = { readonly ok: true; readonly expires: number } | Refusal;

/**
 * How the primary key (`subkey` null) or a subkey stood at `at` (milliseconds) as one that signs; with `asSigner` false,
 * how the primary key stood as one that binds.
 */
export async function standingAt(
  certificate: Certificate,
  subkey: Subkey | null,
  at: number,
  asSigner = true,
): Promise<Standing> {
  const primary = await primaryAt(certificate, at, asSigner && subkey === null);
  if (!primary.ok || subkey === null) return primary;
  const bound = await subkeyAt(certificate, subkey, at);
  return bound.ok ? { ok: true, expires: Math.min(primary.expires, bound.expires) } : bound;
}

async function primaryAt(certificate: Certificate, at: number, asSigner: boolean): Promise<Standing> {
  const { key, directSignatures } = certificate;
  const weakness = weaknessOf(key.keyPacket);
  if (weakness !== null) return refuse("KEY_WEAK", `the primary key: ${weakness}`);
  if (at < key.keyPacket.created.getTime()) return tooEarly("the key was made", key.keyPacket.created);
  const direct = await newest(certificate, directSignatures, at, SIGNATURE_TYPE.direct, { key: key.keyPacket });
  // Version 6 speaks through direct-key signatures, version 4 through its primary user ID (RFC 9580, section 5.2.3.10).
  const isNew = key.keyPacket.version === 6;
  const speaking = isNew ? direct : ((await identitiesAt(certificate, at))[0]?.said ?? []);
  if (speaking.length === 0) {
    const all = isNew ? directSignatures : key.users.flatMap((user) => user.selfCertifications);
    return unbound("the primary key", all, at);
  }
  const flaw = flawIn(speaking);
  if (flaw !== null) return refuse("KEY_WEAK", `the key's self-signature ${flaw}`);
  // In a version 4 key a direct-key signature gives nothing, but what it takes away is heeded.
  const statements = [...speaking, ...direct];
  if (asSigner && !(speaking.every(maySign) && statements.every((said) => said.keyFlags === null || maySign(said)))) {
    return refuse("KEY_WEAK", "the primary key is not marked as one that signs");
  }
  return { ok: true, expires: Math.min(...statements.map((said) => endOf(key.keyPacket, said))) };
}

async function subkeyAt(certificate: Certificate, subkey: Subkey, at: number): Promise<Standing> {
  const { keyPacket, bindingSignatures } = subkey;
  const weakness = weaknessOf(keyPacket);
  if (weakness !== null) return refuse("KEY_WEAK", `the signing subkey: ${weakness}`);
  if (at < keyPacket.created.getTime()) return tooEarly("the subkey was made", keyPacket.created);
  const over = { key: certificate.key.keyPacket, bind: keyPacket };
  const bindings = await newest(certificate, bindingSignatures, at, SUBKEY_BINDING, over);
  if (bindings.length === 0) return unbound("the subkey", bindingSignatures, at);
  const flaw = flawIn(bindings);
  if (flaw !== null) return refuse("KEY_WEAK", `the subkey's binding ${flaw}`);
  if (!bindings.every(maySign)) return refuse("KEY_WEAK", "the subkey is not marked as one that signs");
  let expires = Math.min(...bindings.map((binding) => endOf(keyPacket, binding)));
  for (const { embeddedSignature } of bindings) {
    const consent = await consentAt(certificate, keyPacket, embeddedSignature, at, over);
    if (!consent.ok) return consent;
    expires = Math.min(expires, consent.expires);
  }
  return { ok: true, expires };
}

/** Without the subkey's own word anyone could adopt another's signing subkey (RFC 9580, section 5.2.1.11). */
async function consentAt(
  { holds }: Certificate,
  by: KeyPacket,
  back: SignaturePacket | null,
  at: number,
  over: object,
): Promise<Standing> {
  const flaw = back === null ? null : flawIn([back]);
  if (flaw !== null) return refuse("KEY_WEAK", `the subkey's back-signature ${flaw}`);
  if (back === null || !(await holds(back, by, SIGNATURE_TYPE.primaryBinding, over))) {
    return refuse("KEY_WEAK", "the subkey never said that it belongs to this certificate (no back-signature)");
  }
  if (timeOf(back) > at) return tooEarly("the back-signature was made", back.created);
  return { ok: true, expires: back.getExpirationTime().valueOf() };
}

/** When a key's life ends by what a self-signature says, or when the self-signature itself ends. */
function endOf(packet: KeyPacket, said: SignaturePacket): number {
  const lifetime = said.keyExpirationTime ?? 0;
  const keyEnds = lifetime === 0 ? Infinity : packet.created.getTime() + lifetime * 1000;
  return Math.min(keyEnds, said.getExpirationTime().valueOf());
}

function maySign(said: SignaturePacket): boolean {
  return ((said.keyFlags?.[0] ?? 0) & FLAG_SIGN) !== 0;
}

/** No self-signature of the moment: there are only later ones, or none that counts. */
function unbound(what: string, signatures: readonly SignaturePacket[], at: number): Refusal {
  const oldest = Math.min(...signatures.map(timeOf));
  if (oldest === Infinity || oldest <= at)
    return refuse("KEY_WEAK", `${what} is not bound: no self-signature of it holds`);
  return refuse(
    "SIGNATURE_TIME",
    `${what} was not bound at that time: its oldest self-signature in the file is of ${day(oldest)}`,
  );
}

function tooEarly(what: string, when: Date | null): Refusal {
  return refuse("SIGNATURE_TIME", `the signature claims a time before ${what} (${day(when?.getTime() ?? 0)})`);
}

/** A refusal as a value. */
export function refuse(code: Code, detail: string): Refusal {
  return { ok: false, code, detail };
}
