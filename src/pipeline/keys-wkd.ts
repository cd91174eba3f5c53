/**
 * Web Key Directory (draft-koch-openpgp-webkey-service): whoever runs the domain of an e-mail address says which key is
 * its owner's. A proposal, no more: the domain speaks for the address, and nobody for the package.
 */
import { createHash } from "node:crypto";
import type { Client } from "../fetch/settings.js";
import { LIMITS } from "../model/limits.js";
import type { Reading } from "../verify/openpgp-armor.js";
import { type RingEntry, readRing } from "../verify/openpgp-keyring.js";

const Z_BASE_32 = "ybndrfg8ejkmcpqxot1uwisza345h769";
const ADDRESS =
  /^([A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64})@((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9])$/i;
const LONGEST_ADDRESS = 254;

export interface WkdAddresses {
  readonly advanced: string;
  readonly direct: string;
  /** Hosts of the same domain, to which a request may be sent on. */
  readonly hosts: readonly string[];
}

/** An e-mail address that can be asked for, its domain in lower case; null for anything else, an IP address for one. */
export function plainAddress(text: string): string | null {
  const [, local, domain] = (text.length <= LONGEST_ADDRESS ? ADDRESS.exec(text) : null) ?? [];
  return local === undefined || domain === undefined ? null : `${local}@${domain.toLowerCase()}`;
}

/** Section 3.1: where the keys of an address lie. The address must be a plain one. */
export function wkdAddresses(address: string): WkdAddresses {
  const at = address.lastIndexOf("@");
  const [local, domain] = [address.slice(0, at), address.slice(at + 1)];
  const name = zBase32(createHash("sha1").update(local.replace(/[A-Z]/g, lower)).digest());
  const query = `?l=${encodeURIComponent(local)}`;
  const sub = `openpgpkey.${domain}`;
  return {
    advanced: `https://${sub}/.well-known/openpgpkey/${domain}/hu/${name}${query}`,
    direct: `https://${domain}/.well-known/openpgpkey/hu/${name}${query}`,
    hosts: [domain, sub],
  };
}

/**
 * The keys that the domain gives for an address. The direct method is tried only where the host of the advanced one is
 * not reached at all: whoever runs the web site of a domain must not answer for the key server that it has. (The draft
 * says so of hosts that do not exist; behind a proxy they look like those that can't be reached.) Keys without a user ID
 * of that address are left out (section 3.1).
 */
export async function askWkd(
  client: Client,
  address: string,
): Promise<Reading<{ readonly entries: readonly RingEntry[]; readonly strangers: number }>> {
  const { advanced, direct, hosts } = wkdAddresses(address);
  const wanted = { maxBytes: LIMITS.certificateBytes, redirects: hosts };
  const first = await client.get(advanced, wanted);
  const isUnreached = !first.ok && first.code === "FETCH_FAILED" && first.status === null;
  const answer = isUnreached ? await client.get(direct, wanted) : first;
  if (!answer.ok) {
    const none = answer.status === 404 || answer.status === 410;
    return none ? { ok: true, value: { entries: [], strangers: 0 } } : { ok: false, why: answer.says };
  }
  const ring = readRing(answer.value.body);
  if (!ring.ok) return { ok: false, why: `what the domain of ${address} answered is no key: ${ring.why}` };
  const entries = ring.value.entries.filter((entry) => bears(entry.userIds, address));
  return { ok: true, value: { entries, strangers: ring.value.entries.length - entries.length } };
}

/** Whether one of the user IDs is of this address: in angle brackets at its end, or alone. */
export function bears(userIds: readonly string[], address: string): boolean {
  return userIds.some((userId) => addressIn(userId)?.toLowerCase() === address.toLowerCase());
}

/** The e-mail address of a user ID (`Name <name@example.org>`), or null. */
export function addressIn(userId: string): string | null {
  return plainAddress(/<([^<>\s]+)>\s*$/.exec(userId)?.[1] ?? userId.trim());
}

function lower(letter: string): string {
  return letter.toLowerCase();
}

/** RFC 6189, section 5.1.6; twenty octets give 32 letters. */
function zBase32(bytes: Uint8Array): string {
  const bits = [...bytes].map((octet) => octet.toString(2).padStart(8, "0")).join("");
  return (bits.match(/.{5}/g) ?? []).map((five) => Z_BASE_32[Number.parseInt(five, 2)]).join("");
}
