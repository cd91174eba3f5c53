/** A registry's keys by their ids, as node takes them. */
import { createPublicKey, type KeyObject } from "node:crypto";
import type { RegistryKey } from "../model/policy.js";

export function keyCalled(keys: readonly RegistryKey[], keyid: string): RegistryKey | null {
  return keys.find((key) => key.keyid === keyid) ?? null;
}

/** Importing a key costs more than a verification, so each is imported once. */
const imported = new Map<string, KeyObject>();

export function publicKey({ spki }: RegistryKey): KeyObject {
  const existing = imported.get(spki);
  if (existing !== undefined) return existing;
  const made = createPublicKey({ key: Buffer.from(spki, "base64"), format: "der", type: "spki" });
  imported.set(spki, made);
  return made;
}
