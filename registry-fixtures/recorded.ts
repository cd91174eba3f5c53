/** What npm's public registry really signed, out of `vectors/npm-signatures/` (see its SOURCE.md). */
import { existsSync, readFileSync } from "node:fs";
import { vectorPath } from "./fixture-files.js";
import type { Packument } from "./manifest.js";
import { type RecordedManifest, tarballPath } from "./release.js";
import type { PublicKey } from "./signing-key.js";

interface RecordedKeys {
  readonly keys: readonly {
    readonly keyId: string;
    readonly keyUsage: string;
    readonly publicKey: { readonly rawBytes: string; readonly validFor: { readonly end?: string } };
  }[];
}

/** A derived forgery: what was done, and what verification by node:crypto alone says of it. */
export interface RecordedForgery extends RecordedManifest {
  readonly kind: string;
  readonly expected: string;
  readonly nodeCrypto: string;
}

/** The 161 manifests whose signatures hold under `recordedKeys`. */
export function recordedManifests(): readonly RecordedManifest[] {
  return lines("manifests.jsonl");
}

/** Forgeries that were derived from them; each is to be refused. */
export function recordedForgeries(): readonly RecordedForgery[] {
  return lines("derived-negatives.jsonl");
}

/** The genuine bytes of a recorded manifest, or null where they were not kept. */
export function recordedTarball({ name, version }: RecordedManifest): Buffer | null {
  const flat = name.startsWith("@") ? name.slice(1).replace("/", "-") : name;
  const path = vectorPath("npm-signatures", "tarballs", `${flat}-${version}.tgz`);
  return existsSync(path) ? readFileSync(path) : null;
}

/** A packument as npm's registry gave it, in full, times and siblings included; null where it was not kept. */
export function recordedPackument(name: string): Buffer | null {
  const path = vectorPath("npm-signatures", "packuments", `${name}.json`);
  return existsSync(path) ? readFileSync(path) : null;
}

/**
 * The records as a registry would serve them today: the whole manifest where that was kept, the tarball at its own
 * address, and a publish time, which npm's registry has of every version. Where nobody wrote it down, it is one at
 * which the signing key was in use.
 */
export function recordedAsServed(): readonly RecordedManifest[] {
  const records = recordedManifests();
  const retired = recordedKeys().find(({ expires }) => expires !== null);
  const packuments = new Map([...new Set(records.map(({ name }) => name))].map((name) => [name, packumentOf(name)]));
  return records.map((record) => {
    const { name, version, dist } = record;
    const byRetired = dist.signatures?.some(({ keyid }) => keyid === retired?.keyid) === true;
    const publishTime = record.publishTime ?? (byRetired ? "2024-06-01T00:00:00.000Z" : "2025-06-01T00:00:00.000Z");
    const manifest = packuments.get(name)?.versions[version] ?? record;
    return { ...manifest, dist: { ...dist, tarball: tarballPath(name, version) }, publishTime };
  });
}

function packumentOf(name: string): Packument | null {
  const bytes = recordedPackument(name);
  return bytes === null ? null : (JSON.parse(bytes.toString("utf8")) as Packument);
}

/** npm's own keys for signatures, the ended one first. */
export function recordedKeys(): readonly PublicKey[] {
  const text = readFileSync(vectorPath("trust-anchors", "npm-registry-keys.json"), "utf8");
  const { keys } = JSON.parse(text) as RecordedKeys;
  return keys
    .filter(({ keyUsage }) => keyUsage === "npm:signatures")
    .map(({ keyId, publicKey }) => ({
      keyid: keyId,
      key: publicKey.rawBytes,
      expires: publicKey.validFor.end ?? null,
    }));
}

function lines<Line>(file: string): readonly Line[] {
  const text = readFileSync(vectorPath("npm-signatures", file), "utf8").trim();
  return text.split("\n").map((line) => JSON.parse(line) as Line);
}
