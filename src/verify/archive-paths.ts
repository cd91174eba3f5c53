/**
 * Which paths a package may hold. A path must mean the same file to every program on every system: what one of
 * them would cut, join, unescape or resolve is refused, wherever the archive is read.
 */
import type { Finding } from "../model/finding.js";
import { LIMITS } from "../model/limits.js";
import { malformed, quoted, refusal } from "./archive-refusal.js";

/** C0 and C1 controls, DEL, and the two line separators. */
const CONTROL = /[\0-\x1f\x7f-\x9f\u2028\u2029]/;
const DRIVE = /^[A-Za-z]:/;
/** Windows takes dots and spaces off the end of a name: ".. " is "..". */
const DOTS_AND_SPACES = /^[. ]+$/;
/** `package/./dist/index.js`: pnpm packs so, and every program reads on behind it. */
const HERE = ".";

/** A path in an archive, with its first segment apart, which npm takes off when it unpacks (`strip: 1`). */
export interface SplitPath {
  readonly root: string;
  /** What is below the root, without "." segments; empty for the root itself. */
  readonly path: string;
  /** Whether there was a "." segment. */
  readonly dotted: boolean;
}

/** Splits a path that has passed pathProblem. */
export function splitPath(spelled: string): SplitPath {
  const slash = spelled.indexOf("/");
  const root = slash < 0 ? spelled : spelled.slice(0, slash);
  const below = slash < 0 ? "" : spelled.slice(slash + 1);
  const path = `/${below}/`.includes("/./")
    ? below
        .split("/")
        .filter((name) => name !== HERE)
        .join("/")
    : below;
  return { root, path, dotted: root === HERE || path !== below };
}

/** Why `path`, as spelled in the archive, is refused, or null. A folder's trailing slash has been taken off. */
export function pathProblem(path: string): Finding | null {
  const bytes = Buffer.byteLength(path);
  if (bytes > LIMITS.archivePathBytes) {
    return refusal("ARCHIVE_TOO_LARGE", `The path ${quoted(path)} is too long.`, LIMITS.archivePathBytes, bytes);
  }
  if (CONTROL.test(path)) return malformed(`The path ${quoted(path)} holds control characters.`);
  if (path.includes("\\")) return escapes(path, "holds a backslash, which separates folders on Windows");
  if (path.startsWith("/")) return escapes(path, "is absolute");
  const names = path.split("/");
  if (names.length > LIMITS.archivePathDepth) {
    return refusal("ARCHIVE_TOO_LARGE", `The path ${quoted(path)} is too deep.`, LIMITS.archivePathDepth, names.length);
  }
  for (const name of names) {
    const problem = nameProblem(path, name);
    if (problem !== null) return problem;
  }
  return null;
}

function nameProblem(path: string, name: string): Finding | null {
  if (name === "") return malformed(`The path ${quoted(path)} has an empty segment, which programs skip.`);
  if (name === "..") return escapes(path, 'holds ".."');
  if (name !== HERE && DOTS_AND_SPACES.test(name))
    return escapes(path, "holds a name of dots and spaces, which Windows takes off");
  return DRIVE.test(name) ? escapes(path, "names a drive of Windows") : null;
}

function escapes(path: string, how: string): Finding {
  return refusal("ARCHIVE_PATH_ESCAPE", `The path ${quoted(path)} ${how}.`);
}
