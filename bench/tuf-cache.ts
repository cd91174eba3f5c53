/**
 * A cache of The Update Framework with one trusted root in it, by keys minted for it: the package `sigstore` takes a
 * root from such a cache only, and Sigstore's own metadata is out of date soon after it was recorded. It is smaller than
 * Sigstore's, with one signature each, so that whoever reads it anew for each bundle comes off better than in real life.
 */
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { canonicalJson } from "../registry-fixtures/sigstore/canonical-json.js";
import type { Roots } from "./bundle-verifiers.js";

/** Nobody answers there, and nobody is asked. */
export const TUF_MIRROR = "https://tuf.invalid";

const ROLES = ["root", "timestamp", "snapshot", "targets"] as const;
const TARGET = "trusted_root.json";
const EXPIRES = "2100-01-01T00:00:00Z";

/** Writes trusted root and cache below `folder`, which is empty. */
export function writeTufCache(folder: string, root: Uint8Array): Roots {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const keyval = { public: publicKey.export({ type: "spki", format: "der" }).subarray(-32).toString("hex") };
  const key = { keytype: "ed25519", scheme: "ed25519", keyval };
  const keyid = createHash("sha256").update(canonicalJson(key)).digest("hex");
  const document = (type: (typeof ROLES)[number], content: object): string => {
    const signed = { _type: type, spec_version: "1.0", version: 1, expires: EXPIRES, ...content };
    const sig = sign(null, Buffer.from(canonicalJson(signed)), privateKey).toString("hex");
    return JSON.stringify({ signatures: [{ keyid, sig }], signed });
  };
  const roles = Object.fromEntries(ROLES.map((role) => [role, { keyids: [keyid], threshold: 1 }]));
  const described = { length: root.length, hashes: { sha256: createHash("sha256").update(root).digest("hex") } };
  const first = document("root", { consistent_snapshot: true, keys: { [keyid]: key }, roles });

  const kept = join(folder, "cache", new URL(TUF_MIRROR).host);
  mkdirSync(join(kept, "targets"), { recursive: true });
  writeFileSync(join(kept, "root.json"), first);
  writeFileSync(join(kept, "timestamp.json"), document("timestamp", { meta: { "snapshot.json": { version: 1 } } }));
  writeFileSync(join(kept, "snapshot.json"), document("snapshot", { meta: { "targets.json": { version: 1 } } }));
  writeFileSync(join(kept, "targets.json"), document("targets", { targets: { [TARGET]: described } }));
  writeFileSync(join(kept, "targets", TARGET), root);
  const tufRoot = join(folder, "root.json");
  writeFileSync(tufRoot, first);
  return { trustedRoot: join(kept, "targets", TARGET), tufCache: join(folder, "cache"), tufRoot };
}
