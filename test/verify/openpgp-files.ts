/** Where the frozen vectors lie, and how a keyring among them is taken apart. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { splitPackets, TAG } from "../../src/verify/openpgp-packets.js";

/** Cuts a keyring into certificates, without the trust packets that only keyrings have. */
export function splitRing(ring: Uint8Array): readonly Uint8Array[] {
  const packets = splitPackets(ring, 100_000);
  if (!packets.ok) throw new Error(packets.why);
  const groups: Uint8Array[][] = [];
  for (const { tag, raw } of packets.value) {
    if (tag === TAG.publicKey || tag === TAG.secretKey) groups.push([]);
    if (tag !== 12) groups.at(-1)?.push(raw);
  }
  return groups.map((group) => Buffer.concat(group));
}

/** A file of the vectors, or a path in them. */
export function vector(...path: readonly string[]): string {
  return join(ROOT, "registry-fixtures", "vectors", ...path);
}

export function readVector(...path: readonly string[]): Buffer {
  return readFileSync(vector(...path));
}

export const ROOT = repositoryRoot(dirname(fileURLToPath(import.meta.url)));

function repositoryRoot(folder: string): string {
  return existsSync(join(folder, "package.json")) ? folder : repositoryRoot(dirname(folder));
}
