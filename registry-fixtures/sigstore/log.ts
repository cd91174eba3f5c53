/**
 * A transparency log like Rekor, of either generation, with a tree that is real: entries of strangers lie in it from the
 * start, so that every proof has hashes, and there is always another entry whose proof can be borrowed.
 *
 * Version 1 promises inclusion with a signature over entry and time. Version 2 tells no time and promises nothing; it
 * proves, by a checkpoint that is signed with Ed25519.
 */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import type { InclusionProof, KindVersion, LogEntry } from "./bundle.js";
import { canonicalJson } from "./canonical-json.js";
import { mintKey, spkiOf } from "./certificate.js";
import type { EntryBody } from "./entry-body.js";
import { auditPath, leafHash, treeHash } from "./merkle.js";

export interface LogOptions {
  /** Its host, and how it signs checkpoints: `rekor.sigstore.example`. */
  readonly name: string;
  readonly generation: 1 | 2;
  /** The id of a log that it claims to be; by default that of its own key. */
  readonly claimed?: Buffer;
  /** How many entries of strangers it begins with; 11 unless given. */
  readonly strangers?: number;
}

export interface CheckpointOptions {
  /** Of the tree as it was with so many entries; as it is now, unless given. */
  readonly size?: number;
  /** The true one, unless given. */
  readonly root?: Buffer;
  readonly origin?: string;
  /** Whose signatures stand under it; its own alone, unless given. */
  readonly signedBy?: readonly TransparencyLog[];
}

/** Entries of version 1 are counted over all trees that there ever were; this is where the present one begins. */
const EARLIER_ENTRIES = 100_000;
const STRANGERS_TIME = new Date("2026-01-01T00:00:00Z");

interface Kept {
  readonly kindVersion: KindVersion;
  readonly body: Buffer;
  readonly at: Date;
}

export function mintLog(options: LogOptions): TransparencyLog {
  const log = new TransparencyLog(options);
  for (let left = options.strangers ?? 11; left > 0; left -= 1) log.add(strangersEntry(), STRANGERS_TIME);
  return log;
}

export class TransparencyLog {
  readonly name: string;
  readonly generation: 1 | 2;
  readonly spki: Buffer;
  /** By which entries refer to it, and with whose first bytes its signatures under checkpoints begin. */
  readonly id: Buffer;
  readonly #privateKey: KeyObject;
  readonly #origin: string;
  readonly #entries: Kept[] = [];
  readonly #leaves: Buffer[] = [];

  constructor({ name, generation, claimed }: LogOptions) {
    this.name = name;
    this.generation = generation;
    this.#privateKey = generation === 1 ? mintKey("P-256").privateKey : generateKeyPairSync("ed25519").privateKey;
    this.spki = spkiOf(this.#privateKey);
    this.#origin = generation === 1 ? `${name} - 1193050959916656506` : name;
    this.id = claimed ?? (generation === 1 ? sha256(this.spki) : noteKeyId(name, this.spki));
  }

  get size(): number {
    return this.#entries.length;
  }

  /** Takes in one entry, and gives it back with everything that proves it now. `index` is its place in the tree. */
  add({ kindVersion, body }: EntryBody, at: Date): { readonly index: number; readonly entry: LogEntry } {
    this.#entries.push({ kindVersion, body, at });
    this.#leaves.push(leafHash(body));
    const index = this.size - 1;
    return { index, entry: this.entryOf(index) };
  }

  /** An entry by its place in the tree, with a proof in the tree as it is now. */
  entryOf(index: number): LogEntry {
    const { kindVersion, body, at } = this.#kept(index);
    const bare = {
      logIndex: `${this.generation === 1 ? index + EARLIER_ENTRIES : index}`,
      logId: { keyId: this.id.toString("base64") },
      kindVersion: { ...kindVersion },
    };
    const proven = { inclusionProof: this.proofOf(index), canonicalizedBody: body.toString("base64") };
    if (this.generation === 2) return { ...bare, ...proven };
    const timed = { ...bare, integratedTime: `${Math.floor(at.getTime() / 1000)}`, ...proven };
    return { ...timed, inclusionPromise: this.promise(timed) };
  }

  /** That an entry is in the tree, as it is now or was with `size` entries. */
  proofOf(index: number, size = this.size): InclusionProof {
    this.#kept(index);
    const leaves = this.#leaves.slice(0, size);
    return {
      logIndex: `${index}`,
      rootHash: treeHash(leaves).toString("base64"),
      treeSize: `${size}`,
      hashes: auditPath(leaves, index).map((hash) => hash.toString("base64")),
      checkpoint: { envelope: this.checkpoint({ size }) },
    };
  }

  /** The state of the tree as a signed note; everything in it can be another. */
  checkpoint(how: CheckpointOptions = {}): string {
    const { size = this.size, origin = this.#origin, signedBy = [this] } = how;
    const root = how.root ?? treeHash(this.#leaves.slice(0, size));
    const note = [origin, `${size}`, root.toString("base64"), ""].join("\n");
    return `${note}\n${signedBy.map((log) => log.noteSignature(note)).join("")}`;
  }

  /** This log's line under a note. */
  noteSignature(note: string): string {
    const signature = Buffer.concat([this.id.subarray(0, 4), this.#sign(Buffer.from(note))]);
    return `\u2014 ${this.name} ${signature.toString("base64")}\n`;
  }

  /** A promise over whatever an entry says of itself, whether it is in the tree or not. */
  promise(entry: Pick<LogEntry, "canonicalizedBody" | "integratedTime" | "logIndex" | "logId">): {
    signedEntryTimestamp: string;
  } {
    const payload = {
      body: entry.canonicalizedBody,
      integratedTime: Number(entry.integratedTime),
      logIndex: Number(entry.logIndex),
      logID: Buffer.from(entry.logId.keyId, "base64").toString("hex"),
    };
    return { signedEntryTimestamp: this.#sign(Buffer.from(canonicalJson(payload))).toString("base64") };
  }

  #kept(index: number): Kept {
    const kept = this.#entries[index];
    if (kept === undefined) throw new Error(`${this.name} has no entry ${index}`);
    return kept;
  }

  #sign(bytes: Buffer): Buffer {
    return sign(this.generation === 1 ? "sha256" : null, bytes, this.#privateKey);
  }
}

/** The id of a key that signs notes: its name, a kind (1 is Ed25519), and the key itself. */
function noteKeyId(name: string, spki: Buffer): Buffer {
  return sha256(Buffer.concat([Buffer.from(`${name}\n\u0001`), spki.subarray(-32)]));
}

function strangersEntry(): EntryBody {
  const kindVersion = { kind: "hashedrekord", version: "0.0.1" };
  const data = { hash: { algorithm: "sha256", value: randomBytes(32).toString("hex") } };
  const body = { apiVersion: kindVersion.version, kind: kindVersion.kind, spec: { data } };
  return { kindVersion, body: Buffer.from(canonicalJson(body)) };
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}
