/** Another key that bears a name that is pinned already: a rotation, or somebody who wrote the same name into a key. */
import { StopError } from "../model/finding.js";
import type { TrustStore } from "../model/policy.js";
import { readEntry } from "../verify/openpgp-keyring.js";
import { vouchesFor } from "../verify/openpgp-vouching.js";
import type { Named } from "./keys-source.js";
import { addressIn } from "./keys-wkd.js";
import type { River } from "./river.js";

/** How two certificates stand to each other, in one sentence. */
export type Vouched = { readonly by: "old" | "new" | "both" | "nobody"; readonly says: string };

/**
 * What to warn of where a pinned certificate has a user ID or an address of the new one. Throws StopError KEY_UNKNOWN
 * where nobody has said by `--as` whose the new key is.
 */
export async function namesakes(
  { trust }: Pick<River, "trust">,
  key: Pick<Named, "entry" | "facts">,
  name: string | null,
): Promise<string[]> {
  const warnings: string[] = [];
  for (const [fingerprint, bytes] of trust.certificates) {
    const owner = ownerOf(trust, fingerprint);
    if (fingerprint === key.entry.fingerprint || owner === null) continue;
    const pinned = readEntry(bytes);
    const shared = pinned.ok
      ? namesOf(key.facts.userIds).find((one) => namesOf(pinned.value.userIds).includes(one))
      : undefined;
    if (shared === undefined) continue;
    const says = `the key ${fingerprint} of the publisher ${owner} bears the same name, ${shared}`;
    if (name === null) {
      throw new StopError("KEY_UNKNOWN", `${says}; anyone can write any name into a key`, {
        help: `Hold the whole fingerprint against what ${owner} says elsewhere. If this key takes the other's place: secure-install trust rotate ${owner} --to ${key.entry.fingerprint}. If both are theirs: --as ${owner}.`,
      });
    }
    const vouched = await vouching(bytes, key.entry.packets);
    warnings.push(`${says}; ${vouched.says}`);
  }
  return warnings;
}

/** Whether the old certificate vouches for the new one, or the other way round. */
export async function vouching(old: Uint8Array, next: Uint8Array): Promise<Vouched> {
  const [isByOld, isByNew] = [await vouchesFor(old, next), await vouchesFor(next, old)];
  if (isByOld && isByNew) return { by: "both", says: "each of the two keys has signed the other" };
  if (isByOld) return { by: "old", says: "the old key has signed the new one" };
  if (isByNew) {
    return {
      by: "new",
      says: "the new key has signed the old one, and not the other way round: anyone's key can do that",
    };
  }
  return { by: "nobody", says: "neither key vouches for the other: how do you know that the new one is theirs?" };
}

function ownerOf(trust: TrustStore, fingerprint: string): string | null {
  const owner = trust.publishers.find(({ identities }) =>
    identities.some((identity) => identity.type === "openpgp" && identity.fingerprint === fingerprint),
  );
  return owner?.name ?? null;
}

/** User IDs, and the addresses in them, in small letters. */
function namesOf(userIds: readonly string[]): readonly string[] {
  return [
    ...new Set(userIds.flatMap((userId) => [addressIn(userId) ?? userId.trim()]).map((name) => name.toLowerCase())),
  ];
}
