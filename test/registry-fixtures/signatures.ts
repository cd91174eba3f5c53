/** npm's registry signatures, verified with nothing but node:crypto. */
import { createPublicKey, verify } from "node:crypto";
import type { Dist } from "../../registry-fixtures/manifest.js";
import type { PublicKey } from "../../registry-fixtures/signing-key.js";

interface Signed {
  readonly name: string;
  readonly version: string;
  readonly dist: Dist;
}

/** Whether there are signatures, all by known keys, and all over this name, version and integrity. */
export function holds({ name, version, dist }: Signed, keys: readonly PublicKey[]): boolean {
  const message = Buffer.from(`${name}@${version}:${dist.integrity}`);
  const signatures = dist.signatures ?? [];
  const each = signatures.map(({ keyid, sig }) => {
    const spki = keys.find((key) => key.keyid === keyid)?.key;
    if (spki === undefined) return false;
    const key = createPublicKey({ key: Buffer.from(spki, "base64"), format: "der", type: "spki" });
    return verify("sha256", message, key, Buffer.from(sig, "base64"));
  });
  return each.length > 0 && each.every((one) => one);
}
