/** A log of certificates (RFC 6962), as far as Sigstore needs one: it promises, by a timestamp, to have seen them. */
import { createHash, sign } from "node:crypto";
import { extension, mintKey } from "./certificate.js";
import { octets } from "./der.js";

export interface CertificateLog {
  /** The address that a trusted root shows. */
  readonly url: string;
  /** SHA-256 of its key, by which it is found. */
  readonly id: Buffer;
  readonly spki: Buffer;
  /** A signed certificate timestamp over a certificate without any, for the authority with this key. */
  promise(unsigned: Buffer, authority: Buffer, at: Date): Buffer;
}

/** A new log. With `id` of another one it claims to be that one, and signs with its own key all the same. */
export function mintCertificateLog(url: string, claimed?: Buffer): CertificateLog {
  const { spki, privateKey } = mintKey("P-256");
  const id = claimed ?? createHash("sha256").update(spki).digest();
  return {
    url,
    id,
    spki,
    promise: (unsigned, authority, at) => {
      const time = number(at.getTime(), 8);
      const seen = Buffer.concat([
        Buffer.from([0, 0]), // version 1, a certificate's timestamp
        time,
        number(1, 2), // of a precertificate
        createHash("sha256").update(authority).digest(),
        number(unsigned.length, 3),
        unsigned,
        number(0, 2), // no extensions
      ]);
      const signature = sign("sha256", seen, privateKey);
      const algorithm = Buffer.from([4, 3]); // SHA-256, ECDSA
      return Buffer.concat([Buffer.from([0]), id, time, number(0, 2), algorithm, prefixed(signature)]);
    },
  };
}

/** The extension of a certificate that holds such promises. */
export function promisesExtension(promises: readonly Buffer[]): Buffer {
  const list = prefixed(Buffer.concat(promises.map(prefixed)));
  return extension("1.3.6.1.4.1.11129.2.4.2", octets(list));
}

function prefixed(bytes: Buffer): Buffer {
  return Buffer.concat([number(bytes.length, 2), bytes]);
}

/** Big-endian. */
function number(value: number, length: number): Buffer {
  return Buffer.from(value.toString(16).padStart(length * 2, "0"), "hex");
}
