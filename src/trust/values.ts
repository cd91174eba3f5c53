/** The leaves of the trust store. Every function throws StopError TRUST_MALFORMED with the position. */
import { type Digest, parseIntegrity, strongest, toIntegrity } from "../model/digest.js";
import { EVIDENCE_KINDS, type EvidenceKind } from "../model/evidence.js";
import { parseSelector, type Selector } from "../model/selector.js";
import { readList, readText } from "./fields.js";
import { type Json, malformed, quote } from "./json.js";
import { proposal } from "./nearest.js";

const LONGEST_SELECTOR = 512;
const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))$/;

/** The text that says why; a decision nobody can explain later is none. */
export function readReason(value: Json): string {
  return readText(value, '"reason"');
}

/** A point in time, RFC 3339 section 5.6 with its zone, as milliseconds since the epoch. */
export function readTime(value: Json, what: string): number {
  const text = readText(value, what);
  const time = parseTime(text);
  if (time !== null) return time;
  const example = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : "2027-02-01T00:00:00Z";
  throw malformed(
    value.at,
    `${what}: ${quote(text)} is not a date with time and zone.`,
    `Write it like ${example} (RFC 3339).`,
  );
}

function parseTime(text: string): number | null {
  const match = RFC3339.exec(text);
  if (match === null) return null;
  const part = (index: number): number => Number(match[index] ?? 0);
  const milliseconds = Number(`0.${match[7] ?? 0}`) * 1000;
  const local = Date.UTC(part(1), part(2) - 1, part(3), part(4), part(5), part(6), Math.floor(milliseconds));
  // Date.UTC turns 30 February into 2 March, and 24:00 into the next day: what comes back must be what was written.
  if (new Date(local).toISOString().slice(0, 19) !== text.slice(0, 19)) return null;
  if (part(9) > 23 || part(10) > 59) return null;
  const offset = (part(9) * 60 + part(10)) * 60_000;
  return match[8] === "-" ? local + offset : local - offset;
}

/** A list of kinds of evidence, each at most once. */
export function readKinds(value: Json, what: string): readonly EvidenceKind[] {
  const kinds: EvidenceKind[] = [];
  for (const item of readList(value, what)) {
    const text = readText(item, what);
    const kind = EVIDENCE_KINDS.find((known) => known === text);
    if (kind === undefined) {
      throw malformed(
        item.at,
        `${quote(text)} is not a kind of evidence.${proposal(text, EVIDENCE_KINDS)}`,
        `Known: ${EVIDENCE_KINDS.join(", ")}.`,
      );
    }
    if (kinds.includes(kind)) throw malformed(item.at, `${quote(kind)} stands twice in ${what}.`);
    kinds.push(kind);
  }
  return kinds;
}

/** A selector: `npm:name`, `npm:@scope/*`, `npm:*`, each with an optional `@range`. */
export function readSelector(value: Json, what: string): Selector {
  const text = readText(value, what);
  const help = 'A selector is written like "npm:name", "npm:@scope/*" or "npm:name@>=2.0.0".';
  if (text.length > LONGEST_SELECTOR) throw malformed(value.at, `${what} is longer than any selector.`, help);
  if (!/^[\x20-\x7e]+$/.test(text)) throw malformed(value.at, `${what} holds a character that no selector has.`, help);
  const result = parseSelector(text);
  if (!result.ok) throw malformed(value.at, `${what}: ${result.why}.`, help);
  return result.selector;
}

/** One digest as SRI, of an algorithm that proves something. */
export function readDigest(value: Json, what: string): Digest {
  const text = readText(value, what);
  const digest = strongest(parseIntegrity(text).digests);
  // Written back, it must be the same text: nothing weak beside it, no second digest, no white space.
  if (digest?.algorithm !== "sha512" || toIntegrity(digest) !== text) {
    throw malformed(
      value.at,
      `${what}: ${quote(text)} is not one digest of SHA-512, by which bytes are named here.`,
      'Copy the "integrity" of the lockfile entry: "sha512-" and base64.',
    );
  }
  return digest;
}

/** An https address without credentials, query or fragment, spelled as programs spell it. */
export function readUrl(value: Json, what: string): URL {
  const text = readText(value, what);
  const why = urlProblem(text);
  if (why !== null) throw malformed(value.at, `${what}: ${quote(text)} ${why}.`, "Write it like https://example.com/.");
  return new URL(text);
}

/** Why `text` is not an address that the trust store may name, or null if it is one. */
export function urlProblem(text: string): string | null {
  if (/^http:/i.test(text)) return "is plain HTTP: anyone on the way could change what arrives";
  if (!text.startsWith("https://")) return "is not an https:// address";
  if (/[\s\\\p{Cc}]/u.test(text)) return "has white space or a backslash in it";
  if (/[?#]/.test(text)) return "has a query or a fragment";
  if (!URL.canParse(text)) return "is not a well-formed address";
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") {
    return "carries a user name: credentials belong in .npmrc, not in a file that everyone reads";
  }
  if (url.href !== text && url.href !== `${text}/`) return `is spelled otherwise than it is used: ${url.href}`;
  return null;
}

/** A host to which a registry may redirect: `files.example.com` or `files.example.com:8443`. */
export function readHost(value: Json, what: string): string {
  const text = readText(value, what);
  if (
    !URL.canParse(`https://${text}/`) ||
    new URL(`https://${text}/`).href !== `https://${text}/` ||
    /[/@]/.test(text)
  ) {
    throw malformed(
      value.at,
      `${what}: ${quote(text)} is not a host.`,
      'Write only the host, in lower case, and its port unless that is 443: "files.example.com".',
    );
  }
  return text;
}

/** A full OpenPGP fingerprint, upper case: 40 hex digits (version 4) or 64 (version 6). */
export function readFingerprint(value: Json, what: string): string {
  const text = readText(value, what);
  const hex = text.replace(/^0x/i, "").replace(/\s/g, "");
  if (/^([0-9a-f]{8}|[0-9a-f]{16})$/i.test(hex)) {
    throw malformed(
      value.at,
      `${what}: ${quote(text)} is a short key id. Anyone can make another key with the same one.`,
      "Write the full fingerprint, 40 or 64 hex digits: gpg --fingerprint shows it.",
    );
  }
  if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/i.test(text)) {
    throw malformed(
      value.at,
      `${what}: ${quote(text)} is not a fingerprint.`,
      "A fingerprint is 40 or 64 hex digits, without spaces: gpg --fingerprint shows it.",
    );
  }
  return text.toUpperCase();
}
