/** Looks for keys that may be a package's publisher's, and proposes them. Nothing that it finds is trusted by that. */
import { LIMITS } from "../model/limits.js";
import type { Reading } from "../verify/openpgp-armor.js";
import { type CertificateFacts, objectionTo, readCertificate } from "../verify/openpgp-certificate.js";
import { mergedEntries, type RingEntry, readRing } from "../verify/openpgp-keyring.js";
import { exportFromGpg } from "./keys-gpg.js";
import { type Locked, lockedPackage, type SignedBy } from "./keys-locked.js";
import { keepProposal, readKeyFile } from "./keys-source.js";
import { addressIn, askWkd, plainAddress } from "./keys-wkd.js";
import type { River } from "./river.js";

/** Addresses are a stranger's words, and each costs a request. */
const MOST_ADDRESSES = 10;
/** Of a KEYS file with a thousand, those are told that say something of this package. */
const MOST_PROPOSED = 20;
const MOST_NOTES = 20;

export interface FindRequest {
  readonly name: string;
  readonly version: string | null;
  /** `--keys`: the address or the file of a KEYS file; null for the project's own, at its homepage. */
  readonly keys: string | null;
  /** `--keyring`: a file, or null. */
  readonly keyring: string | null;
  /** `--gpg`: whether gpg's own keyring is asked too. */
  readonly gpg: boolean;
  /** Where the signature of the locked version lies; `{url}.asc` unless told. */
  readonly template: string;
}

export interface Proposal {
  readonly fingerprint: string;
  readonly facts: CertificateFacts;
  /** Where it came from, each in words. */
  readonly from: readonly string[];
  /** What the signature of the locked version says of it; null where there is no signature to ask. */
  readonly signs: SignedBy | null;
  /** Why it can't be added, or null. */
  readonly objection: string | null;
}

export interface FoundKeys {
  readonly locked: string | null;
  readonly signature: { readonly address: string; readonly issuers: readonly string[] } | null;
  readonly proposals: readonly Proposal[];
  /** Other keys that lay beside them, and were not looked into. */
  readonly others: number;
  readonly notes: readonly string[];
}

interface Sourced {
  readonly from: string;
  readonly entry: RingEntry;
}

/** Throws StopError USAGE where a file that was named can't be read. */
export async function findKeys(river: River, request: FindRequest): Promise<FoundKeys> {
  const locked = await lockedPackage(river, request);
  const addresses = addressesIn(locked.manifest);
  const notes = [...locked.notes];
  const sourced: Sourced[] = [];
  const take = (
    from: string,
    ring: Reading<{ readonly entries: readonly RingEntry[]; readonly leftOut?: readonly string[] }>,
  ) => {
    if (!ring.ok) notes.push(`${from}: ${ring.why}`);
    else {
      sourced.push(...ring.value.entries.map((entry) => ({ from, entry })));
      const left = ring.value.leftOut ?? [];
      if (left.length > 0) notes.push(`${from}: ${left.length} left out, the first because ${left[0]}`);
    }
  };
  await Promise.all([
    ...addresses.map(async (address) => {
      const answer = await askWkd(river.client, address);
      const from = `the domain of ${address} (WKD)`;
      take(from, answer);
      if (answer.ok && answer.value.strangers > 0) {
        notes.push(`${from} gave ${answer.value.strangers} without that address in them; they were left out`);
      }
    }),
    keysFile(river, request.keys, locked.manifest).then((found) => found !== null && take(found.from, found.ring)),
    ...(request.keyring === null
      ? []
      : [
          readKeyFile(river.world, request.keyring, LIMITS.keyringBytes).then((bytes) =>
            take(`${request.keyring}`, readRing(bytes)),
          ),
        ]),
    ...(request.gpg
      ? [fromGpg(river, locked, addresses).then((ring) => ring !== null && take("gpg's keyring", ring))]
      : []),
  ]);
  const merged = mergedEntries(sourced.map(({ entry }) => entry));
  const ranked = [...merged.entries].sort((a, b) => rank(a, locked, addresses) - rank(b, locked, addresses));
  const proposals: Proposal[] = [];
  for (const entry of ranked.slice(0, MOST_PROPOSED)) {
    const read = await readCertificate(entry.packets);
    if (!read.ok) {
      notes.push(`${entry.fingerprint}: ${read.why}`);
      continue;
    }
    const from = sourced.filter((one) => one.entry.fingerprint === entry.fingerprint).map((one) => one.from);
    const signs = locked.signature === null ? null : await locked.signature.under(entry);
    const objection = objectionTo(read, river.now)?.says ?? null;
    proposals.push({ fingerprint: entry.fingerprint, facts: read, from: [...new Set(from)].sort(), signs, objection });
    await keepProposal(river, entry);
  }
  const { signature } = locked;
  return {
    locked: locked.label,
    signature: signature === null ? null : { address: signature.address, issuers: signature.issuers },
    proposals,
    others: Math.max(0, ranked.length - MOST_PROPOSED),
    notes: [...notes, ...merged.leftOut].sort().slice(0, MOST_NOTES),
  };
}

/** Those that the signature names first, then those of the package's own people. By what anyone can write: an order only. */
function rank(entry: RingEntry, { signature }: Locked, addresses: readonly string[]): number {
  const named = entry.keys.findIndex(
    ({ fingerprint, keyId }) => signature?.issuers.includes(fingerprint) || signature?.issuers.includes(keyId),
  );
  // Anyone can put another's key below their own, but not in the first place.
  if (named >= 0) return named === 0 ? 0 : 1;
  return entry.userIds.some((userId) => addresses.includes(addressIn(userId) ?? "")) ? 2 : 3;
}

/** E-mail addresses of those who maintain the package or wrote it, as its manifest says. */
export function addressesIn(manifest: Locked["manifest"]): readonly string[] {
  const { maintainers, author } = manifest ?? {};
  const people: unknown[] = [author, ...(Array.isArray(maintainers) ? maintainers.slice(0, 100) : [])];
  const found = people.flatMap((person) => {
    const text = typeof person === "string" ? person : (person as { email?: unknown } | null | undefined)?.email;
    const written = typeof text === "string" ? (/<([^<>\s]+)>/.exec(text)?.[1] ?? text.trim()) : "";
    const address = plainAddress(written);
    return address === null ? [] : [address];
  });
  return [...new Set(found)].slice(0, MOST_ADDRESSES);
}

async function keysFile(
  river: River,
  named: string | null,
  manifest: Locked["manifest"],
): Promise<{ readonly from: string; readonly ring: ReturnType<typeof readRing> } | null> {
  if (named !== null && !/^[a-z][a-z0-9+.-]*:\/\//i.test(named)) {
    return { from: named, ring: readRing(await readKeyFile(river.world, named, LIMITS.keyringBytes)) };
  }
  const address = named ?? keysAddress(manifest?.homepage);
  if (address === null) return null;
  const answer = await river.client.get(address, { maxBytes: LIMITS.keyringBytes, redirects: [] });
  if (answer.ok) {
    const ring = readRing(answer.value.body);
    // A web site that has a page for every path is no news.
    return ring.ok || named !== null ? { from: address, ring } : null;
  }
  const isNone = named === null && answer.status !== null;
  return isNone ? null : { from: address, ring: { ok: false, why: answer.says } };
}

/** `KEYS` below the homepage, without its query and fragment; null where that is not on https. */
export function keysAddress(homepage: unknown): string | null {
  if (typeof homepage !== "string" || homepage.length > 2048 || !URL.canParse(homepage)) return null;
  const { protocol, host, pathname, username, password } = new URL(homepage);
  if (protocol !== "https:" || username !== "" || password !== "" || !/[a-z]/i.test(host)) return null;
  return `https://${host}${pathname.replace(/\/*$/, "")}/KEYS`;
}

/** By the keys that the signature names, and by the addresses of the package's people. */
async function fromGpg(
  river: River,
  { signature }: Locked,
  addresses: readonly string[],
): Promise<ReturnType<typeof readRing> | null> {
  const keys = (signature?.issuers ?? []).filter((issuer) => issuer.length >= 40);
  const exported = await exportFromGpg(river.world, river.place.project, [
    ...keys,
    ...addresses.map((one) => `<${one}>`),
  ]);
  if (!exported.ok) return exported;
  return exported.bytes === null ? null : readRing(exported.bytes);
}
