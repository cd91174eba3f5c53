/** From what was seen in a run to what is remembered of it: lines of observed.lock, only ever added. */
import { type Finding, finding, StopError } from "../model/finding.js";
import type { Observation, Observations, Sight } from "../model/observation.js";
import { observedName, readObservations, withObservations } from "../trust/observed.js";
import type { StoreFiles } from "../trust/store.js";
import type { Judged } from "./judged.js";
import type { River } from "./river.js";
import { changeStore } from "./store-change.js";

const FILE = "observed.lock";

/**
 * What is new in a run: of each package that passed on its own evidence, what was seen, each once. Not what was
 * refused or left undecided; not what an exception let through, nor what differs from what was seen before: either
 * would be the measure for whatever comes next, and that is for a person to decide (`trust accept`).
 */
export function newObservations(judged: readonly Judged[], known: Observations, now: number): Observation[] {
  const seen = new Set(
    judged.flatMap(({ verdict, sight }) => {
      const counts = verdict.result === "PASSED" && verdict.waived.length === 0 && !verdict.findings.some(isDrift);
      return counts && sight !== null ? [sight] : [];
    }),
  );
  const fresh = new Map<string, Sight[]>();
  // What shows most first: the same bytes with less to show are then nothing new.
  for (const sight of [...seen].sort((a, b) => b.evidence.length - a.evidence.length)) {
    const name = observedName(sight);
    const others = fresh.get(name) ?? [];
    if (!isKnown([...(known.get(name) ?? []), ...others], sight)) fresh.set(name, [...others, sight]);
  }
  return [...fresh.values()].flat().map((sight) => ({ ...sight, seen: now, reviewed: false }));
}

/** The store's files with what is new in this run, and how much that is. */
export function withObserved(
  files: StoreFiles,
  judged: readonly Judged[],
  now: number,
): { readonly files: StoreFiles; readonly added: number } {
  const before = files.get(FILE) ?? null;
  const known: Observations = before === null ? new Map() : readObservations(before);
  const fresh = newObservations(judged, known, now);
  if (fresh.length === 0) return { files, added: 0 };
  return {
    files: new Map([...files, [FILE, Buffer.from(withObservations(before, fresh))]]),
    added: fresh.length,
  };
}

/**
 * After an installation: remembers what was installed, where the project has a trust store. The installation stands
 * whatever comes of this, so what keeps the store from being written is a warning. Gives the observations as they are
 * by then.
 */
export async function observeInstalled(
  { trust, place, world, now }: River,
  judged: readonly Judged[],
): Promise<{ readonly findings: readonly Finding[]; readonly observations: Observations }> {
  const { observations, directory } = trust;
  const isNew = newObservations(judged, observations, now).length > 0;
  if (directory === null || place.builtinOnly || !isNew) return { findings: [], observations };
  try {
    let written: Uint8Array | undefined;
    await changeStore(world, place, (files) => {
      const after = withObserved(files, judged, now).files;
      written = after.get(FILE);
      return after;
    });
    return { findings: [], observations: written === undefined ? observations : readObservations(written) };
  } catch (error) {
    if (!(error instanceof StopError)) throw error;
    const says = `what was seen of the packages could not be added to ${FILE}: ${error.message}`;
    return { findings: [finding(error.code, { says, help: error.help, severity: "warn" })], observations };
  }
}

/** These bytes were seen before, and nothing more is proven of them now than then. */
function isKnown(before: readonly Sight[], sight: Sight): boolean {
  return before.some(
    ({ version, digest, evidence }) =>
      version === sight.version &&
      digest.hex === sight.digest.hex &&
      sight.evidence.every((kind) => evidence.includes(kind)),
  );
}

function isDrift({ code, severity }: Finding): boolean {
  return code.startsWith("DRIFT_") && severity !== "note";
}
