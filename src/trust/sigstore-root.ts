/**
 * A trusted root of Sigstore (protobuf-specs, TrustedRoot, as JSON): the logs and authorities of one instance. Libraries
 * take one without a beginning for one that always was; here every log and every authority must say since when.
 */
import { createHash, createPublicKey, X509Certificate } from "node:crypto";
import { type Fields, readList, readText, wrongType } from "./fields.js";
import { type Json, malformed, parseJson, quote } from "./json.js";
import { readTime } from "./values.js";

const MEDIA_TYPES: readonly string[] = [
  "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
  "application/vnd.dev.sigstore.trustedroot.v0.1+json",
  "application/vnd.dev.sigstore.trustedroot.v0.2+json",
];
/** Of one kind, and of one chain. */
const MOST = 64;

/** The parts of a trusted root, in words for one of each. */
const PARTS = {
  tlogs: "The transparency log",
  ctlogs: "The log of certificates",
  certificateAuthorities: "The certificate authority",
  timestampAuthorities: "The timestamp authority",
} as const;

export type RootPart = keyof typeof PARTS;

/** A log or an authority. Times are milliseconds, both inclusive; null is open. */
export interface RootEntry {
  readonly part: RootPart;
  /** `The transparency log https://… (0123456789abcdef…)`. */
  readonly what: string;
  /** SHA-256 (hex) of its key, or of the certificate that is first in its chain. */
  readonly digest: string;
  /** All of the entry by which something is verified, but for its life: equal texts verify the same. */
  readonly says: string;
  readonly start: number;
  readonly end: number | null;
  /** Whether this version can verify by it. */
  readonly usable: boolean;
}

/**
 * Whose root it is: a company's `own` must be understood whole; the `public` one may name logs of kinds that are newer
 * than this version, which count for nothing and must not keep the others from counting.
 */
export type RootOwner = "own" | "public";

/** Of keys, and of what is hashed with, as protobuf-specs names them: those by which signatures can be verified here. */
const KINDS_OF_KEYS =
  /^(PKCS1_RSA_(PKCS1V5|PSS)|PKIX_RSA_(PKCS1V5|PSS)|PKIX_RSA_(PKCS1V15|PSS)_(2048|3072|4096)_SHA256|PKIX_ECDSA_P256(_HMAC)?_SHA_256|PKIX_ECDSA_P384_SHA_(256|384)|PKIX_ECDSA_P521_SHA_(256|512)|PKIX_ED25519(_PH)?)$/;
const KINDS_OF_HASHES = /^SHA(2_256|2_384|2_512|3_256|3_384)$/;

/**
 * Reads a trusted root. Members that it does not know are left alone: Sigstore adds some from time to time, and nothing
 * verifies by them. Throws StopError TRUST_MALFORMED.
 */
export function readTrustedRoot(bytes: Uint8Array, file: string, owner: RootOwner = "own"): readonly RootEntry[] {
  const root = membersOf(parseJson(bytes, file), file);
  const mediaType = readText(root.need("mediaType"), '"mediaType"');
  if (!MEDIA_TYPES.includes(mediaType)) {
    throw malformed(
      root.need("mediaType").at,
      `${quote(mediaType)} is not the media type of a trusted root.`,
      `Known: ${MEDIA_TYPES.join(", ")}. A signing configuration, or a bundle, is another file.`,
    );
  }
  const entries = (Object.keys(PARTS) as RootPart[]).flatMap((part) => {
    const list = root.get(part);
    const items = list === null ? [] : readBounded(list, `"${part}"`);
    return items.map((item) =>
      part === "tlogs" || part === "ctlogs" ? readLog(item, part, owner) : readAuthority(item, part),
    );
  });
  if (!entries.some(({ part }) => part === "certificateAuthorities")) {
    throw malformed(root.at, `${file} names no certificate authority: nobody could prove anything by it.`);
  }
  return entries;
}

function readLog(item: Json, part: RootPart, owner: RootOwner): RootEntry {
  const log = membersOf(item, "a log");
  const key = membersOf(log.need("publicKey"), '"publicKey" of a log');
  const raw = readBase64(key.need("rawBytes"), "The key of a log");
  const [id, checkpointId] = [readId(log.get("logId")), readId(log.get("checkpointKeyId"))];
  if (id === null && checkpointId === null) {
    throw malformed(item.at, 'A log must have "logId": no entry could be found to be of it.');
  }
  const details = textOf(key.get("keyDetails"), '"keyDetails"');
  const hash = textOf(log.get("hashAlgorithm"), '"hashAlgorithm"');
  const isKnown = KINDS_OF_KEYS.test(details ?? "PKIX_ED25519") && KINDS_OF_HASHES.test(hash ?? "SHA2_256");
  const usable = isKnown && isPublicKey(raw);
  if (!usable && owner === "own") {
    throw malformed(
      key.need("rawBytes").at,
      "This is not a public key, DER in base64, of a kind by which signatures can be verified here.",
    );
  }
  const says = [raw.toString("base64"), details, hash, id, checkpointId];
  const address = textOf(log.get("baseUrl"), '"baseUrl"');
  return entryOf(part, { address, raw, says, life: lifeOf(key), usable });
}

function readAuthority(item: Json, part: RootPart): RootEntry {
  const authority = membersOf(item, "an authority");
  const chain = membersOf(authority.need("certChain"), '"certChain" of an authority').need("certificates");
  const certificates = readBounded(chain, '"certificates"').map(readCertificate);
  const [raw] = certificates;
  if (raw === undefined) throw malformed(chain.at, '"certificates" must hold the certificate of the authority.');
  const says = certificates.map((certificate) => certificate.toString("base64"));
  return entryOf(part, {
    address: textOf(authority.get("uri"), '"uri"'),
    raw,
    says,
    life: lifeOf(authority),
    usable: true,
  });
}

interface Read {
  readonly address: string | null;
  readonly raw: Buffer;
  readonly says: readonly unknown[];
  readonly life: Pick<RootEntry, "start" | "end">;
  readonly usable: boolean;
}

function entryOf(part: RootPart, { address, raw, says, life, usable }: Read): RootEntry {
  const digest = createHash("sha256").update(raw).digest("hex");
  const what = [PARTS[part], ...(address === null ? [] : [address]), `(${digest.slice(0, 16)}…)`].join(" ");
  const told = usable ? what : `${what}, of a kind that this version can't verify by,`;
  return { part, what: told, digest, says: JSON.stringify([part, address, ...says]), ...life, usable };
}

/** Where nothing says since when, whatever was signed with a stolen key would count for all times. */
function lifeOf(holder: Fields<string>): Pick<RootEntry, "start" | "end"> {
  const window = holder.get("validFor");
  const given = window === null ? null : membersOf(window, '"validFor"');
  const from = given?.get("start") ?? null;
  if (from === null) {
    throw malformed(
      window?.at ?? holder.at,
      'There is no "validFor" with a "start" here: nothing says since when this counts.',
      "Take the trusted root from whoever runs the instance again; do not make up a time.",
    );
  }
  const to = given?.get("end") ?? null;
  const life = { start: readTime(from, '"start"'), end: to === null ? null : readTime(to, '"end"') };
  if (to !== null && (life.end ?? 0) < life.start) throw malformed(to.at, '"end" is before "start".');
  return life;
}

function readCertificate(value: Json): Buffer {
  const held = membersOf(value, "a certificate").need("rawBytes");
  const raw = readBase64(held, "A certificate");
  if (!isCertificate(raw)) throw malformed(held.at, "This is not a certificate: X.509, DER in base64.");
  return raw;
}

/** Node reads PEM as well, and does not mind what follows a certificate; nobody else here does. */
function isCertificate(raw: Buffer): boolean {
  try {
    return new X509Certificate(raw).raw.equals(raw);
  } catch {
    return false;
  }
}

/** As SubjectPublicKeyInfo, or as the first logs of certificates wrote theirs (RFC 8017, appendix A.1.1). */
function isPublicKey(raw: Buffer): boolean {
  return (["spki", "pkcs1"] as const).some((type) => {
    try {
      createPublicKey({ key: raw, format: "der", type });
      return true;
    } catch {
      return false;
    }
  });
}

function readId(value: Json | null): string | null {
  return value === null
    ? null
    : readBase64(membersOf(value, "the id of a log").need("keyId"), '"keyId"').toString("hex");
}

function readBase64(value: Json, what: string): Buffer {
  const text = readText(value, what);
  const bytes = Buffer.from(text, "base64");
  if (bytes.length === 0 || bytes.toString("base64") !== text) {
    throw malformed(value.at, `${what} is not base64 here: ${quote(text)}.`);
  }
  return bytes;
}

function readBounded(value: Json, what: string): readonly Json[] {
  const items = readList(value, what);
  const excess = items[MOST];
  if (excess !== undefined) throw malformed(excess.at, `${what} holds more than ${MOST}.`);
  return items;
}

function textOf(value: Json | null, what: string): string | null {
  return value === null ? null : readText(value, what);
}

/** The members of an object, of which others may be there as well. */
function membersOf(value: Json, what: string): Fields<string> {
  const sentence = what.charAt(0).toUpperCase() + what.slice(1);
  if (value.type !== "object") throw wrongType(value, sentence, "an object { }");
  const get = (key: string): Json | null => value.members.get(key)?.value ?? null;
  const need = (key: string): Json => {
    const found = get(key);
    if (found === null) throw malformed(value.at, `${sentence} must have "${key}".`);
    return found;
  };
  return { at: value.at, get, need };
}
