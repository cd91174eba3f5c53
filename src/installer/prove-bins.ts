/** The commands that npm links: entries of .bin folders, and the files that it puts right for them. */
import path from "node:path";

/** npm looks for the end of the first line in so many bytes (bin-links, fix-bin.js). */
const HASHBANG_BYTES = 2048;

/**
 * What npm makes of a file that a command leads to: a first line `#!…` that ends in CR LF is made to end in LF, since
 * no system would find an interpreter called `node\r`. Null where npm leaves the file alone. Read as UTF-8 and
 * written again, as npm does.
 */
export function withUnixHashbang(bytes: Uint8Array): Buffer | null {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = buffer.subarray(0, HASHBANG_BYTES).toString("utf8");
  if (!/^#![^\n]+\r\n/.test(start)) return null;
  return Buffer.from(buffer.toString("utf8").replace(/^(#![^\n]+)\r\n/, "$1\n"), "utf8");
}

/** The text of the link that npm makes in a .bin folder: relative, by the shortest way. Both are below the project. */
export function linkText(bin: string, target: string): string {
  return path.posix.relative(path.posix.dirname(bin), target);
}

const TARGETS = {
  ".cmd": /"%(?:~dp0|dp0%)\\([^"]+?)"\s+%[*]/g,
  ".ps1": /"[$]basedir[/]([^"]+?)"\s+[$]args/g,
  "": /"[$]basedir[/]([^"]+?)"\s+"[$]@"/g,
} as const;

/**
 * The file, below the project, to which one of Windows' three scripts in a .bin folder leads; null where it leads
 * nowhere, or to more than one. The places where it may say so are those of cmd-shim (and of read-cmd-shim).
 */
export function shimTarget(bin: string, text: string): string | null {
  const kind = bin.endsWith(".cmd") ? ".cmd" : bin.endsWith(".ps1") ? ".ps1" : "";
  const named = new Set([...text.matchAll(TARGETS[kind])].map((match) => match[1]?.replaceAll("\\", "/") ?? ""));
  const [only] = named;
  return named.size === 1 && only !== undefined ? path.posix.join(path.posix.dirname(bin), only) : null;
}
