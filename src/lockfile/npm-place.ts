/** Locations: the keys of `packages`, such as `packages/app/node_modules/@acme/lib`. All by text, nothing by disk. */
import { isNpmName } from "../model/names.js";

/** Longer than any path that an installer could still write everywhere. */
const MAX_LOCATION = 1024;
const TOO_LONG = `is longer than ${MAX_LOCATION} characters`;
const MODULES = "node_modules";

/** What a location means. */
export type Place =
  /** Of a package: installed as `name` into the node_modules of `inside` ("" for the project itself). */
  | { readonly type: "package"; readonly folder: string; readonly inside: string; readonly name: string }
  /** Of a folder of the project. */
  | { readonly type: "folder"; readonly folder: string };

export type PlaceResult =
  | { readonly ok: true; readonly place: Place }
  | { readonly ok: false; readonly why: string; readonly name: string };

/**
 * Reads a location. `folder` is the part before the first node_modules. A location that could lead out of the
 * project, or be spelled in two ways for one place on some system, is none: the result says why, and gives what
 * stands where the name would be.
 */
export function readPlace(location: string): PlaceResult {
  const segments = location.split("/");
  const first = segments.indexOf(MODULES);
  const bad = (why: string): PlaceResult => ({ ok: false, why, name: location.slice(location.lastIndexOf("/") + 1) });
  const folder = first < 0 ? location : segments.slice(0, first).join("/");
  // "/node_modules/x" has an empty folder too.
  const whole = first < 0 || location.startsWith("/") ? location : folder;
  const why = location.length > MAX_LOCATION ? TOO_LONG : folderProblem(whole);
  if (why !== null) return bad(why);
  if (first < 0) return location === "" ? bad("is empty") : { ok: true, place: { type: "folder", folder } };

  let at = first;
  let name = "";
  let inside = folder;
  while (at < segments.length) {
    if (segments[at] !== MODULES) return bad(`has "${segments[at]}" where ${MODULES} must stand`);
    inside = segments.slice(0, at).join("/");
    const words = segments[at + 1]?.startsWith("@") ? 2 : 1;
    name = segments.slice(at + 1, at + 1 + words).join("/");
    if (!isNpmName(name)) return bad(`has "${name}" where the name of a package must stand`);
    at += 1 + words;
  }
  return { ok: true, place: { type: "package", folder, inside, name } };
}

/** Why `folder` is not the plain path of a folder inside the project ("" is the project itself); null if it is one. */
export function folderProblem(folder: string): string | null {
  if (folder === "") return null;
  if (folder.length > MAX_LOCATION) return TOO_LONG;
  if (folder.startsWith("/")) return "is an absolute path";
  // A colon makes a drive or a stream on Windows, a backslash a second separator.
  if (/[\\:\p{Cc}\p{Cf}\p{Cs}]/u.test(folder)) return "has a character that a path may not have";
  for (const segment of folder.split("/")) {
    if (segment === "") return "has an empty part";
    if (segment === "." || segment === "..") return `has "${segment}" as a part`;
    // Windows drops these, and so finds another folder than the one that is named.
    if (/[. ]$/.test(segment)) return `has a part that ends with a dot or a space: "${segment}"`;
    if (segment.toLowerCase() === MODULES) return `has "${segment}" as a part`;
  }
  return null;
}

/** The place of the package or folder that holds `inside`'s node_modules one level further up, or null at the top. */
export function above(inside: string): string | null {
  if (inside === "") return null;
  const modules = inside.lastIndexOf(`${MODULES}/`);
  if (modules === 0) return "";
  if (modules > 0 && inside[modules - 1] === "/") return inside.slice(0, modules - 1);
  const slash = inside.lastIndexOf("/");
  return slash < 0 ? "" : inside.slice(0, slash);
}

/** The name that npm gives to a folder without one: its last part, with the scope before it if there is one. */
export function nameOfFolder(folder: string): string {
  const [scope = "", name = ""] = folder.split("/").slice(-2);
  if (name === "") return scope;
  return scope.startsWith("@") ? `${scope}/${name}` : name;
}
