/** One artifact, from its origin to everything that a decision needs. */
import type { ArchiveListing, Inspection } from "../model/archive.js";
import type { Artifact } from "../model/artifact.js";
import { type Digest, type DigestSet, strongest } from "../model/digest.js";
import type { EvidenceKind } from "../model/evidence.js";
import { type Finding, isAgainst } from "../model/finding.js";
import type { Sight } from "../model/observation.js";
import type { Registry, Requirements } from "../model/policy.js";
import type { Case } from "../policy/case.js";
import { decide } from "../policy/decide.js";
import { homeOf, registryAt, requirementsFor } from "../trust/lookup.js";
import { sightingsOf } from "../trust/seen.js";
import { type Asked, askRegistry } from "./asked.js";
import { type Bytes, bringBytes } from "./bytes.js";
import { driftOf, vouchedFor } from "./drift.js";
import { gather } from "./gather.js";
import { originOf, type PinnedOrigin, type RegistryOrigin, settled } from "./origin.js";
import type { Places } from "./places.js";
import type { River } from "./river.js";
import { shrinkwrapFindings } from "./shrinkwrap.js";
import { readShrinkwrap, type Shrinkwrap } from "./shrinkwrap-entries.js";
import { sightOf } from "./sight.js";
import { stowawayFindings } from "./stowaways.js";

/** All that a decision needs beside the lockfile entry itself; the same for each place where the package stands. */
export interface Weighed {
  readonly given: Omit<Case, "artifact">;
  readonly requirements: Requirements;
  /** The reader's objection to the kind of source was answered by a declared registry or a pin. */
  readonly sourceIsSettled: boolean;
  /** What was read of the archive; null where none was, or it was refused. */
  readonly listing: ArchiveListing | null;
  /** The package's own shrinkwrap, where the lockfile has npm follow it. */
  readonly shrinkwrap: Shrinkwrap | null;
  /** Bytes of the archive; 0 where none was brought. */
  readonly packedSize: number;
  /** What was seen of it, to be held against what was seen before; null where nothing was. */
  readonly sight: Sight | null;
  /** Of its OpenPGP signers, those for whom an earlier one vouches. */
  readonly vouched: ReadonlySet<string>;
}

/** What must hold of every artifact, whatever the policy says. */
const ALWAYS: readonly EvidenceKind[] = ["integrity", "archive", "identity", "manifest"];

/**
 * Brings bytes and claims, and gathers the evidence. Claims that were kept may confirm; before they refuse, the
 * registry is asked again.
 * @param project the lockfile's folder, absolute
 */
export async function weigh(river: River, artifact: Artifact, project: string): Promise<Weighed> {
  const found = originOf(artifact, river);
  if (!found.ok) return refused(river, artifact, [found.finding]);
  const { origin } = found;
  const requirements = requirementsOf(river, artifact, origin);
  if (settled(artifact).findings.some(isAgainst)) return refused(river, artifact, [], requirements);
  const registry = origin.type === "registry" ? origin.evidence : null;
  const ask = (fresh: boolean): Promise<Asked> => askRegistry(river, registry, artifact, requirements, fresh);
  const [bytes, kept] = await Promise.all([
    wantsBytes(river, artifact) ? bringBytes(river, artifact, origin, project) : null,
    ask(false),
  ]);
  if (bytes !== null && !bytes.ok) return refused(river, artifact, [bytes.finding], requirements);
  const seen = look(artifact, bytes);
  const withClaims = async ({ claimed, answer }: Asked): Promise<Weighed> => {
    const { candidates, kinds } = requirements;
    const policy = { candidates, required: new Set(kinds.keys()) };
    const evidence = await gather(river, { ...about(artifact, origin), ...seen, ...policy, claimed, answer });
    const sightings = sightingsOf(river.trust.observations, artifact, seen.subject);
    const claims = claimed?.ok ? claimed.claims : null;
    const given = { digest: seen.subject, evidence, findings: seen.notes, always: seen.always, sightings };
    const listing = seen.inspection?.ok ? seen.inspection.listing : null;
    const packedSize = seen.inspection?.packed.size ?? 0;
    const { shrinkwrap } = seen;
    const from = { home: origin.type === "registry" ? origin.home : null, claims };
    const sight = sightOf(artifact, seen.subject, evidence, from);
    const vouched = await vouchedFor(river.trust, sight);
    return { given, requirements, sourceIsSettled: true, listing, shrinkwrap, packedSize, sight, vouched };
  };
  const weighed = await withClaims(kept);
  const mayAsk = (kept.claimed?.kept === true || kept.answer?.kept === true) && !river.options.offline;
  const isFinal = !mayAsk || judge(river, artifact, weighed).result === "PASSED";
  return isFinal ? weighed : withClaims(await ask(true));
}

/**
 * Decides for one place where the package stands.
 * @param places the whole lockfile, against which a shrinkwrap inside the package is held
 */
export function judge(river: River, artifact: Artifact, weighed: Weighed, places: Places | null = null) {
  const entry = weighed.sourceIsSettled ? settled(artifact) : artifact;
  const isDeclared = (address: string): boolean => registryAt(river.trust, address) !== null;
  const inside = places === null ? [] : shrinkwrapFindings(artifact, weighed.shrinkwrap, places, isDeclared);
  const stowed = places === null ? [] : stowawayFindings({ artifact, ...weighed }, places, asksOf(river), river.now);
  const findings = [...weighed.given.findings, ...inside, ...stowed, ...driftOf(river, weighed)];
  return decide({ ...weighed.given, artifact: entry, findings }, weighed.requirements, river.now);
}

/**
 * npm itself fetches git; a pinned commit stands on its pin, and is not handed off. Signatures are made over SHA-512:
 * where only another digest is locked, there is nothing to hold them against but the bytes.
 */
function wantsBytes(river: River, artifact: Artifact): boolean {
  if (artifact.source.type === "git") return false;
  return !river.options.signaturesOnly || artifact.locked.sha512 === undefined;
}

interface Seen {
  readonly subject: Digest | null;
  readonly own: DigestSet;
  readonly inspection: Inspection | null;
  readonly shrinkwrap: Shrinkwrap | null;
  readonly notes: readonly Finding[];
  readonly always: readonly EvidenceKind[];
}

/** Our own digests of the bytes; where none were asked for, the locked ones stand in, and say so by what is missing. */
function look(artifact: Artifact, bytes: Extract<Bytes, { ok: true }> | null): Seen {
  if (bytes === null) {
    const always = artifact.source.type === "git" ? [] : (["integrity"] as const);
    return {
      subject: strongest(artifact.locked),
      own: artifact.locked,
      inspection: null,
      shrinkwrap: null,
      notes: [],
      always,
    };
  }
  const { inspection } = bytes;
  const { sha512, sha384, sha256 } = inspection.packed;
  const notes = inspection.ok ? inspection.listing.notes : [];
  const text = inspection.ok && artifact.npm?.hasShrinkwrap ? inspection.listing.shrinkwrap : null;
  return {
    // Where it is the locked one, the same text is held once.
    subject: { algorithm: "sha512", hex: artifact.locked.sha512 === sha512 ? artifact.locked.sha512 : sha512 },
    own: { sha512, sha384, sha256 },
    inspection,
    shrinkwrap: text === null ? null : readShrinkwrap(text),
    notes,
    always: ALWAYS,
  };
}

function about(artifact: Artifact, origin: RegistryOrigin | PinnedOrigin) {
  if (origin.type === "pinned") return { artifact, home: null, asked: null, address: origin.pin.from };
  return { artifact, home: origin.home, asked: origin.evidence, address: origin.tarball };
}

/** A pinned source has no registry, so no registry's floor: its pin and the rules are what it answers to. */
function requirementsOf(river: River, artifact: Artifact, origin: RegistryOrigin | PinnedOrigin): Requirements {
  if (origin.type === "registry") return requirementsFor(river.trust, artifact, origin.from, river.now);
  const asked = withoutFloor(requirementsFor(river.trust, artifact, homeFor(river, artifact), river.now));
  return { ...asked, applied: [...asked.applied, origin.pin.id] };
}

/** What rules and denials ask of a package that comes from no registry. */
function asksOf(river: River) {
  return (name: string, version: string): Requirements => {
    const named = { ecosystem: "npm", name, version } as const;
    return withoutFloor(requirementsFor(river.trust, named, homeOf(river.trust, "npm", name), river.now));
  };
}

/** What rules ask for, without what registries do. */
export function withoutFloor(asked: Requirements): Requirements {
  const isRule = (id: string): boolean => !id.startsWith("registries.");
  const kinds = [...asked.kinds].flatMap(([kind, by]): [EvidenceKind, string[]][] => {
    const rules = by.filter(isRule);
    return rules.length === 0 ? [] : [[kind, rules]];
  });
  return { ...asked, kinds: new Map(kinds), applied: asked.applied.filter(isRule) };
}

function homeFor(river: River, artifact: Artifact): Registry {
  return homeOf(river.trust, artifact.ecosystem, artifact.name);
}

/** What was refused, or could not be had, before there was anything to weigh. */
function refused(
  river: River,
  artifact: Artifact,
  findings: readonly Finding[],
  requirements = requirementsFor(river.trust, artifact, homeFor(river, artifact), river.now),
): Weighed {
  const given = { digest: null, evidence: [], findings, always: ALWAYS };
  const nothing = { listing: null, shrinkwrap: null, packedSize: 0, sight: null, vouched: new Set<string>() };
  return { given, requirements, sourceIsSettled: false, ...nothing };
}
