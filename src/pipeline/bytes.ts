/** Brings an artifact's bytes into the quarantine, and reads them there: on a worker thread, hashed again. */
import path from "node:path";
import type { Fetched } from "../fetch/settings.js";
import { onDisk } from "../fetch/store-trouble.js";
import type { Inspection } from "../model/archive.js";
import type { Artifact } from "../model/artifact.js";
import { type Finding, finding } from "../model/finding.js";
import { LIMITS } from "../model/limits.js";
import { claimedAddress } from "./claimed-address.js";
import type { PinnedOrigin, RegistryOrigin } from "./origin.js";
import type { River } from "./river.js";

export type Bytes =
  | { readonly ok: true; readonly inspection: Inspection }
  | { readonly ok: false; readonly finding: Finding };

/**
 * The bytes of the lockfile's digest if the store holds them, else those that the origin gives. Whatever lies in the
 * store under a digest that it no longer has is removed, and fetched once more.
 */
export async function bringBytes(
  river: River,
  artifact: Artifact,
  origin: RegistryOrigin | PinnedOrigin,
  project: string,
): Promise<Bytes> {
  const locked = artifact.locked.sha512;
  const there = locked !== undefined && (await river.quarantine.has(locked));
  const stored = there ? await inspectStored(river, locked) : null;
  if (stored !== null) return { ok: true, inspection: stored };
  const received = await receive(river, artifact, origin, project);
  if (!received.ok) return received;
  // What is not what was locked stays, under its own name: other packages and processes may rightly be reading it.
  const fresh = await inspectStored(river, received.sha512);
  if (fresh !== null) return { ok: true, inspection: fresh };
  return {
    ok: false,
    finding: finding("FETCH_FAILED", { says: "the store did not keep the bytes that were put into it" }),
  };
}

/** What was stored under a digest, read and hashed; null where it has gone, or is other bytes, which are removed. */
async function inspectStored({ quarantine, world }: River, sha512: string): Promise<Inspection | null> {
  const file = quarantine.path(sha512);
  const read = world.workers.run<Inspection>("inspect", file).catch(async (error) => {
    // Another process may have found the same damage, and removed it while we were reading.
    if (await quarantine.has(sha512)) throw error;
    return null;
  });
  const inspection = await onDisk(file, read);
  if (inspection === null || inspection.packed.sha512 === sha512) return inspection;
  await quarantine.discard(sha512);
  return null;
}

type Received = { readonly ok: true; readonly sha512: string } | { readonly ok: false; readonly finding: Finding };

async function receive(
  river: River,
  artifact: Artifact,
  origin: RegistryOrigin | PinnedOrigin,
  project: string,
): Promise<Received> {
  const { quarantine, client, world } = river;
  const take = async (chunks: AsyncIterable<Uint8Array>) => {
    const received = await quarantine.receive(chunks, { maxBytes: LIMITS.tarballBytes });
    river.progress.step(received.size);
    return received.digests.sha512;
  };
  if (artifact.source.type === "file") {
    const file = path.join(project, artifact.source.path);
    const real = await world.files.realPath(file);
    const root = await world.files.realPath(project);
    if (real === null || root === null || !real.startsWith(root + path.sep)) {
      const says = `${artifact.source.path} is not a file inside the project`;
      return { ok: false, finding: finding("LOCKFILE_SOURCE_UNSUPPORTED", { says }) };
    }
    if (((await world.files.status(real))?.size ?? 0) > LIMITS.tarballBytes) {
      return { ok: false, finding: finding("ARCHIVE_TOO_LARGE", { says: `${artifact.source.path} is too large` }) };
    }
    return { ok: true, sha512: await take(world.files.stream(real)) };
  }
  const redirects = origin.type === "registry" ? origin.from.redirects : [];
  const bounds = { maxBytes: LIMITS.tarballBytes, redirects };
  const fetch = (address: string, how = {}) => client.stream(address, { ...bounds, ...how }, take);
  const answer = await fetch(origin.type === "registry" ? origin.tarball : origin.pin.from);
  if (answer.ok || answer.status !== 404 || origin.type !== "registry" || !origin.derived) return asReceived(answer);
  const led = { ledFrom: origin.tarball };
  const elsewhere = await claimedAddress(river, artifact, origin, false);
  if (elsewhere === null) return asReceived(answer);
  if (!elsewhere.ok) return elsewhere;
  const claimed = await fetch(elsewhere.address, led);
  if (claimed.ok || claimed.status !== 404 || !elsewhere.kept || river.options.offline) return asReceived(claimed);
  const now = await claimedAddress(river, artifact, origin, true);
  if (now === null) return asReceived(claimed);
  return now.ok ? asReceived(await fetch(now.address, led)) : now;
}

function asReceived(answer: Fetched<string>): Received {
  if (answer.ok) return { ok: true, sha512: answer.value };
  return { ok: false, finding: finding(answer.code, { says: answer.says }) };
}
