/** The terms under which the tests hold bundles against the public instance, or against one that was minted. */
import { createPublicKey, type KeyObject } from "node:crypto";
import { recordedKeys } from "../../registry-fixtures/recorded.js";
import { materialOf } from "../../src/verify/sigstore-material.js";
import type { Terms } from "../../src/verify/sigstore-witnesses.js";

/** npm's own keys by their ids. */
export const NPM_KEYS: ReadonlyMap<string, KeyObject> = new Map(
  recordedKeys().map(({ keyid, key }) => [keyid, spki(Buffer.from(key, "base64"))]),
);

export function spki(bytes: Buffer): KeyObject {
  return createPublicKey({ key: bytes, format: "der", type: "spki" });
}

/** Terms by a trusted root (JSON; null for the shipped one), one log entry and one SCT, with npm's keys. */
export async function terms(root: object | null, change: Partial<Terms> = {}): Promise<Terms> {
  const bytes = root === null ? null : Buffer.from(JSON.stringify(root));
  return {
    material: await materialOf(bytes),
    logEntries: 1,
    scts: 1,
    keyFor: (hint) => NPM_KEYS.get(hint) ?? null,
    ...change,
  };
}
