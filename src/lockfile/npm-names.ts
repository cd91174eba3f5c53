/** Names, versions and locations of entries: what is not what it says, or what no registry could hold. */
import type { Source } from "../model/artifact.js";
import { type Finding, finding } from "../model/finding.js";
import { isNpmName, isNpmVersion, npmPurl, type Purl, tarballName } from "../model/names.js";
import type { Asked } from "./npm-asked.js";
import type { LockedEntry } from "./npm-entries.js";
import { isDeclaredFolder, type LinkContext } from "./npm-links.js";
import { folderName } from "./npm-root.js";
import type { Address } from "./npm-source.js";

/** The name by which others find the entry: of its place in node_modules, or of its folder. */
export function placeName(entry: LockedEntry): string {
  if (!entry.place.ok) return entry.place.name;
  const { place } = entry.place;
  return place.type === "package" ? place.name : folderName(null, place.folder);
}

/** The package URL; names and versions outside the grammar are encoded as they are. */
export function purlOf(name: string, version: string): Purl {
  if (isNpmName(name) && isNpmVersion(version)) return npmPurl(name, version);
  // A lone surrogate can't be percent-encoded.
  const encode = (text: string): string => encodeURIComponent(text.replace(/\p{Cs}/gu, "\ufffd"));
  return `pkg:npm/${name.split("/").map(encode).join("/")}${version === "" ? "" : `@${encode(version)}`}` as Purl;
}

/** What is wrong with where the entry would lie. */
export function placeFindings(entry: LockedEntry, context: LinkContext): Finding[] {
  const bad = (says: string, expected: string, help?: string): Finding[] => [
    finding("LOCKFILE_NAME_INVALID", { says: `${entry.location} ${says}`, expected, got: entry.location, help }),
  ];
  if (!entry.place.ok) return bad(entry.place.why, "node_modules/<name>, or the folder of a workspace");
  const { type, folder } = entry.place.place;
  if (folder !== "" && !isDeclaredFolder(folder, context)) {
    return bad(
      `is neither in the project's node_modules nor in a workspace: the project does not declare "${folder}"`,
      "node_modules/<name>, or the folder of a declared workspace",
      "If the folder was a workspace once, let npm write the lockfile anew; else find out how the entry came into it.",
    );
  }
  if (type === "folder" && entry.resolved !== null) {
    return bad(`is a folder of the project, and would be fetched from ${entry.resolved}`, "no address for a folder");
  }
  return [];
}

/** What is wrong with the entry's name or version, or with the name under which it is installed. */
export function nameFindings(
  entry: LockedEntry,
  name: string,
  version: string,
  source: Source,
  asked: Asked | null,
): Finding[] {
  if (source.type === "link") return [];
  const findings: Finding[] = [];
  const local = source.type === "workspace";
  // A private folder without a name may be called as it likes; npm names it after the folder.
  if (!isNpmName(name) && (!local || entry.name !== null)) {
    findings.push(
      finding("LOCKFILE_NAME_INVALID", {
        says: `${entry.location} is called "${name}", which is no package name`,
        expected: "a name that npm's registry can hold",
        got: name,
      }),
    );
  }
  const needsVersion = source.type === "registry" || source.type === "bundled";
  if (!local && (needsVersion || version !== "") && !isNpmVersion(version)) {
    findings.push(
      finding("LOCKFILE_NAME_INVALID", {
        says: `${entry.location} has ${version === "" ? "no version" : `the version "${version}", which is none`}`,
        expected: "one exact version",
        got: version,
      }),
    );
  }
  const swapped = local ? null : swappedName(entry, name, asked);
  return swapped === null ? findings : [...findings, swapped];
}

/**
 * One package under the name of another is right only where that is asked for, with `npm:`: by the project itself, which
 * then decides for all, or by each package that would get it.
 */
function swappedName(entry: LockedEntry, name: string, asked: Asked | null): Finding | null {
  // What is asked for by its address may be called as it likes: git and URL dependencies often are.
  if (entry.addressed || asked?.foreign?.believed === true) return null;
  const mismatch = (says: string, expected: string): Finding =>
    finding("LOCKFILE_NAME_MISMATCH", { says: `${entry.location} would hold ${name}, ${says}`, expected, got: name });
  const place = placeName(entry);
  const called = (wanted: string): string => (wanted === place ? wanted : `npm:${wanted}`);
  const { project, packages } = asked ?? NOBODY;
  if (project.has(name)) return null;
  const [own] = project;
  if (own !== undefined) return mismatch(`and the project asks for "${called(own)}" under that name`, own);
  const wanted = [...packages.values()].find((names) => !names.has(name));
  const [other] = wanted ?? [];
  if (other !== undefined) return mismatch(`and some who ask for it ask for "${called(other)}" under that name`, other);
  if (name === place || packages.size > 0) return null;
  return mismatch(`and no package.json asks for "npm:${name}" under that name`, place);
}

const NOBODY = { project: new Set<string>(), packages: new Map<string, ReadonlySet<string>>() };

/** Holds the package that an address speaks of against the one that the entry speaks of. */
export function addressFindings(entry: LockedEntry, name: string, version: string, address: Address | null): Finding[] {
  const tarball = address?.tarball ?? null;
  // Asked for by its address, it is what it is; nobody meant another.
  if (tarball === null || entry.addressed) return [];
  const file = tarballName(name, version);
  if (tarball.name === name && tarball.file === file) return [];
  return [
    finding("LOCKFILE_NAME_MISMATCH", {
      says: `${entry.location} is ${name}@${version}, and its address is of ${tarball.name}, file ${tarball.file}`,
      expected: `${name}, file ${file}`,
      got: `${tarball.name}, file ${tarball.file}`,
    }),
  ];
}
