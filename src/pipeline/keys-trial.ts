/** What a change of the trust store would do to the lockfile at hand, tried before anything is written. */

import type { Artifact } from "../model/artifact.js";
import { type Finding, isAgainst } from "../model/finding.js";
import type { TrustStore } from "../model/policy.js";
import { type Selector, selects, selectsName } from "../model/selector.js";
import { readStoreFiles } from "../trust/load.js";
import { readStore, type StoreFiles } from "../trust/store.js";
import { mapConcurrent } from "./concurrent.js";
import { lockedProject } from "./project.js";
import type { River } from "./river.js";
import { readCertificate } from "./trust.js";
import { judge, weigh } from "./weigh.js";

/** Of a selector that takes in half a registry, so many packages are looked at. */
const MOST_TRIED = 50;

/** A package that would not pass: refused, or undecided. */
export interface Unmet {
  readonly name: string;
  readonly code: string;
  readonly says: string;
}

export interface Trial {
  /** Packages of the lockfile that the selector covers. */
  readonly covered: number;
  /** Of them, those that were looked at, and those that the publisher stands behind. */
  readonly tried: number;
  readonly signed: number;
  /** Of those that were looked at. Where a rule asks for one of several publishers, another may do. */
  readonly refused: readonly Unmet[];
  /** Of the same name in a version that no rule would cover. */
  readonly uncovered: readonly Unmet[];
}

/** Null where there is no lockfile to try it on. Throws StopError TRUST_MALFORMED for a store that would not be one. */
export async function tryStore(
  river: River,
  after: StoreFiles,
  { select, publisher }: { readonly select: Selector; readonly publisher: string },
): Promise<Trial | null> {
  const project = await lockedProject(river.world, river.place.project);
  if (project === null) return null;
  const directory = river.trust.directory ?? river.place.project;
  const trust = await readStore(after, { directory, now: river.now }, readCertificate);
  const changed = { ...river, trust };
  const named = packagesIn(project.lockfile.artifacts).filter(({ ecosystem, name }) =>
    selectsName(select, ecosystem, name),
  );
  const covered = named.filter(({ ecosystem, name, version }) => selects(select, ecosystem, name, version));
  const tried = covered.slice(0, MOST_TRIED);
  river.progress.stage("trying", tried.length);
  const verdicts = await mapConcurrent(tried, river.options.concurrency, async (artifact) => {
    const verdict = judge(changed, artifact, await weigh(changed, artifact, project.directory));
    river.progress.step(0);
    return { artifact, verdict };
  });
  const refused = verdicts.filter(({ verdict }) => verdict.result !== "PASSED");
  const outside = named.filter((artifact) => !covered.includes(artifact));
  const uncovered = outside.flatMap((artifact) => uncoveredBy(trust, artifact));
  return {
    covered: covered.length,
    tried: tried.length,
    signed: verdicts.filter(({ verdict }) => verdict.publishers.includes(publisher)).length,
    refused: refused.map(({ artifact, verdict }) => unmetBy(artifact, verdict.findings)),
    uncovered,
  };
}

function uncoveredBy({ rules }: TrustStore, { ecosystem, name, version }: Artifact): Unmet[] {
  if (rules.some((rule) => selects(rule.select, ecosystem, name, version))) return [];
  return [{ name: `${name}@${version}`, code: "POLICY_UNCOVERED", says: "no rule would cover this version" }];
}

/** Packages that come from somewhere, each name and version once. */
export function packagesIn(artifacts: readonly Artifact[]): readonly Artifact[] {
  const packages = new Map<string, Artifact>();
  for (const artifact of artifacts) {
    const isLocal = ["link", "workspace", "bundled"].includes(artifact.source.type);
    const key = `${artifact.ecosystem}:${artifact.name}@${artifact.version}`;
    if (!isLocal && !packages.has(key)) packages.set(key, artifact);
  }
  return [...packages.values()];
}

function unmetBy({ name, version }: Artifact, findings: readonly Finding[]): Unmet {
  const ofSigner = /^(SIGNATURE|SIGNER|KEY|ATTESTATION)_/;
  const against = findings.filter(isAgainst);
  const told = against.find(({ code }) => ofSigner.test(code)) ?? against[0];
  const { code, says } = told ?? { code: "SIGNATURE_ABSENT", says: "the publisher does not stand behind it" };
  return { name: `${name}@${version}`, code, says };
}

/** The store's files as they are now; none where there is no store yet. */
export async function currentFiles({ world, trust }: River): Promise<StoreFiles> {
  return trust.directory === null ? new Map() : readStoreFiles(world.files, trust.directory);
}
