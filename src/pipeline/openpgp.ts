/** Fetches detached OpenPGP signatures from where the publishers' identities say, and has them verified. */
import { formatDigest } from "../model/digest.js";
import type { Outcome, Signer } from "../model/evidence.js";
import { LIMITS } from "../model/limits.js";
import type { Identity, TrustStore } from "../model/policy.js";
import { registryAt } from "../trust/lookup.js";
import { firstSeenBy, sightingsOf } from "../trust/seen.js";
import { askPublication } from "./claims.js";
import type { Known } from "./known.js";
import type { River } from "./river.js";

/**
 * The outcome over all signatures that the candidates' identities point to, or null where no identity is of OpenPGP:
 * then nobody was asked. One invalid signature refuses, whatever the others say.
 */
export async function gatherOpenPgp(river: River, known: Known): Promise<Outcome | null> {
  const identities = known.candidates.flatMap((publisher) =>
    publisher.identities.filter((one) => one.type === "openpgp"),
  );
  if (identities.length === 0) return null;
  const addresses = new Set(identities.map((identity) => fill(identity.signatureUrl ?? "{url}.asc", known)));
  const outcomes: Outcome[] = [];
  for (const address of addresses) outcomes.push(await one(river, known, address));
  return ofCandidates(merge(outcomes), known);
}

/** Sound, but by a certificate of the store whose owner no rule names here: a stranger to this package. */
function ofCandidates(outcome: Outcome, known: Known): Outcome {
  if (outcome.outcome !== "verified") return outcome;
  const named = new Set(known.candidates.flatMap(({ identities }) => identities.map(fingerprintOf)));
  const isNamed = (signer: Signer): boolean => signer.type === "openpgp" && named.has(signer.fingerprint);
  if (outcome.signers.some(isNamed)) return outcome;
  const detail = "it is signed, by a key of the trust store whose owner no rule names for this package";
  return { outcome: "unknown-signer", signers: outcome.signers, detail };
}

function fingerprintOf(identity: Identity): string | null {
  return identity.type === "openpgp" ? identity.fingerprint : null;
}

async function one(river: River, known: Known, address: string): Promise<Outcome> {
  const { subject } = known;
  if (known.inspection === null || subject === null) {
    return { outcome: "absent", detail: "an OpenPGP signature covers bytes, and they were not looked at" };
  }
  const key = `${address} ${formatDigest(subject)}`;
  const bytes = await readAll(river, known);
  // What was kept may confirm; before it refuses, the publisher's address is asked again.
  const kept = await river.quarantine.kept(key, "openpgp", LIMITS.signatureBytes);
  const outcome = kept === null ? null : await judged(river, known, bytes, kept);
  if (outcome !== null && (outcome.outcome === "verified" || river.options.offline)) return outcome;
  const signature = await askSignature(river, address);
  if (!(signature instanceof Uint8Array)) return signature;
  const fresh = await judged(river, known, bytes, signature);
  if (fresh.outcome === "verified") await river.quarantine.keep(key, "openpgp", signature);
  return fresh;
}

/** The outcome of a signature over these bytes, by the certificates of the store that the river has. */
export async function judged(
  river: River,
  known: Pick<Known, "asked" | "artifact"> & Partial<Pick<Known, "subject">>,
  bytes: Uint8Array,
  signature: Uint8Array,
): Promise<Outcome> {
  const { verifyOpenPgp } = await import("../verify/openpgp.js");
  const { certificates } = river.trust;
  const retired = retiredIn(river.trust);
  const sightings = sightingsOf(river.trust.observations, known.artifact, known.subject ?? null);
  const seen = firstSeenBy(sightings, (signer) => (signer.type === "openpgp" ? signer.fingerprint : null));
  const verify = (publishedAt: number | null) =>
    verifyOpenPgp({ bytes, signature, certificates, now: river.now, publishedAt, seen, retired });
  const outcome = await verify(null);
  // Only of an ended key does it matter when this was published, and only full packuments tell.
  if (outcome.outcome !== "invalid" || outcome.code !== "KEY_EXPIRED" || known.asked === null) return outcome;
  const publication = await askPublication(river, known.asked, known.artifact);
  return publication.ok && publication.value.at !== null ? verify(publication.value.at) : outcome;
}

/** When the keys of publishers were retired (ms), by fingerprint. */
function retiredIn({ publishers }: Pick<TrustStore, "publishers">): ReadonlyMap<string, number> {
  const identities = publishers.flatMap((publisher) => publisher.identities);
  return new Map(
    identities.flatMap((one) =>
      one.type === "openpgp" && one.until !== undefined ? [[one.fingerprint, one.until]] : [],
    ),
  );
}

/** The file at a signature's address, or why there is none. */
export async function askSignature(river: River, address: string): Promise<Uint8Array | Outcome> {
  const redirects = registryAt(river.trust, address)?.redirects ?? [];
  const answer = await river.client.get(address, { maxBytes: LIMITS.signatureBytes, redirects });
  if (answer.ok) return answer.value.body;
  if (answer.status === 404 || answer.status === 410)
    return { outcome: "absent", detail: `there is no signature at ${address}` };
  return { outcome: "unavailable", code: answer.code, detail: answer.says };
}

/** The bytes that were inspected; whoever changed them since is found out by the digest. */
export async function readAll(river: River, known: Pick<Known, "own">): Promise<Uint8Array> {
  const sha512 = known.own.sha512;
  if (sha512 === undefined || !(await river.quarantine.verify(sha512)))
    throw new Error("the store lost what it was given");
  const pieces: Uint8Array[] = [];
  for await (const piece of river.quarantine.stream(sha512)) pieces.push(Uint8Array.from(piece));
  return Buffer.concat(pieces);
}

/** The address that a template of trust.json gives for a package. */
export function fill(template: string, known: Pick<Known, "artifact" | "address">): string {
  const { name, version, filename } = known.artifact;
  const values: Readonly<Record<string, string>> = { url: known.address, name, version, filename };
  return template.replace(/\{(url|name|version|filename)\}/g, (_, key: string) => values[key] ?? "");
}

function merge(outcomes: readonly Outcome[]): Outcome {
  const of = (kind: Outcome["outcome"]) => outcomes.filter((outcome) => outcome.outcome === kind);
  const signers = (kind: "verified" | "unknown-signer"): Signer[] =>
    outcomes.flatMap((outcome) => (outcome.outcome === kind ? outcome.signers : []));
  const notes = outcomes.flatMap((outcome) => (outcome.outcome === "verified" ? (outcome.notes ?? []) : []));
  const invalid = of("invalid")[0];
  if (invalid !== undefined) return invalid;
  if (of("verified").length > 0) {
    return { outcome: "verified", signers: signers("verified"), ...(notes.length === 0 ? {} : { notes }) };
  }
  return of("unavailable")[0] ?? of("unknown-signer")[0] ?? of("absent")[0] ?? { outcome: "absent" };
}
