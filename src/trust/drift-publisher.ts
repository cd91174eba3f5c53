/** DRIFT_PUBLISHER: who put the version into the registry, as it says, unsigned: outside of the gate this refuses nothing. */

import type { Severity } from "../model/codes.js";
import { day } from "../model/day.js";
import { type Finding, finding } from "../model/finding.js";
import type { Observation, RegistryPublisher } from "../model/observation.js";
import {
  baselineText,
  type Change,
  helpToAccept,
  isPast,
  makesKnown,
  nameOf,
  publishedText,
  STORY,
  versionsText,
} from "./drift-words.js";

/**
 * A change of the registry's publisher, or of how it was published. A registry that says nothing says nothing here:
 * whoever can leave the name out can as well write another's.
 */
export function publisherDrift(change: Change): Finding[] {
  const { sight, baseline, seen } = change;
  const { publisher: was, registry } = baseline.observation;
  const is = sight.publisher;
  // Accounts are names of one registry; in another they are other people's.
  if (was === null || is === null || registry !== sight.registry) return [];
  if (is.name === was.name && is.trusted === was.trusted) return [];
  const known = seen.filter((item) => item.registry === registry && isBy(item, is) && makesKnown(item, change));
  const { severity, story } = gravity(change, was, is, known);
  return [
    finding("DRIFT_PUBLISHER", {
      severity,
      says: `${nameOf(sight)} was published ${by(is)}, ${nameOfBaseline(change)} ${by(was)}. ${story}`,
      expected: `published ${by(was)} (${baselineText(change)})`,
      got: `published ${by(is)} (${publishedText(sight)})`,
      help: helpToAccept(
        sight,
        "Ask the publisher, over a channel that you already trust, whether this release is theirs.",
      ),
    }),
  ];
}

function gravity(
  change: Change,
  was: RegistryPublisher,
  is: RegistryPublisher,
  known: readonly Observation[],
): { readonly severity: Severity; readonly story: string } {
  const waits: Severity = change.how.gate ? "refuse" : "warn";
  if (isPast(change)) return { severity: "note", story: STORY.past };
  if (was.trusted && !is.trusted) {
    const before = known.length === 0 ? "" : ` ${is.name} published ${versionsText(known)} before.`;
    return { severity: waits, story: `A stolen token can do that.${before} ${STORY.takeover}` };
  }
  if (known.length > 0) {
    // A package of several maintainers changes hands with every release; of that nobody needs to be warned.
    const since = `seen here since ${day(Math.min(...known.map((item) => item.seen)))}`;
    return {
      severity: "note",
      story: `${is.name} published ${versionsText(known)} as well, ${since}. ${STORY.rotation}`,
    };
  }
  if (!was.trusted && is.trusted) {
    return { severity: "warn", story: `It no longer takes anybody's token. ${STORY.rotation}` };
  }
  return { severity: waits, story: `Nothing by ${is.name} was seen here before. ${STORY.takeover}` };
}

function isBy({ publisher }: Observation, { name, trusted }: RegistryPublisher): boolean {
  return publisher !== null && publisher.name === name && publisher.trusted === trusted;
}

function nameOfBaseline({ baseline }: Change): string {
  return baseline.relation === "itself" ? "and when it was first seen" : nameOf(baseline.observation);
}

function by({ name, trusted }: RegistryPublisher): string {
  return trusted ? `by ${name}, without a token (trusted publishing)` : `with a token of ${name}`;
}
