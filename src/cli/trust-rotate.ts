/** `secure-install trust rotate <publisher> --to KEY`: a publisher's new key, and what becomes of the old one. */
import { StopError } from "../model/finding.js";
import type { World } from "../model/world.js";
import { vouching } from "../pipeline/keys-namesakes.js";
import { fingerprintIn, type Named, namedCertificate } from "../pipeline/keys-source.js";
import { withCertificate } from "../pipeline/keys-write.js";
import type { River } from "../pipeline/river.js";
import { changeStore } from "../pipeline/store-change.js";
import { forJson, forTerminal } from "../report/escape.js";
import { withEdits } from "../trust/edit-file.js";
import { trustIn } from "../trust/enrol.js";
import { type Rotated, type Rotation, rotate } from "../trust/rotation.js";
import type { StoreFiles } from "../trust/store.js";
import { block, certificateJson, certificateLines, grouped } from "./certificate-lines.js";
import type { CommonFlags } from "./flags.js";
import { withSession } from "./session.js";
import { commitLine } from "./trust-writing.js";

export interface RotateFlags extends CommonFlags {
  readonly to?: string;
  readonly from?: string;
  readonly until?: string;
  readonly compromised?: string;
  readonly reason?: string;
}

/** Shows the new key and who vouches for it, then writes. Throws StopError for what can't, or must not, be pinned. */
export async function trustRotate(world: World, publisher: string, flags: RotateFlags): Promise<number> {
  const opening = { world, project: world.environment.workingDirectory, thisPlatform: false, installs: false };
  return withSession({ ...opening, flags: { ...flags, offline: true } }, async ({ river }) => {
    if (flags.to === undefined) throw new StopError("USAGE", "name the new key: --to FILE or --to FINGERPRINT");
    const wanted = wantedBy(publisher, flags);
    const key = await namedCertificate(river, flags.to);
    const rotation: Rotation = { ...wanted, to: key.entry.fingerprint };
    const { old } = rotate(river.trust, rotation);
    const vouched = await vouchedFor(river, old, key, rotation);
    if (flags.json !== true) show(world, key, old, vouched, river.now);
    let rotated: Rotated | null = null;
    const { directory, changed } = await changeStore(world, river.place, (files: StoreFiles) => {
      rotated = rotate(trustIn(files), rotation);
      return withCertificate(withEdits(files, "trust.json", rotated.edits), key.entry).files;
    });
    conclude(world, flags, { key, rotation, rotated, vouched, directory, changed });
    return 0;
  });
}

function wantedBy(publisher: string, flags: RotateFlags): Omit<Rotation, "to"> {
  const { from, until, compromised: since, reason } = flags;
  if (since !== undefined && until !== undefined)
    throw new StopError("USAGE", "--until is for a key that nobody stole; with --compromised it ends at once");
  if ((since === undefined) !== (reason === undefined))
    throw new StopError("USAGE", "--compromised and --reason go together: since when, and how that is known");
  const fingerprint = from === undefined ? null : fingerprintIn(from);
  if (from !== undefined && fingerprint === null)
    throw new StopError("USAGE", "--from must be the full fingerprint of the old key");
  return {
    publisher,
    from: fingerprint,
    until: until === undefined ? null : timeIn(until, "--until"),
    compromised: since === undefined ? null : { since: timeIn(since, "--compromised"), reason: reason ?? "" },
  };
}

/** `2026-08-17`, or with time and zone; as trust.json has it. */
function timeIn(text: string, flag: string): string {
  const full = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text;
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?(Z|[+-]\d\d:\d\d)$/.test(full)
    ? Date.parse(full)
    : Number.NaN;
  if (!Number.isNaN(time) && new Date(time).toISOString().slice(0, 8) === full.slice(0, 8)) return full;
  throw new StopError("USAGE", `${flag} ${text}: write a date such as 2026-08-17, or 2026-08-17T12:00:00Z`);
}

interface Told {
  readonly isTold: boolean;
  readonly says: string;
}

async function vouchedFor(river: River, old: string, key: Named, { compromised }: Rotation): Promise<Told> {
  const bytes = river.trust.certificates.get(old);
  const vouched = bytes === undefined ? null : await vouching(bytes, key.entry.packets);
  const isByOld = vouched?.by === "old" || vouched?.by === "both";
  if (isByOld && compromised !== null) {
    return {
      isTold: false,
      says: "the old key has signed the new one, which a thief of the old key could do as well: how do you know that the new one is theirs?",
    };
  }
  const says = vouched?.says ?? "the old certificate is not here";
  return { isTold: isByOld, says };
}

function show(world: World, { facts, from }: Named, old: string, { isTold, says }: Told, now: number): void {
  const rows = [
    ...certificateLines(facts, now),
    ["from", forTerminal(from)] as const,
    ["follows", grouped(old)] as const,
  ];
  world.terminal.err(`${block(`  ${grouped(facts.fingerprint)}`, rows)}\n`);
  if (isTold) world.terminal.err(`  Rotation: ${says}.\n`);
  else
    world.terminal.err(
      `! NOT VOUCHED FOR: ${says}\n! Hold the whole fingerprint against what the publisher says over a channel that you already trust.\n`,
    );
}

interface Done {
  readonly key: Named;
  readonly rotation: Rotation;
  readonly rotated: Rotated | null;
  readonly vouched: Told;
  readonly directory: string;
  readonly changed: readonly string[];
}

function conclude(world: World, flags: RotateFlags, done: Done): void {
  const { rotation, rotated, vouched, key } = done;
  if (rotated === null) throw new TypeError("the store was not changed");
  const { old, oldPublisher, keptIn, lostIn } = rotated;
  if (flags.json === true) {
    const from = { old, oldPublisher, keptIn, lostIn, until: rotation.until, compromised: rotation.compromised };
    const object = {
      publisher: rotation.publisher,
      to: rotation.to,
      ...from,
      vouched: vouched.isTold,
      says: vouched.says,
    };
    const more = { certificate: certificateJson(key.facts), store: done.directory, changed: done.changed };
    world.terminal.out(`${forJson({ format: 1, command: "trust rotate", ...object, ...more }, 2)}\n`);
    return;
  }
  const after =
    rotation.compromised !== null
      ? `The old key is ${oldPublisher} now, compromised since ${rotation.compromised.since}.`
      : rotation.until === null
        ? "The old key stays beside it; --until retires it."
        : `The old key counts until ${rotation.until}.`;
  world.terminal.out(`${forTerminal(`${rotation.publisher} has the key ${rotation.to}. ${after}`)}\n`);
  if (lostIn.length > 0) {
    world.terminal.out(
      `What the old key signed no longer counts for ${lostIn.join(", ")}: both keys would count as two people.\n`,
    );
  }
  if (done.changed.length > 0) world.terminal.out(`${forTerminal(commitLine(world, done))}\n`);
}
