/** The walk over the disk that proves a tree. */
import { createHash } from "node:crypto";
import path from "node:path";
import { LIMITS } from "../model/limits.js";
import type { EntryType } from "../model/world.js";
import { linkText, shimTarget, withUnixHashbang } from "./prove-bins.js";
import {
  type BinNode,
  type ExpectedNode,
  type ExpectedTree,
  type FileNode,
  type FolderNode,
  nodeAt,
} from "./prove-expected.js";
import { HashQueue } from "./prove-hash.js";
import { Mismatches } from "./prove-mismatch.js";
import type { Proof, ProofRequest } from "./prove-request.js";

/** Folders looked into at once. */
const AT_ONCE = 64;
/** Folders looked into, at most, to tell whether a folder that nobody expects holds anything. */
const SEARCHED = 1000;
const WORDS: Readonly<Record<EntryType, string>> = {
  file: "a file",
  directory: "a folder",
  link: "a symbolic link",
  other: "a device, pipe or socket",
};

/** Holds the folders of one project against one expected tree. */
export class Prover {
  readonly #request: ProofRequest;
  readonly #tree: ExpectedTree;
  readonly #mismatches = new Mismatches();
  readonly #hashes: HashQueue<{ readonly node: FileNode; readonly place: string }>;
  readonly #absent: ReadonlySet<string>;
  readonly #leftOut: string[] = [];

  constructor(request: ProofRequest, tree: ExpectedTree) {
    this.#request = request;
    this.#tree = tree;
    this.#absent = new Set(request.absent);
    this.#hashes = new HashQueue(request.hash, (item, sha256) => this.#compare(item.node, item.place, sha256));
  }

  async finish(): Promise<Proof> {
    const filesProven = await this.#hashes.finish();
    return { findings: this.#mismatches.findings(), filesProven, leftOut: this.#leftOut.sort() };
  }

  /** One node_modules folder that lies in no other. The way to it must not lead through a link. */
  async top(place: string): Promise<void> {
    const { files, project } = this.#request;
    const wanted = nodeAt(this.#tree.root, place);
    const status = await files.status(this.#absolute(place));
    if (status === null) return this.#missing(wanted, place, null);
    const real = await files.realPath(this.#absolute(place));
    const straight = path.join((await files.realPath(project)) ?? project, ...place.split("/"));
    if (status.type !== "directory" || real !== straight) {
      return this.#wrongType(
        place,
        status.type === "directory" ? "link" : status.type,
        "a folder of the project",
        null,
      );
    }
    if (wanted?.kind !== "folder") return await this.#unexpectedFolder(place, null);
    await this.#folders([{ node: wanted, place, within: null }]);
  }

  /** Some folders at a time; hashing goes on meanwhile, and is waited for where it falls behind. */
  async #folders(begun: readonly Visit[]): Promise<void> {
    const waiting = [...begun];
    while (waiting.length > 0) {
      const found = await Promise.all(waiting.splice(-AT_ONCE).map((visit) => this.#folder(visit)));
      await this.#hashes.room();
      for (const inside of found) waiting.push(...inside);
    }
  }

  async #folder({ node, place, within }: Visit): Promise<readonly Visit[]> {
    const owner = node.package?.label ?? within;
    const entries = (await this.#request.files.list(this.#absolute(place))) ?? [];
    const inside: Visit[] = [];
    const special: Promise<void>[] = [];
    const seen = new Set<string>();
    for (const { name, type } of entries) {
      const at = `${place}/${name}`;
      const wanted = node.entries.get(name);
      seen.add(name);
      if (wanted === undefined) special.push(this.#unexpected(at, type, owner));
      else if (wanted.kind === "folder" && type === "directory")
        inside.push({ node: wanted, place: at, within: owner });
      else if (wanted.kind === "file" && type === "file") this.#hash(wanted, at);
      else if (wanted.kind === "link" && type === "link") special.push(this.#link(wanted.target, at));
      else if (wanted.kind === "bin") special.push(this.#bin(wanted, at, type));
      else if (!(wanted.kind === "own" && type === "file")) this.#wrongType(at, type, expectation(wanted), owner);
    }
    for (const [name, wanted] of node.entries) {
      if (!seen.has(name)) this.#missing(wanted, `${place}/${name}`, owner);
    }
    await Promise.all(special);
    return inside;
  }

  #hash(node: FileNode, place: string): void {
    this.#hashes.add(this.#absolute(place), { node, place });
  }

  /** True if the file is what was verified, or what npm makes of it because a command leads to it. */
  async #compare(node: FileNode, place: string, got: string | null): Promise<boolean> {
    if (got === node.sha256) return true;
    if (got !== null && this.#tree.binTargets.has(place)) {
      const bytes = await node.package.readArchived(node.archived);
      const fixed = sha256(bytes) === node.sha256 ? withUnixHashbang(bytes) : null;
      if (fixed !== null && sha256(fixed) === got) return true;
    }
    this.#mismatches.add({
      path: place,
      says: got === null ? "is missing, or is no regular file" : "is not what was verified",
      within: node.package.label,
      expected: `sha256:${node.sha256}`,
      ...(got === null ? {} : { got: `sha256:${got}` }),
    });
    return false;
  }

  async #link(target: string, place: string): Promise<void> {
    const { files, project } = this.#request;
    const [real, wanted, root] = await Promise.all([
      files.realPath(this.#absolute(place)),
      files.realPath(this.#absolute(target)),
      files.realPath(project),
    ]);
    const inside = wanted !== null && root !== null && (wanted === root || wanted.startsWith(root + path.sep));
    if (inside && real === wanted) return;
    this.#mismatches.add({
      path: place,
      says: "is a link that leads elsewhere",
      within: null,
      expected: target,
      got: real ?? "nowhere",
    });
  }

  async #bin(node: BinNode, place: string, type: EntryType): Promise<void> {
    if (type === "file" && node.file !== null) return this.#hash(node.file, place);
    const windows = this.#request.platform === "win32";
    if (type !== (windows ? "file" : "link")) return this.#wrongType(place, type, "a command", null);
    const targets = [...node.targets];
    const leads = windows ? await this.#shim(place) : await this.#request.files.readLink(this.#absolute(place));
    const wanted = windows ? targets : targets.map((target) => linkText(place, target));
    if (leads !== null && wanted.includes(leads)) return;
    this.#mismatches.add({
      path: place,
      says: "is a command that leads elsewhere",
      within: null,
      expected: wanted.join(" or "),
      got: leads ?? "nowhere",
    });
  }

  async #shim(place: string): Promise<string | null> {
    const bytes = await this.#request.files.read(this.#absolute(place), LIMITS.signatureBytes);
    return bytes === null ? null : shimTarget(place, bytes.toString("utf8"));
  }

  #missing(wanted: ExpectedNode | null, place: string, within: string | null): void {
    if (wanted === null || wanted.kind === "own") return;
    if (wanted.kind === "bin" && !(wanted.required && this.#request.binLinks)) return;
    if (wanted.kind === "folder" && wanted.package?.optional && wanted.package.files.length > 0) {
      this.#leftOut.push(place);
    } else if (wanted.kind === "folder" && wanted.package === null) {
      for (const [name, inside] of wanted.entries) this.#missing(inside, `${place}/${name}`, within);
    } else {
      const label = wanted.kind === "folder" ? (wanted.package?.label ?? within) : within;
      this.#mismatches.add({ path: place, says: "is missing", within: label, expected: expectation(wanted) });
    }
  }

  async #unexpected(place: string, type: EntryType, within: string | null): Promise<void> {
    if (type === "directory") return await this.#unexpectedFolder(place, within);
    this.#mismatches.add({ path: place, says: `is ${WORDS[type]} that nothing verified accounts for`, within });
  }

  /** Told once, as a whole, however much is in it; not at all if there is nothing in it. */
  async #unexpectedFolder(place: string, within: string | null): Promise<void> {
    const waiting = [place];
    for (let searched = 0; waiting.length > 0; searched++) {
      const folder = waiting.pop() ?? place;
      const entries = (await this.#request.files.list(this.#absolute(folder))) ?? [];
      if (searched >= SEARCHED || entries.some((entry) => entry.type !== "directory")) {
        const left = this.#absent.has(place) ? "that was to be left out" : "that nothing verified accounts for";
        this.#mismatches.add({ path: place, says: `is a folder ${left}`, within });
        return;
      }
      waiting.push(...entries.map((entry) => `${folder}/${entry.name}`));
    }
  }

  #wrongType(place: string, type: EntryType, expected: string, within: string | null): void {
    this.#mismatches.add({ path: place, says: `is ${WORDS[type]}`, within, expected, got: WORDS[type] });
  }

  #absolute(place: string): string {
    return path.join(this.#request.project, ...place.split("/"));
  }
}

interface Visit {
  readonly node: FolderNode;
  readonly place: string;
  /** The package that we are in. */
  readonly within: string | null;
}

function expectation(node: ExpectedNode): string {
  if (node.kind === "link") return `a link to ${node.target}`;
  if (node.kind === "bin") return "a command";
  return node.kind === "folder" ? "a folder" : "a file";
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
