/**
 * observed.lock: what was seen, one line of JSON for each observation, sorted, and only ever added to, so that two
 * branches merge without a conflict. A line has exactly one spelling: whoever writes another did not use this program.
 */
import type { BuildSource } from "../model/build.js";
import { isoTime } from "../model/day.js";
import type { Digest } from "../model/digest.js";
import { parseIntegrity, toIntegrity } from "../model/digest.js";
import type { EvidenceKind, Signer } from "../model/evidence.js";
import { isNpmName, isNpmVersion } from "../model/names.js";
import { LASTING_KINDS, type Observation, type Observations } from "../model/observation.js";
import { normalizePypi } from "../model/selector.js";
import { malformed } from "./json.js";

const LONGEST_LINE = 16_384;
const MOST_LINES = 500_000;

type Line = Readonly<Record<string, unknown>>;

/** Under which name the observations of a package stand in the index. */
export function observedName({ ecosystem, name }: Pick<Observation, "ecosystem" | "name">): string {
  return `${ecosystem}:${ecosystem === "pypi" ? normalizePypi(name) : name}`;
}

/** Reads observed.lock, in any order, each line once. Throws StopError TRUST_MALFORMED, naming the line. */
export function readObservations(bytes: Uint8Array, file = "observed.lock"): Observations {
  const index = new Map<string, Observation[]>();
  for (const [at, line] of linesOf(bytes, file).entries()) {
    const observation = readLine(line, `${file}:${at + 1}:1`);
    const name = observedName(observation);
    const known = index.get(name);
    if (known === undefined) index.set(name, [observation]);
    else known.push(observation);
  }
  return index;
}

/** The file with these observations added, sorted, each line once. The same bytes where there is nothing new. */
export function withObservations(bytes: Uint8Array | null, added: readonly Observation[]): string {
  const lines = bytes === null ? [] : linesOf(bytes, "observed.lock").filter((line) => line !== "");
  const known = new Set(lines);
  const fresh = [...new Set(added.map(observationLine))].filter((line) => !known.has(line));
  if (fresh.length === 0 && bytes !== null) return Buffer.from(bytes).toString("utf8");
  return [...new Set([...lines, ...fresh])]
    .sort(byCodeUnits)
    .map((line) => `${line}\n`)
    .join("");
}

/** One observation as it stands in the file, without the line's end. */
export function observationLine(item: Observation): string {
  return JSON.stringify({
    package: `${observedName(item)}@${item.version}`,
    digest: toIntegrity(item.digest),
    registry: item.registry,
    evidence: LASTING_KINDS.filter((kind) => item.evidence.includes(kind)),
    signers: [...new Set(item.signers.map(signerText))].sort(byCodeUnits),
    publisher: item.publisher === null ? null : { name: item.publisher.name, trusted: item.publisher.trusted },
    source: item.source === null ? null : sourceMembers(item.source),
    published: isoTime(item.published),
    seen: isoTime(item.seen),
    reviewed: item.reviewed,
  });
}

/** A signer in one word or two: `registry-key npmjs SHA256:…`, `openpgp 0123…`, `sigstore <san> <issuer>`. */
export function signerText(signer: Signer): string {
  if (signer.type === "registry-key") return `registry-key ${signer.registry} ${signer.keyid}`;
  if (signer.type === "openpgp") {
    const key = signer.signingKey === signer.fingerprint ? "" : ` ${signer.signingKey}`;
    return `openpgp ${signer.fingerprint}${key}`;
  }
  return `sigstore ${signer.san} ${signer.issuer}`;
}

function linesOf(bytes: Uint8Array, file: string): string[] {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw malformed(file, `${file} is not UTF-8 text.`, "Take it from version control again.");
  }
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  if (lines.length > MOST_LINES) throw malformed(file, `${file} holds more than ${MOST_LINES} lines.`);
  return lines;
}

function readLine(line: string, at: string): Observation {
  const wrong = (why: string): Error =>
    malformed(
      at,
      `This line of observed.lock ${why}.`,
      /^[<=>|]{7}/.test(line)
        ? "Keep the lines of both sides, and remove the marks of the conflict: the order does not matter."
        : "Lines are written by secure-install alone. Take the file from version control again.",
    );
  if (line.length > LONGEST_LINE) throw wrong(`is longer than ${LONGEST_LINE} characters`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    throw wrong(/^[<=>|]{7}/.test(line) ? "marks a conflict of a merge" : "is not JSON");
  }
  const observation = typeof parsed === "object" && parsed !== null ? observationOf(parsed as Line) : null;
  // One spelling: a key twice, an unknown one, other white space or another order do not come through.
  if (observation === null || observationLine(observation) !== line) throw wrong("is not as this program writes it");
  return observation;
}

function observationOf(line: Line): Observation | null {
  const [, ecosystem, name = "", version = ""] = /^(npm|pypi):(@?[^@]+)@(.+)$/s.exec(text(line.package) ?? "") ?? [];
  const digest = digestOf(line.digest);
  const registry = text(line.registry);
  const evidence = list(line.evidence, (item) => LASTING_KINDS.find((kind) => kind === item) ?? null);
  const signers = list(line.signers, signerOf);
  const publisher = optional(line.publisher, publisherOf);
  const source = optional(line.source, sourceOf);
  const published = optional(line.published, timeOf);
  const seen = timeOf(line.seen);
  if (ecosystem === "npm" ? !isNpmName(name) || !isNpmVersion(version) : ecosystem !== "pypi") return null;
  if (digest === null || registry === null || evidence === null || signers === null || seen === null) return null;
  if (publisher === undefined || source === undefined || published === undefined) return null;
  if (typeof line.reviewed !== "boolean") return null;
  const kinds: readonly EvidenceKind[] = evidence;
  return {
    ecosystem: ecosystem === "npm" ? "npm" : "pypi",
    name,
    version,
    digest,
    registry,
    evidence: kinds,
    signers,
    publisher,
    source,
    published,
    seen,
    reviewed: line.reviewed,
  };
}

function digestOf(value: unknown): Digest | null {
  const { digests } = parseIntegrity(text(value) ?? "");
  return digests.sha512 === undefined ? null : { algorithm: "sha512", hex: digests.sha512 };
}

function signerOf(value: unknown): Signer | null {
  const [type, first = "", second = "", more] = (text(value) ?? "").split(" ");
  if (more !== undefined || first === "") return null;
  if (type === "registry-key" && second !== "") return { type, registry: first, keyid: second };
  if (type === "openpgp") return { type, fingerprint: first, signingKey: second === "" ? first : second };
  return type === "sigstore" && second !== "" ? { type, san: first, issuer: second } : null;
}

function publisherOf(value: unknown): Observation["publisher"] {
  const { name, trusted } = (value ?? {}) as Line;
  return typeof name === "string" && typeof trusted === "boolean" ? { name, trusted } : null;
}

/** In the order in which they are written. Those that a certificate may leave out come last. */
const SOURCE_KEYS = [
  "issuer",
  "repository",
  "repositoryId",
  "ownerId",
  "workflow",
  "ref",
  "commit",
  "run",
  "runner",
] as const satisfies readonly (keyof BuildSource)[];

function sourceMembers(source: BuildSource): Record<string, string | null> {
  return Object.fromEntries(SOURCE_KEYS.map((key) => [key, source[key]]));
}

function sourceOf(value: unknown): BuildSource | null {
  const { issuer, repository, ...rest } = (value ?? {}) as Line;
  if (typeof issuer !== "string" || typeof repository !== "string") return null;
  return {
    issuer,
    repository,
    repositoryId: text(rest.repositoryId),
    ownerId: text(rest.ownerId),
    workflow: text(rest.workflow),
    ref: text(rest.ref),
    commit: text(rest.commit),
    run: text(rest.run),
    runner: text(rest.runner),
  };
}

/** Null stays null; undefined where there is something, and it can't be read. */
function optional<T>(value: unknown, read: (value: unknown) => T | null): T | null | undefined {
  return value === null ? null : (read(value) ?? undefined);
}

function list<T>(value: unknown, read: (item: unknown) => T | null): T[] | null {
  if (!Array.isArray(value)) return null;
  const items = value.map(read);
  return items.every((item) => item !== null) ? items : null;
}

function timeOf(value: unknown): number | null {
  const at = Date.parse(text(value) ?? "");
  return Number.isNaN(at) ? null : at;
}

function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
