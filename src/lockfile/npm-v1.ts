/**
 * The nested `dependencies` of lockfileVersion 1, which version 2 carries beside `packages` for old npm.
 * `version` holds a version, `npm:name@version`, or whatever address was asked for (arborist's shrinkwrap.js,
 * metaFromLock, and spec-from-lock.js).
 */

import { isNpmName } from "../model/names.js";
import { Fields, type LockedEntry } from "./npm-entries.js";
import { NO_TEXTS } from "./npm-needs.js";
import { readPlace } from "./npm-place.js";
import { readSpec, type Spec } from "./npm-source.js";

/**
 * Every node of the nested `dependencies`, each with the location that npm gives it: what is nested under a link lies
 * in the folder behind it. Throws StopError where a field has a type that npm never writes.
 */
export function readNested(dependencies: unknown, path: string): LockedEntry[] {
  const entries: LockedEntry[] = [];
  const names = new Set<string>();
  // The depth of the JSON, which is bounded, bounds the recursion.
  const walk = (nodes: unknown, inside: string, where: () => string): void => {
    if (nodes === undefined) return;
    for (const [name, node] of new Fields(nodes, where).entries()) {
      const here = (): string => `${where()}[${JSON.stringify(name)}]`;
      const fields = new Fields(node, here);
      names.add(name);
      const entry = readNode(name, `${inside === "" ? "" : `${inside}/`}node_modules/${name}`, fields, names);
      entries.push(entry);
      const below = entry.link ? (entry.resolved ?? "") : entry.location;
      walk(fields.value("dependencies"), below, () => `${here()}.dependencies`);
    }
  };
  walk(dependencies, "", () => `${path}: dependencies`);
  return entries;
}

function readNode(key: string, location: string, fields: Fields, locked: ReadonlySet<string>): LockedEntry {
  const version = fields.text("version") ?? "";
  const integrity = fields.text("integrity");
  const written = readSpec(version);
  const spec = integrity === null ? requested(written, fields) : written;
  const foreign = spec.kind === "git" || spec.kind === "url" || spec.kind === "tarball" || spec.kind === "folder";
  const place = readPlace(location);
  const requires = typeof fields.value("requires") === "boolean" ? NO_TEXTS : fields.texts("requires");
  return {
    location,
    // A key such as "a/node_modules/b" would be read as a place of its own.
    place: isNpmName(key)
      ? place
      : { ok: false, why: `has "${key}" where the name of a package must stand`, name: key },
    name: spec.kind === "alias" ? spec.name : null,
    version: foreign ? null : spec.kind === "alias" ? spec.range : version === "" ? null : version,
    resolved: foreign ? addressOf(spec) : fields.text("resolved"),
    addressed: foreign,
    integrity,
    link: spec.kind === "folder",
    inBundle: fields.flag("bundled"),
    npm: {
      facts: null,
      hasInstallScript: false,
      hasShrinkwrap: false,
      dev: fields.flag("dev"),
      optional: fields.flag("optional"),
      peer: fields.flag("peer"),
      devOptional: fields.flag("devOptional"),
      requires: { texts: requires, locked },
    },
    folder: null,
    needs: requires === NO_TEXTS ? [] : [{ kind: "prod", names: requires }],
  };
}

/** Without a digest and an address, npm goes by `from` where that names no registry's package. */
function requested(written: Spec, fields: Fields): Spec {
  if (written.kind !== "registry" || fields.text("resolved") !== null) return written;
  const from = readSpec(fields.text("from") ?? "");
  return from.kind === "registry" || from.kind === "alias" || from.kind === "unknown" ? written : from;
}

function addressOf(spec: Spec): string | null {
  if (spec.kind === "folder") return spec.path ?? spec.text;
  return spec.kind === "registry" || spec.kind === "alias" ? null : spec.text;
}
