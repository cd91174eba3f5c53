/** The extensions in which Fulcio's certificates speak of a build: 1.3.6.1.4.1.57264.1.*, see its docs/oid-info.md. */
import type { Build } from "./build.js";
import { extension } from "./certificate.js";
import { utf8 } from "./der.js";

const ARC = "1.3.6.1.4.1.57264.1";
/** Up to this one they are of the first years, and hold their text bare; later ones hold a UTF8String. */
const LAST_EARLY = 6;

/** Text is encoded as Fulcio would in that extension; bytes stay as they are. */
export type ExtensionValue = string | Uint8Array;

/** By OID: another value, several (the same extension more than once), or null for none at all. */
export type ExtensionChanges = Readonly<Record<string, ExtensionValue | readonly ExtensionValue[] | null>>;

/** `fulcioOid(12)` is that of the source repository's address. */
export function fulcioOid(number: number): string {
  return `${ARC}.${number}`;
}

/**
 * All extensions of a build, in the order of their numbers. `early` leaves only those that certificates had before
 * 2023; changed extensions that a build does not have come last.
 */
export function fulcioExtensions(build: Build, changes: ExtensionChanges = {}, early = false): readonly Buffer[] {
  const told = new Map<string, readonly ExtensionValue[]>();
  for (const [number, value] of valuesOf(build)) {
    if (!early || number <= LAST_EARLY) told.set(fulcioOid(number), [value]);
  }
  for (const [id, change] of Object.entries(changes)) told.set(id, listOf(change));
  return [...told].flatMap(([id, values]) => values.map((value) => extension(id, encoded(id, value))));
}

function valuesOf(build: Build): readonly (readonly [number, string])[] {
  const github: readonly (readonly [number, string])[] = [
    [2, build.trigger],
    [3, build.commit],
    [4, build.workflowName],
    [5, new URL(build.repository).pathname.slice(1)],
    [6, build.ref],
  ];
  return [
    [1, build.issuer],
    ...(build.system === "github" ? github : []),
    [8, build.issuer],
    [9, build.san],
    [10, build.commit],
    [11, build.runner],
    [12, build.repository],
    [13, build.commit],
    [14, build.ref],
    [15, build.repositoryId],
    [16, build.owner],
    [17, build.ownerId],
    [18, build.config],
    [19, build.commit],
    [20, build.trigger],
    [21, build.run],
    [22, build.visibility],
  ];
}

function encoded(id: string, value: ExtensionValue): Uint8Array {
  if (typeof value !== "string") return value;
  const bare = id.startsWith(`${ARC}.`) && Number(id.slice(ARC.length + 1)) <= LAST_EARLY;
  return bare ? Buffer.from(value) : utf8(value);
}

function listOf(change: ExtensionValue | readonly ExtensionValue[] | null): readonly ExtensionValue[] {
  if (change === null) return [];
  return typeof change === "string" || change instanceof Uint8Array ? [change] : change;
}
