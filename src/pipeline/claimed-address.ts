/** Where a registry says that a tarball lies, for those that keep none at npm's usual address. */
import { shown } from "../fetch/address.js";
import { readTarballUrl } from "../lockfile/npm-source.js";
import type { Artifact } from "../model/artifact.js";
import { type Finding, finding } from "../model/finding.js";
import type { Registry } from "../model/policy.js";
import { registryAt } from "../trust/lookup.js";
import { askClaims } from "./claims.js";
import type { RegistryOrigin } from "./origin.js";
import type { River } from "./river.js";

export type ClaimedAddress =
  /** `kept`: by claims that lay in the store, which may be out of date. */
  | { readonly ok: true; readonly address: string; readonly kept: boolean }
  | { readonly ok: false; readonly finding: Finding };

/**
 * The address in the registry's own claims (`dist.tarball`), which npm would follow; null where it claims none, or the
 * one that was asked already. What was kept of the claims may be out of date: `fresh` asks anew. It is a registry's word, so it gets no further than an address in the lockfile or a
 * redirect would: to the registry itself, or a host that trust.json names under its "redirects" (FETCH_REDIRECT).
 */
export async function claimedAddress(
  river: River,
  artifact: Artifact,
  { from, tarball }: Pick<RegistryOrigin, "from" | "tarball">,
  fresh: boolean,
): Promise<ClaimedAddress | null> {
  const claimed = await askClaims(river, from, artifact, fresh);
  if (!claimed.ok) return { ok: false, finding: claimed.finding };
  const address = claimed.claims.tarball;
  if (address === null || address === tarball) {
    return claimed.kept && !river.options.offline ? claimedAddress(river, artifact, { from, tarball }, true) : null;
  }
  if (registryAt(river.trust, address)?.id !== from.id && !isAtRedirect(address, from)) {
    const says = `the registry "${from.id}" has its tarball elsewhere: ${shown(address)}`;
    return { ok: false, finding: finding("FETCH_REDIRECT", { says, expected: from.url, got: shown(address) }) };
  }
  const told = readTarballUrl(address)?.name ?? artifact.name;
  if (told === artifact.name) return { ok: true, address, kept: claimed.kept };
  const says = `the registry "${from.id}" claims the tarball of another package`;
  return { ok: false, finding: finding("CLAIM_NAME_MISMATCH", { says, expected: artifact.name, got: told }) };
}

/** A plain https: address on one of the hosts; credentials and other ports make it another. */
function isAtRedirect(address: string, { redirects }: Registry): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, username, password, host } = new URL(address);
  return protocol === "https:" && username === "" && password === "" && redirects.includes(host);
}
