/** What npm's resolver gets to see while it locks: metadata as it came, and tarballs only once they have passed. */
import { packumentAddress, tarballAddress } from "../ecosystem/npm.js";
import type { TarballRequest, UpstreamRequest } from "../gateway/lock.js";
import type { Artifact } from "../model/artifact.js";
import { type DigestSet, parseIntegrity } from "../model/digest.js";
import { type Finding, finding, refuses } from "../model/finding.js";
import { LIMITS } from "../model/limits.js";
import { isNpmVersion, npmPurl, tarballName, unscoped } from "../model/names.js";
import { registryAt } from "../trust/lookup.js";
import { askClaims } from "./claims.js";
import type { River } from "./river.js";
import { judge, weigh } from "./weigh.js";

/**
 * Metadata, fetched by our own client. Registries that nobody declared are not asked. What could not be had is added
 * to `troubles`, and thrown: npm is told that there is no answer.
 */
export async function askUpstream(river: River, asked: UpstreamRequest, troubles: Finding[]) {
  const registry = registryAt(river.trust, asked.registry);
  if (registry === null) throw new Error(`no registry is declared at ${asked.registry}`);
  const wanted = { maxBytes: LIMITS.packumentBytes, redirects: registry.redirects, accept: asked.accept };
  const answer = await river.client.get(packumentAddress(asked.registry, asked.name), wanted);
  if (answer.ok) {
    const { status, body, headers } = answer.value;
    return { status, body, contentType: headers["content-type"] ?? "application/json" };
  }
  if (answer.status === 404)
    return { status: 404, body: Buffer.from('{"error":"not found"}'), contentType: "application/json" };
  troubles.push(finding(answer.code, { says: answer.says }));
  throw new Error(answer.says);
}

/**
 * npm looks into the tarballs of packages that bundle others, or bring a shrinkwrap. It is given them only once they
 * have passed, by the digest that the registry claims; the lockfile that comes out is judged as a whole afterwards.
 * What stands against one is added to `troubles`: npm is told no more than that it can't have it.
 */
export async function verifiedTarball(river: River, directory: string, wanted: TarballRequest, troubles: Finding[]) {
  const { registry, name, filename } = wanted;
  const version = filename.slice(`${unscoped(name)}-`.length, -".tgz".length);
  const declared = registryAt(river.trust, registry);
  if (declared === null || filename !== tarballName(name, version) || !isNpmVersion(version)) return null;
  const claimed = await askClaims(river, declared, { name, version }, false);
  if (!claimed.ok || claimed.claims.integrity === null) return null;
  const { digests } = parseIntegrity(claimed.claims.integrity);
  const artifact = artifactOf(name, version, tarballAddress(registry, name, version), digests);
  const weighed = await weigh(river, artifact, directory);
  const verdict = judge(river, artifact, weighed);
  if (verdict.result !== "PASSED" || verdict.digest?.algorithm !== "sha512") {
    const against = verdict.findings.find(refuses) ?? verdict.findings[0];
    if (against !== undefined) troubles.push(lookedInto(artifact, against));
    return null;
  }
  return { size: weighed.packedSize, bytes: river.quarantine.stream(verdict.digest.hex) };
}

function lookedInto({ name, version }: Artifact, against: Finding): Finding {
  const says = `${name}@${version}, into which npm must look because it brings packages with it: ${against.says}`;
  return { ...against, says };
}

function artifactOf(name: string, version: string, url: string, locked: DigestSet): Artifact {
  const place = { paths: [], location: `node_modules/${name}`, npm: null, findings: [] };
  const filename = tarballName(name, version);
  return {
    purl: npmPurl(name, version),
    ecosystem: "npm",
    name,
    version,
    filename,
    source: { type: "registry", url },
    locked,
    ...place,
  };
}
