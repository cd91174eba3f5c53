/** The exact source of a package that no registry serves: git at one commit, one address, or one file. */
import { readText } from "./fields.js";
import { type Json, malformed, quote } from "./json.js";
import { urlProblem } from "./values.js";

const COMMIT = /^([0-9a-f]{40}|[0-9a-f]{64})$/;

/**
 * Reads "from": `git+https://…#<commit>` (or git+ssh, as npm writes it into lockfiles), an https address, or
 * `file:` and a path inside the project. Throws StopError TRUST_MALFORMED.
 */
export function readSource(value: Json): string {
  const text = readText(value, '"from"');
  const why = /^git\+/.test(text) ? gitProblem(text) : text.startsWith("file:") ? fileProblem(text) : urlProblem(text);
  if (why === null) return text;
  throw malformed(
    value.at,
    `"from": ${quote(text)} ${why}.`,
    'Copy what the lockfile has: "git+https://example.com/tool#<commit>", "https://…" or "file:…".',
  );
}

function gitProblem(text: string): string | null {
  const hash = text.indexOf("#");
  const address = hash < 0 ? text : text.slice(0, hash);
  if (hash < 0 || !COMMIT.test(text.slice(hash + 1))) {
    return "names no commit: a branch or a tag can be moved, so write # and all 40 (or 64) digits of the commit";
  }
  if (address.startsWith("git+https://")) return urlProblem(address.slice("git+".length));
  // The user of git over SSH is part of the address; a password is not.
  if (/^git\+ssh:\/\/([A-Za-z0-9._-]+@)?[A-Za-z0-9.-]+(:\d+)?\/[^\s\\?#]+$/.test(address)) return null;
  return "is neither git+https:// nor git+ssh://";
}

function fileProblem(text: string): string | null {
  const path = text.slice("file:".length);
  if (path === "" || /[\\\p{Cc}]/u.test(path)) return "is not a path with / between its parts";
  if (/^(\/|~|[A-Za-z]:)/.test(path) || path.split("/").includes("..")) return "leads out of the project";
  return null;
}
