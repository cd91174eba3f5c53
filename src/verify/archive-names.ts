/** When two file names are one: on a case-insensitive or normalising file system, on macOS, on Windows. */

/** Letters that HFS+ leaves out when it compares names; a reader does not see them either. */
const IGNORED = /[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g;
/** Where Windows cannot spell `| < > ? :`, npm writes them 0xF000 higher. */
const RAISED = /[\uf03a\uf03c\uf03e\uf03f\uf07c]/g;
const UNNAMED_STREAM = "::$data";
const ASCII = /^[\x20-\x7e]*$/;

/**
 * One string for all names that some file system takes for the same: Unicode's canonical decomposition and full
 * case folding (by way of upper case, so that "ß", "ẞ" and "SS" are one), macOS's ignored letters, Windows's tails.
 * It may join names that no system joins; it never parts two that one does.
 */
export function foldName(name: string): string {
  const folded = ASCII.test(name)
    ? name.toLowerCase()
    : name
        .replace(IGNORED, "")
        .replace(RAISED, (letter) => String.fromCharCode(letter.charCodeAt(0) - 0xf000))
        .normalize("NFD")
        .toLowerCase()
        .toUpperCase()
        .toLowerCase()
        .normalize("NFD");
  return withoutTail(folded);
}

/** What Windows takes off the end of a name: dots, spaces, the unnamed stream. */
function withoutTail(name: string): string {
  let end = name.length;
  for (;;) {
    if (end > 0 && ". :".includes(name.charAt(end - 1))) end--;
    else if (name.endsWith(UNNAMED_STREAM, end)) end -= UNNAMED_STREAM.length;
    else return name.slice(0, end);
  }
}

const DEVICE = /^(?:con|prn|aux|nul|clock\$|conin\$|conout\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3]) *(?:[.:]|$)/i;

/** Whether Windows takes the name for a device, with any extension: `aux.js`. */
export function isWindowsDevice(name: string): boolean {
  return DEVICE.test(name);
}

/** Whether the name ends in what Windows drops. */
export function hasDroppedTail(name: string): boolean {
  return /[. ]$/.test(name);
}

/** Whether the name holds letters that are not shown, or turn the direction of what is shown. */
export function hasHiddenLetters(name: string): boolean {
  return !ASCII.test(name) && name.search(IGNORED) >= 0;
}

const SHORT_NAME = /^([^.~ ]{1,6})~[0-9]{1,6}(?:\.([^. ]{1,3}))?$/;
const FITS_SHORT = /^[a-z0-9_!#$%&'()@^`{}~-]{1,8}(?:\.[a-z0-9_!#$%&'()@^`{}~-]{1,3})?$/;
const STEM_LENGTH = 6;

/**
 * The beginnings by which a short name ("packag~1.jso") may stand for `name` on Windows, or none if the name is
 * short enough by itself. Takes a folded name.
 */
export function shortForms(name: string): readonly string[] {
  if (FITS_SHORT.test(name)) return [];
  const bare = name.replace(/^[. ]+/, "");
  const dot = bare.lastIndexOf(".");
  const stem = (dot < 0 ? bare : bare.slice(0, dot)).replace(/[. ]/g, "").replace(/[+,;=[\]]/g, "_");
  const extension =
    dot < 0
      ? ""
      : bare
          .slice(dot + 1)
          .replace(/ /g, "")
          .slice(0, 3);
  const lengths = Array.from({ length: Math.min(STEM_LENGTH, stem.length) }, (_, index) => index + 1);
  return lengths.map((length) => `${stem.slice(0, length)}.${extension}`);
}

/** What `name` would be the short form of, in the spelling of shortForms; empty if it is no short name. */
export function asShortForm(name: string): readonly string[] {
  const match = SHORT_NAME.exec(name);
  if (match === null) return [];
  const [, stem = "", extension = ""] = match;
  // After four collisions Windows keeps two letters and adds four digits of a hash.
  const hashed = /^..[0-9a-f]{4}$/.test(stem) ? [`${stem.slice(0, 2)}.${extension}`] : [];
  return [`${stem}.${extension}`, ...hashed];
}
