/** DSSE envelopes: a payload, its type, and one signature over both. */
import type { Envelope } from "./bundle.js";

export const IN_TOTO = "application/vnd.in-toto+json";

/** What is signed: DSSE's pre-authentication encoding. */
export function signedBytes(payloadType: string, payload: Uint8Array): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.length} `;
  return Buffer.concat([Buffer.from(head), payload]);
}

/** A statement as the payload's bytes; what is bytes already stays as it is. */
export function payloadOf(statement: object | Uint8Array): Buffer {
  return Buffer.from(statement instanceof Uint8Array ? statement : JSON.stringify(statement));
}

/** Signs; `keyid` is empty where a certificate says whose signature it is. */
export function signedEnvelope(
  payload: Buffer,
  payloadType: string,
  keyid: string,
  sign: (bytes: Buffer) => Buffer,
): Envelope {
  const signature = sign(signedBytes(payloadType, payload));
  return {
    payload: payload.toString("base64"),
    payloadType,
    signatures: [{ sig: signature.toString("base64"), keyid }],
  };
}
