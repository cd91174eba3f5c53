/** The seal around npm: it is started with scripts off, and can obtain only what was admitted. */
import { type AdmittedPackage, openSealedRegistry, type SealedRegistry as Registry } from "../gateway/sealed.js";
import { symlinkFindings } from "../installer/inputs.js";
import { npmCi, scopesOf } from "../installer/npm.js";
import { seedCache } from "../installer/npm-cache.js";
import { shadowFindings } from "../installer/shadows.js";
import { toIntegrity } from "../model/digest.js";
import { type Finding, finding, refuses } from "../model/finding.js";
import type { Command, Ended } from "../model/world.js";
import { mapConcurrent } from "./concurrent.js";
import { changedSince } from "./inputs.js";
import type { Installation } from "./installation.js";
import type { Interrupts } from "./interrupts.js";
import type { Judged } from "./judged.js";
import { packageJson } from "./known.js";
import { type Admitted, admit } from "./plan.js";
import { localFolders, type Project } from "./project.js";
import type { Inputs, River } from "./river.js";
import { type Trees, treesOf } from "./trees.js";

/** A project of which everything has passed, and the store still holds the bytes. */
export interface Ready {
  readonly project: Project;
  readonly judged: readonly Judged[];
  readonly admitted: readonly Admitted[];
  readonly trees: Trees;
}

export type Readiness =
  | { readonly ok: true; readonly ready: Ready }
  | { readonly ok: false; readonly findings: readonly Finding[] };

/**
 * Everything that can be looked at before the project is touched, above all the bytes in the store, which takes as
 * long as hashing them does.
 */
export async function makeReady(river: River, project: Project, judged: readonly Judged[]): Promise<Readiness> {
  const admitted = await admit(judged);
  const findings = [...unsealable(judged), ...(await lost(river, admitted))];
  if (findings.length > 0) return { ok: false, findings };
  return { ok: true, ready: { project, judged, admitted, trees: await treesOf(river.world, project) } };
}

/** What can be pinned, but not handed over as bytes. */
function unsealable(judged: readonly Judged[]): Finding[] {
  return judged
    .filter(({ verdict }) => verdict.artifact.source.type === "git")
    .map(({ verdict }) =>
      finding("HANDOFF_UNSEALED", {
        says: `${verdict.artifact.name} comes from git; its pin passes an audit, but npm would fetch it by itself`,
        help: "Depend on a published version, or on a tarball of that commit pinned by its address.",
      }),
    );
}

async function lost(river: River, admitted: readonly Admitted[]): Promise<Finding[]> {
  const digests = [...new Set(admitted.map(({ sha512 }) => sha512))];
  river.progress.stage("matching the store", digests.length);
  const intact = await mapConcurrent(digests, river.options.concurrency, (sha512) => holds(river, sha512));
  const gone = digests.filter((_, at) => !intact[at]);
  if (gone.length === 0) return [];
  const says = `the store no longer holds the bytes that were verified: ${gone.length} of ${digests.length}`;
  return [finding("HANDOFF_UNSEALED", { says, got: gone[0] })];
}

async function holds(river: River, sha512: string): Promise<boolean> {
  const held = await river.world.workers.run<boolean>("holds", { path: river.quarantine.path(sha512), sha512 });
  river.progress.step(0);
  return held;
}

export interface Sealed {
  /** Null where npm was not started. */
  readonly ended: Ended | null;
  readonly findings: readonly Finding[];
}

/** What npm is to do inside the seal. `cache` is its cache, seeded. */
export type CommandFor = (river: River, how: Installation, ready: Ready, cache: string, registry: Registry) => Command;

/**
 * Runs `npm ci`, unless `commandFor` says otherwise. Not started where the inputs are no longer what was judged, or an interrupt has come: both are asked
 * last of all, right before the start.
 */
export async function runSealed(
  river: River,
  how: Installation,
  ready: Ready,
  inputs: Inputs,
  interrupts: Interrupts,
  commandFor: CommandFor = ciCommand,
): Promise<Sealed> {
  const { files, processes } = river.world;
  const { admitted } = ready;
  const cache = await files.makeTemporary("secure-install-cache-");
  const said: Finding[] = [];
  try {
    const registry = await openSealedRegistry(admitted.flatMap((one) => offered(river, one)));
    try {
      const blobs = admitted.map(({ sha512 }) => ({ sha512, path: river.quarantine.path(sha512) }));
      await seedCache(files, cache, blobs);
      const command = commandFor(river, how, ready, cache, registry);
      said.push(...(await stillTheSame(river, ready, inputs)));
      if (said.some(refuses) || interrupts.came() !== null) return { ended: null, findings: said };
      river.progress.clear();
      const ended = await processes.run(command, { output: how.output });
      said.push(...refusedRequests(registry.refused, ready));
      return { ended, findings: said };
    } finally {
      await registry.close();
    }
  } finally {
    // npm has ended: what is left of its cache is no reason to keep from proving what it made.
    await files.remove(cache).catch((error: Error) => said.push(leftOver(cache, error)));
  }
}

function leftOver(cache: string, error: Error): Finding {
  const says = `npm's temporary cache could not be removed: ${error.message}`;
  return finding("HANDOFF_UNSEALED", { severity: "warn", says, got: cache, help: `Remove ${cache}.` });
}

/** The places that must not be links, what npm would leave in the way, and the inputs, once more. */
async function stillTheSame(river: River, { project, trees }: Ready, inputs: Inputs): Promise<readonly Finding[]> {
  const { files } = river.world;
  const { artifacts } = project.lockfile;
  const places = {
    project: project.directory,
    folders: localFolders(artifacts),
    emptied: trees.emptied,
    locations: artifacts.map(({ location }) => location),
  };
  const links = await symlinkFindings(files, inputs.places);
  return [...links, ...(await shadowFindings(files, places)), ...(await changedSince(river, inputs))];
}

function ciCommand(river: River, how: Installation, { project, admitted }: Ready, cache: string, registry: Registry) {
  const names = admitted.map(({ artifact }) => artifact.name);
  return npmCi({
    npm: how.npm,
    folder: project.directory,
    cache,
    registry,
    scopes: [...new Set([...scopesOf(names), ...river.npm.scopes.keys()])],
    omit: [...river.options.omit],
    sources: sourcesOf(admitted),
    settings: river.npm.settings,
    variables: river.world.environment.variables,
    extra: how.extra,
  });
}

/** A package in the form in which the sealed registry holds it. What no registry serves is in npm's cache alone. */
function offered(river: River, { artifact, sha512, size, manifest: text, facts }: Admitted): AdmittedPackage[] {
  if (artifact.source.type !== "registry") return [];
  const { name, version, filename } = artifact;
  const integrity = toIntegrity({ algorithm: "sha512", hex: sha512 });
  // npm spells out the commands of a folder (`directories.bin`) only when it publishes.
  return [
    {
      ...{ name, version, filename, integrity, size },
      get manifest() {
        return facts.binFolder === null ? packageJson(text) : { ...packageJson(text), bin: facts.bin };
      },
      open: () => river.quarantine.stream(sha512),
    },
  ];
}

/** Pinned tarballs, which a newer npm takes only when it is told that it may. */
function sourcesOf(admitted: readonly Admitted[]): ReadonlySet<"file" | "remote"> {
  const types = new Set(admitted.map(({ artifact }) => artifact.source.type));
  return new Set([
    ...(types.has("file") ? (["file"] as const) : []),
    ...(types.has("url") ? (["remote"] as const) : []),
  ]);
}

/**
 * By a lockfile of version 1, npm also asks about packages that it will find in another's tarball; and where it plans
 * anew, about what is optional. That is no sign of anything.
 */
function refusedRequests(refused: readonly string[], { judged, admitted }: Ready): Finding[] {
  const leftOut = judged
    .map(({ verdict }) => verdict)
    .filter(
      ({ artifact, result }) =>
        artifact.source.type === "bundled" || result === "OTHER_PLATFORM" || result === "OMITTED",
    );
  const optional = admitted.flatMap(({ facts }) => [
    ...facts.optionalPeers,
    ...Object.keys(facts.optionalDependencies),
  ]);
  const expected = new Set(
    [...leftOut.map(({ artifact }) => artifact.name), ...optional].map((name) => `GET /${name}`),
  );
  const strange = refused.filter((request) => !expected.has(request.replace(/%2f/i, "/")));
  if (strange.length === 0) return [];
  const says = `npm asked for what was not verified, and did not get it: ${strange.slice(0, 5).join(", ")}`;
  return [finding("HANDOFF_UNSEALED", { severity: "warn", says })];
}
