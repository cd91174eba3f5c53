/** Gathers the evidence for one artifact: every kind that applies gives exactly one outcome. */
import type { NpmClaims } from "../ecosystem/npm.js";
import type { ArchiveListing, Inspection } from "../model/archive.js";
import { type Evidence, evidence, type Outcome } from "../model/evidence.js";
import type { Finding } from "../model/finding.js";
import type { RegistryKey } from "../model/policy.js";
import { withoutBeginnings } from "../trust/builtin.js";
import { firstSeenBy, sightingsOf } from "../trust/seen.js";
import { verifyIdentity } from "../verify/identity.js";
import { verifyIntegrity } from "../verify/integrity.js";
import { type ManifestInput, verifyManifest } from "../verify/manifest.js";
import { needsPublication, verifyRegistrySignature } from "../verify/registry-signature.js";
import { gatherAttestations, publishedBy } from "./attestations.js";
import { askPublication } from "./claims.js";
import { type Known, packageJson } from "./known.js";
import { gatherOpenPgp } from "./openpgp.js";
import type { River } from "./river.js";

/** All evidence for one artifact, in the order in which it is reported. */
export async function gather(river: River, known: Known): Promise<Evidence[]> {
  const { subject } = known;
  if (subject === null) return [];
  const claims = known.claimed?.ok ? known.claimed.claims : null;
  const archived = known.inspection?.ok ? archivedIn(known.inspection.listing) : null;
  const attested = await gatherAttestations(river, known);
  const outcomes: [Evidence["kind"], Outcome | null][] = [
    ["integrity", verifyIntegrity(known.artifact.locked, known.own, claims?.integrity ?? null)],
    ["registry-signature", await registrySignature(river, known, claims, publishedBy(attested))],
    ["openpgp-signature", await gatherOpenPgp(river, known)],
    ["publish-attestation", attested?.publish ?? null],
    ["provenance", attested?.provenance ?? null],
    ["trusted-publishing", trustedPublishing(known, claims)],
    ["archive", archive(known.inspection)],
    ["identity", archived === null ? null : verifyIdentity(known.artifact, archived.manifest)],
    ["manifest", archived === null ? null : await manifest(known, claims, archived)],
  ];
  return outcomes.flatMap(([kind, outcome]) => (outcome === null ? [] : [evidence(kind, subject, outcome)]));
}

/** @param published when a log saw the registry say that it had published these bytes (ms), or null */
async function registrySignature(
  river: River,
  known: Known,
  claims: NpmClaims | null,
  published: number | null,
): Promise<Outcome | null> {
  if (known.claimed === null || known.home === null || known.asked === null) return null;
  if (claims === null) return unavailable(known.claimed);
  const { name, version } = known.artifact;
  const { keys, id } = known.home;
  const sightings = sightingsOf(river.trust.observations, known.artifact, known.subject);
  const first = firstSeenBy(sightings, (by) => (by.type === "registry-key" && by.registry === id ? by.keyid : null));
  const seen = published === null ? first : earliest(first, keys, published);
  const publication = needsPublication(withoutBeginnings(keys), claims.signatures, river.now, seen)
    ? await askPublication(river, known.asked, known.artifact)
    : null;
  if (publication !== null && !publication.ok) return unavailable(publication);
  return verifyRegistrySignature({
    name,
    version,
    registry: id,
    keys,
    own: known.own,
    published: claims.integrity,
    signatures: claims.signatures,
    publication: publication?.value ?? null,
    seen,
    now: river.now,
  });
}

/** Published before a key's end is signed before it: the log's time is as good as an observation's, for all keys. */
function earliest(
  seen: ReadonlyMap<string, number>,
  keys: readonly RegistryKey[],
  published: number,
): ReadonlyMap<string, number> {
  return new Map(keys.map(({ keyid }) => [keyid, Math.min(published, seen.get(keyid) ?? published)]));
}

/** Only where the policy asks for it: it is the registry's word, which nobody has signed, and says nothing of the source. */
function trustedPublishing({ required }: Known, claims: NpmClaims | null): Outcome | null {
  if (!required.has("trusted-publishing") || claims === null) return null;
  const { publisher } = claims;
  if (publisher?.trusted === true) {
    const notes = [
      `that ${publisher.name} published it without a token is the registry's word, which nobody has signed`,
    ];
    return { outcome: "verified", signers: [], notes };
  }
  const by =
    publisher === null
      ? "does not say who published it"
      : `says that it was published with a token of ${publisher.name}`;
  return { outcome: "absent", detail: `the registry ${by}` };
}

function archive(inspection: Inspection | null): Outcome | null {
  if (inspection === null) return null;
  return inspection.ok ? { outcome: "verified", signers: [] } : invalid(inspection.finding);
}

/** The package.json of the archive, parsed once for all that is held against it, and the paths of its files. */
function archivedIn({ manifest, files }: ArchiveListing): ManifestInput["archive"] {
  return { manifest: packageJson(manifest), files: new Set(files.map((file) => file.path)) };
}

async function manifest(known: Known, claims: NpmClaims | null, archived: ManifestInput["archive"]): Promise<Outcome> {
  if (known.claimed !== null && claims === null) return unavailable(known.claimed);
  const { name, npm } = known.artifact;
  return verifyManifest({ name, lock: npm, registry: claims?.manifest ?? null, archive: archived });
}

/** Claims of another name are invalid, claims that could not be had are unavailable: never one for the other. */
function unavailable(result: { readonly ok: boolean; readonly finding?: Finding }): Outcome {
  const found = result.finding;
  if (found === undefined) throw new TypeError("claims that were had are not unavailable");
  if (found.severity !== "undecided") return invalid(found);
  return { outcome: "unavailable", code: found.code, detail: found.says };
}

function invalid({ code, says, expected, got }: Finding): Outcome {
  return {
    outcome: "invalid",
    code,
    detail: says,
    ...(expected === null ? {} : { expected }),
    ...(got === null ? {} : { got }),
  };
}
