/** One escaping function per format for text from outside: names, URLs, messages of servers. */

/**
 * Terminal control, line breaks, bidirectional marks and overrides, zero-width and annotation characters, tags,
 * variation selectors, private use and lone surrogates: whatever can hide, move or repaint what stands beside it.
 * And `##`, at which CI systems begin to read a command for themselves, wherever in a line it stands (`##[error]`,
 * `##vso[task.setvariable …]`). Their other form, `::error::`, counts only where a line begins, and none begins so.
 */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|#(?=#)/gu;

/** For a terminal: each such character is shown as `\u{…}`; text longer than `limit` characters is cut visibly. */
export function forTerminal(text: string, limit = 500): string {
  const shown = text.replace(HIDDEN, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
  return shown.length <= limit ? shown : `${shown.slice(0, limit)}…`;
}

/** For JSON: valid JSON in which the same characters stand as \uXXXX, so that a terminal can show it. */
export function forJson(value: unknown, indent?: number): string {
  return (JSON.stringify(value, null, indent) ?? "null").replace(HIDDEN, (character) =>
    character === "\n"
      ? character
      : [...Array(character.length).keys()]
          .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`)
          .join(""),
  );
}
