/** An authority like Fulcio: a root, an intermediate, and certificates of ten minutes for builds. */
import type { Build } from "./build.js";
import {
  basicConstraints,
  CERTIFICATE_SIGNING,
  CODE_SIGNING,
  DIGITAL_SIGNATURE,
  extendedKeyUsage,
  extension,
  type Holder,
  keyIdentifiers,
  keyUsage,
  mintHolder,
  mintKey,
  newSerial,
  signedCertificate,
  unsignedCertificate,
} from "./certificate.js";
import { type CertificateLog, promisesExtension } from "./certificate-log.js";
import { distinguishedName, sequence, taggedBytes } from "./der.js";
import { type ExtensionChanges, fulcioExtensions } from "./fulcio-extensions.js";

export interface Fulcio {
  /** The intermediate, then the root: as a trusted root and old bundles show them. */
  readonly chain: readonly Buffer[];
  /** What signs certificates. */
  readonly intermediate: Holder;
  /** Certifies a new key for a build. */
  certify(build: Build, at: Date, how?: CertificateOptions): Holder;
}

/** Everything that a certificate can get wrong. */
export interface CertificateOptions {
  /** How long it holds; 10 unless given. */
  readonly minutes?: number;
  /** The time of signing, unless given. */
  readonly notBefore?: Date;
  /** By how many of the authority's logs it was seen (1), or by which; none leaves the extension out. */
  readonly scts?: number | readonly CertificateLog[];
  /** The authority of somebody else; or a leaf, which has no right to sign anything. */
  readonly signedBy?: Holder;
  /** Extensions of Fulcio with other values, several, or none (`fulcioOid`). */
  readonly extensions?: ExtensionChanges;
  /** Only the extensions that certificates of early 2023 had. */
  readonly early?: boolean;
  /** In the place of the build's own: none, several, other kinds. */
  readonly names?: readonly SubjectName[];
  /** The bits of its KeyUsage; digital signatures unless given, null for no such extension. */
  readonly keyUsage?: number | null;
  /** The OID of its purpose; code signing unless given, null for no such extension. */
  readonly purpose?: string | null;
  /** Calls itself an authority, and may sign certificates. */
  readonly ca?: boolean;
}

export interface SubjectName {
  readonly type: "uri" | "email" | "dns";
  readonly value: string;
}

const NAME_TAGS = { email: 1, dns: 2, uri: 6 } as const;
const MINUTE_MS = 60_000;

/** A new authority that shows its certificates to these logs. */
export function mintFulcio(organization: string, logs: readonly CertificateLog[]): Fulcio {
  const root = mintHolder({
    organization,
    commonName: "sigstore",
    extensions: (spki, signer) => [
      keyUsage(CERTIFICATE_SIGNING),
      basicConstraints(true),
      ...keyIdentifiers(spki, signer),
    ],
  });
  const intermediate = mintHolder({
    organization,
    commonName: "sigstore-intermediate",
    signedBy: root,
    extensions: (spki, signer) => [
      keyUsage(CERTIFICATE_SIGNING),
      extendedKeyUsage(CODE_SIGNING),
      basicConstraints(true, 0),
      ...keyIdentifiers(spki, signer),
    ],
  });
  return {
    chain: [intermediate.certificate, root.certificate],
    intermediate,
    certify: (build, at, how = {}) => certify(build, at, { signedBy: intermediate, scts: 1, ...how }, logs),
  };
}

function certify(
  build: Build,
  at: Date,
  how: CertificateOptions & Required<Pick<CertificateOptions, "signedBy" | "scts">>,
  logs: readonly CertificateLog[],
): Holder {
  const { signedBy: signer, scts, notBefore = at } = how;
  const { spki, privateKey } = mintKey("P-256");
  const subject = distinguishedName();
  const content = {
    subject,
    spki,
    serial: newSerial(),
    notBefore,
    notAfter: new Date(notBefore.getTime() + (how.minutes ?? 10) * MINUTE_MS),
    extensions: extensionsOf(build, spki, signer, how),
  };
  const seenBy = typeof scts === "number" ? firstOf(logs, scts) : scts;
  const unsigned = unsignedCertificate(content, signer);
  const promises = seenBy.map((log) => log.promise(unsigned, signer.spki, at));
  const extensions = [...content.extensions, ...(promises.length === 0 ? [] : [promisesExtension(promises)])];
  return { certificate: signedCertificate({ ...content, extensions }, signer), subject, spki, privateKey };
}

function extensionsOf(build: Build, spki: Buffer, signer: Holder, how: CertificateOptions): readonly Buffer[] {
  const usage = how.keyUsage === undefined ? DIGITAL_SIGNATURE : how.keyUsage;
  const purpose = how.purpose === undefined ? CODE_SIGNING : how.purpose;
  const bits = (usage ?? 0) | (how.ca === true ? CERTIFICATE_SIGNING : 0);
  return [
    ...(usage === null && bits === 0 ? [] : [keyUsage(bits)]),
    ...(purpose === null ? [] : [extendedKeyUsage(purpose)]),
    ...(how.ca === true ? [basicConstraints(true)] : []),
    ...keyIdentifiers(spki, signer.spki),
    ...namesExtension(how.names ?? [{ type: "uri", value: build.san }]),
    ...fulcioExtensions(build, how.extensions, how.early),
  ];
}

function namesExtension(names: readonly SubjectName[]): readonly Buffer[] {
  if (names.length === 0) return [];
  const encoded = names.map(({ type, value }) => taggedBytes(NAME_TAGS[type], Buffer.from(value)));
  return [extension("2.5.29.17", sequence(...encoded), true)];
}

/** So many of them; where there are too few, from the first again. */
export function firstOf<One>(all: readonly One[], count: number): readonly One[] {
  return Array.from({ length: count }, (_, index) => all[index % all.length]).filter((one) => one !== undefined);
}
