/** Changes of the files that are kept as somebody else signed them: roots, and signatures of owners. */
import { type Change, other } from "./change.js";

/** Files by name, each with the SHA-256 (hex) of its bytes. Only those in roots/ and signatures/ are told of here. */
export function fileChanges(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): readonly Change[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].filter((name) => /^(roots|signatures)\//.test(name));
  return names.sort().flatMap((name) => {
    const [old, now] = [before.get(name), after.get(name)];
    if (old === now) return [];
    return [
      other(name, `${whatOf(name)} ${old === undefined ? "is new" : now === undefined ? "is gone" : "changed"}.`),
    ];
  });
}

function whatOf(name: string): string {
  return name.startsWith("roots/")
    ? "A root or a list of keys, which counts only as far as it is signed,"
    : "A signature over the store";
}
