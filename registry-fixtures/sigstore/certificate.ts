/** X.509 certificates, honest or not: whatever is asked for is written and signed. */
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import {
  bits,
  boolean,
  distinguishedName,
  integer,
  octets,
  oid,
  sequence,
  tagged,
  taggedBytes,
  utcTime,
} from "./der.js";

/** A certificate together with its private key: an authority, or somebody who was certified. */
export interface Holder {
  /** DER. */
  readonly certificate: Buffer;
  /** Its subject, a Name in DER: the issuer of what it signs. */
  readonly subject: Buffer;
  /** Its public key, a SubjectPublicKeyInfo in DER. */
  readonly spki: Buffer;
  readonly privateKey: KeyObject;
}

/** What is to be signed, but for issuer and algorithm, which are its signer's. */
export interface CertificateContent {
  readonly subject: Buffer;
  readonly spki: Buffer;
  readonly serial: Buffer;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Each an Extension in DER (`extension`). They stay in this order, and may come twice. */
  readonly extensions: readonly Buffer[];
}

/** How an authority of many years describes itself. */
export interface AuthorityRequest {
  readonly organization: string;
  readonly commonName: string;
  /** Itself, unless given. */
  readonly signedBy?: Holder;
  /** Random, unless given. */
  readonly serial?: Buffer;
  readonly extensions: (spki: Buffer, signer: Buffer) => readonly Buffer[];
}

/** The bits of a KeyUsage's first byte, as RFC 5280 section 4.2.1.3 numbers them. */
export const DIGITAL_SIGNATURE = 0x80;
export const CERTIFICATE_SIGNING = 0x04 | 0x02;

export const CODE_SIGNING = "1.3.6.1.5.5.7.3.3";
export const TIME_STAMPING = "1.3.6.1.5.5.7.3.8";

const AUTHORITIES_FROM = new Date("2020-01-01T00:00:00Z");
const AUTHORITIES_UNTIL = new Date("2045-01-01T00:00:00Z");

/** The part of a certificate that is signed: TBSCertificate. */
export function unsignedCertificate(content: CertificateContent, signer: Pick<Holder, "subject" | "privateKey">) {
  return sequence(
    tagged(0, integer(2)),
    integer(content.serial),
    ecdsaAlgorithm(digestOf(signer.privateKey)),
    signer.subject,
    sequence(utcTime(content.notBefore), utcTime(content.notAfter)),
    content.subject,
    content.spki,
    tagged(3, sequence(...content.extensions)),
  );
}

export function signedCertificate(content: CertificateContent, signer: Pick<Holder, "subject" | "privateKey">): Buffer {
  const unsigned = unsignedCertificate(content, signer);
  const signature = sign(digestOf(signer.privateKey), unsigned, signer.privateKey);
  return sequence(unsigned, ecdsaAlgorithm(digestOf(signer.privateKey)), bits(signature));
}

/** A new authority with a key on P-384, as Sigstore's have, that outlasts every test. */
export function mintHolder({ organization, commonName, signedBy, serial, extensions }: AuthorityRequest): Holder {
  const { spki, privateKey } = mintKey("P-384");
  const subject = distinguishedName(organization, commonName);
  const signer = signedBy ?? { subject, privateKey, spki };
  const content: CertificateContent = {
    subject,
    spki,
    serial: serial ?? newSerial(),
    notBefore: AUTHORITIES_FROM,
    notAfter: AUTHORITIES_UNTIL,
    extensions: extensions(spki, signer.spki),
  };
  return { certificate: signedCertificate(content, signer), subject, spki, privateKey };
}

export function mintKey(namedCurve: "P-256" | "P-384"): { readonly spki: Buffer; readonly privateKey: KeyObject } {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve });
  return { spki: spkiOf(privateKey), privateKey };
}

export function spkiOf(privateKey: KeyObject): Buffer {
  return createPublicKey(privateKey).export({ type: "spki", format: "der" });
}

/** Positive, and of twenty bytes at most. */
export function newSerial(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = 1 + ((bytes[0] ?? 0) & 0x3f);
  return bytes;
}

export function ecdsaAlgorithm(digest: "sha256" | "sha384"): Buffer {
  return sequence(oid(digest === "sha384" ? "1.2.840.10045.4.3.3" : "1.2.840.10045.4.3.2"));
}

/** With which digest a key on this curve signs certificates: of its own length, as Sigstore's do. */
function digestOf(key: KeyObject): "sha256" | "sha384" {
  return key.asymmetricKeyDetails?.namedCurve === "secp384r1" ? "sha384" : "sha256";
}

export function extension(id: string, value: Uint8Array, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(value));
}

export function keyUsage(usage: number): Buffer {
  const unused = usage === 0 ? 0 : 31 - Math.clz32(usage & -usage);
  return extension("2.5.29.15", bits(Buffer.from([usage]), unused), true);
}

export function extendedKeyUsage(purpose: string, critical = false): Buffer {
  return extension("2.5.29.37", sequence(oid(purpose)), critical);
}

export function basicConstraints(ca: boolean, pathLength?: number): Buffer {
  const content = ca ? [boolean(true), ...(pathLength === undefined ? [] : [integer(pathLength)])] : [];
  return extension("2.5.29.19", sequence(...content), true);
}

/** Which key this is, and by which it was signed. */
export function keyIdentifiers(spki: Buffer, signer: Buffer): readonly Buffer[] {
  return [
    extension("2.5.29.14", octets(keyIdentifier(spki))),
    extension("2.5.29.35", sequence(taggedBytes(0, keyIdentifier(signer)))),
  ];
}

function keyIdentifier(spki: Buffer): Buffer {
  return createHash("sha1").update(spki).digest();
}
