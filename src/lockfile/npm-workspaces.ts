/**
 * Which folders the project declares as workspaces: npm's globs (@npmcli/map-workspaces over minimatch), matched
 * against text. `*`, `?`, `**` and `{a,b}` are understood; a pattern with anything else in it matches nothing, so that
 * what is not understood declares nothing.
 */
import { StopError } from "../model/finding.js";

/** Patterns with wildcards: each is held against every folder of the lockfile. */
const MAX_GLOBS = 100;
const MAX_PATTERN = 1024;
/** Steps of comparison for all folders together: some seconds, which no real project comes near. */
const MAX_STEPS = 50_000_000;

/** Whether a plain folder path is declared. */
export type IsWorkspace = (folder: string) => boolean;

/** Makes the answer from the patterns of package.json. Throws StopError when there are more than anyone writes. */
export function declaredWorkspaces(patterns: readonly string[], path: string): IsWorkspace {
  const matcher = new Matcher(path);
  const exact = new Set<string>();
  const globs: string[][] = [];
  let not: string[][] = [];
  for (const written of patterns) {
    const [, marks = "", rest = ""] = /^(!*)(?:\.?\/+)?(.*)$/s.exec(written) ?? [];
    const negated = marks.length % 2 === 1;
    const patterns = understood(rest);
    if (negated && patterns.length === 0 && rest !== "") throw notUnderstood(written, path);
    for (const pattern of patterns) {
      const segments = pattern.split("/");
      if (negated) {
        not.push(segments);
        continue;
      }
      // As in npm, a later pattern takes back an exclusion that covers it.
      not = not.filter((exclusion) => !matcher.matches(exclusion, segments));
      if (/[*?]/.test(pattern)) globs.push(segments);
      else exact.add(pattern);
    }
    if (globs.length + not.length > MAX_GLOBS) {
      throw new StopError("LOCKFILE_UNREADABLE", `${path}: more than ${MAX_GLOBS} workspace patterns`, { at: path });
    }
  }
  const declares = (folder: string): boolean => {
    const segments = folder.split("/");
    const declared = exact.has(folder) || globs.some((glob) => matcher.matches(glob, segments));
    return declared && !not.some((exclusion) => matcher.matches(exclusion, segments));
  };
  const known = new Map<string, boolean>();
  return (folder) => {
    const answer = known.get(folder) ?? (folder !== "" && declares(folder));
    known.set(folder, answer);
    return answer;
  };
}

/** What excludes nothing here may exclude something for npm: a folder that is then no workspace for it. */
function notUnderstood(pattern: string, path: string): StopError {
  const says = `${path}: the project's workspaces have an exclusion that is not understood: ${pattern.slice(0, 100)}`;
  return new StopError("LOCKFILE_UNREADABLE", says, {
    at: path,
    help: "Write it with no more than *, ?, ** and {a,b} in package.json, or name the workspaces one by one.",
  });
}

/** The patterns behind one text: braces opened, slashes made plain; none if it has what is not understood. */
function understood(text: string): string[] {
  if (text.length > MAX_PATTERN) return [];
  const pattern = text.replaceAll("\\", "/").replace(/\/+/g, "/").replace(/\/$/, "");
  if (pattern === "") return [];
  const opened = openBraces(pattern);
  return opened.some((one) => /[[\](){}|]/.test(one)) ? [] : opened;
}

function openBraces(pattern: string): string[] {
  let open = [pattern];
  for (;;) {
    const next = open.flatMap((one) => {
      const match = /^([^{}]*)\{([^{}]*,[^{}]*)\}(.*)$/s.exec(one);
      const [, before = "", inside = "", after = ""] = match ?? [];
      return match === null ? [one] : inside.split(",").map((choice) => `${before}${choice}${after}`);
    });
    if (next.length > MAX_GLOBS) return [];
    if (next.length === open.length) return next;
    open = next;
  }
}

/** Holds paths against globs, and stops where a made-up project would keep it at that. */
class Matcher {
  private left = MAX_STEPS;

  constructor(private readonly path: string) {}

  matches(glob: readonly string[], segments: readonly string[]): boolean {
    if (!glob.includes("**")) {
      return glob.length === segments.length && glob.every((part, at) => this.fits(part, segments[at] ?? ""));
    }
    // `reached[n]`: the glob so far covers exactly the first n segments. `**` covers any number that are not hidden.
    let reached = [true, ...segments.map(() => false)];
    for (const part of glob) {
      const next = [part === "**" && reached[0] === true];
      segments.forEach((segment, index) => {
        this.step();
        const here = reached[index] === true;
        if (part !== "**") next.push(here && this.fits(part, segment));
        else next.push(reached[index + 1] === true || (next[index] === true && !segment.startsWith(".")));
      });
      reached = next;
    }
    return reached.at(-1) === true;
  }

  /** One segment against `*` and `?`, without backtracking further than the last star. */
  private fits(pattern: string, segment: string): boolean {
    if (segment.startsWith(".") && !pattern.startsWith(".")) return false;
    let at = 0;
    let star = -1;
    let from = 0;
    for (let index = 0; index < segment.length; ) {
      this.step();
      if (at < pattern.length && pattern[at] !== "*" && (pattern[at] === "?" || pattern[at] === segment[index])) {
        at += 1;
        index += 1;
      } else if (pattern[at] === "*") {
        star = at;
        from = index;
        at += 1;
      } else if (star >= 0) {
        from += 1;
        at = star + 1;
        index = from;
      } else return false;
    }
    return /^\**$/.test(pattern.slice(at));
  }

  private step(): void {
    this.left -= 1;
    if (this.left < 0) {
      const says = `${this.path}: the project's workspaces have more patterns and folders than can be compared`;
      throw new StopError("LOCKFILE_UNREADABLE", says, { at: this.path });
    }
  }
}
