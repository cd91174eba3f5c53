/** What a project can't do without: worked out from who asks for whom, never read from a lockfile's flags. */
import type { Artifact } from "../model/artifact.js";

const KINDS = ["dependencies", "devDependencies"] as const;

/**
 * Names that the project, or one of its folders, reaches without an optional step. By name alone, so it may name more
 * than a walk through the tree would: where one of these does not fit the platform, npm stops, or does worse.
 */
export function requiredNames(
  artifacts: readonly Artifact[],
  packageJson: Readonly<Record<string, unknown>> | null,
): ReadonlySet<string> {
  const needs = new Map<string, string[]>();
  const waiting = KINDS.flatMap((kind) => Object.keys((packageJson?.[kind] as object | undefined) ?? {}));
  for (const { location, source, npm } of artifacts) {
    const names = Object.keys(npm?.facts?.dependencies ?? {});
    if (source.type === "workspace") waiting.push(...names);
    const name = nameAt(location);
    needs.set(name, [...(needs.get(name) ?? []), ...names]);
  }
  const required = new Set<string>();
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (required.has(name)) continue;
    required.add(name);
    waiting.push(...(needs.get(name) ?? []));
  }
  return required;
}

/** The name under which a place is asked for: `node_modules/a/node_modules/@s/b` is `@s/b`. */
export function nameAt(location: string): string {
  return location.slice(location.lastIndexOf("node_modules/") + "node_modules/".length);
}
