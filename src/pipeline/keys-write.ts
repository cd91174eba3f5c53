/** Certificates in the files of a trust store. */
import { StopError } from "../model/finding.js";
import type { StoreFiles } from "../trust/store.js";
import { armored, mergedEntry, type RingEntry, readEntry } from "../verify/openpgp-keyring.js";

export type Written = "new" | "updated" | "unchanged";

/**
 * The files with this certificate in keys/, put together with the copy that lies there: what is there is never lost, a
 * revocation least of all. Where it adds nothing, the bytes stay as they are. Throws StopError TRUST_MALFORMED for two
 * copies that do not go together.
 */
export function withCertificate(
  files: StoreFiles,
  entry: RingEntry,
): { readonly files: StoreFiles; readonly written: Written; readonly entry: RingEntry } {
  const name = `keys/${entry.fingerprint}.asc`;
  const bytes = files.get(name);
  if (bytes === undefined) return { files: new Map(files).set(name, fileOf(entry)), written: "new", entry };
  const there = readEntry(bytes);
  const merged = there.ok ? mergedEntry([there.value, entry]) : there;
  if (!there.ok || !merged.ok) {
    throw new StopError(
      "TRUST_MALFORMED",
      `the two copies of ${entry.fingerprint} can't be put together: ${merged.ok ? "" : merged.why}`,
      {
        at: name,
      },
    );
  }
  if (merged.value === there.value) return { files, written: "unchanged", entry: merged.value };
  return { files: new Map(files).set(name, fileOf(merged.value)), written: "updated", entry: merged.value };
}

function fileOf(entry: RingEntry): Uint8Array {
  return Buffer.from(armored([entry.packets]));
}
