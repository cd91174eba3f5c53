/**
 * Whether a build is the one that trust.json names: every field that it names, compared exactly. Nothing here is a
 * pattern but a ref's whole last segment.
 */
import type { BuildSource } from "../model/build.js";
import type { Outcome, Signer } from "../model/evidence.js";
import type { Identity, Publisher } from "../model/policy.js";

export type BuiltBy = Extract<Identity, { readonly type: "built-by" }>;
type SigstoreSigner = Extract<Signer, { readonly type: "sigstore" }>;

/** One field in which a build is not the one that was named. */
export interface Difference {
  readonly field: string;
  readonly expected: string;
  readonly got: string;
}

const UNNAMED = "not named";

const FIELDS = [
  ["issuer", "issuer"],
  ["repository", "repository"],
  ["repositoryId", "repository id"],
  ["ownerId", "owner id"],
  ["workflow", "workflow"],
  ["ref", "ref"],
  ["runner", "runner"],
] as const;

/** Where the signer differs from the identity; nothing where it is exactly that. */
export function differences(identity: BuiltBy, { source }: SigstoreSigner): readonly Difference[] {
  return FIELDS.flatMap(([field, name]) => {
    const expected = identity[field];
    const got = source?.[field] ?? null;
    const holds = field === "ref" ? matchesRef(identity.ref, got) : expected === null || expected === got;
    return holds ? [] : [{ field: name, expected: expected ?? "", got: got ?? UNNAMED }];
  });
}

/** `refs/tags/*` stands for everything below `refs/tags/`; without the `*`, a ref is exactly that one. */
function matchesRef(wanted: string | null, got: string | null): boolean {
  if (wanted === null) return true;
  if (got === null) return false;
  return wanted.endsWith("/*") ? got.length >= wanted.length && got.startsWith(wanted.slice(0, -1)) : got === wanted;
}

/**
 * A sound provenance, held against the builds that rules name for the package: what others say of the same bytes is left
 * out, and where it is none of those that are named, it is a stranger's. Where nobody is named, whoever's build it is is
 * for the rules to say, and for drift.
 */
export function builtByWhom(outcome: Outcome, candidates: readonly Publisher[]): Outcome {
  if (outcome.outcome !== "verified") return outcome;
  const named = candidates.flatMap(({ identities }) => identities.filter((one) => one.type === "built-by"));
  const signers = outcome.signers.filter((one) => one.type === "sigstore");
  const ours = signers.filter((signer) => named.some((identity) => differences(identity, signer).length === 0));
  if (ours.length > 0) return { ...outcome, signers: ours };
  const nearest = signers
    .flatMap((signer) => named.map((identity) => ({ signer, differs: differences(identity, signer) })))
    .sort((a, b) => a.differs.length - b.differs.length)[0];
  if (nearest === undefined) return outcome;
  return { outcome: "unknown-signer", signers, detail: told(nearest.signer, nearest.differs) };
}

/**
 * The one build that all of these are of, whatever they built it from; null where there is none, or several: anybody's
 * build can attest bytes that are public, and a registry shows attestations in the order that it likes.
 */
export function oneSource(signers: readonly Signer[]): BuildSource | null {
  const sources = signers.flatMap((signer) =>
    signer.type === "sigstore" && signer.source !== undefined ? [signer.source] : [],
  );
  const places = sources.map(({ issuer, repository, repositoryId, ownerId, workflow }) =>
    JSON.stringify([issuer, repository, repositoryId, ownerId, workflow]),
  );
  return new Set(places).size === 1 ? (sources[0] ?? null) : null;
}

function told({ source }: SigstoreSigner, differs: readonly Difference[]): string {
  const list = differs
    .map(({ field, expected, got }) => `${field} ${got}, where trust.json names ${expected}`)
    .join("; ");
  return `it was built in ${source?.repository}, and not as trust.json says: ${list}${story(differs)}`;
}

/** Ids come never again: which of name and ids has changed tells a rename from a repository that took over a name. */
function story(differs: readonly Difference[]): string {
  const changed = new Set(differs.flatMap(({ field, got }) => (got === UNNAMED ? [] : [field])));
  const isOther = changed.has("repository id") || changed.has("owner id");
  if (isOther && !changed.has("repository")) return ". Another repository has that name now, or it changed hands";
  if (changed.has("repository") && !isOther && changed.size === 1)
    return ". The repository was renamed, if both ids are pinned";
  return "";
}
