/**
 * A trusted root as `@sigstore/verify` takes it, parsed once for each thread. Certificates of a root never change, so
 * what the library asks of them again and again (their encoding, whether one signed the other) is answered once.
 */
import type { X509Certificate } from "@sigstore/core";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import { type TrustMaterial, toTrustMaterial } from "@sigstore/verify";

/** All but the keys by which registries sign: those are of the registry, and not of the instance. */
export type RootMaterial = Omit<TrustMaterial, "publicKey">;

/** Roots that one run can have: an instance for each of a company's parts, at the most. */
const MOST_KEPT = 32;

const parsed = new Map<string, RootMaterial>();

/**
 * The material of a trusted root; null for the shipped one of the public instance. Logs and authorities without a
 * beginning count for nothing: with an open one the library would verify whatever their keys ever sign.
 */
export async function materialOf(root: Uint8Array | null): Promise<RootMaterial> {
  const text = root === null ? "" : Buffer.from(root).toString("latin1");
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const json: unknown = root === null ? await shippedRoot() : JSON.parse(Buffer.from(root).toString("utf8"));
  const material = read(json);
  if (parsed.size >= MOST_KEPT) parsed.clear();
  parsed.set(text, material);
  return material;
}

async function shippedRoot(): Promise<unknown> {
  const { default: root } = await import("../trust/trusted-root.json", { with: { type: "json" } });
  return root;
}

const PARTS = ["tlogs", "ctlogs", "certificateAuthorities", "timestampAuthorities"] as const;

/**
 * Each part by itself: a log whose key is of a kind that the library does not know yet, as a refresh may bring one,
 * counts for nothing, and takes nothing from the others.
 */
function read(json: unknown): RootMaterial {
  const root = json as Readonly<Record<string, unknown>>;
  const material: RootMaterial = { tlogs: [], ctlogs: [], certificateAuthorities: [], timestampAuthorities: [] };
  for (const part of PARTS) {
    const items = Object.hasOwn(root, part) ? root[part] : [];
    for (const item of Array.isArray(items) ? (items as unknown[]) : []) add(material, part, item);
  }
  for (const { certChain } of [...material.certificateAuthorities, ...material.timestampAuthorities]) {
    for (const certificate of certChain) remember(certificate);
  }
  return material;
}

function add(material: RootMaterial, part: (typeof PARTS)[number], item: unknown): void {
  try {
    const alone = TrustedRoot.fromJSON({ [part]: [item] });
    const life = (alone.tlogs[0] ?? alone.ctlogs[0])?.publicKey?.validFor;
    const ofAuthority = (alone.certificateAuthorities[0] ?? alone.timestampAuthorities[0])?.validFor;
    if ((life ?? ofAuthority)?.start === undefined) return;
    const read = toTrustMaterial(alone);
    material.tlogs.push(...read.tlogs);
    material.ctlogs.push(...read.ctlogs);
    material.certificateAuthorities.push(...read.certificateAuthorities);
    material.timestampAuthorities.push(...read.timestampAuthorities);
  } catch {
    // Not known here.
  }
}

/**
 * Has a certificate remember its own encoding, and which certificates were found to have signed it. The library
 * encodes both sides anew wherever it compares two certificates, and verifies the same chain for each attestation.
 */
export function remember(certificate: X509Certificate): void {
  const { root, tbsCertificate } = certificate;
  encodeOnce(root);
  encodeOnce(tbsCertificate);
  const verify = certificate.verify.bind(certificate);
  const signedBy = new Map<X509Certificate | undefined, boolean>();
  certificate.verify = (issuer) => {
    const known = signedBy.get(issuer);
    if (known !== undefined) return known;
    const holds = verify(issuer);
    signedBy.set(issuer, holds);
    return holds;
  };
}

/** What `toDER` gives is never written to: the library copies it, or compares it. */
function encodeOnce(object: { toDER(): Buffer }): void {
  const encode = object.toDER.bind(object);
  let encoded: Buffer | null = null;
  object.toDER = () => {
    encoded ??= encode();
    return encoded;
  };
}
