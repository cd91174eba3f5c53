/** `secure-install trust except <package@version>`: lets exactly these bytes through, for a while, and says why. */
import { EXIT } from "../model/codes.js";
import { EVIDENCE_KINDS, type EvidenceKind } from "../model/evidence.js";
import { refuses, StopError } from "../model/finding.js";
import type { Exception } from "../model/policy.js";
import type { World } from "../model/world.js";
import { changeStore } from "../pipeline/store-change.js";
import { forJson, forTerminal } from "../report/escape.js";
import type { Edit } from "../trust/edit.js";
import { withEdits } from "../trust/edit-file.js";
import { readExceptions } from "../trust/exceptions.js";
import { proposal } from "../trust/nearest.js";
import type { StoreFiles } from "../trust/store.js";
import { endOf, endText } from "./trust-end.js";
import { digestText, type Entry, type EntryFlags, entryOf, type JudgedEntry, judgeEntry } from "./trust-entry.js";
import { placeOf, reasonOf, refuseWriting, say, type WritingFlags } from "./trust-writing.js";

const COMMAND = "trust except";

export interface ExceptFlags extends WritingFlags, EntryFlags {
  /** Kinds, with commas between. */
  readonly waive?: string;
  readonly expires?: string;
}

/**
 * Writes one exception. Without `--waive` it says what would have to be waived. Throws StopError: USAGE, what
 * openSession and changeStore throw.
 */
export async function trustExcept(world: World, said: string, flags: ExceptFlags): Promise<number> {
  const waive = kindsOf(flags.waive);
  const reason = waive === null ? "" : reasonOf(flags);
  const end = endOf(flags.expires, world.clock.now());
  const entry = await entryOf(world, said, flags);
  const judged = await judgeEntry(world, entry, flags);
  const stands = judged.left.filter(refuses);
  if (stands.length > 0) {
    const says = `${entry.select} can't be let through: what is invalid, denied or changed is not to be waived.`;
    return refuseWriting(world, flags, COMMAND, says, stands);
  }
  if (waive === null) return sayNeeded(world, flags, entry, judged);
  refuseUnasked(entry, judged, waive);
  const wanted = { select: entry.select, digest: digestText(entry), waive, expires: endText(end), reason };
  const isEndSaid = flags.expires !== undefined;
  const result = await changeStore(world, placeOf(world, flags), (files) =>
    withException(files, wanted, { isEndSaid, now: world.clock.now() }),
  );
  const lines = result.changed.length > 0 ? written(wanted, judged) : [`${entry.select} has this exception already.`];
  say(world, flags, result, { command: COMMAND, lines, more: { exception: wanted } });
  return 0;
}

/** Without `--waive`, nothing is written: a person names what they let go. */
function sayNeeded(world: World, flags: ExceptFlags, entry: Entry, { needed, left }: JudgedEntry): number {
  if (needed.length > 0) {
    const says = `${entry.select} lacks ${needed.join(", ")}, and nothing is waived without being named`;
    const line = `secure-install trust except ${entry.select} --waive ${needed.join(",")} --reason "…"`;
    throw new StopError("USAGE", says, { at: "--waive", help: `If these very bytes must pass all the same: ${line}` });
  }
  if (left.length > 0) {
    return refuseWriting(world, flags, COMMAND, `${entry.select} could not be judged.`, left, EXIT.undecided);
  }
  const says = `${entry.select} passes as it is: there is nothing to waive.`;
  if (flags.json !== true) world.terminal.out(`${forTerminal(says)}\n`);
  else world.terminal.out(`${forJson({ format: 1, command: COMMAND, changed: [], says: [says] }, 2)}\n`);
  return 0;
}

interface Wanted {
  readonly select: string;
  readonly digest: string;
  readonly waive: readonly EvidenceKind[];
  readonly expires: string;
  readonly reason: string;
}

/** A second exception for the same bytes would be read beside the first: so that one is changed instead. */
function withException(files: StoreFiles, wanted: Wanted, how: { isEndSaid: boolean; now: number }): StoreFiles {
  const bytes = files.get("exceptions.json");
  const known = bytes === undefined ? [] : readExceptions(bytes);
  const at = known.findIndex(({ select, digest }) => isFor(wanted, select.text, digest.hex));
  const older = known[at];
  if (older === undefined) return withEdits(files, "exceptions.json", [append(wanted)]);
  return withEdits(files, "exceptions.json", changes(older, at, wanted, how));
}

function isFor(wanted: Wanted, select: string, hex: string): boolean {
  return select === wanted.select && wanted.digest === `sha512-${Buffer.from(hex, "hex").toString("base64")}`;
}

function append(value: Wanted): Edit {
  return { op: "append", path: ["exceptions"], value };
}

/** An end that nobody asked for moves only where the older one is over. */
function changes(older: Exception, at: number, wanted: Wanted, how: { isEndSaid: boolean; now: number }): Edit[] {
  const set = (key: keyof Wanted): Edit => ({ op: "set", path: ["exceptions", at, key], value: wanted[key] });
  const isSame = older.waive.length === wanted.waive.length && wanted.waive.every((kind) => older.waive.includes(kind));
  const moves = Date.parse(wanted.expires) !== older.expires && (how.isEndSaid || !isSame || older.expires <= how.now);
  return [
    ...(isSame ? [] : [set("waive")]),
    ...(moves ? [set("expires")] : []),
    ...(older.reason === wanted.reason ? [] : [set("reason")]),
  ];
}

function kindsOf(text: string | undefined): readonly EvidenceKind[] | null {
  if (text === undefined) return null;
  const kinds = text.split(",").map((word) => {
    const kind = EVIDENCE_KINDS.find((known) => known === word.trim());
    const help = `Known: ${EVIDENCE_KINDS.filter((known) => known !== "integrity").join(", ")}.`;
    if (kind === undefined) {
      const why = `"${word}" is not a kind of evidence.${proposal(word, EVIDENCE_KINDS)}`;
      throw new StopError("USAGE", why, { at: "--waive", help });
    }
    if (kind !== "integrity") return kind;
    throw new StopError("USAGE", "integrity can't be waived: without a digest nothing says which bytes are meant", {
      at: "--waive",
      help,
    });
  });
  return [...new Set(kinds)];
}

/** What nobody asks of it would be let go for nothing, and then for rules that are yet to come. */
function refuseUnasked(entry: Entry, { asked, needed }: JudgedEntry, waive: readonly EvidenceKind[]): void {
  const idle = waive.filter((kind) => !asked.includes(kind) && !needed.includes(kind));
  if (idle.length === 0) return;
  const help = asked.length === 0 ? "Nothing is asked of it that could be waived." : `Asked for: ${asked.join(", ")}.`;
  throw new StopError("USAGE", `nobody asks ${entry.select} for ${idle.join(", ")}`, { at: "--waive", help });
}

function written(wanted: Wanted, { needed, left }: JudgedEntry): string[] {
  const held = left.length > 0 ? [] : wanted.waive.filter((kind) => !needed.includes(kind));
  const missing = needed.filter((kind) => !wanted.waive.includes(kind));
  return [
    `${wanted.select} passes without ${wanted.waive.join(", ")} until ${wanted.expires}: ${wanted.reason}`,
    ...(held.length === 0 ? [] : [`Here it has ${held.join(", ")}: the exception counts where it has not.`]),
    ...(missing.length === 0 ? [] : [`It is still refused: it lacks ${missing.join(", ")} as well.`]),
    ...left.map(({ code, says }) => `It could not be judged here: ${code}, ${says}`),
  ];
}
