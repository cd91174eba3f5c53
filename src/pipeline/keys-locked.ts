/** The locked version of a package, with its bytes and the signature that is offered for it: what a key is tried on. */

import semver from "semver";
import { manifestAddress, parseClaims } from "../ecosystem/npm.js";
import type { Artifact } from "../model/artifact.js";
import { agree } from "../model/digest.js";
import { LIMITS } from "../model/limits.js";
import { isNpmVersion, npmPurl, tarballName } from "../model/names.js";
import type { RingEntry } from "../verify/openpgp-keyring.js";
import { type FileSignature, readSignatureFile } from "../verify/openpgp-signature.js";
import { bringBytes } from "./bytes.js";
import { askClaims } from "./claims.js";
import { packagesIn } from "./keys-trial.js";
import { askSignature, fill, judged, readAll } from "./openpgp.js";
import { originOf } from "./origin.js";
import { lockedProject } from "./project.js";
import type { River } from "./river.js";

type Manifest = Readonly<Record<string, unknown>>;

export interface Locked {
  /** `left-pad@1.3.0`; null where no version is locked here. */
  readonly label: string | null;
  /** What the registry shows of it, or of the newest version; null where it could not be had. */
  readonly manifest: Manifest | null;
  readonly signature: Offered | null;
  /** What could not be had, in words. */
  readonly notes: readonly string[];
}

/** A signature over the locked bytes, whoever made it. */
export interface Offered {
  readonly address: string;
  /** Upper-case fingerprints of the keys that it names, or their 64-bit ids where it gives no more. */
  readonly issuers: readonly string[];
  /** What it proves under one certificate. */
  readonly under: (entry: RingEntry) => Promise<SignedBy>;
}

export type SignedBy =
  | { readonly signs: "yes" | "not named" }
  | { readonly signs: "no"; readonly code: string; readonly says: string };

/** Looks up the package: in the lockfile of this folder (the greatest version, or `version`), and at its registry. */
export async function lockedPackage(
  river: River,
  asked: { readonly name: string; readonly version: string | null; readonly template: string },
): Promise<Locked> {
  const project = await lockedProject(river.world, river.place.project);
  const artifact = project === null ? null : choose(packagesIn(project.lockfile.artifacts), asked);
  if (project === null || artifact === null) {
    const { manifest, notes } = await manifestOf(river, placeholder(asked.name, asked.version), asked.version);
    return { label: null, manifest, signature: null, notes };
  }
  const label = `${artifact.name}@${artifact.version}`;
  const { manifest, notes } = await manifestOf(river, artifact, artifact.version);
  const offered = await offeredFor(river, artifact, project.directory, asked.template);
  return typeof offered === "string"
    ? { label, manifest, signature: null, notes: [...notes, offered] }
    : { label, manifest, signature: offered, notes };
}

function choose(packages: readonly Artifact[], asked: { name: string; version: string | null }): Artifact | null {
  const named = packages.filter(({ name, version }) => name === asked.name && (asked.version ?? version) === version);
  const rank = (one: Artifact): string => (isNpmVersion(one.version) ? one.version : "0.0.0");
  return [...named].sort((a, b) => semver.rcompare(rank(a), rank(b)))[0] ?? null;
}

async function manifestOf(
  river: River,
  artifact: Artifact,
  version: string | null,
): Promise<{ readonly manifest: Manifest | null; readonly notes: readonly string[] }> {
  const origin = originOf(artifact, river);
  if (!origin.ok) return { manifest: null, notes: [origin.finding.says] };
  if (origin.origin.type !== "registry") return { manifest: null, notes: ["it comes from no registry"] };
  const { evidence } = origin.origin;
  if (version !== null) {
    const claimed = await askClaims(river, evidence, { name: artifact.name, version }, false);
    return claimed.ok
      ? { manifest: claimed.claims.manifest, notes: [] }
      : { manifest: null, notes: [claimed.finding.says] };
  }
  const address = manifestAddress(evidence.url, artifact.name, "latest");
  const wanted = { maxBytes: LIMITS.manifestBytes, redirects: evidence.redirects, accept: "application/json" };
  const answer = await river.client.get(address, wanted);
  if (!answer.ok) return { manifest: null, notes: [answer.says] };
  const parsed = parseClaims(answer.value.body, artifact.name, versionIn(answer.value.body));
  return parsed.ok ? { manifest: parsed.value.manifest, notes: [] } : { manifest: null, notes: [parsed.finding.says] };
}

function versionIn(body: Uint8Array): string {
  try {
    const { version } = JSON.parse(Buffer.from(body).toString("utf8")) as { version?: unknown };
    return typeof version === "string" && isNpmVersion(version) ? version : "";
  } catch {
    return "";
  }
}

/** The signature at the address that the template gives, over the very bytes that are locked; or why there is none. */
async function offeredFor(
  river: River,
  artifact: Artifact,
  project: string,
  template: string,
): Promise<Offered | string> {
  const label = `${artifact.name}@${artifact.version}`;
  const found = originOf(artifact, river);
  if (!found.ok) return found.finding.says;
  const { origin } = found;
  const brought = await bringBytes(river, artifact, origin, project);
  if (!brought.ok) return brought.finding.says;
  const { sha512, sha384, sha256 } = brought.inspection.packed;
  const own = { sha512, sha384, sha256 };
  if (!agree(artifact.locked, own)) return `the bytes of ${label} are not those that are locked`;
  const address = fill(template, { artifact, address: origin.type === "registry" ? origin.tarball : origin.pin.from });
  const signature = await askSignature(river, address);
  if (!(signature instanceof Uint8Array)) {
    return "detail" in signature && signature.detail !== undefined
      ? signature.detail
      : `there is no signature at ${address}`;
  }
  const file = readSignatureFile(signature);
  if (!file.ok) return `what lies at ${address} is no signature: ${file.why}`;
  const bytes = await readAll(river, { own });
  const asked = origin.type === "registry" ? origin.evidence : null;
  const under = async (entry: RingEntry): Promise<SignedBy> => {
    if (!file.value.some((one) => names(one, entry))) return { signs: "not named" };
    const certificates = new Map([[entry.fingerprint, entry.packets]]);
    const outcome = await judged(
      { ...river, trust: { ...river.trust, certificates } },
      { asked, artifact },
      bytes,
      signature,
    );
    if (outcome.outcome === "verified") return { signs: "yes" };
    return outcome.outcome === "invalid" || outcome.outcome === "unavailable"
      ? { signs: "no", code: outcome.code, says: outcome.detail }
      : { signs: "not named" };
  };
  return { address, issuers: [...new Set(file.value.flatMap(issuerOf))], under };
}

function issuerOf({ fingerprint, keyId }: FileSignature): string[] {
  const named = fingerprint ?? keyId;
  return named === null ? [] : [named];
}

function names({ fingerprint, keyId }: FileSignature, entry: RingEntry): boolean {
  return entry.keys.some((key) => (fingerprint === null ? key.keyId === keyId : key.fingerprint === fingerprint));
}

/** A package that no lockfile names, so that its registry can be found. */
function placeholder(name: string, version: string | null): Artifact {
  const known = version ?? "0.0.0";
  return {
    purl: npmPurl(name, known),
    ecosystem: "npm",
    name,
    version: known,
    filename: tarballName(name, known),
    source: { type: "registry", url: null },
    locked: {},
    paths: [],
    location: `node_modules/${name}`,
    npm: null,
    findings: [],
  };
}
