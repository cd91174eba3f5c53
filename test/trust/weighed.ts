/** Artifacts and their proofs, weighed by a store as the pipeline does: for holding two states of a store together. */
import { createHash } from "node:crypto";
import type { Artifact } from "../../src/model/artifact.js";
import type { SigstoreInstance } from "../../src/model/build.js";
import type { Digest } from "../../src/model/digest.js";
import { type Evidence, evidence, type Outcome, type Signer } from "../../src/model/evidence.js";
import { npmPurl } from "../../src/model/names.js";
import type { Registry, Requirements, TrustStore } from "../../src/model/policy.js";
import { selectsName } from "../../src/model/selector.js";
import type { Verdict } from "../../src/model/verdict.js";
import { decide } from "../../src/policy/decide.js";
import { homeOf, mayServe, registryAt, requirementsFor, sourcePin } from "../../src/trust/lookup.js";
import { sightingsOf } from "../../src/trust/seen.js";
import { readTrustedRoot } from "../../src/trust/sigstore-root.js";

/** What an artifact brings with it, before any store has an opinion. */
export interface Brought {
  readonly name: string;
  readonly version: string;
  /** Address of the tarball. */
  readonly address: string;
  readonly digest: Digest;
  /** Keys that signed for the registry: SPKI, and whether the signature is good. */
  readonly keys: readonly { readonly spki: string; readonly good: boolean }[];
  /** When it was published (ms). */
  readonly published: number;
  /** OpenPGP certificates that signed the archive, and whether well. */
  readonly signatures: readonly { readonly fingerprint: string; readonly good: boolean }[];
  readonly provenance: Attestation | null;
  /** Whether it holds. */
  readonly manifest: boolean;
}

/** A word over a build that is well signed; who is believed about builds is for the store to say. */
export interface Attestation {
  readonly issuer: string;
  /** First certificate (base64) of the authority that certified it; null for one of the public instance. */
  readonly authority: string | null;
  /** When it was certified (ms). */
  readonly at: number;
  /** Proofs that it brings. */
  readonly logEntries: number;
  readonly scts: number;
}

/** Whether it passes by this store at a time (ms). */
export function passes(store: TrustStore, brought: Brought, now: number): boolean {
  return weigh(store, brought, now)?.result === "PASSED" || isPinned(store, brought);
}

/** The verdict on what comes from a registry that may serve it; null where none may. */
export function weigh(store: TrustStore, brought: Brought, now: number): Verdict | null {
  const { name, version, address, digest } = brought;
  const from = registryAt(store, address);
  const home = homeOf(store, "npm", name);
  if (from === null || !mayServe(store, from, home)) return null;
  const requirements = requirementsFor(store, { ecosystem: "npm", name, version }, from, now);
  const proofs = gathered(store, home, requirements, brought);
  const sightings = sightingsOf(store.observations, { ecosystem: "npm", name, version }, digest);
  const given = { artifact: artifactOf(brought), digest, evidence: proofs, findings: [], always: [], sightings };
  return decide(given, requirements, now);
}

function isPinned(store: TrustStore, { name, version, address }: Brought): boolean {
  const pinned = sourcePin(store, { ecosystem: "npm", name, version }, address) !== null;
  return pinned && registryAt(store, address) === null;
}

function gathered(store: TrustStore, home: Registry, requirements: Requirements, brought: Brought): Evidence[] {
  const holds = (good: boolean): Outcome => (good ? { outcome: "verified", signers: [] } : { outcome: "absent" });
  const openpgp = openPgp(store, requirements, brought);
  return [
    evidence("integrity", brought.digest, holds(true)),
    evidence("registry-signature", brought.digest, registrySignature(home, brought)),
    ...(openpgp === null ? [] : [evidence("openpgp-signature", brought.digest, openpgp)]),
    evidence("provenance", brought.digest, holds(isCertified(store, brought))),
    evidence("manifest", brought.digest, holds(brought.manifest)),
  ];
}

/** Whether an instance of Sigstore that may speak for the package would count it. */
function isCertified({ sigstore }: TrustStore, { name, provenance }: Brought): boolean {
  if (provenance === null) return false;
  const { issuer, logEntries, scts } = provenance;
  return sigstore.some(
    (instance) =>
      instance.select?.some((select) => selectsName(select, "npm", name)) !== false &&
      instance.issuers.includes(issuer) &&
      logEntries >= instance.logEntries &&
      scts >= instance.scts &&
      names(instance, provenance),
  );
}

/** Whether the instance's root has the authority at that time. */
function names({ root }: SigstoreInstance, { authority, at }: Attestation): boolean {
  if (root === null || authority === null) return root === authority;
  const digest = createHash("sha256").update(Buffer.from(authority, "base64")).digest("hex");
  return readTrustedRoot(root, "root").some(
    (entry) =>
      entry.part === "certificateAuthorities" &&
      entry.digest === digest &&
      at >= entry.start &&
      at <= (entry.end ?? Number.MAX_VALUE),
  );
}

/** As verify/registry-signature.ts: unknown keys are strangers, a bad signature by a known one is a tamper signal. */
function registrySignature(home: Registry, { keys, published }: Brought): Outcome {
  const known = keys.flatMap(({ spki, good }) => {
    const key = home.keys.find((one) => one.spki === spki);
    return key === undefined ? [] : [{ key, good }];
  });
  const inTime = known.every(
    ({ key, good }) => good && published >= (key.notBefore ?? 0) && published < (key.expires ?? Number.MAX_VALUE),
  );
  if (!inTime) return { outcome: "invalid", code: "SIGNATURE_INVALID", detail: "bad" };
  if (known.length > 0) return { outcome: "verified", signers: [] };
  return keys.length === 0 ? { outcome: "absent" } : { outcome: "unknown-signer", signers: [] };
}

/** As pipeline/openpgp.ts: asked only where rules name somebody, and a stranger's unless they name the signer. */
function openPgp(store: TrustStore, requirements: Requirements, brought: Brought): Outcome | null {
  const named = new Set(
    requirements.candidates
      .flatMap(({ identities }) => identities)
      .flatMap((one) => (one.type === "openpgp" ? [one.fingerprint] : [])),
  );
  if (named.size === 0) return null;
  const pinned = brought.signatures.filter(({ fingerprint }) => store.certificates.has(fingerprint));
  if (pinned.some(({ good }) => !good)) return { outcome: "invalid", code: "SIGNATURE_INVALID", detail: "bad" };
  if (brought.signatures.length === 0) return { outcome: "absent" };
  const signers = pinned.map(({ fingerprint }): Signer => ({ type: "openpgp", fingerprint, signingKey: fingerprint }));
  return pinned.some(({ fingerprint }) => named.has(fingerprint))
    ? { outcome: "verified", signers }
    : { outcome: "unknown-signer", signers };
}

function artifactOf({ name, version, address, digest }: Brought): Artifact {
  return {
    purl: npmPurl(name, version),
    ecosystem: "npm",
    name,
    version,
    filename: "x.tgz",
    source: { type: "registry", url: address },
    locked: { [digest.algorithm]: digest.hex },
    paths: [name],
    location: `node_modules/${name}`,
    npm: null,
    findings: [],
  };
}
