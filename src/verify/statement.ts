/**
 * An in-toto statement (https://github.com/in-toto/attestation, v0.1 and v1) inside a DSSE envelope, and whether it
 * speaks of the artifact in hand. Only a statement that was signed for is read; what stands beside it in an answer is
 * nobody's word.
 */
import type { DigestSet } from "../model/digest.js";
import { object } from "../model/json.js";
import type { Content } from "./sigstore.js";

const PAYLOAD_TYPE = "application/vnd.in-toto+json";
const TYPES = ["https://in-toto.io/Statement/v0.1", "https://in-toto.io/Statement/v1"];
/** Longer than any digest of SHA-512 or SHA-3 in hex. */
const LONGEST_DIGEST = 256;

export interface Statement {
  readonly predicateType: string;
  readonly predicate: unknown;
  /** Whoever makes a statement about several artifacts says of each less than of one. */
  readonly subjects: readonly { readonly name: string; readonly digest: Readonly<Record<string, string>> }[];
}

export type ReadStatement =
  | { readonly ok: true; readonly statement: Statement }
  | { readonly ok: false; readonly why: string };

/** Reads what an envelope holds. */
export function readStatement(content: Content): ReadStatement {
  if (content.type !== "dsse") return { ok: false, why: "it signs a file, and states nothing" };
  if (content.payloadType !== PAYLOAD_TYPE) return { ok: false, why: `its payload is no in-toto statement` };
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(content.payload));
  } catch {
    return { ok: false, why: "its payload is not JSON" };
  }
  const { _type: type, predicateType, predicate, subject } = object(json) ?? {};
  if (typeof type !== "string" || !TYPES.includes(type))
    return { ok: false, why: "its payload is no in-toto statement" };
  if (typeof predicateType !== "string") return { ok: false, why: "it does not say what it states" };
  const subjects = (Array.isArray(subject) ? subject : []).map(subjectOf);
  const read = subjects.filter((one) => one !== null);
  if (read.length !== subjects.length) return { ok: false, why: "one of its subjects has no name, or no digests" };
  return { ok: true, statement: { predicateType, predicate, subjects: read } };
}

function subjectOf(value: unknown): Statement["subjects"][number] | null {
  const { name, digest } = object(value) ?? {};
  const digests = object(digest);
  if (typeof name !== "string" || digests === null) return null;
  const entries = Object.entries(digests).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string" && entry[1].length <= LONGEST_DIGEST,
  );
  return entries.length === Object.keys(digests).length ? { name, digest: Object.fromEntries(entries) } : null;
}

/** How a statement does not fit: what it had to be about, and what it is about. */
export interface Misfit {
  readonly expected: string;
  readonly got: string;
}

/**
 * Null where the statement is about exactly this artifact: one subject, its name the purl, its SHA-512 that of our
 * bytes, and no other digest that contradicts ours.
 */
export function misfit({ subjects }: Statement, purl: string, own: DigestSet): Misfit | null {
  const expected = `${purl} with sha512:${own.sha512}`;
  const [subject] = subjects;
  if (subject === undefined || subjects.length > 1) return { expected, got: `${subjects.length} subjects` };
  const { name, digest } = subject;
  const got = `${name} with ${Object.entries(digest)
    .map(([algorithm, hex]) => `${algorithm}:${hex}`)
    .join(", ")}`;
  const isOurs = (["sha512", "sha384", "sha256"] as const).every(
    (algorithm) =>
      !Object.hasOwn(digest, algorithm) || own[algorithm] === undefined || digest[algorithm] === own[algorithm],
  );
  const isHeld = own.sha512 !== undefined && Object.hasOwn(digest, "sha512");
  return name === purl && isHeld && isOurs ? null : { expected, got };
}
