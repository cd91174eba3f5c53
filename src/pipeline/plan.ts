/** What is to be installed: each admitted package, with what its own archive says of its files, commands and scripts. */
import type { ArchivedFile, ArchiveListing } from "../model/archive.js";
import type { Artifact } from "../model/artifact.js";
import { npmPurl } from "../model/names.js";
import type { ScriptReport } from "../model/report.js";
import type { Passed } from "../model/verdict.js";
import { isPassed } from "../policy/decide.js";
import { scriptAllowance } from "../trust/lookup.js";
import { type PackageFacts, readFacts } from "../verify/npm-facts.js";
import type { Judged } from "./judged.js";
import { packageJson } from "./known.js";
import { readPackageJson } from "./project.js";
import type { River } from "./river.js";

/** One package at one place of the tree, proven. Only `admit` makes these. */
export interface Admitted {
  readonly artifact: Artifact;
  readonly verdict: Passed;
  /** Lowercase hex, our own. */
  readonly sha512: string;
  /** Bytes of the archive. */
  readonly size: number;
  readonly files: readonly ArchivedFile[];
  /** Text of its package.json: parsed, that of all packages together would be held for as long as npm runs. */
  readonly manifest: string;
  readonly facts: PackageFacts;
}

/** The admitted ones among the judged: those whose bytes passed, and which therefore can be handed over. */
export async function admit(judged: readonly Judged[]): Promise<Admitted[]> {
  const read = new Map<ArchiveListing, Promise<Pick<Admitted, "files" | "manifest" | "facts">>>();
  const admitted: Admitted[] = [];
  for (const { verdict, listing, packedSize } of judged) {
    if (!isPassed(verdict) || listing === null || verdict.digest?.algorithm !== "sha512") continue;
    const known = read.get(listing) ?? describe(verdict.artifact.name, listing);
    read.set(listing, known);
    admitted.push({
      artifact: verdict.artifact,
      verdict,
      sha512: verdict.digest.hex,
      size: packedSize,
      ...(await known),
    });
  }
  return admitted;
}

/** What each package asks to run when it is installed, and whether trust.json allows it. */
export function plannedScripts(river: River, admitted: readonly Admitted[]): ScriptReport[] {
  return admitted.flatMap(({ artifact, facts }) => {
    const scripts = Object.keys(facts.scripts);
    if (scripts.length === 0) return [];
    const allowance = scriptAllowance(river.trust, artifact);
    const outcome = allowance === null ? "blocked" : "ran";
    return [{ purl: artifact.purl, location: artifact.location, scripts, outcome, allowedBy: allowance?.id ?? null }];
  });
}

/** What npm runs for the project itself after an install, unless scripts are off. */
const OWN_SCRIPTS = ["preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare"];

/** The project's own install scripts. They are its author's to run, and not part of what was verified. */
export async function ownScripts(river: River, directory: string): Promise<ScriptReport[]> {
  const manifest = await readPackageJson(river.world, directory);
  const declared = manifest?.scripts;
  if (manifest === null || typeof declared !== "object" || declared === null) return [];
  const scripts = OWN_SCRIPTS.filter((name) => Object.hasOwn(declared, name));
  const { name, version } = manifest;
  const purl = npmPurl(typeof name === "string" ? name : "project", typeof version === "string" ? version : "0.0.0");
  return scripts.length === 0 ? [] : [{ purl, location: "", scripts, outcome: "blocked", allowedBy: null }];
}

/**
 * The commands that npm links: those of the lockfile, where it speaks of commands at all (it has been held against the
 * archive), else those of the manifest. Commands that only `directories.bin` makes may be missing from a lockfile.
 */
export function linkedCommands({ artifact, facts }: Admitted): Readonly<Record<string, string>> {
  const locked = artifact.npm?.facts?.bin;
  const unspoken = facts.binFolder !== null && locked !== undefined && Object.keys(locked).length === 0;
  return unspoken ? {} : facts.bin;
}

async function describe(name: string, listing: ArchiveListing) {
  const { manifest, files } = listing;
  const facts = await readFacts(packageJson(manifest), name, new Set(files.map((file) => file.path)));
  return { files, manifest, facts };
}
