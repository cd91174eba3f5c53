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
  if (!fresh) {
    const kept = await river.quarantine.kept(address, "claims", LIMITS.manifestBytes);
    const parsed = kept === null ? null : parseClaims(kept, name, version);
    if (parsed?.ok) return { ok: true, claims: parsed.value, kept: true };
  }
  const answer = await fetchManifest(river, registry, asked, address);
  if (!answer.ok) return { ...answer, kept: false };
  const parsed = parseClaims(answer.value, name, version);
  if (!parsed.ok) return { ...parsed, kept: false };
  await river.quarantine.keep(address, "claims", answer.value);
  return { ok: true, claims: parsed.value, kept: false };
}

/** When this version was published, and how its siblings were signed: from the full packument, then kept. */
export async function askPublication(river: River, registry: Registry, asked: Asked): Promise<Parsed<NpmPublication>> {
  const address = packumentAddress(registry.url, asked.name);
  const key = `${address} ${asked.version}`;
  const kept = await river.quarantine.kept(key, "publication", LIMITS.manifestBytes);
  const known = kept === null ? null : parsePublication(kept, asked.name, asked.version);
  // Without a time it can only refuse, and before it refuses the registry is asked again.
  if (known?.ok && (known.value.at !== null || river.options.offline)) return known;
  return packuments(async () => {
    const answer = await get(river, registry, address, LIMITS.packumentBytes);
    if (!answer.ok) return answer;
    const parsed = parsePublication(answer.value, asked.name, asked.version);
    if (parsed.ok) await river.quarantine.keep(key, "publication", publicationBytes(asked, parsed.value));
    return parsed;
  });
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
function publicationBytes(asked: Asked, publication: NpmPublication): Buffer {
  const versions = publication.siblings.map(({ version, integrity, signatures }) => [
    version,
    { dist: { integrity, signatures } },
  ]);
  const time = publication.at === null ? {} : { [asked.version]: new Date(publication.at).toISOString() };
  return Buffer.from(JSON.stringify({ name: asked.name, time, versions: Object.fromEntries(versions) }));
}
