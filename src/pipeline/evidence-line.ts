/**
 * A file of evidence: what registries say of packages, one line of JSON for each statement, sorted. A line has exactly
 * one spelling, and holds only what is needed to verify. None of it is proven: whoever carries the file may have
 * written it.
 */
import {
  attestationsAddress,
  manifestAddress,
  type NpmClaims,
  type NpmPublication,
  packumentAddress,
  parseClaims,
  parsePublication,
} from "../ecosystem/npm.js";
import { StopError } from "../model/finding.js";
import { type JsonObject, object } from "../model/json.js";
import { isNpmName, isNpmVersion } from "../model/names.js";
import { INSTALL_SCRIPTS } from "../verify/npm-facts.js";
import { publicationBytes } from "./claims.js";

/** Bounds of such a file. */
export const EVIDENCE_LIMITS = { fileBytes: 256 * 1024 * 1024, lines: 500_000, lineLength: 1024 * 1024 } as const;

interface About {
  readonly name: string;
  readonly version: string;
  /** With a slash at its end: the registry that was asked. */
  readonly registry: string;
}

/** One statement of a registry. */
export type EvidenceLine =
  | (About & { readonly kind: "claims"; readonly claims: NpmClaims })
  | (About & { readonly kind: "publication"; readonly publication: NpmPublication })
  /** The answer of the registry, parsed: an object. */
  | (About & { readonly kind: "attestations"; readonly attestations: JsonObject });

/** What of a manifest verification looks at, and drift; the rest is left out. */
const FIELDS = [
  ...["name", "version", "dependencies", "optionalDependencies", "peerDependencies", "peerDependenciesMeta"],
  ...["acceptDependencies", "bundleDependencies", "bundledDependencies", "bin", "engines", "os", "cpu", "libc"],
  ...["gypfile", "hasInstallScript"],
] as const;

/** One line, without its end, sorted by package; null where it would be longer than is ever read. */
export function evidenceLine(line: EvidenceLine): string | null {
  const begin = { package: `npm:${line.name}@${line.version}`, address: addressOf(line) };
  try {
    const text = JSON.stringify({ ...begin, ...contentOf(line) });
    return text.length <= EVIDENCE_LIMITS.lineLength ? text : null;
  } catch (error) {
    if (error instanceof RangeError) return null; // Nested so deep that it can be read, and not written.
    throw error;
  }
}

function contentOf(line: EvidenceLine): JsonObject {
  if (line.kind === "claims") return { claims: slim(line.claims.manifest) };
  if (line.kind === "attestations") return { attestations: line.attestations };
  return { publication: JSON.parse(publicationBytes(line, line.publication).toString("utf8")) as JsonObject };
}

/** Where the registry was asked: the key under which its answer is kept begins with it. */
export function addressOf({ kind, registry, name, version }: EvidenceLine): string {
  if (kind === "attestations") return attestationsAddress(registry, name, version);
  return kind === "claims" ? manifestAddress(registry, name, version) : packumentAddress(registry, name);
}

/** What `line` is kept as: in the form of the registry's own answer, for the same readers. */
export function answerOf(line: EvidenceLine): Buffer {
  if (line.kind === "publication") return publicationBytes(line, line.publication);
  if (line.kind === "attestations") return Buffer.from(JSON.stringify(line.attestations));
  return Buffer.from(JSON.stringify(slim(line.claims.manifest)));
}

/**
 * Reads the lines of a file, each statement once, and no two of one thing. Throws StopError EVIDENCE_MALFORMED, naming
 * the line.
 */
export function readEvidence(bytes: Uint8Array, file: string): readonly EvidenceLine[] {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new StopError("EVIDENCE_MALFORMED", `${file} is not UTF-8 text`, { at: file });
  }
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  if (lines.length > EVIDENCE_LIMITS.lines) {
    throw new StopError("EVIDENCE_MALFORMED", `${file} has more than ${EVIDENCE_LIMITS.lines} lines`, { at: file });
  }
  const seen = new Set<string>();
  return lines.map((spelled, index) => {
    const wrong = (why: string): StopError =>
      new StopError("EVIDENCE_MALFORMED", `line ${index + 1} ${why}`, { at: `${file}:${index + 1}:1` });
    if (spelled.length > EVIDENCE_LIMITS.lineLength) throw wrong("is longer than any that is written");
    const line = readLine(spelled);
    if (line === null || evidenceLine(line) !== spelled) throw wrong("is not as this program writes it");
    const subject = `${line.kind} ${addressOf(line)} ${line.version}`;
    if (seen.has(subject)) throw wrong("says something of what an earlier line has spoken for");
    seen.add(subject);
    return line;
  });
}

/** Null for whatever is not a statement about the package and the address that the line names. */
function readLine(spelled: string): EvidenceLine | null {
  const parsed = object(parse(spelled));
  const [, name = "", version = ""] = /^npm:(@?[^@]+)@(.+)$/s.exec(text(parsed?.package)) ?? [];
  const address = text(parsed?.address);
  if (parsed === null || !isNpmName(name) || !isNpmVersion(version)) return null;
  const about = (suffix: string): About => ({ name, version, registry: address.slice(0, -suffix.length) });
  if (Object.hasOwn(parsed, "claims")) {
    const claims = parseClaims(Buffer.from(JSON.stringify(parsed.claims)), name, version);
    return claims.ok ? { ...about(manifestAddress("", name, version)), kind: "claims", claims: claims.value } : null;
  }
  const attestations = object(parsed.attestations);
  if (attestations !== null)
    return { ...about(attestationsAddress("", name, version)), kind: "attestations", attestations };
  const bytes = Buffer.from(JSON.stringify(parsed.publication ?? null));
  const publication = parsePublication(bytes, name, version);
  if (!publication.ok) return null;
  return { ...about(packumentAddress("", name)), kind: "publication", publication: publication.value };
}

/** As far as it can be written again: what is nested too deep for that is no line of ours. */
function parse(spelled: string): unknown {
  try {
    const parsed: unknown = JSON.parse(spelled);
    JSON.stringify(parsed);
    return parsed;
  } catch {
    return null;
  }
}

function slim(manifest: JsonObject): JsonObject {
  const kept: Record<string, unknown> = {};
  for (const field of FIELDS) if (Object.hasOwn(manifest, field)) kept[field] = manifest[field];
  const scripts = picked(manifest.scripts, INSTALL_SCRIPTS);
  const directories = picked(manifest.directories, ["bin"]);
  const dist = picked(manifest.dist, ["integrity", "tarball", "signatures", "attestations"]);
  const user = picked(manifest._npmUser, ["name", "trustedPublisher"]);
  const publisher = picked(user?.trustedPublisher, ["id"]);
  const operational = picked(manifest._npmOperationalInternal, ["tmp"]);
  return {
    ...kept,
    ...(scripts === null ? {} : { scripts }),
    ...(directories === null ? {} : { directories }),
    ...(dist === null ? {} : { dist }),
    ...(user === null ? {} : { _npmUser: publisher === null ? user : { ...user, trustedPublisher: publisher } }),
    ...(operational === null ? {} : { _npmOperationalInternal: operational }),
  };
}

function picked(value: unknown, keys: readonly string[]): Record<string, unknown> | null {
  const from = object(value);
  if (from === null) return null;
  const found = keys.filter((key) => Object.hasOwn(from, key)).map((key) => [key, from[key]] as const);
  return found.length === 0 ? null : Object.fromEntries(found);
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
