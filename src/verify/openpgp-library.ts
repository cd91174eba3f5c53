/**
 * The only place that hands anything to openpgp.js: loaded when it is first needed, given one certificate and one
 * signature at a time, and asked two kinds of question: does this signature hold arithmetically, and do your own
 * strictest rules agree with our verdict.
 */
import type { Config, Key, PublicKeyPacket, PublicSubkeyPacket, SignaturePacket, Subkey } from "openpgp";
import type { Reading } from "./openpgp-armor.js";
import type { Outline } from "./openpgp-outline.js";
import { hex } from "./openpgp-packets.js";
import { SIGNATURE_TYPE } from "./openpgp-signature.js";

type Library = typeof import("openpgp");
export type KeyPacket = Key["keyPacket"] | Subkey["keyPacket"] | PublicKeyPacket | PublicSubkeyPacket;

export interface Certificate {
  readonly outline: Outline;
  readonly key: Key;
  readonly directSignatures: readonly SignaturePacket[];
  /** Whether a signature in it names another key that may revoke this one (RFC 9580, section 5.2.3.23). */
  readonly namesRevoker: boolean;
  readonly holds: Holds;
}

/** Whether a self-signature holds arithmetically, whatever its hash, its time, and what it says. */
export type Holds = (signature: SignaturePacket, by: KeyPacket, type: number, over: object) => Promise<boolean>;

/** Opens an outlined certificate, and holds what the library made of it against the outline. */
export async function openCertificate(outline: Outline): Promise<Reading<Certificate>> {
  const library = await import("openpgp");
  let key: Key;
  try {
    key = await library.readKey({ binaryKey: outline.packets });
  } catch (error) {
    return { ok: false, why: `the certificate can't be read: ${messageOf(error)}` };
  }
  const why = disagreement(outline, key);
  if (why !== null) return { ok: false, why };
  const signatures = signaturesOf(library, key);
  const namesRevoker = signatures.some((signature) => signature.revocationKeyClass !== null);
  // The library refuses every signature that names a revoker, even those that shorten the key's life. They count here,
  // and what a named revoker said is dealt with in openpgp-revocation.ts.
  for (const signature of signatures) signature.revocationKeyClass = null;
  const directSignatures = signatures.filter(({ signatureType }) => signatureType === SIGNATURE_TYPE.direct);
  return { ok: true, value: { outline, key, directSignatures, namesRevoker, holds: arithmetic(library) } };
}

/** Whether the document's signature holds arithmetically under this very key. */
export async function holdsOverBytes(raw: Uint8Array, by: KeyPacket, bytes: Uint8Array): Promise<boolean> {
  const library = await import("openpgp");
  try {
    const [signature] = (await library.readSignature({ binarySignature: raw })).packets;
    const [literal] = (await library.createMessage({ binary: bytes })).packets;
    if (!(signature instanceof library.SignaturePacket) || literal === undefined) return false;
    await signature.verify(by, SIGNATURE_TYPE.binary, literal, signature.created ?? undefined, true, anyHash(library));
    return true;
  } catch {
    return false;
  }
}

/**
 * A second opinion: the library's whole verification under its strictest configuration, at a time in milliseconds.
 * Null when it agrees that the signature is good, else its words. What it hands back of the data is not looked at.
 */
export async function secondOpinion(raw: Uint8Array, key: Key, bytes: Uint8Array, at: number): Promise<string | null> {
  const library = await import("openpgp");
  try {
    const signature = await library.readSignature({ binarySignature: raw });
    const message = await library.createMessage({ binary: bytes });
    const result = await library.verify({
      message,
      signature,
      verificationKeys: key,
      date: new Date(at),
      format: "binary",
      config: strictest(library),
    });
    const [only, ...others] = result.signatures;
    if (only === undefined || others.length > 0) return "it does not count as one signature";
    // `verify` resolves on a bad signature; only this promise rejects.
    return (await only.verified) === true ? null : "it was not verified";
  } catch (error) {
    return messageOf(error);
  }
}

/** What the library dropped in silence must not be what would have refused. */
function disagreement(outline: Outline, key: Key): string | null {
  if (key.keyPacket.getFingerprint().toUpperCase() !== outline.fingerprint) {
    return "the primary key is not encoded as the standard asks";
  }
  const unread = "the certificate holds a revocation that can't be read";
  if (key.revocationSignatures.length !== outline.keys[0].revocations) return unread;
  for (const subkey of key.subkeys) {
    const outlined = outline.keys.filter(({ fingerprint }) => fingerprint === subkey.getFingerprint().toUpperCase());
    const [only] = outlined;
    if (only === undefined || outlined.length > 1)
      return "a subkey is there twice, or not encoded as the standard asks";
    if (subkey.revocationSignatures.length !== only.revocations) return unread;
  }
  return null;
}

function signaturesOf(library: Library, key: Key): readonly SignaturePacket[] {
  return [...key.toPacketList()].filter((packet) => packet instanceof library.SignaturePacket);
}

function arithmetic(library: Library): Holds {
  const config = anyHash(library);
  return async (signature, by, type, over) => {
    try {
      // At its own time no signature is too early or too late.
      await signature.verify(by, type, over, signature.created ?? undefined, false, config);
      return signature.signatureType === type || isCertification(signature.signatureType, type);
    } catch {
      return false;
    }
  };
}

/** Types 0x10 to 0x13 all certify a user ID, and the library asks for them as 0x10. */
function isCertification(type: number | null, asked: number): boolean {
  return asked === 0x10 && type !== null && type >= 0x10 && type <= 0x13;
}

/**
 * For arithmetic alone. Refusing a hash here would un-revoke a key whose revocation was signed with it; whether a hash
 * is good enough is for openpgp-standing.ts to say.
 */
function anyHash(library: Library): Config {
  return { ...library.config, rejectHashAlgorithms: new Set(), rejectMessageHashAlgorithms: new Set() };
}

function strictest({ config, enums }: Library): Config {
  const weak = new Set([enums.hash.md5, enums.hash.sha1, enums.hash.ripemd, enums.hash.sha224]);
  return {
    ...config,
    minRSABits: 2048,
    rejectHashAlgorithms: weak,
    rejectMessageHashAlgorithms: weak,
    rejectPublicKeyAlgorithms: new Set([enums.publicKey.dsa, enums.publicKey.elgamal]),
    allowInsecureVerificationWithReformattedKeys: false,
    allowMissingKeyFlags: false,
    knownNotations: [],
  };
}

/** Whether a signature may be by the certificate's own primary key: it names it by either of its names, or nobody. */
export function claimsOwn({ issuerFingerprint, issuerKeyID }: SignaturePacket, { keyPacket }: Key): boolean {
  const named = issuerFingerprint !== null && hex(issuerFingerprint) === keyPacket.getFingerprint().toUpperCase();
  return named || issuerKeyID.toHex() === "" || issuerKeyID.equals(keyPacket.getKeyID(), true);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
