/** `secure-install trust add <selector>`: pins a publisher, by a key or by a build, and has packages answer to it. */
import { StopError } from "../model/finding.js";
import type { Identity } from "../model/policy.js";
import { parseSelector, type Selector } from "../model/selector.js";
import type { World } from "../model/world.js";
import type { SeenBuild } from "../pipeline/build-seen.js";
import { namesakes } from "../pipeline/keys-namesakes.js";
import { type Named, namedCertificate } from "../pipeline/keys-source.js";
import { currentFiles, type Trial, tryStore, type Unmet } from "../pipeline/keys-trial.js";
import { withCertificate } from "../pipeline/keys-write.js";
import type { River } from "../pipeline/river.js";
import { changeStore } from "../pipeline/store-change.js";
import { forJson, forTerminal } from "../report/escape.js";
import { withEdits } from "../trust/edit-file.js";
import { type Enrolled, enrol, trustIn } from "../trust/enrol.js";
import { readIdentity } from "../trust/identities.js";
import { parseJson } from "../trust/json.js";
import type { StoreFiles } from "../trust/store.js";
import { block, certificateJson, certificateLines, grouped } from "./certificate-lines.js";
import type { CommonFlags } from "./flags.js";
import { withSession } from "./session.js";
import { BUILD_DETAILS, type BuildFlags, buildIn, openEnds, showBuild } from "./trust-add-build.js";
import { commitLine } from "./trust-writing.js";

export interface AddFlags extends CommonFlags, BuildFlags {
  readonly key?: string;
  readonly as?: string;
  readonly atLeast?: number;
  readonly signatureUrl?: string;
  readonly reason?: string;
}

const SHOWN = 5;

/** What is to be pinned: a build, or the owner of a certificate. */
interface Pinned {
  readonly identity: Identity;
  readonly key: Named | null;
  /** The build of a package here, from which the identity was filled in. */
  readonly seen: SeenBuild | null;
  readonly warnings: readonly string[];
}

/** Shows who it is and what it would do, then writes it. Throws StopError for what can't, or must not, be pinned. */
export async function trustAdd(world: World, text: string, flags: AddFlags): Promise<number> {
  const select = selectorOf(text);
  const project = world.environment.workingDirectory;
  return withSession({ world, flags, project, thisPlatform: false, installs: false }, async ({ river }) => {
    const pinned = await pinnedBy(river, select, flags);
    const before = await currentFiles(river);
    const warnings = pinned.key === null ? [] : await namesakes(river, pinned.key, flags.as ?? null);
    const planned = plan(before, pinned, select, flags, river.now);
    if (flags.json !== true && pinned.key !== null) show(world, pinned.key, river.now);
    if (flags.json !== true && pinned.seen !== null) showBuild(world, pinned.seen);
    const { enrolled } = planned;
    const trial = await tryStore(river, planned.files, { select, publisher: enrolled.publisher });
    river.progress.clear();
    const change = (files: StoreFiles): StoreFiles => plan(files, pinned, select, flags, river.now).files;
    const { directory, changed } = await changeStore(world, river.place, change);
    warnings.push(...enrolled.weaker.map((says) => `WEAKER: ${says}`));
    warnings.push(...pinned.warnings, ...openEnds(pinned.identity), ...consequences(trial));
    const told = { select: select.text, publisher: enrolled.publisher, rule: enrolled.rule, ...enrolled.requires };
    const certificate = pinned.key === null ? null : certificateJson(pinned.key.facts);
    if (flags.json === true) {
      const object = {
        ...told,
        identity: pinned.identity,
        certificate,
        seen: pinned.seen,
        trial,
        warnings,
        store: directory,
        changed,
      };
      world.terminal.out(`${forJson({ format: 1, command: "trust add", ...object }, 2)}\n`);
    } else {
      tell(world, select, enrolled, trial, warnings, changed);
      if (changed.length > 0) world.terminal.out(`${forTerminal(commitLine(world, { directory, changed }))}\n`);
    }
    return 0;
  });
}

function selectorOf(text: string): Selector {
  const read = parseSelector(text);
  if (!read.ok || !/^[\x20-\x7e]{1,512}$/.test(text)) {
    throw new StopError("USAGE", read.ok ? `"${text}" holds a character that no selector has` : read.why, {
      help: 'A selector is written like npm:name, npm:@scope/* or "npm:name@>=2.0.0".',
    });
  }
  return read.selector;
}

async function pinnedBy(river: River, select: Selector, flags: AddFlags): Promise<Pinned> {
  if ((flags.key === undefined) === (flags.builtBy === undefined)) {
    throw new StopError("USAGE", "name one identity: --key FILE, --key FINGERPRINT, or --built-by REPOSITORY");
  }
  if (flags.key === undefined) {
    if (flags.signatureUrl !== undefined) throw new StopError("USAGE", "--signature-url belongs to --key");
    const { identity, ...found } = await buildIn(river, select, flags);
    return { identity: wellFormed(identity), key: null, ...found };
  }
  const stray = BUILD_DETAILS.find((flag) => flags[flag] !== undefined);
  if (stray !== undefined)
    throw new StopError("USAGE", `--${stray.replace(/[A-Z]/g, "-$&").toLowerCase()} belongs to --built-by`);
  const key = await namedCertificate(river, flags.key);
  const { fingerprint } = key.facts;
  const url = flags.signatureUrl === undefined ? {} : { signatureUrl: flags.signatureUrl };
  return { identity: wellFormed({ type: "openpgp", fingerprint, ...url }), key, seen: null, warnings: [] };
}

/** By the reader of trust.json itself; what it refuses was written on the command line. */
function wellFormed(identity: object): Identity {
  try {
    return readIdentity(parseJson(Buffer.from(JSON.stringify(identity)), "the identity")).identity;
  } catch (error) {
    if (!(error instanceof StopError)) throw error;
    throw new StopError("USAGE", error.message, { help: error.help });
  }
}

/** The store's files as they would be. */
function plan(
  files: StoreFiles,
  { identity, key }: Pinned,
  select: Selector,
  flags: AddFlags,
  now: number,
): { readonly files: StoreFiles; readonly enrolled: Enrolled } {
  const wanted = {
    select,
    identity,
    name: flags.as ?? null,
    atLeast: flags.atLeast ?? null,
    reason: flags.reason ?? null,
    now,
  };
  const enrolled = enrol(trustIn(files), wanted);
  const edited = withEdits(files, "trust.json", enrolled.edits);
  return { files: key === null ? edited : withCertificate(edited, key.entry).files, enrolled };
}

function show(world: World, { facts, from }: Named, now: number): void {
  const rows = [...certificateLines(facts, now), ["from", forTerminal(from)] as const];
  world.terminal.err(`${block(`  ${grouped(facts.fingerprint)}`, rows)}\n`);
}

function consequences(trial: Trial | null): string[] {
  if (trial === null) return [];
  const list = (items: readonly Unmet[]): string => {
    const shown = items.slice(0, SHOWN).map(({ name, says }) => `${name} (${says})`);
    return `${shown.join("; ")}${items.length > SHOWN ? `; and ${items.length - SHOWN} more` : ""}`;
  };
  const { refused, uncovered } = trial;
  return [
    ...(refused.length === 0 ? [] : [`the next run would not pass ${list(refused)}`]),
    ...(uncovered.length === 0
      ? []
      : [`the next run would refuse ${list(uncovered)}: widen the selector, or except them`]),
  ];
}

function tell(
  world: World,
  select: Selector,
  { publisher, known, rule, requires }: Enrolled,
  trial: Trial | null,
  warnings: readonly string[],
  changed: readonly string[],
): void {
  const printable = (text: string): string => forTerminal(text, 2000);
  for (const warning of warnings) world.terminal.err(`! ${printable(warning)}\n`);
  const { atLeast, of } = requires;
  const who = of.length === 1 ? of.join() : `${atLeast} of ${of.join(", ")}`;
  const what = changed.length === 0 ? "was so already" : known ? `now has ${publisher}` : `pins ${publisher}`;
  world.terminal.out(`${printable(`${rule} ${what}: ${select.text} must be proven by ${who}.`)} ${counted(trial)}\n`);
}

function counted(trial: Trial | null): string {
  if (trial === null) return "There is no lockfile here to try it on.";
  if (trial.covered === 0) return "No package of this lockfile is selected.";
  const rest = trial.covered > trial.tried ? ` (of ${trial.covered}; the others were not tried)` : "";
  return `Signed: ${trial.signed} of ${trial.tried} in this lockfile${rest}.`;
}
