/** Merkle trees as RFC 6962 section 2.1 defines them, over the hashes of their leaves. Logs here hold few of those. */
import { createHash } from "node:crypto";

export function leafHash(leaf: Uint8Array): Buffer {
  return createHash("sha256")
    .update(Buffer.from([0]))
    .update(leaf)
    .digest();
}

export function treeHash(leaves: readonly Buffer[]): Buffer {
  const [first, ...others] = leaves;
  if (first === undefined) return createHash("sha256").digest();
  if (others.length === 0) return first;
  const half = splitOf(leaves.length);
  const [left, right] = [treeHash(leaves.slice(0, half)), treeHash(leaves.slice(half))];
  return createHash("sha256")
    .update(Buffer.from([1]))
    .update(left)
    .update(right)
    .digest();
}

/** What leads from a leaf to the root: the neighbours' hashes, from below. */
export function auditPath(leaves: readonly Buffer[], index: number): readonly Buffer[] {
  if (leaves.length < 2) return [];
  const half = splitOf(leaves.length);
  const [left, right] = [leaves.slice(0, half), leaves.slice(half)];
  return index < half
    ? [...auditPath(left, index), treeHash(right)]
    : [...auditPath(right, index - half), treeHash(left)];
}

/** The largest power of two below the size. */
function splitOf(size: number): number {
  return 2 ** (31 - Math.clz32(size - 1));
}
