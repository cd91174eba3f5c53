/**
 * Several small text files in one readable text, in the form of Go's txtar
 * (https://pkg.go.dev/golang.org/x/tools/txtar):
 *
 *     Lines before the first marker are a comment.
 *
 *     -- package.json --
 *     { "name": "greeter", "version": "1.0.0" }
 *     -- lib/index.js --
 *     module.exports = "hello";
 *
 * A marker is a whole line: two hyphens, a space, the path, a space, two hyphens. All up to the next marker belongs to
 * the file. As in Go there are no syntax errors: what is no marker is content. Unlike Go, a marker has exactly one
 * space on either side, so that no two texts that end in a newline mean the same archive.
 */

export interface TextFile {
  /** With `/`, as it stands in the marker. */
  readonly path: string;
  /** Empty, or ending in a newline. */
  readonly text: string;
}

export interface TextArchive {
  /** What stands before the first marker: empty, or ending in a newline. */
  readonly comment: string;
  /** In their order; a path may come twice, which is for the reader to refuse. */
  readonly files: readonly TextFile[];
}

/** Reads any text. A missing newline at the very end is supplied. */
export function parseTextArchive(text: string): TextArchive {
  const sections: { path: string | null; lines: string[] }[] = [{ path: null, lines: [] }];
  const complete = text === "" || text.endsWith("\n") ? text : `${text}\n`;
  for (const line of complete.split("\n").slice(0, -1)) {
    const path = markedPath(line);
    if (path !== null) sections.push({ path, lines: [] });
    else sections.at(-1)?.lines.push(`${line}\n`);
  }
  const [comment, ...files] = sections;
  return {
    comment: comment?.lines.join("") ?? "",
    files: files.map(({ path, lines }) => ({ path: path ?? "", text: lines.join("") })),
  };
}

/**
 * Writes an archive that reads back as the same, save for newlines supplied at the ends of its parts.
 * Throws RangeError where the form cannot hold it: a path with a line break or outer space, or a content with a marker.
 */
export function formatTextArchive(archive: TextArchive): string {
  const parts = [content(archive.comment, "the comment")];
  for (const { path, text } of archive.files) {
    const marker = `-- ${path} --`;
    if (path.includes("\n") || markedPath(marker) !== path) throw new RangeError(`no marker can name ${path}`);
    parts.push(`${marker}\n`, content(text, path));
  }
  return parts.join("");
}

function content(text: string, where: string): string {
  const marker = text.split("\n").find((line) => markedPath(line) !== null);
  if (marker !== undefined) throw new RangeError(`${where} holds a line that reads as a marker: ${marker}`);
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

/** The path that a marker line names, or null if the line is none. */
function markedPath(line: string): string | null {
  if (line.length < "-- x --".length || !line.startsWith("-- ") || !line.endsWith(" --")) return null;
  const path = line.slice(3, -3);
  return path === path.trim() ? path : null;
}
