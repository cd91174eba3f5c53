/** Asks a registry for its claims, or takes those that were kept. Kept claims may only confirm; see judge.ts. */
import {
  manifestAddress,
  manifestFromPackument,
  type NpmClaims,
  type NpmPublication,
  type Parsed,
  packumentAddress,
  parseClaims,
  parsePublication,
} from "../ecosystem/npm.js";
import { type Finding, finding } from "../model/finding.js";
import { LIMITS } from "../model/limits.js";
import type { Registry } from "../model/policy.js";
import { gate } from "./concurrent.js";
import type { River } from "./river.js";

export type Claimed =
  | { readonly ok: true; readonly claims: NpmClaims; readonly kept: boolean }
  | { readonly ok: false; readonly finding: Finding; readonly kept: boolean };

interface Asked {
  readonly name: string;
  readonly version: string;
}

/** Full packuments can be tens of megabytes each. */
const packuments = gate(4);

/**
 * The registry's claims of one version. `fresh` asks the registry even where claims are kept.
 * What can't be had or read is a finding.
 */
export async function askClaims(river: River, registry: Registry, asked: Asked, fresh: boolean): Promise<Claimed> {
  const { name, version } = asked;
  const address = manifestAddress(registry.url, name, version);
  const kept = fresh ? null : await keptClaims(river, registry, asked);
  if (kept !== null) return { ok: true, claims: kept, kept: true };
  const answer = await fetchManifest(river, registry, asked, address);
  if (!answer.ok) return { ...answer, kept: false };
  const parsed = parseClaims(answer.value, name, version);
  if (!parsed.ok) return { ...parsed, kept: false };
  await river.quarantine.keep(address, "claims", answer.value);
  return { ok: true, claims: parsed.value, kept: false };
}

/** The claims of one version that were kept of an earlier answer, or null. Nobody is asked. */
export async function keptClaims(
  { quarantine }: Pick<River, "quarantine">,
  registry: Registry,
  { name, version }: Asked,
): Promise<NpmClaims | null> {
  const kept = await quarantine.kept(manifestAddress(registry.url, name, version), "claims", LIMITS.manifestBytes);
  const parsed = kept === null ? null : parseClaims(kept, name, version);
  return parsed?.ok ? parsed.value : null;
}

/**
 * When this version was published, and how its siblings were signed: from the full packument, then kept. What was
 * carried here in a file of evidence is heard only where the registry can't be: whoever wrote it could set the time.
 */
export async function askPublication(river: River, registry: Registry, asked: Asked): Promise<Parsed<NpmPublication>> {
  const address = packumentAddress(registry.url, asked.name);
  const key = publicationKey(address, asked.version);
  const known = await keptPublication(river, key, "publication", asked);
  // Without a time it can only refuse, and before it refuses the registry is asked again.
  if (known !== null && (known.at !== null || river.options.offline)) return { ok: true, value: known };
  return packuments(async () => {
    const answer = await get(river, registry, address, LIMITS.packumentBytes);
    if (!answer.ok) {
      const carried = await keptPublication(river, key, CARRIED, asked);
      return carried === null ? answer : { ok: true, value: carried };
    }
    const parsed = parsePublication(answer.value, asked.name, asked.version);
    if (parsed.ok) await river.quarantine.keep(key, "publication", publicationBytes(asked, parsed.value));
    return parsed;
  });
}

/** Under which kind a publication is kept that came in a file of evidence. */
export const CARRIED = "carried-publication";

/** A publication that was kept, or null. Nobody is asked. */
export async function keptPublication(
  { quarantine }: Pick<River, "quarantine">,
  key: string,
  kind: "publication" | typeof CARRIED,
  { name, version }: Asked,
): Promise<NpmPublication | null> {
  const kept = await quarantine.kept(key, kind, LIMITS.manifestBytes);
  const parsed = kept === null ? null : parsePublication(kept, name, version);
  return parsed?.ok ? parsed.value : null;
}

/** Under which key a publication is kept: a packument speaks of all versions. */
export function publicationKey(packument: string, version: string): string {
  return `${packument} ${version}`;
}

async function fetchManifest(river: River, registry: Registry, asked: Asked, address: string): Promise<Parsed<Buffer>> {
  const answer = await get(river, registry, address, LIMITS.manifestBytes);
  if (answer.ok || !knowsNoSuchPath(answer)) return answer;
  const packument = await packuments(() =>
    get(river, registry, packumentAddress(registry.url, asked.name), LIMITS.packumentBytes),
  );
  if (!packument.ok) return answer;
  const manifest = manifestFromPackument(packument.value, asked.version);
  return manifest === null ? answer : { ok: true, value: manifest };
}

/** Some registries know packuments only, and say so in different ways. */
function knowsNoSuchPath(answer: Extract<Got, { readonly ok: false }>): boolean {
  return [400, 404, 405, 501].includes(answer.status ?? 0);
}

type Got =
  | { readonly ok: true; readonly value: Buffer }
  | { readonly ok: false; readonly finding: Finding; readonly status: number | null };

async function get(river: River, registry: Registry, address: string, maxBytes: number): Promise<Got> {
  const answer = await river.client.get(address, {
    maxBytes,
    redirects: registry.redirects,
    accept: "application/json",
  });
  if (answer.ok) return { ok: true, value: answer.value.body };
  return { ok: false, finding: finding(answer.code, { says: answer.says }), status: answer.status };
}

/** What was read of a packument, in a packument's own form, so that it is read again by the same reader. */
export function publicationBytes(asked: Asked, publication: NpmPublication): Buffer {
  const versions = publication.siblings.map(({ version, integrity, signatures }) => [
    version,
    { dist: { integrity, signatures } },
  ]);
  const time = publication.at === null ? {} : { [asked.version]: new Date(publication.at).toISOString() };
  return Buffer.from(JSON.stringify({ name: asked.name, time, versions: Object.fromEntries(versions) }));
}
