/** What a registry shows of itself, and of a name: asked only to tell a person whose it may be. Nothing of it is proof. */
import { type NpmClaims, packumentAddress } from "../ecosystem/npm.js";
import type { Artifact } from "../model/artifact.js";
import { isoTime } from "../model/day.js";
import { StopError } from "../model/finding.js";
import { LIMITS } from "../model/limits.js";
import type { Registry, RegistryKey } from "../model/policy.js";
import { BUILTIN } from "../trust/builtin.js";
import { parseJson } from "../trust/json.js";
import { readRegistryKey } from "../trust/keys.js";
import { verifyRegistrySignature } from "../verify/registry-signature.js";
import type { River } from "./river.js";

/** A registry around a rotation shows two. */
const MOST_KEYS = 16;

/** The keys under which a registry says that it signs. */
export interface ShownKeys {
  /** Its own: none of them is built in for another. */
  readonly own: readonly RegistryKey[];
  /** It shows keys of a built-in registry under its own roof, as a mirror does; they make nothing its own. */
  readonly foreign: boolean;
}

/** Asks for `/-/npm/v1/keys` (https://docs.npmjs.com/about-registry-signatures). What is no key there is left out. */
export async function askKeys(
  river: River,
  { url, redirects }: Pick<Registry, "url" | "redirects">,
): Promise<ShownKeys> {
  const wanted = { maxBytes: LIMITS.signatureBytes, redirects, accept: "application/json" };
  const answer = await river.client.get(`${url}-/npm/v1/keys`, wanted);
  const shown = answer.ok ? keysIn(answer.value.body) : [];
  const builtin = new Set(BUILTIN.flatMap(({ keys }) => keys.map(({ spki }) => spki)));
  const own = shown.filter(({ spki }) => !builtin.has(spki));
  return { own, foreign: own.length < shown.length };
}

function keysIn(body: Buffer): RegistryKey[] {
  let listed: unknown;
  try {
    listed = (JSON.parse(body.toString("utf8")) as { keys?: unknown } | null)?.keys;
  } catch {
    return [];
  }
  if (!Array.isArray(listed) || listed.length > MOST_KEYS) return [];
  const keys = new Map<string, RegistryKey>();
  for (const item of listed) {
    const key = keyOf(item);
    if (key !== null) keys.set(key.spki, key);
  }
  return [...keys.values()];
}

/** By the trust store's own reader, which knows which id belongs to which key. */
function keyOf(item: unknown): RegistryKey | null {
  if (typeof item !== "object" || item === null) return null;
  const { keyid, key, expires = null } = item as Readonly<Record<string, unknown>>;
  if (typeof keyid !== "string" || typeof key !== "string" || typeof (expires ?? "") !== "string") return null;
  try {
    return readRegistryKey(parseJson(Buffer.from(JSON.stringify({ keyid, key, expires })), "keys"));
  } catch (error) {
    if (error instanceof StopError) return null;
    throw error;
  }
}

/** A key as trust.json has it. */
export function writtenKey({ keyid, spki, notBefore, expires }: RegistryKey) {
  return {
    keyid,
    key: spki,
    ...(notBefore === null ? {} : { notBefore: isoTime(notBefore) }),
    expires: isoTime(expires),
  };
}

/**
 * Whether one of these keys has signed the locked digest under this name and version, at whatever time: a key that has
 * ended still tells whose the package is.
 */
export function isSignedBy(keys: readonly RegistryKey[], artifact: Artifact, claims: NpmClaims, now: number): boolean {
  const { name, version, locked } = artifact;
  const { integrity: published, signatures } = claims;
  const given = { name, version, registry: "", keys, own: locked, published, signatures, publication: null, now };
  const outcome = verifyRegistrySignature(given);
  return outcome.outcome === "verified" || (outcome.outcome === "invalid" && outcome.code === "KEY_EXPIRED");
}

/** Whether a registry has a package of that name, in any version; null where it could not be asked. */
export async function knowsName(river: River, { url, redirects }: Registry, name: string): Promise<boolean | null> {
  const wanted = { maxBytes: LIMITS.signatureBytes, redirects, accept: "application/vnd.npm.install-v1+json" };
  const answer = await river.client.get(packumentAddress(url, name), wanted);
  // A packument is mostly larger than is worth reading for this.
  if (answer.ok || answer.code === "FETCH_TOO_LARGE") return true;
  return answer.status === 404 ? false : null;
}
