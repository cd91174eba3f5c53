/**
 * A dependency's own npm-shrinkwrap.json. Where the lockfile says `hasShrinkwrap`, npm 10 and 11 read that file once
 * the package is unpacked, and its entries take the place of the lockfile's below it: with their versions, addresses,
 * digests and commands, those for development included (arborist's reify.js, _loadShrinkwrapsAndUpdateTrees; measured).
 * The lockfile's own word is lost there without notice, so what was judged is installed only where both say the same.
 */
import { above } from "../lockfile/npm-place.js";
import { readAddress } from "../lockfile/npm-source.js";
import type { Artifact } from "../model/artifact.js";
import { agree, parseIntegrity, strongest, toIntegrity } from "../model/digest.js";
import { type Finding, finding } from "../model/finding.js";
import { tarballName } from "../model/names.js";
import type { Places } from "./places.js";
import type { Shrinkwrap, Wrapped } from "./shrinkwrap-entries.js";

/**
 * The first thing in which a package's shrinkwrap and the lockfile's entries below its place differ; none if they agree.
 * @param isDeclared whether an address lies in a registry that is built in or declared
 */
export function shrinkwrapFindings(
  holder: Artifact,
  shrinkwrap: Shrinkwrap | null,
  places: Places,
  isDeclared: (address: string) => boolean,
): Finding[] {
  if (shrinkwrap === null) return [];
  if (!shrinkwrap.ok) return [mismatch(holder, shrinkwrap.why)];
  const { entries } = shrinkwrap;
  for (const entry of entries.values()) {
    const found = held(holder, entry, places.at(`${holder.location}/${entry.location}`), isDeclared);
    if (found !== null) return [found];
  }
  for (const artifact of places.below(holder.location)) {
    const inner = artifact.location.slice(holder.location.length + 1);
    if (!entries.has(inner) && !mayStandBeside(artifact, inner, entries)) {
      return [mismatch(holder, `does not name ${artifact.location}, which the lockfile has`)];
    }
  }
  return [];
}

function held(
  holder: Artifact,
  entry: Wrapped,
  locked: Artifact | undefined,
  isDeclared: (address: string) => boolean,
): Finding | null {
  const { location, name, version } = entry;
  const differs = (says: string, expected?: string, got?: string) => mismatch(holder, says, expected, got);
  if (!entry.isPackage) return withLink(holder, location);
  if (locked === undefined) return unlocked(holder, entry);
  const [asked, told] = [`${locked.name}@${locked.version}`, `${name}@${version}`];
  if (asked !== told) return differs(`has another package at ${location} than the lockfile`, asked, told);
  if (entry.inBundle !== (locked.source.type === "bundled")) {
    return differs(`and the lockfile do not agree whether ${location} lies in the archive of another package`);
  }
  if (locked.source.type === "bundled") return null;
  const address = addressProblem(entry, locked, isDeclared);
  if (address !== null) return differs(`has another address for ${location} than the lockfile`, ...address);
  if (entry.facts !== null && locked.npm?.facts != null) {
    const facts = [factsOf(locked), JSON.stringify([entry.facts, entry.hasShrinkwrap])] as const;
    if (facts[0] !== facts[1]) {
      return differs(`tells of ${location} what the lockfile does not: what it needs, links or runs on`, ...facts);
    }
  }
  return locked.source.type === "git" ? null : digestProblem(holder, entry, locked);
}

function factsOf({ npm }: Artifact): string {
  return JSON.stringify([npm?.facts, npm?.hasShrinkwrap]);
}

/** Workspaces of the package's own project come this way. npm would link them, and they are in no archive. */
function withLink(holder: Artifact, location: string): Finding {
  const says = `${subject(holder)} puts a link, or a folder outside of node_modules, at ${location}`;
  return finding("MANIFEST_MISMATCH", {
    says,
    severity: "refuse",
    expected: "packages in node_modules",
    got: location,
  });
}

/**
 * Lockfiles lose such entries for development where npm changes them without installing (--package-lock-only), and
 * regain them where it installs. Until then `npm ci` fetches packages that nobody has judged.
 */
function unlocked(holder: Artifact, { location, name, version, dev }: Wrapped): Finding {
  const says = `names ${name}@${version} at ${location}, which npm would install, and the lockfile does not`;
  if (!dev) return mismatch(holder, says);
  const help =
    "Run npm install with this lockfile (without --package-lock-only), which brings them into it; review the change, and commit it.";
  return finding("MANIFEST_MISMATCH", { says: `${subject(holder)} ${says}`, severity: "refuse", help });
}

/**
 * What was expected and what came, where the two would be fetched from different sources. Among the declared
 * registries npm's settings choose; npm would ask any other host with whatever credentials it has for that.
 */
function addressProblem(
  { resolved, addressed, name, version }: Wrapped,
  { source }: Artifact,
  isDeclared: (address: string) => boolean,
): [string, string] | null {
  const expected =
    source.type === "registry" || source.type === "url" || source.type === "git" ? source.url : source.type;
  const told = resolved === null ? null : readAddress(resolved);
  const isOfRegistry = (told?.source.type ?? "registry") === "registry" && !addressed;
  if (source.type === "registry" && isOfRegistry) {
    const of = told?.tarball ?? null;
    const known = resolved === null || resolved === source.url || isDeclared(resolved);
    if (!known) return ["the address of a declared registry", resolved];
    if (of === null || (of.name === name && of.file === tarballName(name, version))) return null;
  }
  return resolved !== null && resolved === expected
    ? null
    : [expected ?? "a package of a registry", resolved ?? "none"];
}

/** What npm would hold the bytes against is the shrinkwrap's digest alone: it must be as strong, and the same. */
function digestProblem(holder: Artifact, { location, integrity }: Wrapped, { locked }: Artifact): Finding | null {
  const expected = strongest(locked);
  // The lockfile's entry is refused for that itself.
  if (expected === null) return null;
  const told = integrity === null ? null : parseIntegrity(integrity);
  const shown = toIntegrity(expected);
  if (told === null || (told.problem === null && strongest(told.digests) === null)) {
    const code = told === null ? "LOCKFILE_INTEGRITY_ABSENT" : "LOCKFILE_INTEGRITY_WEAK";
    return finding(code, {
      says: `${subject(holder)} has ${told === null ? "no integrity" : "only a weak one"} for ${location}, and npm follows it there`,
      expected: shown,
      got: integrity ?? undefined,
      help: `Choose a version of ${holder.name} whose npm-shrinkwrap.json was written by a current npm, or that has none.`,
    });
  }
  if (told.problem === null && agree(told.digests, locked)) return null;
  return mismatch(holder, `has another digest for ${location} than the lockfile`, shown, integrity ?? undefined);
}

/**
 * An entry that the shrinkwrap does not know: what lies in another's archive is judged by that, and what somebody asks
 * for in vain within the shrinkwrap npm resolves as anywhere else. Where the shrinkwrap has the name, npm takes that.
 */
function mayStandBeside(artifact: Artifact, inner: string, entries: ReadonlyMap<string, Wrapped>): boolean {
  if (artifact.source.type === "bundled") return true;
  if (artifact.source.type === "link" || artifact.source.type === "workspace" || artifact.paths.length === 0)
    return false;
  const name = inner.slice(inner.lastIndexOf("node_modules/") + "node_modules/".length);
  for (let at = above(parentOf(inner)); at !== null; at = above(at)) {
    if (entries.has(`${at === "" ? "" : `${at}/`}node_modules/${name}`)) return false;
  }
  return true;
}

/** The package in whose node_modules a place lies; "" for the one that holds the shrinkwrap. */
function parentOf(inner: string): string {
  return inner.slice(0, Math.max(0, inner.lastIndexOf("node_modules/") - 1));
}

function mismatch(holder: Artifact, says: string, expected?: string, got?: string): Finding {
  return finding("MANIFEST_MISMATCH", { says: `${subject(holder)} ${says}`, expected, got });
}

function subject({ name, version }: Artifact): string {
  return `the npm-shrinkwrap.json inside ${name}@${version}`;
}
