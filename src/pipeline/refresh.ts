/** Renews npm's own keys and Sigstore's roots: follows their repository, says what changes, writes it for review. */
import type { Finding } from "../model/finding.js";
import { RENEWED_REGISTRY, ROOTS_REPOSITORY } from "../trust/builtin.js";
import { readStoreFiles } from "../trust/load.js";
import { homeOf } from "../trust/lookup.js";
import { type KeyUse, type RenewalChange, renewalChanges } from "../trust/renewal.js";
import { type RootFiles, readRoots, rootsIn } from "../trust/roots.js";
import type { StoreFiles } from "../trust/store.js";
import { ROOT_FILES } from "../trust/tuf.js";
import { keptClaims } from "./claims.js";
import { originOf } from "./origin.js";
import type { Project } from "./project.js";
import type { River } from "./river.js";
import { changeStore } from "./store-change.js";
import { followRepository } from "./tuf-client.js";

export type Refreshed =
  | { readonly ok: false; readonly finding: Finding }
  | {
      readonly ok: true;
      readonly changes: readonly RenewalChange[];
      /** When what is in use from now on was brought (ms). */
      readonly renewed: number;
      /** Absolute path of the store, and the names in it of what was written; null where nothing was to be written. */
      readonly written: { readonly directory: string; readonly changed: readonly string[] } | null;
    };

export interface RefreshRequest {
  /** Whose packages are looked at for keys that are in use; null where there is no lockfile. */
  readonly project: Project | null;
  /** Say what would change, and write nothing. */
  readonly dryRun: boolean;
}

/**
 * Follows the repository from what the store keeps of it. What is refused is a finding, and nothing is written then.
 * Throws what changeStore throws.
 */
export async function refreshRoots(river: River, request: RefreshRequest): Promise<Refreshed> {
  const { client, now, world, place, trust } = river;
  const kept = trust.directory === null ? new Map() : rootsIn(await readStoreFiles(world.files, trust.directory));
  const followed = await followRepository({ client, repository: ROOTS_REPOSITORY, kept, now, shipped: null });
  if (!followed.ok) return followed;
  const isNew = [...followed.files].some(([name, bytes]) => !same(kept.get(name), bytes));
  const brought = new Map(isNew ? [...followed.files, [ROOT_FILES.renewed, renewedAt(now)]] : kept);
  const changes = renewalChanges(kept, brought, await keyUse(river, request.project));
  const renewed = (await readRoots(brought))?.renewed ?? now;
  const told = { ok: true, changes, renewed } as const;
  if (request.dryRun || !isNew) return { ...told, written: null };
  const { directory, changed } = await changeStore(world, place, (files) => withRoots(files, kept, brought));
  return { ...told, written: { directory, changed } };
}

function renewedAt(now: number): Uint8Array {
  return Buffer.from(`${JSON.stringify({ format: 1, renewed: new Date(now).toISOString() }, null, 2)}\n`);
}

/** What another refresh has written in the meantime stays, unless it is what this one began with. */
function withRoots(files: StoreFiles, kept: RootFiles, brought: RootFiles): StoreFiles {
  const there = rootsIn(files);
  const isOurs = there.size === kept.size && [...kept].every(([name, bytes]) => same(there.get(name), bytes));
  if (!isOurs) return files;
  return new Map([...[...files].filter(([name]) => !there.has(name)), ...brought]);
}

/** By how many packages each of npm's keys is in use: those that were observed, and those of the lockfile. */
export async function keyUse(
  river: Pick<River, "trust" | "npm" | "masked" | "quarantine">,
  project: Pick<Project, "lockfile"> | null,
): Promise<KeyUse> {
  const users = new Map<string, Set<string>>();
  const use = (keyid: string, user: string): void => {
    users.set(keyid, (users.get(keyid) ?? new Set()).add(user));
  };
  for (const observation of [...river.trust.observations.values()].flat()) {
    for (const signer of observation.signers) {
      const isNpms = signer.type === "registry-key" && signer.registry === RENEWED_REGISTRY;
      if (isNpms) use(signer.keyid, `${observation.name}@${observation.version}`);
    }
  }
  for (const artifact of project?.lockfile.artifacts ?? []) {
    if (homeOf(river.trust, artifact.ecosystem, artifact.name).id !== RENEWED_REGISTRY) continue;
    const found = originOf(artifact, river);
    if (!found.ok || found.origin.type !== "registry") continue;
    const claims = await keptClaims(river, found.origin.evidence, artifact);
    for (const { keyid } of claims?.signatures ?? []) use(keyid, `${artifact.name}@${artifact.version}`);
  }
  return new Map([...users].map(([keyid, packages]) => [keyid, packages.size]));
}

function same(one: Uint8Array | undefined, other: Uint8Array): boolean {
  return one !== undefined && Buffer.compare(one, other) === 0;
}
