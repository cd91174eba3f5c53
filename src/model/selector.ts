/**
 * The one selector of the trust store: `npm:name`, `npm:@scope/*`, `npm:*`, each with an optional `@range`.
 * Anchored; `*` only as a whole last segment; no regular expressions.
 */
import semver from "semver";
import { type Ecosystem, isNpmName } from "./names.js";

export interface Selector {
  readonly text: string;
  readonly ecosystem: Ecosystem;
  /** An exact name, `@scope/*`, or `*`. */
  readonly pattern: string;
  /** A semver range, or null for every version. */
  readonly range: string | null;
}

/** A parsed selector, or in one sentence why `text` is none. */
export type SelectorResult =
  | { readonly ok: true; readonly selector: Selector }
  | { readonly ok: false; readonly why: string };

/** Reads a selector. */
export function parseSelector(text: string): SelectorResult {
  const bad = (why: string): SelectorResult => ({ ok: false, why });
  const colon = text.indexOf(":");
  if (colon < 0) return bad(`"${text}" names no ecosystem: write npm:${text}`);
  const ecosystem = text.slice(0, colon);
  if (ecosystem !== "npm" && ecosystem !== "pypi") return bad(`"${ecosystem}" is neither npm nor pypi`);
  const rest = text.slice(colon + 1);
  const at = rest.indexOf("@", 1);
  const pattern = at < 0 ? rest : rest.slice(0, at);
  const range = at < 0 ? null : rest.slice(at + 1);
  const why = patternProblem(ecosystem, pattern);
  if (why !== null) return bad(why);
  // semver reads nothing beside "||" as every version, which no reader expects of "1.x ||".
  if (range?.split("||").some((side) => side.trim() === "") && range.trim() !== "")
    return bad(`one side of "||" is empty in "${range}"`);
  if (range !== null && !isRange(ecosystem, range)) return bad(`"${range}" is not a version range`);
  const name = ecosystem === "pypi" ? normalizePypi(pattern) : pattern;
  return { ok: true, selector: { text, ecosystem, pattern: name, range } };
}

/** Why `pattern` (a name, `@scope/*` or `*`) is none, or null if it is one. Used for `home` too. */
export function patternProblem(ecosystem: Ecosystem, pattern: string): string | null {
  if (pattern === "*") return null;
  if (ecosystem === "pypi") {
    return /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(pattern) ? null : `"${pattern}" is not a project name`;
  }
  const name = pattern.endsWith("/*") ? `${pattern.slice(0, -1)}x` : pattern;
  if (pattern.endsWith("/*") && !pattern.startsWith("@")) return `"${pattern}": only a scope can be followed by /*`;
  return isNpmName(name) ? null : `"${pattern}" is not a package name, @scope/* or *`;
}

/** How closely `pattern` names `name`: 3 exactly, 2 by its scope, 1 by `*`, 0 not at all. */
export function patternRank(pattern: string, name: string): 0 | 1 | 2 | 3 {
  if (pattern === name) return 3;
  if (pattern === "*") return 1;
  return pattern.endsWith("/*") && name.startsWith(pattern.slice(0, -1)) ? 2 : 0;
}

/** Whether the selector names this package, whatever its version. */
export function selectsName(selector: Selector, ecosystem: Ecosystem, name: string): boolean {
  return selector.ecosystem === ecosystem && patternRank(selector.pattern, name) > 0;
}

/** Whether the selector covers this name and version. Prereleases are inside a range that surrounds them. */
export function selects(selector: Selector, ecosystem: Ecosystem, name: string, version: string): boolean {
  if (!selectsName(selector, ecosystem, name)) return false;
  if (selector.range === null) return true;
  return semver.satisfies(version, selector.range, { includePrerelease: true });
}

/** PEP 503's normal form of a project name. */
export function normalizePypi(name: string): string {
  return name === "*" ? name : name.replace(/[-_.]+/g, "-").toLowerCase();
}

function isRange(ecosystem: Ecosystem, range: string): boolean {
  // PEP 440 ranges are read with their own library once Python projects are; until then only exact text is kept.
  if (ecosystem === "pypi") return /^[A-Za-z0-9.*+!<>=~, -]+$/.test(range);
  return range.trim() !== "" && semver.validRange(range, { includePrerelease: true }) !== null;
}
