/** To whom a token goes: to its own registry, and over no redirect that leaves it. */
import { isUnder } from "./address.js";
import type { Credential } from "./settings.js";

/** The credential of the longest prefix that `url` lies under, or null. */
export function credentialFor(url: URL, credentials: readonly Credential[]): Credential | null {
  const own = credentials.filter((credential) => isUnder(credential.prefix, url));
  return own.reduce<Credential | null>(
    (best, one) => (best === null || one.prefix.length > best.prefix.length ? one : best),
    null,
  );
}

/**
 * The credential to send with the last of `visited`, the addresses of one fetch in order. It is the first one's own,
 * and only while every step lies under its prefix: once a redirect has left the registry, whoever is there chooses
 * where to go next, so nothing is sent again, not even on the way back.
 */
export function credentialAlong(visited: readonly URL[], credentials: readonly Credential[]): Credential | null {
  const first = visited[0];
  const own = first === undefined ? null : credentialFor(first, credentials);
  return own !== null && visited.every((url) => isUnder(own.prefix, url)) ? own : null;
}
