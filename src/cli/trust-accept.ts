/**
 * `secure-install trust accept <package@version>`: a person has looked into what changed, or into what was merely seen
 * first, and takes it. What was seen is appended to observed.lock as reviewed; from then on it is what later versions are
 * measured against.
 */

import { EXIT } from "../model/codes.js";
import { day } from "../model/day.js";
import { type Finding, finding, refuses } from "../model/finding.js";
import { LASTING_KINDS, type Observation } from "../model/observation.js";
import type { World } from "../model/world.js";
import { changeStore } from "../pipeline/store-change.js";
import { observationLine, observedName, readObservations, signerText, withObservations } from "../trust/observed.js";
import type { StoreFiles } from "../trust/store.js";
import { type EntryFlags, entryOf, type JudgedEntry, judgeEntry } from "./trust-entry.js";
import { placeOf, reasonOf, refuseWriting, say, type WritingFlags } from "./trust-writing.js";

const COMMAND = "trust accept";
const FILE = "observed.lock";
/** Lines of history before the new one. */
const MOST_SHOWN = 8;

export interface AcceptFlags extends WritingFlags, EntryFlags {}

/** Throws StopError: USAGE, what openSession and changeStore throw. */
export async function trustAccept(world: World, said: string, flags: AcceptFlags): Promise<number> {
  const reason = reasonOf(flags);
  const entry = await entryOf(world, said, flags);
  const judged = await judgeEntry(world, entry, flags);
  const { sight } = judged.weighed;
  const objections = objectionsTo(judged);
  if (objections.length > 0 || sight === null) {
    const says = `${entry.select} can't be accepted: only what was seen whole, and holds, can be measured against.`;
    const status = objections.some(({ severity }) => severity !== "undecided") ? EXIT.refuse : EXIT.undecided;
    return refuseWriting(world, flags, COMMAND, says, objections, status);
  }
  const drifted = judged.verdict.findings.filter(({ code }) => code.startsWith("DRIFT_"));
  const left = judged.verdict.findings.filter((item) => refuses(item) && !item.code.startsWith("DRIFT_"));
  const still = left.map(({ code, says }) => `It is still refused: ${code}, ${says}`);
  const now = world.clock.now();
  const taken: Observation = { ...sight, seen: now, reviewed: true };
  const result = await changeStore(world, placeOf(world, flags), (files) => withAccepted(files, taken));
  const before = result.before.observations.get(observedName(taken)) ?? [];
  const isNew = result.changed.length > 0;
  const lines = isNew
    ? [`${entry.select} is accepted: ${reason}`, ...history(before, taken), ...still]
    : [`${entry.select} was reviewed so already.`, ...still];
  // observed.lock has no room for a reason, so that it merges; the commit that brings the line has.
  const message = `trust: accept ${entry.select}: ${reason}`;
  const more = { accepted: isNew ? taken : null, drifted: drifted.map(({ code }) => code), message };
  say(world, flags, result, { command: COMMAND, lines, next: ["With this message:", `  ${message}`], more });
  return 0;
}

/** What a person can't take upon themselves: what is invalid, or denied, or was not seen whole. */
function objectionsTo({ verdict, weighed }: JudgedEntry): readonly Finding[] {
  const isUnseen = weighed.sight === null;
  const findings = verdict.findings.filter(({ severity, code }) => {
    // A version that means two things means nothing: no person can settle that.
    if (code === "DRIFT_DIGEST") return true;
    if (code.startsWith("DRIFT_") || severity === "note" || severity === "warn") return false;
    return isUnseen || severity === "tamper" || code === "POLICY_DENIED";
  });
  const asides = verdict.evidence.flatMap((item): Finding[] => {
    const lasts = LASTING_KINDS.some((kind) => kind === item.kind);
    // What could not be asked for would be written down as if it had not been there.
    const isOpen = item.outcome === "unavailable" && lasts;
    return item.outcome === "invalid" || isOpen ? [finding(item.code, { says: item.detail })] : [];
  });
  return withoutRepeats([...findings, ...asides]);
}

function withoutRepeats(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter(
    (item, at) => findings.findIndex(({ code, says }) => code === item.code && says === item.says) === at,
  );
}

function withAccepted(files: StoreFiles, taken: Observation): StoreFiles {
  const bytes = files.get(FILE) ?? null;
  const known = bytes === null ? [] : (readObservations(bytes).get(observedName(taken)) ?? []);
  const same = known.filter((item) => sameSight(item, taken));
  if (same.some(({ reviewed }) => reviewed)) return files;
  return new Map([...files, [FILE, Buffer.from(withObservations(bytes, [taken]))]]);
}

function sameSight(one: Observation, other: Observation): boolean {
  const { seen, reviewed } = other;
  return observationLine({ ...one, seen, reviewed }) === observationLine(other);
}

/** What there was, in the order in which it was seen, and what is now. */
function history(before: readonly Observation[], taken: Observation): string[] {
  const sorted = [...before].sort((a, b) => a.seen - b.seen);
  const shown = sorted.slice(-MOST_SHOWN);
  const more = sorted.length - shown.length;
  return [
    ...(more > 0 ? [`  … ${more} older`] : []),
    ...shown.map((item) => `  before  ${observationWords(item)}`),
    `  now     ${observationWords(taken)}`,
  ];
}

/** `2.1.0  sha512:0123456789ab…  seen 2026-11-21  by github (trusted)  registry-signature, provenance  registry-key npmjs SHA256:…` */
function observationWords(item: Observation): string {
  const { publisher } = item;
  return [
    item.version,
    `sha512:${item.digest.hex.slice(0, 12)}…`,
    `seen ${day(item.seen)}${item.reviewed ? ", reviewed" : ""}`,
    publisher === null ? "" : `by ${publisher.name}${publisher.trusted ? " (trusted publishing)" : ""}`,
    item.evidence.join(", ") || "no signature",
    item.signers.map(signerText).join(", "),
  ]
    .filter((part) => part !== "")
    .join("  ");
}
