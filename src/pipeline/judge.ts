/** From lockfile entries to verdicts: as many of the one as of the other, always. */
import { hash } from "node:crypto";
import type { Artifact } from "../model/artifact.js";
import { accountFor } from "./account.js";
import { judgeBundled } from "./bundled.js";
import { mapConcurrent } from "./concurrent.js";
import type { Judged } from "./judged.js";
import { Places } from "./places.js";
import type { River } from "./river.js";
import { beThrifty } from "./thrift.js";
import { judge, weigh } from "./weigh.js";

/**
 * Judges every artifact of a lockfile, in its order.
 * @param project the lockfile's folder, absolute
 * @param keep whether what was read of the archives stays in memory, for an installation. With "verdicts" it stays
 * only until what lies inside an archive has been judged by it.
 */
export async function judgeAll(
  river: River,
  artifacts: readonly Artifact[],
  project: string,
  keep: "listings" | "verdicts",
): Promise<Judged[]> {
  beThrifty(artifacts.length);
  const results = new Map<Artifact, Judged>();
  const byLocation = new Map<string, Judged>();
  const settle = (artifact: Artifact, judged: Judged): void => {
    results.set(artifact, judged);
    byLocation.set(artifact.location, judged);
  };
  const places = new Places(artifacts);
  const open: Artifact[] = [];
  for (const artifact of artifacts) {
    const verdict = await accountFor(river, artifact, project, places);
    if (verdict === null) open.push(artifact);
    else settle(artifact, { verdict, listing: null, packedSize: 0, requirements: null, sight: null });
  }
  const groups = groupBy(
    open.filter((artifact) => artifact.source.type !== "bundled"),
    sameBytes,
  );
  const holders = new Set(artifacts.flatMap(({ source }) => (source.type === "bundled" ? [source.within] : [])));
  river.progress.stage("verifying", groups.length);
  await mapConcurrent(groups, river.options.concurrency, async (group) => {
    const weighed = await weigh(river, group[0], project);
    for (const artifact of group) {
      const verdict = judge(river, artifact, weighed, places);
      const holds = holders.has(artifact.location);
      const listing = holds || keep === "listings" ? weighed.listing : null;
      const requirements = holds ? weighed.requirements : null;
      settle(artifact, { verdict, listing, packedSize: weighed.packedSize, requirements, sight: weighed.sight });
    }
    river.progress.step(0);
  });
  // What lies in another's tarball is judged by that tarball, from the outside in.
  const inside = open.filter((artifact) => artifact.source.type === "bundled");
  for (const artifact of inside.sort((a, b) => a.location.length - b.location.length)) {
    settle(artifact, await judgeBundled(river, artifact, byLocation));
  }
  return artifacts.map((artifact) => {
    const judged = results.get(artifact);
    if (judged === undefined) throw new Error(`no verdict was reached for ${artifact.location}`);
    return judged;
  });
}

/** One package at several places of the tree is fetched and read once, and decided for each place. A digest: the texts are long. */
function sameBytes(artifact: Artifact): string {
  const { name, version, source, locked, npm, findings } = artifact;
  const entry = npm === null ? null : [npm.facts, npm.requires, npm.hasInstallScript, npm.hasShrinkwrap];
  return hash("sha256", JSON.stringify([name, version, source, locked, entry, findings]), "base64");
}

type Group = [Artifact, ...Artifact[]];

function groupBy(items: readonly Artifact[], keyOf: (item: Artifact) => string): Group[] {
  const groups = new Map<string, Group>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return [...groups.values()];
}
