/** What is inside an archive, without ever unpacking it. */
import type { Finding } from "./finding.js";

/** One file that an installer will write, by its path below the package's folder. */
export interface ArchivedFile {
  /** With `/`, the archive's root folder taken off: `lib/index.js`. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** SHA-256 of its content, lowercase hex. */
  readonly sha256: string;
  /** Permission bits as in the archive. */
  readonly mode: number;
}

/** An archive that was read to its end and found sound. */
export interface ArchiveListing {
  readonly files: readonly ArchivedFile[];
  /** Text of the root package.json. */
  readonly manifest: string;
  /** Text of package.json of each bundled package, by path below the package's folder: `node_modules/a/package.json`. */
  readonly bundled: Readonly<Record<string, string>>;
  /** Text of npm-shrinkwrap.json in the package's own folder, which npm may follow; null where there is none. */
  readonly shrinkwrap: string | null;
  readonly unpackedSize: number;
  /** Forms that were let pass and are reported (severity note or warn). */
  readonly notes: readonly Finding[];
}

/** Digests of the packed bytes themselves, computed over the same read that made the listing. */
export interface PackedDigests {
  readonly sha512: string;
  readonly sha384: string;
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

/** Either a listing, or the first reason why the archive is refused. The digests cover all bytes in both cases. */
export type Inspection = { readonly packed: PackedDigests } & (
  | { readonly ok: true; readonly listing: ArchiveListing }
  | { readonly ok: false; readonly finding: Finding }
);
