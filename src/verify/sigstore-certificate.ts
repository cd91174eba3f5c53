/**
 * What a certificate of Fulcio says of whoever signed with it, field by field, out of its extensions
 * (https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md). Read from the object that was verified; nothing here
 * decides whether it may be believed.
 */
import type { ASN1Obj, X509Certificate } from "@sigstore/core";
import type { BuildSource } from "../model/build.js";

export interface CertificateFacts {
  readonly issuer: string;
  /** The subject alternative name: the address of a workflow, or of a person. */
  readonly san: string;
  /** Null for a certificate that is no build's. */
  readonly source: BuildSource | null;
  /** What set the build off: `push`, `release`, `pull_request`; null where it is not said. */
  readonly trigger: string | null;
}

type Read = { readonly ok: true; readonly facts: CertificateFacts } | { readonly ok: false; readonly why: string };

const FULCIO = "1.3.6.1.4.1.57264.1.";
/** The last part of the extensions' OIDs. Those up to 6 hold their text as it is, the others a UTF8String. */
const ISSUER_LEGACY = 1;
const COMMIT_LEGACY = 3;
const REPOSITORY_LEGACY = 5;
const REF_LEGACY = 6;
const TRIGGER_LEGACY = 2;
const ISSUER = 8;
const RUNNER = 11;
const REPOSITORY = 12;
const COMMIT = 13;
const REF = 14;
const REPOSITORY_ID = 15;
const OWNER_ID = 17;
const CONFIG = 18;
const TRIGGER = 20;
const RUN = 21;
const LAST_LEGACY = 6;

const KEY_USAGE = "2.5.29.15";
const ALTERNATIVE_NAME = "2.5.29.17";
const EXTENDED_KEY_USAGE = "2.5.29.37";
const CODE_SIGNING = "1.3.6.1.5.5.7.3.3";
const UTF8_STRING = 0x0c;
const NAME_EMAIL = 0x01;
const NAME_URI = 0x06;

/** Where GitHub's repositories lie, which certificates from before 2023 name without it. */
const GITHUB = { issuer: "https://token.actions.githubusercontent.com", host: "https://github.com/" } as const;

/** No white space, nothing that a terminal or a line of observed.lock could read otherwise. */
const PLAIN = /^[\x21-\x7e]{1,512}$/;

/**
 * Reads a certificate that was verified; why it can't stand for a build or a person, where it can't.
 * @param bytes as they came: they must be the one encoding of what was read
 */
export function factsOf(certificate: X509Certificate, bytes: Uint8Array): Read {
  try {
    return { ok: true, facts: read(certificate, bytes) };
  } catch (error) {
    return { ok: false, why: error instanceof Error ? error.message : String(error) };
  }
}

function read(certificate: X509Certificate, bytes: Uint8Array): CertificateFacts {
  if (!certificate.root.toDER().equals(bytes)) throw new Error("the certificate has another encoding than DER");
  const values = extensionsOf(certificate);
  requireUsage(certificate, values);
  const text = (part: number): string | null => {
    const value = values.get(`${FULCIO}${part}`);
    return value === undefined ? null : part <= LAST_LEGACY ? decoded(value.value) : utf8(value);
  };
  const san = nameIn(values.get(ALTERNATIVE_NAME));
  const [issuer, legacy] = [text(ISSUER), text(ISSUER_LEGACY)];
  if (issuer !== null && legacy !== null && issuer !== legacy) throw new Error("the certificate names two issuers");
  const by = plain(issuer ?? legacy);
  if (by === null) throw new Error("the certificate names no issuer");
  const source = buildIn(text, by, san);
  return { issuer: by, san, source, trigger: text(TRIGGER) ?? text(TRIGGER_LEGACY) };
}

/** Each extension once: with two of one kind, another reader might take the other. */
function extensionsOf(certificate: X509Certificate): ReadonlyMap<string, ASN1Obj> {
  const values = new Map<string, ASN1Obj>();
  for (const extension of certificate.extensions) {
    const oid = extension.subs[0]?.toOID();
    const value = extension.subs.at(-1);
    if (oid === undefined || value === undefined) throw new Error("the certificate has an extension without a value");
    if (values.has(oid)) throw new Error(`the certificate has the extension ${oid} twice`);
    values.set(oid, value);
  }
  return values;
}

/** A certificate for signing code, and no authority (Fulcio's certificate profile). The library looks at neither. */
function requireUsage(certificate: X509Certificate, values: ReadonlyMap<string, ASN1Obj>): void {
  if (certificate.extBasicConstraints?.isCA === true) throw new Error("the certificate is an authority's");
  const usages = values.get(EXTENDED_KEY_USAGE)?.subs[0]?.subs ?? [];
  if (!usages.some((usage) => usage.toOID() === CODE_SIGNING)) {
    throw new Error("the certificate is not for signing code");
  }
  if (!values.has(KEY_USAGE) || certificate.extKeyUsage?.digitalSignature !== true) {
    throw new Error("the certificate is not for signatures");
  }
}

function nameIn(value: ASN1Obj | undefined): string {
  const names = value?.subs[0]?.subs ?? [];
  const [name] = names;
  if (name === undefined || names.length > 1) throw new Error("the certificate does not name exactly one signer");
  if (!name.tag.isContextSpecific(NAME_URI) && !name.tag.isContextSpecific(NAME_EMAIL)) {
    throw new Error("the certificate names its signer neither by an address nor by an e-mail");
  }
  const text = plain(decoded(name.value));
  if (text === null) throw new Error("the certificate names its signer in letters that no name has");
  return text;
}

type Text = (part: number) => string | null;

/** What is not plain counts as not named: a branch may be called anything, and then nobody can pin it. */
function buildIn(text: Text, issuer: string, san: string): BuildSource | null {
  const named = (part: number): string | null => plain(text(part));
  const legacy = named(REPOSITORY_LEGACY);
  const spelledOut = legacy !== null && issuer === GITHUB.issuer ? `${GITHUB.host}${legacy}` : null;
  const repository = text(REPOSITORY) === null ? spelledOut : named(REPOSITORY);
  if (repository === null) return null;
  const ref = text(REF) ?? text(REF_LEGACY);
  return {
    issuer,
    repository,
    repositoryId: named(REPOSITORY_ID),
    ownerId: named(OWNER_ID),
    // The workflow that was started. Where only the name tells, it may be one of another repository that was called.
    workflow: plain(pathIn(text(CONFIG) ?? san, repository, ref)),
    ref: plain(ref),
    commit: text(COMMIT) === null ? named(COMMIT_LEGACY) : named(COMMIT),
    run: named(RUN),
    runner: named(RUNNER),
  };
}

/**
 * `<repository>/<path>@<ref>`, with two slashes at GitLab; null for what lies in another repository, or is of another
 * ref than was built. A path may hold an "@" itself, and then another one could be read out of it: null as well.
 */
function pathIn(address: string, repository: string, ref: string | null): string | null {
  const end = [ref ?? "", encodeURI(ref ?? "")].find((one) => one !== "" && address.endsWith(`@${one}`));
  if (end === undefined || !address.startsWith(`${repository}/`)) return null;
  const path = address.slice(repository.length, -end.length - 1).replace(/^\/{1,2}/, "");
  return path === "" || path.includes("@") ? null : path;
}

function utf8(value: ASN1Obj): string {
  const [inner] = value.subs;
  if (inner === undefined || value.subs.length > 1 || inner.tag.number !== UTF8_STRING || !inner.tag.isUniversal()) {
    throw new Error("the certificate has an extension that is not a text");
  }
  return decoded(inner.value);
}

function decoded(value: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(value);
  } catch {
    throw new Error("the certificate has a text that is not UTF-8");
  }
}

function plain(text: string | null): string | null {
  return text !== null && PLAIN.test(text) ? text : null;
}
