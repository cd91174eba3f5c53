/** One entry of a lockfile becomes one artifact; whatever is wrong with the entry becomes a finding on it. */
import type { Artifact, OnlyFor, Source } from "../model/artifact.js";
import { type Integrity, parseIntegrity } from "../model/digest.js";
import { type Finding, finding } from "../model/finding.js";
import { tarballName } from "../model/names.js";
import type { Asked } from "./npm-asked.js";
import type { LockedEntry } from "./npm-entries.js";
import { type LinkContext, linkFinding } from "./npm-links.js";
import { addressFindings, nameFindings, placeFindings, placeName, purlOf } from "./npm-names.js";
import { above } from "./npm-place.js";
import { type Address, readAddress, sourceOfSpec } from "./npm-source.js";
import type { Tree } from "./npm-tree.js";

/** Makes the artifact of the entry at `index` of the tree. `extra` is what is already known against it. */
export function toArtifact(
  index: number,
  entry: LockedEntry,
  context: LinkContext,
  extra: readonly Finding[],
): Artifact {
  const asked = context.tree.asked(index);
  const name = entry.name ?? placeName(entry);
  const version = entry.version ?? "";
  const address = entry.link || entry.resolved === null ? null : readAddress(entry.resolved);
  const source = sourceOf(entry, address, context.tree, asked);
  const integrity = entry.integrity === null ? null : parseIntegrity(entry.integrity);
  const chain = context.tree.chain(index);
  const findings = [
    ...extra,
    ...placeFindings(entry, context),
    ...linkFindings(entry, index, context),
    ...sourceFindings(entry, source, address, asked),
    ...nameFindings(entry, name, version, source, asked),
    ...addressFindings(entry, name, version, address),
    ...bundledFindings(entry, source),
    ...wishFindings(entry, asked),
    ...integrityFindings(entry, source, integrity),
    ...(chain === null && context.tree.rootKnown && entry.place.ok ? [unreached(entry)] : []),
  ];
  return {
    purl: purlOf(name, version),
    ecosystem: "npm",
    name,
    version,
    filename: filenameOf(source, name, version),
    source,
    locked: integrity?.digests ?? {},
    paths: chain === null ? [] : [chain],
    location: entry.location,
    npm: { ...entry.npm, only: isOfProject(entry, context) ? context.tree.only(index) : NEVER_LEFT_OUT },
    findings,
  };
}

const NEVER_LEFT_OUT: OnlyFor = { dev: false, optional: false, peer: false, devOptional: false };

/**
 * npm leaves nothing out of the node_modules of a `file:` dependency, nor of a workspace that has no package.json or no
 * name in it (arborist's Node.shouldOmit and isWorkspace).
 */
function isOfProject({ place }: LockedEntry, { isWorkspace, manifests, known }: LinkContext): boolean {
  if (!place.ok) return false;
  const { folder } = place.place;
  return folder === "" || (isWorkspace(folder) && (!known || manifests.get(folder)?.name != null));
}

/** Where the bytes would come from. Anything but a registry wins, wherever it is said. */
function sourceOf(entry: LockedEntry, address: Address | null, tree: Tree, asked: Asked | null): Source {
  if (entry.link) return { type: "link", target: entry.resolved ?? "" };
  if (entry.place.ok && entry.place.place.type === "folder" && entry.resolved === null) {
    return { type: "workspace", path: entry.location };
  }
  const within = bundler(entry, tree);
  if (within !== null) return { type: "bundled", within };
  const said: Source = address === null ? { type: "registry", url: null } : address.source;
  if (said.type !== "registry") return said;
  if (entry.addressed && said.url !== null) return { type: "url", url: said.url };
  return asked?.foreign == null ? said : sourceOfSpec(asked.foreign.spec);
}

/**
 * The package whose tarball would hold an `inBundle` entry: the nearest one above it that is not itself bundled.
 * With none above, the bundler is the project, whose bundled dependencies npm fetches like all others. That the
 * tarball really holds the entry is for those to say who have read the tarball; the flag alone proves nothing.
 */
function bundler(entry: LockedEntry, tree: Tree): string | null {
  if (!entry.inBundle || !entry.place.ok || entry.place.place.type !== "package") return null;
  for (let at: string | null = entry.place.place.inside; at !== null && at !== ""; at = above(at)) {
    const holder = tree.entries[tree.byLocation.get(at) ?? -1];
    if (holder === undefined || !holder.place.ok || holder.place.place.type !== "package") return null;
    if (!holder.inBundle) return holder.link ? null : at;
  }
  return null;
}

function linkFindings(entry: LockedEntry, index: number, context: LinkContext): Finding[] {
  const found = entry.link ? linkFinding(entry, index, context) : null;
  return found === null ? [] : [found];
}

function sourceFindings(entry: LockedEntry, source: Source, address: Address | null, asked: Asked | null): Finding[] {
  const findings: Finding[] = [];
  if (source.type === "git" || source.type === "url" || source.type === "file") {
    const text = source.type === "file" ? `file:${source.path}` : withoutSecrets(source.url);
    const by = address === null || address.source.type === "registry" ? asked?.foreign?.by : null;
    findings.push(
      finding("LOCKFILE_SOURCE_UNSUPPORTED", {
        says: `${entry.location} comes from ${KINDS[source.type]}: ${text}${by == null ? "" : ` (asked for by ${by})`}`,
        expected: "a package of a registry",
        got: text,
      }),
    );
  }
  const fetched = source.type === "registry" || source.type === "url" ? withoutSecrets(source.url ?? "") : null;
  if (fetched !== null && /^http:/i.test(fetched)) {
    findings.push(
      finding("FETCH_INSECURE_URL", {
        says: `${entry.location} would be fetched without TLS, from ${fetched}`,
        expected: "https://",
        got: fetched,
      }),
    );
  }
  return findings;
}

/** Whoever asks for an address gets that one from npm, whatever is locked (arborist's dep-valid.js). */
function wishFindings(entry: LockedEntry, asked: Asked | null): Finding[] {
  const foreign = asked?.foreign ?? null;
  if (foreign?.spec.kind !== "url" || foreign.spec.text === entry.resolved) return [];
  const got = entry.resolved === null ? "no address" : withoutSecrets(entry.resolved);
  const says = `${foreign.by} asks for ${entry.location} by its address, and another is locked`;
  return [finding("LOCKFILE_NAME_MISMATCH", { says, expected: withoutSecrets(foreign.spec.text), got })];
}

/** npm writes no address for what it finds in another's tarball; an older one that is shown one may fetch it. */
function bundledFindings(entry: LockedEntry, source: Source): Finding[] {
  if (source.type !== "bundled" || entry.resolved === null) return [];
  const got = withoutSecrets(entry.resolved);
  const says = `${entry.location} is called bundled, and has an address of its own`;
  return [finding("LOCKFILE_AMBIGUOUS", { says, expected: "no address", got })];
}

/** Reports are shown to many: not with a password in an address, nor with a token in the place of a user's name. */
function withoutSecrets(address: string): string {
  return address.replace(/^((?:git\+)?https?:\/\/)[^/?#]*@/i, "$1…@").replace(/(\/\/[^/?#@:]*):[^/?#@]*@/, "$1:…@");
}

const KINDS = { git: "a git repository", url: "an address, not from a registry", file: "a file or folder" } as const;

/** What is bundled has no digest of its own; a link, a folder and a repository have none either. */
function integrityFindings(entry: LockedEntry, source: Source, integrity: Integrity | null): Finding[] {
  const got = entry.integrity ?? undefined;
  const refuse = (code: "ABSENT" | "WEAK" | "AMBIGUOUS", says: string): Finding[] => [
    finding(`LOCKFILE_INTEGRITY_${code}`, { says: `${entry.location} ${says}`, expected: "one sha512 digest", got }),
  ];
  if (integrity?.problem === "malformed") return refuse("AMBIGUOUS", "has an integrity that is not well formed");
  if (integrity?.problem === "two-of-one-algorithm") return refuse("AMBIGUOUS", "has two digests of one algorithm");
  if (source.type !== "registry" && source.type !== "url" && source.type !== "file") return [];
  if (integrity === null) return refuse("ABSENT", "has no integrity");
  if (Object.keys(integrity.digests).length > 0) return [];
  return refuse("WEAK", `has nothing stronger than ${integrity.weak.join(" and ")}`);
}

function unreached(entry: LockedEntry): Finding {
  return finding("LOCKFILE_EXTRANEOUS", { says: `nothing in the project asks for ${entry.location}` });
}

function filenameOf(source: Source, name: string, version: string): string {
  switch (source.type) {
    case "link":
    case "workspace":
    case "git":
      return "";
    case "url":
      return URL.canParse(source.url) ? (new URL(source.url).pathname.split("/").at(-1) ?? "") : "";
    case "file":
      return source.path.slice(source.path.lastIndexOf("/") + 1);
    default:
      return tarballName(name, version);
  }
}
