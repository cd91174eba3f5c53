/** Keys that come twice in one object of a package.json: JSON.parse keeps the last and says nothing. */

export interface JsonKeys {
  /** How deep objects and arrays are nested. */
  readonly depth: number;
  /** A key is spelled `__proto__`. */
  readonly prototype: boolean;
  /** A key comes twice. */
  readonly repeated: boolean;
  /** The first key that comes twice with two values, where it decides about what is fetched or run. */
  readonly conflict: string | null;
  /** The first dependency that is named twice with two versions, in one map of dependencies. */
  readonly dependency: string | null;
}

/** Not `bin`: mocha 0.3.0 has two. What is linked is compared with the lockfile anyway. */
const DECISIVE: ReadonlySet<string> = new Set([
  ...["name", "version", "scripts", "gypfile", "dependencies", "optionalDependencies"],
  ...["bundleDependencies", "bundledDependencies"],
]);

/** Maps from names to versions at the top of a package.json. */
const DEPENDENCIES: ReadonlySet<string> = new Set(["dependencies", "optionalDependencies"]);

interface Level {
  /** Text of each member's value by key; null for an array. */
  readonly values: Map<string, string> | null;
  /** Whether it lies below a decisive key. */
  readonly decisive: boolean;
  /** The member that is being read. */
  key: string | null;
  valueStart: number;
}

/**
 * Walks through `text`, which must be JSON that JSON.parse takes, without recursion. Stops where it is nested deeper
 * than `maxDepth`; `depth` then says so.
 */
export function keysOf(text: string, maxDepth: number): JsonKeys {
  const none = null as string | null;
  const found = { depth: 0, prototype: false, repeated: false, conflict: none, dependency: none };
  const levels: Level[] = [];
  for (let at = 0; at < text.length; at++) {
    const level = levels.at(-1);
    switch (text[at]) {
      case '"': {
        const end = endOfString(text, at);
        if (level?.values && level.key === null) level.key = keyText(text.slice(at, end));
        found.prototype ||= level?.key === "__proto__";
        at = end - 1;
        break;
      }
      case ":":
        if (level !== undefined) level.valueStart = at + 1;
        break;
      case "{":
      case "[": {
        const decisive =
          level !== undefined && (level.decisive || (levels.length === 1 && DECISIVE.has(level.key ?? "")));
        levels.push({ values: text[at] === "{" ? new Map() : null, decisive, key: null, valueStart: at });
        found.depth = Math.max(found.depth, levels.length);
        if (found.depth > maxDepth) return found;
        break;
      }
      case ",":
      case "}":
      case "]":
        if (level?.values && level.key !== null) {
          const value = text.slice(level.valueStart, at);
          const earlier = level.values.get(level.key);
          found.repeated ||= earlier !== undefined;
          const decisive = level.decisive || (levels.length === 1 && DECISIVE.has(level.key));
          if (decisive && earlier !== undefined && !isSame(earlier, value)) {
            const isDependency = levels.length === 2 && DEPENDENCIES.has(levels[0]?.key ?? "");
            found[isDependency ? "dependency" : "conflict"] ??= level.key;
          }
          level.values.set(level.key, value);
          level.key = null;
        }
        if (text[at] !== ",") levels.pop();
    }
  }
  return found;
}

/** Behind the quote that closes the string that opens at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}

function keyText(literal: string): string {
  return literal.includes("\\") ? String(JSON.parse(literal)) : literal.slice(1, -1);
}

function isSame(first: string, second: string): boolean {
  return JSON.stringify(JSON.parse(first)) === JSON.stringify(JSON.parse(second));
}
