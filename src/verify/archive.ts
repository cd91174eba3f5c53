/**
 * Reads an npm tarball once, as it arrives, without unpacking it: the digests of its packed bytes, and the list of
 * its files with theirs. Bounded in memory and time whatever comes (model/limits.ts).
 *
 * Nothing is repaired. An archive that two programs could read in two ways is refused, for then what was verified
 * need not be what is installed.
 */
import { createHash } from "node:crypto";
import type { Inspection, PackedDigests } from "../model/archive.js";
import type { Finding } from "../model/finding.js";
import { ArchiveContents } from "./archive-contents.js";
import { ArchiveNotes } from "./archive-notes.js";
import { GzipMember } from "./gzip.js";
import { TarReader } from "./tar.js";

/**
 * Inspects the tarball whose bytes come in `chunks` (of any size). The digests cover every byte, also those behind
 * the place for which the archive is refused. Rejects only if `chunks` does; a hostile archive is a value:
 * ARCHIVE_PATH_ESCAPE, ARCHIVE_LINK_ESCAPE, ARCHIVE_LINK, ARCHIVE_DUPLICATE, ARCHIVE_MALFORMED or ARCHIVE_TOO_LARGE.
 */
export async function inspectArchive(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Inspection> {
  const packed = new PackedHasher();
  const notes = new ArchiveNotes();
  const contents = new ArchiveContents(notes);
  const tar = new TarReader(contents);
  const gzip = new GzipMember((bytes) => tar.write(bytes));
  let refused: Finding | null = null;
  try {
    for await (const chunk of chunks) {
      packed.update(chunk);
      refused ??= gzip.write(chunk);
    }
  } finally {
    gzip.close();
  }
  refused ??= gzip.end() ?? tar.end() ?? contents.finish();
  if (gzip.isPadded) notes.add("padding", null);
  if (refused !== null) return { packed: packed.digests(), ok: false, finding: refused };
  return { packed: packed.digests(), ok: true, listing: contents.listing() };
}

class PackedHasher {
  readonly #sha512 = createHash("sha512");
  readonly #sha384 = createHash("sha384");
  readonly #sha256 = createHash("sha256");
  #size = 0;

  update(bytes: Uint8Array): void {
    this.#sha512.update(bytes);
    this.#sha384.update(bytes);
    this.#sha256.update(bytes);
    this.#size += bytes.length;
  }

  digests(): PackedDigests {
    return {
      sha512: this.#sha512.digest("hex"),
      sha384: this.#sha384.digest("hex"),
      sha256: this.#sha256.digest("hex"),
      size: this.#size,
    };
  }
}
