/**
 * The text of a package.json, as npm will read it: UTF-8, a byte order mark taken off (json-parse-even-better-errors
 * does so), one JSON object. Refused where another installer would read another thing.
 */
import { isUtf8 } from "node:buffer";
import { keysOf } from "./archive-json-keys.js";
import { malformed, quoted, type Reading } from "./archive-refusal.js";

export interface ManifestText {
  /** Without the byte order mark. */
  readonly text: string;
  readonly bom: boolean;
  /** Some key is given twice, where it decides nothing or says the same. */
  readonly repeatedKey: boolean;
}

const BOM = "\ufeff";
/** Deeper than any package.json. JSON.parse has no limit; what reads its result may. */
const MAX_DEPTH = 100;

/**
 * The package's own manifest. There a dependency may be named twice with two versions (connect 2.4.6 was published so):
 * JSON.parse takes the last, as the registry and npm's lockfile did, and both are held against that (verify/manifest.ts).
 * Whoever would take the first installs by the lockfile all the same. Nobody else speaks of scripts, or of what a
 * bundled package needs, in a way that could be held against it: there two values are refused.
 */
const ROOT = "package.json";

/** Reads the bytes of the package.json at `path`, below the package's folder. */
export function readManifestText(bytes: Buffer, path: string): Reading<ManifestText> {
  if (!isUtf8(bytes)) return refuse(path, "is not UTF-8");
  const decoded = bytes.toString("utf8");
  const bom = decoded.startsWith(BOM);
  const text = bom ? decoded.slice(BOM.length) : decoded;
  if (!isJsonObject(text)) return refuse(path, "is not a JSON object");
  const keys = keysOf(text, MAX_DEPTH);
  if (keys.depth > MAX_DEPTH) return refuse(path, "is nested too deep");
  if (keys.prototype) return refuse(path, 'has a key "__proto__", which programs take for something else than a key');
  const conflict = keys.conflict ?? (path === ROOT ? null : keys.dependency);
  if (conflict !== null) {
    return refuse(path, `gives ${quoted(conflict)} twice, with two values: npm takes the last, others the first`);
  }
  return { ok: true, value: { text, bom, repeatedKey: keys.repeated } };
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function refuse(path: string, problem: string): { readonly ok: false; readonly finding: ReturnType<typeof malformed> } {
  return { ok: false, finding: malformed(`${quoted(path)} ${problem}.`) };
}
