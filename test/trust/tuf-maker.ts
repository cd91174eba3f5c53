/** A repository of The Update Framework with keys of its own, minted at every start: honest, or an attacker's. */
import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOTS_REPOSITORY } from "../../src/trust/builtin.js";
import { ROOT_FILES, rootFile } from "../../src/trust/tuf.js";
import { root } from "./samples.js";

type Json = Readonly<Record<string, unknown>>;

interface TufKey {
  readonly id: string;
  readonly member: Json;
  readonly privateKey: KeyObject;
}

const ROLES = ["root", "timestamp", "snapshot", "targets", "npm"] as const;
type Role = (typeof ROLES)[number];

export interface TufState {
  /** As readRoots takes them, without those roots that are above the first. */
  readonly kept: Map<string, Uint8Array>;
  /** As the repository shows them, by path. */
  readonly shown: Map<string, Uint8Array>;
}

export interface Making {
  /** Of every role but root; 1 unless given. */
  readonly version?: number;
  readonly npmKeys: unknown;
  readonly trustedRoot?: unknown;
  readonly expires?: string;
}

const FAR = "2040-01-01T00:00:00Z";
const ROLE = "registry.npmjs.org";

export class TufMaker {
  readonly #keys: Record<Role, TufKey>;

  constructor() {
    this.#keys = Object.fromEntries(ROLES.map((role) => [role, mint()])) as unknown as Record<Role, TufKey>;
  }

  /** The first root: what a program would ship. */
  shipped(): Buffer {
    return this.root(1);
  }

  /** A root that hands all roles to `next` (itself unless given), signed by its own key and by those in `by`. */
  root(version: number, { next = this as TufMaker, by = [next, this] as readonly TufMaker[] } = {}): Buffer {
    const keys = ROLES.filter((role) => role !== "npm").map((role) => next.#keys[role]);
    const roles = ROLES.filter((role) => role !== "npm").map((role) => [
      role,
      { keyids: [next.#keys[role].id], threshold: 1 },
    ]);
    const signed = {
      _type: "root",
      spec_version: "1.0",
      version,
      expires: FAR,
      consistent_snapshot: true,
      keys: Object.fromEntries(keys.map(({ id, member }) => [id, member])),
      roles: Object.fromEntries(roles),
    };
    return document(
      signed,
      [...new Set(by)].map((maker) => maker.#keys.root),
    );
  }

  /** Everything below the root. */
  state({ version = 1, npmKeys, trustedRoot = TRUSTED_ROOT, expires = FAR }: Making): TufState {
    const keysJson = Buffer.from(JSON.stringify(npmKeys));
    const rootJson = Buffer.from(JSON.stringify(trustedRoot));
    const { npm, targets, snapshot, timestamp } = this.#keys;
    const begin = (type: string) => ({ _type: type, spec_version: "1.0", version, expires });
    const delegated = document({ ...begin("targets"), targets: { [ROOTS_REPOSITORY.npmKeys]: described(keysJson) } }, [
      npm,
    ]);
    const delegations = {
      keys: { [npm.id]: npm.member },
      roles: [{ name: ROLE, keyids: [npm.id], threshold: 1, terminating: true, paths: [`${ROLE}/*`] }],
    };
    const top = document(
      { ...begin("targets"), targets: { [ROOTS_REPOSITORY.trustedRoot]: described(rootJson) }, delegations },
      [targets],
    );
    const meta = { "targets.json": { version }, [`${ROLE}.json`]: { version } };
    const snap = document({ ...begin("snapshot"), meta }, [snapshot]);
    const stamp = document({ ...begin("timestamp"), meta: { "snapshot.json": { version } } }, [timestamp]);
    const kept = new Map<string, Uint8Array>([
      [ROOT_FILES.timestamp, stamp],
      [ROOT_FILES.snapshot, snap],
      [ROOT_FILES.targets, top],
      [ROOT_FILES.npm, delegated],
      [ROOT_FILES.npmKeys, keysJson],
      [ROOT_FILES.trustedRoot, rootJson],
      [ROOT_FILES.renewed, renewedOn("2026-08-22T00:00:00.000Z")],
    ]);
    const shown = new Map<string, Uint8Array>([
      ["timestamp.json", stamp],
      [`${version}.snapshot.json`, snap],
      [`${version}.targets.json`, top],
      [`${version}.${ROLE}.json`, delegated],
      [`targets/${ROLE}/${sha256(keysJson)}.keys.json`, keysJson],
      [`targets/${sha256(rootJson)}.trusted_root.json`, rootJson],
    ]);
    return { kept, shown };
  }
}

/** A state with further roots in both of its forms. */
export function withRoots({ kept, shown }: TufState, roots: Readonly<Record<number, Uint8Array>>): TufState {
  const all = Object.entries(roots).map(([version, bytes]) => [Number(version), bytes] as const);
  return {
    kept: new Map([...kept, ...all.map(([version, bytes]) => [rootFile(version), bytes] as const)]),
    shown: new Map([...shown, ...all.map(([version, bytes]) => [`${version}.root.json`, bytes] as const)]),
  };
}

export function renewedOn(time: string): Buffer {
  return Buffer.from(`${JSON.stringify({ format: 1, renewed: time }, null, 2)}\n`);
}

/** npm's list of keys with these in it, for signatures unless said otherwise. */
export function npmKeysJson(
  ...keys: readonly {
    readonly keyid: string;
    readonly key: string;
    readonly start?: string;
    readonly end?: string;
    readonly usage?: string;
    readonly details?: string;
  }[]
): Json {
  const shown = keys.map(
    ({ keyid, key, start, end, usage = "npm:signatures", details = "PKIX_ECDSA_P256_SHA_256" }) => ({
      keyId: keyid,
      keyUsage: usage,
      publicKey: { rawBytes: key, keyDetails: details, validFor: { ...(start && { start }), ...(end && { end }) } },
    }),
  );
  return { keys: shown };
}

/** The one that is shipped. */
const TRUSTED_ROOT: unknown = JSON.parse(readFileSync(join(root(), "src/trust/trusted-root.json"), "utf8"));

function mint(): TufKey {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = publicKey.export({ type: "spki", format: "der" }).subarray(-32).toString("hex");
  return {
    id: sha256(Buffer.from(raw)),
    member: { keytype: "ed25519", scheme: "ed25519", keyval: { public: raw } },
    privateKey,
  };
}

function document(signed: Json, by: readonly TufKey[]): Buffer {
  const bytes = Buffer.from(canonical(signed));
  const signatures = by.map(({ id, privateKey }) => ({
    keyid: id,
    sig: sign(null, bytes, privateKey).toString("hex"),
  }));
  return Buffer.from(`${JSON.stringify({ signatures, signed }, null, 1)}\n`);
}

function described(bytes: Buffer): Json {
  return { length: bytes.length, hashes: { sha256: sha256(bytes) } };
}

/** OLPC's canonical JSON: sorted keys, no white space, nothing escaped but quotes and backslashes. */
function canonical(value: unknown): string {
  if (typeof value === "string") return `"${value.replace(/["\\]/g, "\\$&")}"`;
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return String(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, item]) => `${canonical(key)}:${canonical(item)}`).join(",")}}`;
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
