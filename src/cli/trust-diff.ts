/** `secure-install trust diff [REV]`: every change of the trust store since a commit, as WEAKER, STRONGER or OTHER. */

import path from "node:path";
import { StopError } from "../model/finding.js";
import type { TrustStore } from "../model/policy.js";
import type { World } from "../model/world.js";
import { withMeaning } from "../pipeline/base-store.js";
import { filesAt } from "../pipeline/git.js";
import { openTrust, readCertificate, repositoryRoot, type TrustPlace } from "../pipeline/trust.js";
import { forJson, forTerminal } from "../report/escape.js";
import type { Change } from "../trust/change.js";
import { changesBetween } from "../trust/changes.js";
import { STORE_FOLDER } from "../trust/load.js";
import { builtinStore, readStore } from "../trust/store.js";
import { columns } from "../trust/words.js";
import { certificatePackets } from "../verify/openpgp-split.js";
import { absolute, type CommonFlags } from "./flags.js";

const COLOURS = { weaker: "\u001b[31m", stronger: "\u001b[32m", other: "" } as const;
const PLAIN = "\u001b[0m";

/**
 * Prints how the store in the working copy differs from the one at a commit (HEAD unless another is named). The exit
 * status is 0 whatever changed. Throws StopError TRUST_BASE_MISSING where the commit can't be had, and TRUST_MALFORMED
 * where one of the stores can't be read.
 */
export async function trustDiff(world: World, rev: string, flags: CommonFlags): Promise<number> {
  const { environment, clock, terminal } = world;
  const now = clock.now();
  const directory = absolute(environment, flags.trust);
  const place = { project: environment.workingDirectory, directory, builtinOnly: false };
  const before = await storeAt(world, place, rev, now);
  const after = await openTrust(world, place, now);
  const changes = changesBetween(before, after, now, certificatePackets);
  if (flags.json === true) {
    terminal.out(`${forJson({ format: 1, command: "trust diff", base: rev, ...summary(changes), changes }, 2)}\n`);
  } else {
    terminal.out(`${linesOf(changes, rev, terminal.color).join("\n")}\n`);
  }
  return 0;
}

/** The store of this place as it stood at a commit; the built-in floor where there was none. */
async function storeAt(world: World, place: TrustPlace, rev: string, now: number): Promise<TrustStore> {
  const start = place.directory === null ? place.project : path.dirname(place.directory);
  const root = await repositoryRoot(world, start);
  if (root === null) {
    throw new StopError("TRUST_BASE_MISSING", `${start} does not lie in a git repository.`, {
      at: rev,
      help: "Run it in the repository that holds the trust store.",
    });
  }
  const directory = place.directory ?? path.join(root, STORE_FOLDER);
  const folder = path.relative(root, directory).replaceAll(path.sep, "/");
  const all = await filesAt(world, root, rev, folder);
  if (all === null) return builtinStore();
  try {
    return await readStore(withMeaning(all), { directory, now }, readCertificate);
  } catch (error) {
    if (!(error instanceof StopError)) throw error;
    const detail = { help: error.help, at: `${rev}:${folder}/${error.at ?? ""}` };
    throw new StopError(error.code, `As it stood at ${rev}: ${error.message}`, detail);
  }
}

function summary(changes: readonly Change[]) {
  const count = (direction: Change["direction"]) => changes.filter((one) => one.direction === direction).length;
  return { weaker: count("weaker"), stronger: count("stronger"), other: count("other") };
}

function linesOf(changes: readonly Change[], rev: string, color: boolean): string[] {
  if (changes.length === 0) return [`Nothing that the trust store means has changed since ${forTerminal(rev)}.`];
  const rows = changes.map(({ direction, place, says }) => [direction.toUpperCase(), place, says]);
  const lines = columns(rows, (text) => forTerminal(text));
  const { weaker, stronger, other } = summary(changes);
  return [
    `The trust store since ${forTerminal(rev)}: ${weaker} weaker, ${stronger} stronger, ${other} other.`,
    "",
    ...lines.map((line, index) => colored(line, changes[index]?.direction ?? "other", color)),
  ];
}

/** The word alone: what stands behind it is from outside. */
function colored(line: string, direction: Change["direction"], color: boolean): string {
  const word = direction.toUpperCase();
  if (!color || COLOURS[direction] === "") return line;
  return line.replace(word, `${COLOURS[direction]}${word}${PLAIN}`);
}
