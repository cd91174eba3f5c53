/** Sigstore's TUF repository as it stood on a day, out of `vectors/tuf/` (see its SOURCE.md), as a site that can fail. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Answer, jsonAnswer } from "./delivery.js";
import { vectorPath } from "./fixture-files.js";
import { Site } from "./site.js";

/** The days of which the metadata was kept. */
export const TUF_DATES = ["2025-02-20", "2025-07-08", "2025-11-23", "2026-04-09", "2026-08-21"] as const;
export type TufDate = (typeof TUF_DATES)[number];

const ROLES = ["snapshot", "targets", "registry.npmjs.org"] as const;
const TARGETS = [
  ["trusted_root.json", ""],
  ["trusted_root-2025.json", ""],
  ["registry.npmjs.org/keys.json", "registry.npmjs.org/"],
] as const;

/** The bytes of a recorded file: `roots/15.root.json`, `snapshots/2026-08-21/timestamp.json`. */
export function tufVector(path: string): Buffer {
  return readFileSync(vectorPath("tuf", ...path.split("/")));
}

/** Shows one day of the repository; a file that is put in the place of one of its own (`put`) is shown instead. */
export class TufRepository extends Site {
  #files = new Map<string, Buffer>();

  /** Shows this day, with all roots up to `lastRoot` but those in `without`. */
  show(date: TufDate, { lastRoot = 15, without = [] as readonly number[] } = {}): this {
    this.#files = filesOf(date);
    for (let version = 5; version <= lastRoot; version += 1) {
      if (!without.includes(version)) this.#files.set(`${version}.root.json`, tufVector(`roots/${version}.root.json`));
    }
    return this;
  }

  /** What is shown at a path now; throws where there is nothing. */
  shown(path: string): Buffer {
    const bytes = this.#files.get(path);
    if (bytes === undefined) throw new Error(`${path} is not shown`);
    return bytes;
  }

  /** Shows other bytes at a path. */
  replace(path: string, bytes: Uint8Array): void {
    this.#files.set(path, Buffer.from(bytes));
  }

  protected override answer(path: string): Answer {
    const body = this.#files.get(path);
    return body === undefined
      ? jsonAnswer({ error: "Not found" }, 404)
      : { status: 200, type: "application/octet-stream", body };
  }
}

function filesOf(date: TufDate): Map<string, Buffer> {
  const files = new Map([["timestamp.json", tufVector(`snapshots/${date}/timestamp.json`)]]);
  for (const role of ROLES) {
    const bytes = tufVector(`snapshots/${date}/${role}.json`);
    files.set(`${versionOf(bytes)}.${role}.json`, bytes);
  }
  for (const [path, folder] of TARGETS) {
    const bytes = tufVector(`targets/${path}`);
    const name = path.endsWith("keys.json") ? "keys.json" : "trusted_root.json";
    files.set(`targets/${folder}${createHash("sha256").update(bytes).digest("hex")}.${name}`, bytes);
  }
  return files;
}

function versionOf(bytes: Buffer): number {
  return (JSON.parse(bytes.toString("utf8")) as { signed: { version: number } }).signed.version;
}
