/** A timestamp authority (RFC 3161): says when it saw the digest of some bytes, in CMS, as Sigstore's does. */
import { createHash, sign } from "node:crypto";
import {
  basicConstraints,
  CERTIFICATE_SIGNING,
  DIGITAL_SIGNATURE,
  ecdsaAlgorithm,
  extendedKeyUsage,
  type Holder,
  keyIdentifiers,
  keyUsage,
  mintHolder,
  newSerial,
  TIME_STAMPING,
} from "./certificate.js";
import { generalizedTime, integer, octets, oid, sequence, setOf, tagged, utcTime } from "./der.js";

export interface TimestampAuthority {
  /** The certificate that signs, then the root. */
  readonly chain: readonly Buffer[];
  /** A whole response, DER: these bytes existed at this time. `embed` puts the signing certificate into it. */
  stamp(bytes: Uint8Array, at: Date, embed?: boolean): Buffer;
}

const SIGNED_DATA = "1.2.840.113549.1.7.2";
const TIMESTAMP_INFO = "1.2.840.113549.1.9.16.1.4";
const CONTENT_TYPE = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
const SIGNING_TIME = "1.2.840.113549.1.9.5";
const SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.47";
const POLICY = "1.3.6.1.4.1.57264.2";
const SHA256 = sequence(oid("2.16.840.1.101.3.4.2.1"));

export function mintTimestampAuthority(organization: string): TimestampAuthority {
  const root = mintHolder({
    organization,
    commonName: "tsa",
    extensions: (spki, signer) => [
      keyUsage(CERTIFICATE_SIGNING),
      basicConstraints(true, 0),
      ...keyIdentifiers(spki, signer),
    ],
  });
  const serial = newSerial();
  const signer = mintHolder({
    organization,
    commonName: "tsa-signing",
    signedBy: root,
    serial,
    extensions: (spki, issuer) => [
      keyUsage(DIGITAL_SIGNATURE),
      ...keyIdentifiers(spki, issuer),
      extendedKeyUsage(TIME_STAMPING, true),
    ],
  });
  const issued = sequence(root.subject, integer(serial));
  return {
    chain: [signer.certificate, root.certificate],
    stamp: (bytes, at, embed = false) => {
      const token = sequence(
        oid(SIGNED_DATA),
        tagged(0, signedData(timestampInfo(bytes, at), at, signer, issued, embed)),
      );
      return sequence(sequence(integer(0)), token);
    },
  };
}

function timestampInfo(bytes: Uint8Array, at: Date): Buffer {
  return sequence(
    integer(1),
    oid(POLICY),
    sequence(SHA256, octets(sha256(bytes))),
    integer(newSerial()),
    generalizedTime(at),
    sequence(integer(1)), // accurate to a second
    integer(newSerial()), // the nonce
  );
}

/** SignedData (RFC 5652 section 5.1), with one signer. What is signed are its attributes, tagged as the SET they are. */
function signedData(info: Buffer, at: Date, signer: Holder, issued: Buffer, embed: boolean): Buffer {
  const attributes = setOf(
    attribute(CONTENT_TYPE, oid(TIMESTAMP_INFO)),
    attribute(SIGNING_TIME, utcTime(at)),
    attribute(MESSAGE_DIGEST, octets(sha256(info))),
    attribute(SIGNING_CERTIFICATE, sequence(sequence(sequence(octets(sha256(signer.certificate)))))),
  );
  const signerInfo = sequence(
    integer(1),
    issued,
    SHA256,
    Buffer.concat([Buffer.from([0xa0]), attributes.subarray(1)]),
    ecdsaAlgorithm("sha256"),
    octets(sign("sha256", attributes, signer.privateKey)),
  );
  return sequence(
    integer(3),
    setOf(SHA256),
    sequence(oid(TIMESTAMP_INFO), tagged(0, octets(info))),
    tagged(0, ...(embed ? [signer.certificate] : [])),
    setOf(signerInfo),
  );
}

function attribute(type: string, value: Buffer): Buffer {
  return sequence(oid(type), setOf(value));
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}
