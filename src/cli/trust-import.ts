/** `secure-install trust import FILE`: certificates of a keyring into keys/, and newer copies of those that are there. */
import { StopError } from "../model/finding.js";
import { LIMITS } from "../model/limits.js";
import type { Identity, TrustStore } from "../model/policy.js";
import type { World } from "../model/world.js";
import { namesakes } from "../pipeline/keys-namesakes.js";
import { readKeyFile } from "../pipeline/keys-source.js";
import { type Written, withCertificate } from "../pipeline/keys-write.js";
import { changeStore } from "../pipeline/store-change.js";
import { openTrust } from "../pipeline/trust.js";
import { forJson, forTerminal } from "../report/escape.js";
import { withEdits } from "../trust/edit-file.js";
import { identityEdits, trustIn } from "../trust/enrol.js";
import type { StoreFiles } from "../trust/store.js";
import { objectionTo, readCertificate } from "../verify/openpgp-certificate.js";
import { type RingEntry, readRing } from "../verify/openpgp-keyring.js";
import { grouped } from "./certificate-lines.js";
import type { CommonFlags } from "./flags.js";
import { commitLine, placeOf } from "./trust-writing.js";

export interface ImportFlags extends CommonFlags {
  readonly as?: string;
}

interface Imported {
  readonly fingerprint: string;
  readonly written: Written;
  /** Why it proves nothing from now on, or null. */
  readonly objection: string | null;
  readonly userId: string | null;
}

const MOST_SHOWN = 20;

/** Throws StopError USAGE for a file that holds no certificate, or a secret key. */
export async function trustImport(world: World, file: string, flags: ImportFlags): Promise<number> {
  const { terminal, clock } = world;
  const now = clock.now();
  const ring = readRing(await readKeyFile(world, file, LIMITS.keyringBytes));
  if (!ring.ok) throw new StopError("USAGE", `nothing was imported from ${file}: ${ring.why}`, { at: file });
  const [unread] = ring.value.entries.length === 0 ? ring.value.leftOut : [];
  if (unread !== undefined) throw new StopError("USAGE", `nothing was imported from ${file}: ${unread}`, { at: file });
  const place = placeOf(world, flags);
  const trust = await openTrust(world, place, now);
  const publisher = flags.as ?? null;
  let imported: readonly Imported[] = [];
  const { directory, changed } = await changeStore(world, place, async (files) => {
    const into = await importInto(files, ring.value.entries, publisher, now);
    imported = into.imported;
    return into.files;
  });
  const warnings = publisher === null ? [] : await warningsOf(trust, ring.value.entries, publisher);
  const { leftOut } = ring.value;
  if (flags.json === true) {
    const object = { imported, leftOut, publisher, warnings, store: directory, changed };
    terminal.out(`${forJson({ format: 1, command: "trust import", ...object }, 2)}\n`);
    return 0;
  }
  const shown = imported.filter(({ written }) => written !== "unchanged").slice(0, MOST_SHOWN);
  for (const one of shown) terminal.err(`  ${grouped(one.fingerprint)}  ${told(one)}\n`);
  for (const why of leftOut.slice(0, MOST_SHOWN)) terminal.err(`! left out: ${forTerminal(why)}\n`);
  for (const warning of warnings.slice(0, MOST_SHOWN)) terminal.err(`! ${forTerminal(warning)}\n`);
  terminal.out(`${counted(imported)}${leftOut.length === 0 ? "" : `, ${leftOut.length} left out`}.\n`);
  if (changed.length > 0) terminal.out(`${forTerminal(commitLine(world, { directory, changed }))}\n`);
  return 0;
}

/** Of keys that bear the name of one that was pinned before. */
async function warningsOf(trust: TrustStore, entries: readonly RingEntry[], publisher: string): Promise<string[]> {
  const warnings: string[] = [];
  for (const entry of entries.filter(({ fingerprint }) => !trust.certificates.has(fingerprint))) {
    const facts = await readCertificate(entry.packets);
    if (facts.ok) warnings.push(...(await namesakes({ trust }, { entry, facts }, publisher)));
  }
  return warnings;
}

async function importInto(
  files: StoreFiles,
  entries: readonly RingEntry[],
  publisher: string | null,
  now: number,
): Promise<{ readonly files: StoreFiles; readonly imported: readonly Imported[] }> {
  let changed = files;
  const imported: Imported[] = [];
  for (const entry of entries) {
    const { written, ...after } = withCertificate(changed, entry);
    const read = await readCertificate(after.entry.packets);
    if (!read.ok) throw new StopError("USAGE", `${entry.fingerprint} can't be imported: ${read.why}`);
    changed = after.files;
    const objection = objectionTo(read, now);
    const [userId = null] = read.userIds;
    imported.push({ fingerprint: entry.fingerprint, written, objection: objection?.says ?? null, userId });
    // What an ended key signed in its life still counts; what is revoked or weak never does.
    const proves = objection === null || objection.code === "KEY_EXPIRED";
    if (publisher !== null && proves) changed = withIdentity(changed, publisher, entry.fingerprint);
  }
  return { files: changed, imported };
}

function withIdentity(files: StoreFiles, name: string, fingerprint: string): StoreFiles {
  const identity: Identity = { type: "openpgp", fingerprint, signatureUrl: null };
  return withEdits(files, "trust.json", identityEdits(trustIn(files).publishers, identity, name));
}

function told({ written, objection, userId }: Imported): string {
  const standing = objection === null ? "" : `; it can sign nothing from now on: ${forTerminal(objection)}`;
  return `${written}  ${userId === null ? "no user id of its own" : forTerminal(userId, 80)}${standing}`;
}

function counted(imported: readonly Imported[]): string {
  const of = (state: Written): number => imported.filter(({ written }) => written === state).length;
  return `Imported: ${of("new")} new, ${of("updated")} updated, ${of("unchanged")} unchanged`;
}
