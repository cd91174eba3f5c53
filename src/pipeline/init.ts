/**
 * The first trust store of a project, and the same command on every branch that brings new packages: declares the
 * registries that its settings name, judges everything as an audit does, and remembers what passed. What does not pass
 * is written down nowhere: neither as an observation nor as an exception.
 */
import type { TrustStore } from "../model/policy.js";
import { withEdits } from "../trust/edit-file.js";
import { readTrustFile } from "../trust/format.js";
import { readStoreFiles } from "../trust/load.js";
import { readStore, type StoreFiles } from "../trust/store.js";
import { type Declared, declare } from "./declare.js";
import { judgeAll } from "./judge.js";
import type { Judged } from "./judged.js";
import { memberLine } from "./member-line.js";
import { withObserved } from "./observe.js";
import type { Project } from "./project.js";
import type { River } from "./river.js";
import { changeStore } from "./store-change.js";
import { openTrust, readCertificate } from "./trust.js";
import { type Undeclared, undeclaredIn, wayTo } from "./undeclared.js";

const TRUST = "trust.json";
/** A lockfile may name as many hosts as it has entries; so many are asked, those of npm's settings first. */
const MOST_ASKED = 20;

export interface Initiation {
  /** In the order of the projects. */
  readonly judged: readonly (readonly Judged[])[];
  readonly declared: readonly Declared[];
  /** Observations that were added. */
  readonly added: number;
  /** Absolute path of the store. */
  readonly directory: string;
  /** Files of the store that were written, by name, sorted. */
  readonly written: readonly string[];
  /** The store as it is now. */
  readonly trust: TrustStore;
}

/** Makes the trust store, or adds what is missing in it. Throws StopError where the store can't be read or written. */
export async function initTrust(river: River, projects: readonly Project[]): Promise<Initiation> {
  const { world, place, now } = river;
  const artifacts = projects.flatMap(({ lockfile }) => lockfile.artifacts);
  const found = worthAsking(undeclaredIn(artifacts, river), river);
  if (found.length > 0) river.progress.stage("asking registries", 0);
  const answers = await Promise.all(found.map((one) => declare(river, one)));
  const declared = answers.filter((one) => one !== null);
  const trusting = { ...river, trust: await declaring(river, declared) };
  const judged: Judged[][] = [];
  for (const project of projects) {
    judged.push(await judgeAll(trusting, project.lockfile.artifacts, project.directory, "verdicts"));
  }
  let added = 0;
  const { directory, changed } = await changeStore(world, place, (files) => {
    const observed = withObserved(withRegistries(files, declared), judged.flat(), now);
    added = observed.added;
    return observed.files;
  });
  return { judged, declared, added, directory, written: changed, trust: await openTrust(world, place, now) };
}

function worthAsking(found: readonly Undeclared[], { npm }: River): readonly Undeclared[] {
  const isNamed = ({ url, scopes, artifacts }: Undeclared): boolean =>
    scopes.length > 0 || artifacts.some(({ name }) => wayTo(url, name, npm) !== null);
  return [...found].sort((a, b) => Number(isNamed(b)) - Number(isNamed(a))).slice(0, MOST_ASKED);
}

/** The store with these registries, before anything is written. */
async function declaring({ world, trust, now }: River, declared: readonly Declared[]): Promise<TrustStore> {
  if (declared.length === 0) return trust;
  const files = trust.directory === null ? new Map() : await readStoreFiles(world.files, trust.directory);
  const from = { directory: trust.directory ?? "", now };
  return readStore(withRegistries(files, declared), from, readCertificate);
}

/** A trust.json of ours where there is none; in one of theirs only what nobody has declared by now. */
function withRegistries(files: StoreFiles, declared: readonly Declared[]): StoreFiles {
  const bytes = files.get(TRUST);
  if (bytes === undefined) return new Map([...files, [TRUST, Buffer.from(firstTrust(declared))]]);
  const { registries } = readTrustFile(bytes);
  const missing = declared.filter(
    ({ id, value }) => !registries.some((known) => known.id === id || known.url === value.url),
  );
  if (missing.length === 0) return files;
  const edits = missing.map(({ id, value }) => ({ op: "set" as const, path: ["registries", id], value }));
  return withEdits(files, TRUST, edits);
}

/** A line for each registry: short enough to be read as a whole. */
function firstTrust(declared: readonly Declared[]): string {
  const lines = declared.map(({ id, value }) => `    ${memberLine(id, value)}`).join(",\n");
  const registries = declared.length === 0 ? "" : `,\n  "registries": {\n${lines}\n  }`;
  return `{\n  "format": 1${registries}\n}\n`;
}
