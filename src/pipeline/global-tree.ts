/**
 * What npm has put into its global folder, held against the admitted archives. npm follows no lockfile there, so each
 * folder is asked which package it is, and must then be that package as it was admitted, file by file.
 */

import path from "node:path";
import semver from "semver";
import { commandsInto, type GlobalPlaces, prefixAsProject } from "../installer/npm-global.js";
import { proveTree } from "../installer/prove.js";
import type { ExpectedPackage } from "../installer/prove-expected.js";
import type { ArchiveListing } from "../model/archive.js";
import { type Finding, finding } from "../model/finding.js";
import { LIMITS } from "../model/limits.js";
import { readFacts } from "../verify/npm-facts.js";
import { readArchived } from "../verify/read-archived.js";
import { packageJson } from "./known.js";
import { type Admitted, linkedCommands } from "./plan.js";
import type { River } from "./river.js";
import type { Ready } from "./seal.js";

export interface GlobalTree {
  /** Findings where it is not what was admitted; none where it is. */
  readonly findings: readonly Finding[];
  /** Each package that is there, at the place where npm has put it, below the folder that holds `node_modules`. */
  readonly placed: readonly Admitted[];
}

/** The name under which a package stands at its place: `@s/a` for `node_modules/x/node_modules/@s/a`. */
export function standingName(location: string): string {
  return location.slice(location.lastIndexOf("node_modules/") + "node_modules/".length);
}

/** Proves the packages `names`, everything below them, and their commands. Runs before any script. */
export async function proveGlobal(
  river: River,
  ready: Ready,
  places: GlobalPlaces,
  names: readonly string[],
): Promise<GlobalTree> {
  const { files, workers, environment } = river.world;
  const found = await new Search(river, ready, places).all(names);
  const tops = found.placed.filter(
    ({ artifact }) => names.includes(standingName(artifact.location)) && isTop(artifact.location),
  );
  const expected = tops.flatMap((one) => Object.keys(linkedCommands(one)).map((name) => path.posix.basename(name)));
  const suffixes = environment.platform === "win32" ? ["", ".cmd", ".ps1"] : [""];
  const commands = new Set([
    ...expected.flatMap((name) => suffixes.map((suffix) => name + suffix)),
    ...(await commandsInto(files, places, names)),
  ]);
  const view = prefixAsProject(files, places, names, commands);
  river.progress.stage(
    "proving the tree",
    found.packages.reduce((sum, one) => sum + one.files.length, 0),
  );
  const proof = await proveTree({
    files: view.files,
    hash: (paths) => workers.run<(string | null)[]>("hash", paths.map(view.at)),
    project: places.lib,
    platform: environment.platform,
    packages: found.packages,
    links: [],
    absent: [],
    binLinks: river.npm.settings["bin-links"] !== false,
  });
  return { findings: [...proof.findings, ...unresolved(found, names)], placed: found.placed };
}

const isTop = (location: string): boolean => location.lastIndexOf("node_modules/") === 0;

/** Walks the folders, and tells of each package that is known what must be there. */
class Search {
  readonly packages: ExpectedPackage[] = [];
  readonly placed: Admitted[] = [];
  /** Packages that lie in another's archive, by place. */
  readonly bundled = new Set<string>();
  readonly #river: River;
  readonly #places: GlobalPlaces;
  readonly #admitted: readonly Admitted[];
  readonly #known: ReadonlyMap<string, Admitted>;
  readonly #listings: ReadonlyMap<string, ArchiveListing | null>;

  constructor(river: River, { admitted, judged }: Ready, places: GlobalPlaces) {
    this.#river = river;
    this.#places = places;
    this.#admitted = admitted;
    this.#known = new Map(admitted.map((one) => [keyOf(standingName(one.artifact.location), one.artifact), one]));
    this.#listings = new Map(judged.map(({ verdict, listing }) => [verdict.artifact.location, listing]));
  }

  async all(names: readonly string[]): Promise<this> {
    for (const name of names) {
      const location = `node_modules/${name}`;
      const wanted = this.#admitted.find(({ artifact }) => artifact.location === location);
      // Whatever is there, this is what must be there.
      if (wanted !== undefined) await this.#expect(wanted, location);
    }
    return this;
  }

  async #expect(one: Admitted, location: string): Promise<void> {
    const { artifact, files, sha512 } = one;
    this.placed.push({ ...one, artifact: { ...artifact, location } });
    const { quarantine } = this.#river;
    const readFrom = (file: string) => readArchived(quarantine.stream(sha512), file);
    const label = `${artifact.name}@${artifact.version}`;
    this.packages.push({ label, location, files, bins: linkedCommands(one), optional: false, readArchived: readFrom });
    await this.#expectBundled(one, location);
    const below = `${location}/node_modules`;
    for (const name of await this.#folders(below)) {
      const place = `${below}/${name}`;
      if (this.bundled.has(place)) continue;
      const known = await this.#knownAt(place, name);
      if (known !== undefined) await this.#expect(known, place);
    }
  }

  /** Their files are the holder's; npm links their commands. */
  async #expectBundled(holder: Admitted, location: string): Promise<void> {
    const listing = this.#listings.get(holder.artifact.location);
    for (const [file, text] of Object.entries(listing?.bundled ?? {})) {
      const inner = file.replace(/\/package\.json$/, "");
      const own = (listing?.files ?? []).filter((one) => one.path.startsWith(`${inner}/`));
      const manifest = packageJson(text);
      const name = standingName(inner);
      const paths = new Set(own.map((one) => one.path.slice(inner.length + 1)));
      const { bin: bins } = await readFacts(manifest, name, paths);
      const place = `${location}/${inner}`;
      this.bundled.add(place);
      const readNothing = () => Promise.reject(new Error("a bundled package has no archive of its own"));
      this.packages.push({ label: name, location: place, files: [], bins, optional: true, readArchived: readNothing });
    }
  }

  async #knownAt(place: string, name: string): Promise<Admitted | undefined> {
    const file = path.join(this.#places.lib, place, "package.json");
    const bytes = await this.#river.world.files.read(file, LIMITS.packageJsonBytes).catch(() => null);
    const manifest = bytes === null ? null : readJson(bytes);
    const { name: called, version } = manifest ?? {};
    if (typeof called !== "string" || typeof version !== "string") return undefined;
    return this.#known.get(keyOf(name, { name: called, version }));
  }

  async #folders(below: string): Promise<string[]> {
    const { files } = this.#river.world;
    const folder = path.join(this.#places.lib, below);
    const names: string[] = [];
    for (const { name, type } of (await files.list(folder)) ?? []) {
      if (type !== "directory" || name.startsWith(".")) continue;
      if (!name.startsWith("@")) names.push(name);
      else for (const inner of (await files.list(path.join(folder, name))) ?? []) names.push(`${name}/${inner.name}`);
    }
    return names;
  }
}

function keyOf(standing: string, { name, version }: { readonly name: string; readonly version: string }): string {
  return JSON.stringify([standing, name, version]);
}

function readJson(bytes: Buffer): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8").replace(/^\ufeff/, ""));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** What a package needs, and node would not find below the global package, or in no version that was asked for. */
function unresolved({ placed, bundled }: Search, names: readonly string[]): Finding[] {
  const byPlace = new Map(placed.map((one) => [one.artifact.location, one]));
  return placed.flatMap(({ artifact, facts }) => {
    const { location } = artifact;
    return Object.entries(facts.dependencies).flatMap(([name, range]) => {
      if (Object.hasOwn(facts.optionalDependencies, name)) return [];
      const place = waysUp(location, name, names).find((at) => byPlace.has(at) || bundled.has(at));
      const version = place === undefined ? null : (byPlace.get(place)?.artifact.version ?? null);
      if (place !== undefined && fits(version, range)) return [];
      const got = version === null ? "nothing" : `${name}@${version}`;
      return [
        finding("TREE_MISMATCH", {
          says: `${location} does not find the ${name} that it needs`,
          expected: `${name}@${range}`,
          got,
        }),
      ];
    });
  });
}

/** Places in which node looks for `name`, from a package at `location` up to the global folder. */
function waysUp(location: string, name: string, names: readonly string[]): string[] {
  const ways: string[] = [];
  for (let at = location; at !== ""; at = at.slice(0, Math.max(0, at.lastIndexOf("/node_modules/"))))
    ways.push(`${at}/node_modules/${name}`);
  return names.includes(name) ? [...ways, `node_modules/${name}`] : ways;
}

function fits(version: string | null, range: string): boolean {
  if (version === null || semver.validRange(range, true) === null) return true;
  return semver.satisfies(version, range, true);
}
