/**
 * What was observed of a package, and what else speaks for those who published it. It proves nothing, and satisfies
 * nothing: it is for a person who decides whether to pin somebody. Pure.
 */

import semver from "semver";
import type { BuildSource } from "../model/build.js";
import { day } from "../model/day.js";
import type { Ecosystem } from "../model/names.js";
import type { Observation, Observations } from "../model/observation.js";
import { observedName, signerText } from "./observed.js";

/** One observation as a JSON-able object. */
export interface ToldObservation {
  readonly version: string;
  readonly signers: readonly string[];
  /** Account or system that published it, as the registry says; null where it does not say. */
  readonly publisher: string | null;
  /** `https://github.com/acme/lib, <workflow>@<ref>, commit 0123456789ab, <address of the run>`; null if unknown. */
  readonly source: string | null;
  readonly published: string | null;
  readonly seen: string;
  readonly reviewed: boolean;
}

/** How far somebody who stands behind the newest observed version stands behind others. */
export interface Corroboration {
  /** `published by anna`, `signed with openpgp 0123…`, `built from https://github.com/acme/lib`. */
  readonly who: string;
  /** Of the last releases that were observed, how many in a row, back from the newest. */
  readonly releases: number;
  readonly of: number;
  /** When the first of those was published, or seen where that is not known. */
  readonly since: string;
  /** Other packages of observed.lock of which the same is true. */
  readonly otherPackages: number;
}

/** Hex digits of a commit by which people know it. */
const SHORT_COMMIT = 12;
/** Releases that are looked back upon. */
const LOOKED_BACK = 10;

/** What was observed of a package, the newest version first; of one version where one is named. */
export function observationsOf(
  all: Observations,
  asked: { readonly ecosystem: Ecosystem; readonly name: string; readonly version: string | null },
): readonly Observation[] {
  const known = all.get(observedName(asked)) ?? [];
  const ofVersion = asked.version === null ? known : known.filter(({ version }) => version === asked.version);
  return [...ofVersion].sort((a, b) => byVersion(b.version, a.version) || b.seen - a.seen);
}

/** An observation for people and for JSON. */
export function tellObservation(item: Observation): ToldObservation {
  return {
    version: item.version,
    signers: item.signers.map(signerText),
    publisher: publisherText(item),
    source: item.source === null ? null : sourceLine(item.source),
    published: item.published === null ? null : new Date(item.published).toISOString(),
    seen: new Date(item.seen).toISOString(),
    reviewed: item.reviewed,
  };
}

/** From where it was built, as far as its certificate says. */
function sourceLine({ repository, workflow, ref, commit, run }: BuildSource): string {
  const built = [workflow, ref].filter((part) => part !== null).join("@");
  const parts = [repository, built, commit === null ? "" : `commit ${commit.slice(0, SHORT_COMMIT)}`, run ?? ""];
  return parts.filter((part) => part !== "").join(", ");
}

/** Holds who stands behind the newest of these observations (newest first) against the rest, and other packages. */
export function corroborate(all: Observations, observations: readonly Observation[]): readonly Corroboration[] {
  const [newest] = observations;
  if (newest === undefined) return [];
  const releases = latestReleases(observations);
  return whoOf(newest).map((who) => {
    const end = releases.findIndex((items) => !items.some((item) => whoOf(item).includes(who)));
    const together = end < 0 ? releases : releases.slice(0, end);
    const times = together.flat().map(({ published, seen }) => published ?? seen);
    const others = [...all].filter(
      ([name, items]) => name !== observedName(newest) && items.some((item) => whoOf(item).includes(who)),
    );
    return {
      who,
      releases: together.length,
      of: releases.length,
      since: day(Math.min(...times)),
      otherPackages: others.length,
    };
  });
}

/** Everybody who stands behind a version, in words. A registry's own key signs whatever is there, and says nothing. */
function whoOf(item: Observation): readonly string[] {
  const publisher = publisherText(item);
  return [
    ...(publisher === null ? [] : [`published by ${publisher}`]),
    ...item.signers.filter(({ type }) => type === "openpgp").map((signer) => `signed with ${signerText(signer)}`),
    ...(item.source === null ? [] : [`built from ${item.source.repository} (${item.source.issuer})`]),
  ];
}

function publisherText({ publisher }: Observation): string | null {
  return publisher === null ? null : `${publisher.name}${publisher.trusted ? " (trusted publishing)" : ""}`;
}

/** The observations by version, for the last versions. */
function latestReleases(observations: readonly Observation[]): readonly (readonly Observation[])[] {
  const versions = [...new Set(observations.map(({ version }) => version))].slice(0, LOOKED_BACK);
  return versions.map((version) => observations.filter((item) => item.version === version));
}

function byVersion(one: string, other: string): number {
  if (semver.valid(one) !== null && semver.valid(other) !== null) return semver.compareBuild(one, other);
  return one < other ? -1 : one > other ? 1 : 0;
}
