/** DRIFT_SOURCE: from where a version was built, as its provenance proves. Ids survive renames; names can be taken over. */

import type { BuildSource } from "../model/build.js";
import { type Finding, finding } from "../model/finding.js";
import { baselineText, type Change, helpToAccept, isPast, nameOf, publishedText, STORY } from "./drift-words.js";

/** What changed of a source, and whether it is the same place all the same. */
interface Move {
  readonly what: string;
  readonly story: string;
  readonly holds: boolean;
}

/** What a build says of itself is as good as the machine that it runs on. */
const MACHINE =
  "Whoever may change the workflow chooses the machine: a move of the project's own, or a takeover of one account.";

/** A change of issuer, repository id, owner id, workflow or kind of machine. Provenance that is gone altogether has vanished. */
export function sourceDrift(change: Change): Finding[] {
  const { sight, baseline } = change;
  const was = baseline.observation.source;
  if (was === null || sight.source === null) return [];
  const move = moveOf(was, sight.source);
  if (move === null) return [];
  const grave = move.holds ? "warn" : "refuse";
  const story = isPast(change) ? STORY.past : move.story;
  return [
    finding("DRIFT_SOURCE", {
      severity: isPast(change) ? "note" : grave,
      says: `${nameOf(sight)} was built ${move.what} than ${theBaseline(change)}. ${story}`,
      expected: `${sourceText(was)} (${baselineText(change)})`,
      got: `${sourceText(sight.source)} (${publishedText(sight)})`,
      help: helpToAccept(
        sight,
        "Look for the publisher's own word on the move: in the old repository, and over a channel that you already trust.",
      ),
    }),
  ];
}

/** The gravest first. What the baseline did not know can't have changed; what it knew must not be lost. */
function moveOf(was: BuildSource, is: BuildSource): Move | null {
  const lost = (before: string | null, now: string | null): boolean => before !== null && before !== now;
  if (was.issuer !== is.issuer) return { what: "by another build service", story: STORY.takeover, holds: false };
  if (lost(was.repositoryId, is.repositoryId)) {
    const unnamed =
      is.repositoryId === null ? "Its id is no longer named. " : "Another repository took over its name. ";
    const story = was.repository === is.repository ? unnamed : "";
    return { what: "from another repository", story: `${story}${STORY.takeover}`, holds: false };
  }
  if (lost(was.ownerId, is.ownerId)) {
    return {
      what: "under another owner of the same repository",
      story: `It changed hands. ${STORY.takeover}`,
      holds: false,
    };
  }
  const isMoved = was.repository !== is.repository;
  if (isMoved && (was.repositoryId === null || was.ownerId === null)) {
    return { what: "from a repository of another name", story: STORY.takeover, holds: false };
  }
  if (lost(was.workflow, is.workflow)) {
    const story = "Whoever may write to the repository can add a workflow: a rotation, or a takeover of one account.";
    return { what: "by another workflow of the same repository", story, holds: false };
  }
  const story = `The ids of repository and owner are the same. ${STORY.rotation}`;
  if (isMoved) return { what: "from a repository of another name", story, holds: true };
  return lost(was.runner, is.runner) ? { what: "on another kind of machine", story: MACHINE, holds: true } : null;
}

function theBaseline({ baseline }: Change): string {
  return baseline.relation === "itself" ? "when it was first seen" : nameOf(baseline.observation);
}

function sourceText({ issuer, repository, repositoryId, ownerId, workflow, runner }: BuildSource): string {
  const ids = `repository id ${repositoryId ?? "unknown"}, owner id ${ownerId ?? "unknown"}`;
  return `${repository}, ${ids}, workflow ${workflow ?? "unknown"}, on ${runner ?? "unknown"} machines, by ${issuer}`;
}
