/** Odd forms that are let pass, gathered: one note for each form, however often it occurs. */
import { type Finding, finding } from "../model/finding.js";
import { quoted } from "./archive-refusal.js";

const SAYS = {
  dotted: 'has a "." in its path, which npm leaves out',
  again: "is packed twice, with the same bytes both times",
  padding: "is padded with zeros behind its end, as old clients of npm did",
  device: "is the name of a device on Windows, where it can't be written",
  tail: "ends in a dot or a space, which Windows takes off",
  hidden: "has letters in its name that are not shown",
  "folder-mode": "is a folder with the setuid, setgid or sticky bit",
  sticky: "is a file with the sticky bit",
  npmrc: "is a configuration of npm, which npm itself never packs and does not read from a dependency",
  bom: "begins with a byte order mark, which npm takes off",
  "repeated-key": "gives a key twice, of which npm takes the last",
} as const;

export type Oddity = keyof typeof SAYS;

/** Collects by form; keeps the first path of each, and how many there were. */
export class ArchiveNotes {
  readonly #seen = new Map<Oddity, { readonly path: string | null; count: number }>();

  /** `path` is null for the archive as a whole. */
  add(oddity: Oddity, path: string | null): void {
    const seen = this.#seen.get(oddity);
    if (seen === undefined) this.#seen.set(oddity, { path, count: 1 });
    else seen.count++;
  }

  /** One ARCHIVE_ODD for each form, in the order in which they came up. */
  findings(): readonly Finding[] {
    return [...this.#seen].map(([oddity, { path, count }]) => {
      const more = count === 1 ? "" : ` (and ${count - 1} more such)`;
      return finding("ARCHIVE_ODD", {
        says: `${path === null ? "The archive" : quoted(path)} ${SAYS[oddity]}${more}.`,
      });
    });
  }
}
