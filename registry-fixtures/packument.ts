/** All versions of one package in one document: `GET /name`, in npm's full and in its abbreviated form. */
import semver from "semver";
import { abbreviate, type Manifest, type Packument } from "./manifest.js";
import type { Release } from "./release.js";

/** Everything known, publish times included. `releases` are the versions of one name, at least one. */
export function fullPackument(releases: readonly Release[], url: string): Packument {
  const times = releases.map(({ publishTime }) => publishTime).filter((time) => time !== null);
  const latest = latestManifest(releases, url);
  return {
    _id: releases[0]?.name,
    _rev: `${releases.length}-fixture`,
    name: releases[0]?.name ?? "",
    ...(latest.description === undefined ? {} : { description: latest.description }),
    "dist-tags": distTags(releases),
    versions: Object.fromEntries(releases.map((release) => [release.version, shownManifest(release, url)])),
    time: { created: times[0], modified: times.at(-1), ...timesByVersion(releases) },
    maintainers: latest.maintainers,
    license: latest.license,
    readme: "",
  };
}

/** What an installer needs: `application/vnd.npm.install-v1+json`. */
export function abbreviatedPackument(releases: readonly Release[], url: string): Packument {
  const full = fullPackument(releases, url);
  return {
    name: full.name,
    "dist-tags": full["dist-tags"],
    versions: Object.fromEntries(Object.entries(full.versions).map(([key, manifest]) => [key, abbreviate(manifest)])),
    modified: (full.time as Record<string, string>).modified,
  };
}

/** The manifest as it is shown: addresses in it made absolute if they are places below the registry's. */
export function shownManifest({ manifest }: Release, url: string): Manifest {
  const { attestations, ...dist } = manifest.dist;
  const tarball = absolute(dist.tarball, url);
  if (attestations === undefined) return { ...manifest, dist: { ...dist, tarball } };
  return {
    ...manifest,
    dist: { ...dist, tarball, attestations: { ...attestations, url: absolute(attestations.url, url) } },
  };
}

/** `latest` is the highest version that is no prerelease; where a prerelease is higher still, it is `next`. */
export function distTags(releases: readonly Release[]): Readonly<Record<string, string>> {
  const versions = releases.map(({ version }) => version);
  const highest = semver.rsort([...versions])[0] ?? "";
  const latest = semver.maxSatisfying(versions, "*") ?? highest;
  return highest === latest ? { latest } : { latest, next: highest };
}

function absolute(address: string, url: string): string {
  return /^(\/|[a-z][a-z0-9+.-]*:)/i.test(address) ? address : `${url}${address}`;
}

function latestManifest(releases: readonly Release[], url: string): Manifest {
  const release = releases.find(({ version }) => version === distTags(releases).latest);
  if (release === undefined) throw new Error("a packument is of at least one version");
  return shownManifest(release, url);
}

function timesByVersion(releases: readonly Release[]): Readonly<Record<string, string>> {
  const known = releases.filter(({ publishTime }) => publishTime !== null);
  return Object.fromEntries(known.map(({ version, publishTime }) => [version, publishTime ?? ""]));
}
