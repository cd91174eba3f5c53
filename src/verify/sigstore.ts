/**
 * Whether a Sigstore bundle holds under the roots of one instance: chain, signed certificate timestamps, log entries,
 * time, signature. `@sigstore/verify` answers for each of these; it is never handed an identity, since it would take
 * one for a regular expression. What the library leaves to its caller is here, and who may have signed is not.
 */
import type { KeyObject } from "node:crypto";
import type { Bundle } from "@sigstore/bundle";
import { type SignedEntity, Verifier } from "@sigstore/verify";
import { readBundle } from "./sigstore-bundle.js";
import { type CertificateFacts, factsOf } from "./sigstore-certificate.js";
import { entityOf } from "./sigstore-entity.js";
import { keysOfEntry } from "./sigstore-entry.js";
import {
  outlived,
  type Terms,
  timesOf,
  tooFew,
  type Unsound,
  unsound,
  withoutStrangers,
} from "./sigstore-witnesses.js";

export type SignedBy =
  | { readonly type: "certificate"; readonly facts: CertificateFacts }
  | { readonly type: "key"; readonly hint: string };

/** A bundle that holds. */
export interface Sound {
  readonly ok: true;
  readonly by: SignedBy;
  /** When it was signed (ms), by each log and timestamp authority that says so: at least one. */
  readonly times: readonly number[];
}

/** The signed content of a bundle, before anything of it is proven. */
export type Content =
  | { readonly type: "dsse"; readonly payloadType: string; readonly payload: Uint8Array }
  | { readonly type: "message" };

/** A bundle that was read, and nothing else yet. */
export interface Opened {
  readonly bundle: Bundle;
  readonly content: Content;
}

/** Reads a bundle of JSON. */
export function openBundle(json: unknown): ({ readonly ok: true } & Opened) | Unsound {
  const read = readBundle(json);
  if (!read.ok) return { ok: false, stranger: read.unknown ? "signer" : false, why: read.why };
  const { bundle } = read;
  const { content } = bundle;
  if (content.$case === "messageSignature") return { ok: true, bundle, content: { type: "message" } };
  const { payloadType, payload } = content.dsseEnvelope;
  return { ok: true, bundle, content: { type: "dsse", payloadType, payload } };
}

/**
 * Holds a bundle against the terms. Never throws on what came from outside.
 * @param artifact the signed bytes, for a bundle that has none of its own
 */
export function verifyBundle({ bundle }: Opened, terms: Terms, artifact?: Uint8Array): Sound | Unsound {
  try {
    const entity = entityOf(bundle, artifact);
    const known = withoutStrangers(entity, terms);
    if ("ok" in known) return known;
    const { material, logEntries, scts } = terms;
    const publicKey = (hint: string) => ({ publicKey: keyOf(terms, hint), validFor: () => true });
    // None at all is a proof that does not hold; fewer than are asked for prove too little, which is told below.
    const thresholds = { tlogThreshold: Math.min(1, logEntries), ctlogThreshold: Math.min(1, scts) };
    const signer = new Verifier({ ...material, publicKey }, { ...thresholds, timestampThreshold: 1 }).verify(known);
    for (const { canonicalizedBody } of known.tlogEntries) {
      if (!keysOfEntry(canonicalizedBody).every((key) => key.equals(signer.key))) {
        return unsound("the log's entry speaks of another key than the one that signed");
      }
    }
    return outlived(known, material) ?? tooFew(known, terms) ?? signedBy(bundle, known);
  } catch (error) {
    return unsound(reasonOf(error));
  }
}

/** What the library counts, in words: only where there is nothing at all. */
const COUNTED: readonly (readonly [RegExp, string])[] = [
  [/^expected \d+ timestamps, got 0$/, "nobody who is pinned says when it was signed"],
  [/^expected \d+ SCTs, got 0$/, "no log of certificates has seen its certificate"],
  [/^expected \d+ tlog entries, got 0$/, "it is in no transparency log"],
];

/** Why a chain does not hold, the library tells as the cause of what it says; it is what a person needs to know. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message, cause } = error;
  const counted = COUNTED.find(([pattern]) => pattern.test(message))?.[1];
  if (counted !== undefined) return counted;
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}

function keyOf({ keyFor }: Terms, hint: string): KeyObject {
  const key = keyFor(hint);
  if (key === null) throw new Error(`no key is called ${hint}`);
  return key;
}

function signedBy(bundle: Bundle, entity: SignedEntity): Sound | Unsound {
  const times = timesOf(entity);
  if (times.length === 0) return unsound("nobody says when it was signed");
  const { content } = bundle.verificationMaterial;
  if (content.$case === "publicKey") return { ok: true, by: { type: "key", hint: content.publicKey.hint }, times };
  const leaf = content.$case === "certificate" ? content.certificate : content.x509CertificateChain.certificates[0];
  if (entity.key.$case !== "certificate" || leaf === undefined) return unsound("it has no certificate");
  const read = factsOf(entity.key.certificate, leaf.rawBytes);
  return read.ok ? { ok: true, by: { type: "certificate", facts: read.facts }, times } : unsound(read.why);
}
