/** From the files of a `.secure-install` folder, wherever they were read, to a TrustStore. */
import { createHash } from "node:crypto";
import { LIMITS } from "../model/limits.js";
import type { TrustStore } from "../model/policy.js";
import { BUILTIN, PUBLIC_SIGSTORE } from "./builtin.js";
import { readDenials, readExceptions } from "./exceptions.js";
import { storeFindings } from "./findings.js";
import { readTrustFile, type TrustFile } from "./format.js";
import { malformed, quote } from "./json.js";
import { proposal } from "./nearest.js";
import { readObservations } from "./observed.js";
import { withRenewedKeys } from "./renewed-keys.js";
import { readRoots } from "./roots.js";
import { DECLARED_PUBLIC, SIGSTORE_ROOT, withRoots } from "./sigstore.js";

/** The bytes of every file of the store by its name in the folder, with `/`: `trust.json`, `keys/<FINGERPRINT>.asc`. */
export type StoreFiles = ReadonlyMap<string, Uint8Array>;

/** Reads one armored OpenPGP certificate: its full fingerprint (upper-case hex), or why it is none. */
export type ReadCertificate = (
  bytes: Uint8Array,
) => Promise<{ readonly ok: true; readonly fingerprint: string } | { readonly ok: false; readonly why: string }>;

/** The files of a store, each with its largest size. Only these, and certificates, have a meaning. */
const KNOWN: ReadonlyMap<string, number> = new Map([
  ["trust.json", LIMITS.trustFileBytes],
  ["exceptions.json", LIMITS.trustFileBytes],
  ["deny.json", LIMITS.trustFileBytes],
  ["observed.lock", LIMITS.lockfileBytes],
]);
/** Signatures of owners over a change of the store, by the name of who signed. */
const SIGNATURE = /^signatures\/[A-Za-z0-9_-]{1,128}\.(asc|sig)$/;
/** What `trust refresh` brought: keys of registries, and roots, as they were signed. */
const ROOT = /^roots\/[a-z0-9][a-z0-9._-]{0,80}\.json$/;
/** Folders of the store. */
export const FOLDERS = ["keys", "signatures", "roots", "sigstore"] as const;
const CERTIFICATE = /^keys\/([0-9A-F]{40}|[0-9A-F]{64})\.asc$/;

const NOTHING: TrustFile = {
  registries: BUILTIN,
  publishers: [],
  rules: [],
  scripts: [],
  sources: [],
  sdists: [],
  owners: null,
  sigstore: [DECLARED_PUBLIC],
  fingerprints: new Map(),
};

/** What applies where there is no store: the built-in floor. */
export function builtinStore(): TrustStore {
  const { fingerprints: _, ...parts } = NOTHING;
  return {
    ...parts,
    directory: null,
    sigstore: [PUBLIC_SIGSTORE],
    exceptions: [],
    denials: [],
    observations: new Map(),
    certificates: new Map(),
    files: new Map(),
    renewed: null,
    digest: null,
    findings: [],
  };
}

/**
 * The largest size of the file of that name in the store; null for one that is not read, since it means nothing
 * here and can't be mistaken for something that does (README.md, `.gitattributes`). Throws StopError
 * TRUST_MALFORMED for any other: a misspelled deny.json must not pass for none.
 */
export function storeFileLimit(name: string): number | null {
  const limit = KNOWN.get(name);
  if (limit !== undefined) return limit;
  if (name === "README.md" || /(^|\/)\.[^/]*$/.test(name)) return null;
  if (CERTIFICATE.test(name) || SIGNATURE.test(name)) return LIMITS.certificateBytes;
  if (ROOT.test(name) || SIGSTORE_ROOT.test(name)) return LIMITS.trustFileBytes;
  if (name.startsWith("keys/")) {
    throw malformed(
      name,
      `${quote(name)} is not named after a certificate.`,
      "Name it by its full fingerprint in upper case, keys/<FINGERPRINT>.asc: gpg --fingerprint shows it.",
    );
  }
  throw malformed(
    name,
    `${quote(name)} does not belong into a trust store.${proposal(name, [...KNOWN.keys(), ...FOLDERS])}`,
    `A store holds ${[...KNOWN.keys()].join(", ")} and the folders ${FOLDERS.join(", ")}; only README.md may lie beside them.`,
  );
}

/**
 * Puts a store together from its files. Each of them may be missing; without trust.json the built-in floor
 * applies, and exceptions and denials still count. Throws StopError TRUST_MALFORMED.
 */
export async function readStore(
  files: StoreFiles,
  from: { readonly directory: string; readonly now: number },
  readCertificate: ReadCertificate,
): Promise<TrustStore> {
  const read = <Value>(name: string, parse: (bytes: Uint8Array) => Value, otherwise: Value): Value => {
    const bytes = files.get(name);
    return bytes === undefined ? otherwise : parse(bytes);
  };
  for (const [name, bytes] of files) {
    const limit = storeFileLimit(name) ?? 0;
    if (bytes.length > limit) throw malformed(name, `${name} is larger than ${limit} bytes.`);
  }
  const { fingerprints, sigstore: declared, ...trust } = read("trust.json", readTrustFile, NOTHING);
  const exceptions = read("exceptions.json", readExceptions, []);
  const denials = read("deny.json", readDenials, []);
  const observations = read("observed.lock", readObservations, new Map());
  const certificates = await readCertificates(files, readCertificate);
  for (const [fingerprint, at] of fingerprints) {
    if (!certificates.has(fingerprint)) {
      const path = `.secure-install/keys/${fingerprint}.asc`;
      throw malformed(
        at,
        `The certificate of this identity is missing: ${path}.`,
        `Put the armored public key into ${path}.`,
      );
    }
  }
  const digests = new Map([...files].map(([name, bytes]) => [name, createHash("sha256").update(bytes).digest("hex")]));
  const roots = await readRoots(files);
  const registries = withRenewedKeys(trust.registries, roots?.npmKeys ?? null);
  const renewed = roots?.renewed ?? null;
  const sigstore = withRoots(declared, files, roots?.trustedRoot ?? null);
  const store = {
    ...trust,
    registries,
    sigstore,
    exceptions,
    denials,
    observations,
    certificates,
    files: digests,
    renewed,
  };
  return { ...store, directory: from.directory, digest: digestOf(files), findings: storeFindings(store, from.now) };
}

async function readCertificates(files: StoreFiles, read: ReadCertificate): Promise<Map<string, Uint8Array>> {
  const certificates = new Map<string, Uint8Array>();
  for (const [name, bytes] of files) {
    const expected = CERTIFICATE.exec(name)?.[1];
    if (expected === undefined) continue;
    const result = await read(bytes);
    if (!result.ok) throw malformed(name, `${name} is not an OpenPGP certificate: ${result.why}`);
    if (result.fingerprint.toUpperCase() !== expected) {
      throw malformed(
        name,
        `${name} holds the certificate ${result.fingerprint.toUpperCase()}, not the one it is named after.`,
        "Find out where the file came from before you rename it: a swapped key is what an attacker would leave.",
      );
    }
    certificates.set(expected, bytes);
  }
  return certificates;
}

/** SHA-256 over name, length and bytes of every file, in the order of their names. */
function digestOf(files: StoreFiles): string {
  const hash = createHash("sha256");
  for (const name of [...files.keys()].sort()) {
    const bytes = files.get(name) ?? new Uint8Array();
    hash.update(`${name}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest("hex");
}

/** Certificates in `keys/` that no identity names. */
export function unusedCertificates(store: TrustStore): readonly string[] {
  const identities = [
    ...store.publishers.flatMap((publisher) => publisher.identities),
    ...(store.owners?.identities ?? []),
  ];
  const used = new Set(identities.map((identity) => (identity.type === "openpgp" ? identity.fingerprint : null)));
  return [...store.certificates.keys()].filter((fingerprint) => !used.has(fingerprint)).sort();
}
