/**
 * A certificate authority that lives as long as one test run. Keys are minted at every start and never written down;
 * nobody but the tests that are handed `pem` believes them.
 */
import "reflect-metadata";
import { randomBytes, webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

const KEYS = { name: "ECDSA", namedCurve: "P-256" } as const;
const SIGNING = { name: "ECDSA", hash: "SHA-256" } as const;
const DAY_MS = 86_400_000;

/** What a server certificate is to say of itself. */
export interface Issue {
  /** DNS names of the subjectAltName; the first is the common name too. */
  readonly hosts: readonly string[];
  /** IP addresses of the subjectAltName. */
  readonly ips?: readonly string[];
  /** Yesterday, unless given. */
  readonly notBefore?: Date;
  /** Tomorrow, unless given. */
  readonly notAfter?: Date;
  /** Signed with its own key, and not by the authority. */
  readonly selfSigned?: boolean;
}

/** Both PEM, as node:https takes them. */
export interface ServerCertificate {
  readonly key: string;
  readonly cert: string;
}

export interface Authority {
  /** The authority's own certificate, PEM: what a client is given as an extra CA. */
  readonly pem: string;
  issue(what: Issue): Promise<ServerCertificate>;
}

/** Mints an authority (ECDSA P-256) under a name that no other test run uses. */
export async function mintAuthority(): Promise<Authority> {
  const keys = await mintKeys();
  const name = `CN=Test authority ${randomBytes(4).toString("hex")}`;
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    name,
    keys,
    serialNumber: serial(),
    notBefore: new Date(Date.now() - 2 * DAY_MS),
    notAfter: new Date(Date.now() + 2 * DAY_MS),
    signingAlgorithm: SIGNING,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { pem: root.toString("pem"), issue: (what) => issue(what, root, keys.privateKey) };
}

async function issue(
  what: Issue,
  root: x509.X509Certificate,
  rootKey: webcrypto.CryptoKey,
): Promise<ServerCertificate> {
  const keys = await mintKeys();
  const subject = `CN=${what.hosts[0] ?? what.ips?.[0] ?? "nobody"}`;
  const names: x509.JsonGeneralName[] = [
    ...what.hosts.map((value) => ({ type: "dns" as const, value })),
    ...(what.ips ?? []).map((value) => ({ type: "ip" as const, value })),
  ];
  const certificate = await x509.X509CertificateGenerator.create({
    subject,
    issuer: what.selfSigned === true ? subject : root.subject,
    publicKey: keys.publicKey,
    signingKey: what.selfSigned === true ? keys.privateKey : rootKey,
    serialNumber: serial(),
    notBefore: what.notBefore ?? new Date(Date.now() - DAY_MS),
    notAfter: what.notAfter ?? new Date(Date.now() + DAY_MS),
    signingAlgorithm: SIGNING,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(names),
    ],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  const lines = pkcs8.match(/.{1,64}/g) ?? [];
  const key = ["-----BEGIN PRIVATE KEY-----", ...lines, "-----END PRIVATE KEY-----", ""].join("\n");
  return { key, cert: certificate.toString("pem") };
}

async function mintKeys(): Promise<webcrypto.CryptoKeyPair> {
  return await webcrypto.subtle.generateKey(KEYS, true, ["sign", "verify"]);
}

/** Positive, as RFC 5280 section 4.1.2.2 asks: the first bit is clear. */
function serial(): string {
  const bytes = randomBytes(16);
  bytes[0] = 1 + ((bytes[0] ?? 0) & 0x3f);
  return bytes.toString("hex");
}
