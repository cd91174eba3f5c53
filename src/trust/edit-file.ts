/** Edits of one file of the store, which is made where it is missing. */
import { type Edit, editJson } from "./edit.js";
import { parseJson } from "./json.js";
import type { StoreFiles } from "./store.js";

/** A file of the store that says nothing. */
export const EMPTY = `{\n  "format": 1\n}\n`;

/** The store's files with this one edited. Throws StopError TRUST_MALFORMED where it is not JSON. */
export function withEdits(files: StoreFiles, name: string, edits: readonly Edit[]): StoreFiles {
  if (edits.length === 0) return files;
  const bytes = files.get(name);
  // Bytes that are no UTF-8 must not come back as others.
  if (bytes !== undefined) parseJson(bytes, name);
  const before = bytes === undefined ? EMPTY : Buffer.from(bytes).toString("utf8");
  const after = editJson(before, edits, name);
  return after === before ? files : new Map([...files, [name, Buffer.from(after)]]);
}
