/** What npm understands by the text of a dependency (`^1.0.0`, `npm:x@1`, `github:a/b`) and of `resolved`. */
import npa from "npm-package-arg";
import type { Source } from "../model/artifact.js";
import { isNpmName, isNpmVersion, scopeOf, tarballName } from "../model/names.js";
import { folderProblem } from "./npm-place.js";

/** A dependency's text, read. */
export type Spec =
  /** A version, a range or a tag. */
  | { readonly kind: "registry"; readonly range: string }
  | { readonly kind: "alias"; readonly name: string; readonly range: string }
  | { readonly kind: "git" | "url" | "tarball"; readonly text: string }
  /** `path` is relative to whoever asks, null where it is not plainly below the project. */
  | { readonly kind: "folder"; readonly text: string; readonly path: string | null }
  /** Nothing that npm would accept. */
  | { readonly kind: "unknown"; readonly text: string };

/** A spec that asks for something other than a registry's package. */
export type ForeignSpec = Exclude<Spec, { kind: "registry" | "alias" | "unknown" }>;

const MAX_SPEC = 8192;
/** Can only be a version, a range or a tag: no separator, scheme, owner or fragment, and no leading dot. */
const PLAIN = /^(?!\.)[^:/\\@#]*$/;
const ARCHIVE = /\.(?:tgz|tar\.gz|tar)$/i;
/** `git@host:path`, which npm takes for git where no name stands before it. */
const SCP = /^[^@]+@[^:.]+\.[^:]+:.+$/;
/** npa resolves `file:` against a folder; only the kind of its answer is used here, never a path. */
const ANYWHERE = "/";

/** Reads the text of a dependency as npm does (npm-package-arg). */
export function readSpec(text: string): Spec {
  if (PLAIN.test(text) && !ARCHIVE.test(text)) return { kind: "registry", range: text.trim() };
  if (text.length > MAX_SPEC) return { kind: "unknown", text };
  if (SCP.test(text) && !text.includes("://")) return { kind: "git", text };
  try {
    const spec = npa.resolve("x", text, ANYWHERE);
    switch (spec.type) {
      case "git":
        return { kind: "git", text };
      case "remote":
        return { kind: "url", text };
      case "file":
        return { kind: "tarball", text };
      case "directory":
        return { kind: "folder", text, path: plainPath(text) };
      case "alias": {
        const { name, rawSpec } = (spec as npa.AliasResult).subSpec;
        return { kind: "alias", name: name ?? "", range: rawSpec };
      }
      default:
        return { kind: "registry", range: text.trim() };
    }
  } catch {
    return { kind: "unknown", text };
  }
}

/** The source behind `resolved`, and the package that its address speaks of where it has a registry's form. */
export interface Address {
  readonly source: Source;
  readonly tarball: Tarball | null;
}

/** Reads `resolved`. What has no registry's form is a URL; what is no address at all counts as one as well. */
export function readAddress(text: string): Address {
  const spec = readSpec(text);
  if (spec.kind === "git" || spec.kind === "tarball" || spec.kind === "folder") {
    return { source: sourceOfSpec(spec), tarball: null };
  }
  const tarball = spec.kind === "url" ? readTarballUrl(text) : null;
  return { source: { type: tarball === null ? "url" : "registry", url: text }, tarball };
}

/** The source that a dependency's text asks for when it names no package of a registry. */
export function sourceOfSpec(spec: ForeignSpec): Source {
  if (spec.kind === "git") {
    const commit = /#([0-9a-f]{40}|[0-9a-f]{64})$/i.exec(spec.text);
    return { type: "git", url: spec.text, commit: commit?.[1]?.toLowerCase() ?? null };
  }
  if (spec.kind === "tarball" || spec.kind === "folder") {
    return { type: "file", path: plainPath(spec.text) ?? spec.text.replace(/^file:/i, "") };
  }
  return { type: "url", url: spec.text };
}

/** What a registry's tarball address speaks of: a package, and the name of a file in it. */
export interface Tarball {
  readonly name: string;
  readonly file: string;
}

/**
 * Reads a tarball's address of one of the forms that registries use, below any base path, or gives null:
 * `/<name>/-/<file>.tgz`, the same with the scope or the version before the file (Artifact Registry; Gitea), and
 * `/download/<name>/<version>/<hash>` (GitHub Packages). `@scope/name` may be spelled `@scope%2fname`.
 * An address with credentials, a query or a fragment has no registry's form.
 */
export function readTarballUrl(text: string): Tarball | null {
  if (/[\s\\?#\p{Cc}]/u.test(text) || !URL.canParse(text)) return null;
  const url = new URL(text);
  if (url.protocol !== "https:" && url.protocol !== "http:") return null;
  if (url.username !== "" || url.password !== "") return null;
  const segments = decodeSegments(url.pathname);
  if (segments === null) return null;
  const dash = segments.lastIndexOf("-");
  return dash > 0 ? dashForm(segments, dash) : downloadForm(segments);
}

function dashForm(segments: readonly string[], dash: number): Tarball | null {
  const name = nameEndingAt(segments, dash);
  const file = segments.at(-1) ?? "";
  if (name === null || !file.endsWith(".tgz")) return null;
  const between = segments.slice(dash + 1, -1).join("/");
  const usual = between === "" || between === scopeOf(name) || file === tarballName(name, between);
  return usual ? { name, file } : null;
}

function downloadForm(segments: readonly string[]): Tarball | null {
  const [version = "", hash = ""] = segments.slice(-2);
  const name = nameEndingAt(segments, segments.length - 2);
  if (name === null || !isNpmVersion(version) || !/^[0-9a-f]{40,128}$/.test(hash)) return null;
  const above = segments.at(-3 - name.split("/").length);
  return above === "download" ? { name, file: tarballName(name, version) } : null;
}

/** The package name whose last segment stands before `end`. */
function nameEndingAt(segments: readonly string[], end: number): string | null {
  const last = segments[end - 1] ?? "";
  const scope = segments[end - 2] ?? "";
  const name = scope.startsWith("@") ? `${scope}/${last}` : last;
  return isNpmName(name) ? name : null;
}

/** The parts of a path, with escapes undone and `@scope%2fname` taken apart; null if an escape is broken. */
function decodeSegments(pathname: string): string[] | null {
  if (!pathname.includes("%")) return pathname.slice(1).split("/");
  try {
    return pathname
      .slice(1)
      .split("/")
      .flatMap((segment) => decodeURIComponent(segment).split("/"));
  } catch {
    return null;
  }
}

/** A `file:` text as a plain path with `/`, "" for the asker itself; null if it leads elsewhere. */
function plainPath(text: string): string | null {
  const path = text.replace(/^file:/i, "");
  if (path.startsWith("/") || path.includes("%")) return null;
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  const plain = parts.join("/");
  return folderProblem(plain) === null ? plain : null;
}
