/** The build that `trust add --built-by` pins: filled in from an attestation that was verified, where there is one. */
import { day } from "../model/day.js";
import { StopError } from "../model/finding.js";
import type { Identity } from "../model/policy.js";
import type { Selector } from "../model/selector.js";
import type { World } from "../model/world.js";
import { buildSeen, type SeenBuild } from "../pipeline/build-seen.js";
import type { River } from "../pipeline/river.js";
import { forTerminal } from "../report/escape.js";
import { block } from "./certificate-lines.js";

export interface BuildFlags {
  readonly builtBy?: string;
  readonly workflow?: string;
  readonly ref?: string;
  readonly issuer?: string;
  readonly repositoryId?: string;
  readonly ownerId?: string;
  readonly runner?: string;
}

/** Flags that only say more of a build. */
export const BUILD_DETAILS = ["workflow", "ref", "issuer", "repositoryId", "ownerId", "runner"] as const;

/** Hosts whose builds are signed for under a name of their own. */
const ISSUERS: Readonly<Record<string, string>> = {
  "https://github.com": "https://token.actions.githubusercontent.com",
  "https://gitlab.com": "https://gitlab.com",
};

/** A build as trust.json would have it, before its reader has looked at it; and what it was filled in from. */
export interface PinnedBuild {
  readonly identity: object;
  readonly seen: SeenBuild | null;
  readonly warnings: readonly string[];
}

/**
 * What the flags say, and for the rest what the newest selected package of the lockfile proves. Throws StopError USAGE
 * where that package was built somewhere else, and the ids of this repository are not typed.
 */
export async function buildIn(river: River, select: Selector, flags: BuildFlags): Promise<PinnedBuild> {
  const repository = repositoryIn(flags);
  const found = await buildSeen(river, select);
  const isThere = found?.source.repository === repository;
  // Whoever types the ids has them from somewhere else, of a build that no package here is from yet.
  const isTyped = flags.repositoryId !== undefined && flags.ownerId !== undefined;
  if (found !== null && !isThere && !isTyped) throw elsewhere(found, repository);
  const seen = isThere ? found : null;
  const { issuer, workflow, ref, repositoryId, ownerId, runner } = flags;
  const filled = {
    issuer: issuer ?? seen?.source.issuer ?? issuerOf(repository, flags),
    repositoryId: repositoryId ?? seen?.source.repositoryId ?? undefined,
    ownerId: ownerId ?? seen?.source.ownerId ?? undefined,
    workflow: workflow ?? seen?.source.workflow ?? undefined,
    ref: ref ?? patternOf(seen?.source.ref ?? null),
    runner: runner ?? seen?.source.runner ?? undefined,
  };
  const warnings = found === null || isThere ? [] : [`${builtIn(found)}, and not in ${repository}`];
  return { identity: { type: "built-by", repository, ...filled }, seen, warnings };
}

function repositoryIn({ builtBy = "" }: BuildFlags): string {
  const repository = builtBy.replace(/(\/|\.git)+$/, "");
  if (URL.canParse(repository)) return repository;
  const help = `Write it whole, as a browser shows it: --built-by https://${repository}`;
  throw new StopError("USAGE", `"${builtBy}" is no address`, { help });
}

function issuerOf(repository: string, { builtBy }: BuildFlags): string {
  const { origin } = new URL(repository);
  const by = Object.hasOwn(ISSUERS, origin) ? ISSUERS[origin] : undefined;
  if (by !== undefined) return by;
  throw new StopError("USAGE", `who vouches for the builds of ${builtBy}? Name it with --issuer`);
}

/** Each release has a tag of its own; a branch stays. */
function patternOf(ref: string | null): string | undefined {
  if (ref === null) return undefined;
  return ref.startsWith("refs/tags/") ? "refs/tags/*" : ref;
}

function builtIn({ name, version, source }: SeenBuild): string {
  return `${name} ${version} was built in ${source.repository}, as its provenance proves`;
}

function elsewhere(found: SeenBuild, repository: string): StopError {
  const help =
    "Find out which of the two is the publisher's own, over a channel that you already trust. A build that no package here is from yet is pinned with its --repository-id and --owner-id.";
  return new StopError("USAGE", `${builtIn(found)}, and not in ${repository}`, { help });
}

/** Shows what was proven, before anything of it is written. */
export function showBuild(world: World, { name, version, source, time }: SeenBuild): void {
  const id = (value: string | null, what: string): string => (value === null ? "" : `, ${what} ${value}`);
  const rows: (readonly [string, string | null])[] = [
    ["repository", `${source.repository}${id(source.repositoryId, "id")}${id(source.ownerId, "owner id")}`],
    ["workflow", source.workflow],
    ["ref", source.ref],
    ["commit", source.commit],
    ["runner", source.runner],
    ["run", source.run],
    ["issuer", source.issuer],
    ["signed", time === null ? null : `on ${day(time)}, by the time of a log that is pinned`],
  ];
  const shown = rows.flatMap(([what, value]) => (value === null ? [] : [[what, forTerminal(value, 300)] as const]));
  world.terminal.err(`${block(`  ${forTerminal(`${name} ${version}`)} was built in`, shown)}\n`);
}

/** What a pin leaves open, that an attacker could come in by. */
export function openEnds(identity: Identity): string[] {
  if (identity.type !== "built-by") return [];
  const { repositoryId, ownerId, workflow, ref, runner } = identity;
  return [
    ...(repositoryId === null || ownerId === null
      ? ["without --repository-id and --owner-id, whoever gets the repository's name one day builds under it"]
      : []),
    ...(workflow === null ? ["without --workflow, any workflow of the repository counts, also a new one"] : []),
    ...(ref === null ? ["without --ref, builds of any branch count"] : []),
    ...(runner === null ? ["without --runner, builds on anybody's own machines count"] : []),
  ];
}
