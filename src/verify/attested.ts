/** What both of npm's attestations are held against: the roots, the artifact, and how a refusal is told. */
import type { SigstoreInstance } from "../model/build.js";
import type { DigestSet } from "../model/digest.js";
import type { Outcome } from "../model/evidence.js";
import type { RegistryKey } from "../model/policy.js";
import { keyCalled, publicKey } from "./registry-keys.js";
import { type Opened, type Sound, verifyBundle } from "./sigstore.js";
import { materialOf } from "./sigstore-material.js";
import type { Unsound } from "./sigstore-witnesses.js";
import { misfit, type Statement } from "./statement.js";

/** An instance as a thread gets it: without its selectors, which were asked before. */
export type AnInstance = Omit<SigstoreInstance, "select">;

/** Everything plain, so that a thread can be given it. */
export interface AttestationRequest {
  /** What was asked for, never what the answer says. */
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  /** Our own digests of the bytes. */
  readonly own: DigestSet;
  /** The home of the name, by whose keys a publish attestation is signed. */
  readonly registry: { readonly id: string; readonly url: string };
  readonly keys: readonly RegistryKey[];
  /** Those that may speak for the package. */
  readonly instances: readonly AnInstance[];
  /** The answer's body. */
  readonly answer: Uint8Array;
}

export type Held = (Sound & { readonly instance: AnInstance }) | Unsound;

/**
 * Under the first instance under which it holds, one that knows the issuer before any other; else why not, a stranger's
 * only where it is one to all of them.
 */
export async function heldUnder({ instances, keys }: AttestationRequest, opened: Opened): Promise<Held> {
  const keyFor = (hint: string) => {
    const key = keyCalled(keys, hint);
    return key === null ? null : publicKey(key);
  };
  const refusals: Unsound[] = [];
  const held: (Sound & { readonly instance: AnInstance })[] = [];
  for (const instance of instances) {
    const { logEntries, scts } = instance;
    const material = await materialOf(instance.root);
    const result = verifyBundle(opened, { material, logEntries, scts, keyFor });
    if (!result.ok) refusals.push(result);
    else if (result.by.type === "key" || instance.issuers.includes(result.by.facts.issuer))
      return { ...result, instance };
    else held.push({ ...result, instance });
  }
  const nobody: Unsound = { ok: false, stranger: "signer", why: "no instance of Sigstore may speak for it" };
  const first = (wanted: Unsound["stranger"]) => refusals.find(({ stranger }) => stranger === wanted);
  return held[0] ?? first(false) ?? first("witness") ?? first("signer") ?? nobody;
}

/** Of the one signature that a bundle's envelope has. Nobody signs for it: what it says must fit, or be nothing. */
export function keyidOf({ bundle: { content } }: Opened): string {
  return content.$case === "dsseEnvelope" ? (content.dsseEnvelope.signatures[0]?.keyid ?? "") : "";
}

/** Null where the statement is about exactly the artifact in hand. */
export function wrongSubject({ purl, own }: AttestationRequest, statement: Statement): Outcome | null {
  const wrong = misfit(statement, purl, own);
  return wrong === null
    ? null
    : {
        ...MISMATCH,
        detail: "the attestation is genuine, and speaks of another artifact",
        expected: wrong.expected,
        got: clipped(wrong.got),
      };
}

export const MISMATCH = { outcome: "invalid", code: "ATTESTATION_SUBJECT_MISMATCH" } as const;

/** @param what `provenance` */
export function refusalOf({ stranger, why }: Unsound, what: string): Outcome {
  return stranger === false
    ? invalid(`its ${what} does not hold: ${why}`)
    : unknown(`of its ${what}, nobody here can tell whether it holds: ${why}`);
}

/** It may be sound, but counts for nothing here. */
export function unknown(detail: string): Outcome {
  return { outcome: "unknown-signer", signers: [], detail: clipped(detail) };
}

export function invalid(detail: string, told: { readonly expected?: string; readonly got?: string } = {}): Outcome {
  const clip = Object.fromEntries(Object.entries(told).map(([key, text]) => [key, clipped(text)]));
  return { outcome: "invalid", code: "ATTESTATION_INVALID", detail: clipped(detail), ...clip };
}

const LONGEST_TEXT = 600;

/** Of texts that may hold what came from outside: a report is for reading. */
export function clipped(text: string): string {
  return text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT)}…`;
}
