/** One fetch: along the redirects that are allowed, and again where trouble may pass. */
import { parseAddress } from "./address.js";
import { type Attempt, type Attempted, attempt } from "./attempt.js";
import type { Arrival } from "./body.js";
import { credentialAlong } from "./credentials.js";
import type { Origin, Origins } from "./origins.js";
import { nextAddress } from "./redirect.js";
import { pauseBefore } from "./retry.js";
import type { FetchLimits, FetchSettings, Wanted } from "./settings.js";
import type { Trouble } from "./trouble.js";

export interface Exchange {
  readonly origins: Origins;
  readonly settings: FetchSettings;
  readonly limits: FetchLimits;
}

/** Where it went wrong: `at` an address (null for one that can't be asked), after `made` attempts there. */
export interface Failure {
  readonly trouble: Trouble;
  readonly at: URL | null;
  readonly made: number;
  /** Whether credentials were sent there. */
  readonly authorized?: boolean;
}

export type Exchanged<T> = { readonly value: T } | Failure;

/**
 * Asks `address`, follows its redirects, and hands a success to `arrive`, whose result it gives back. What goes
 * wrong outside is a value; what `arrive` throws of its own comes through.
 */
export async function exchange<T>(
  address: string,
  wanted: Wanted,
  how: Exchange,
  arrive: (arrival: Arrival) => Promise<T>,
): Promise<Exchanged<T>> {
  const first = parseAddress(address);
  if (!(first instanceof URL)) return { trouble: first, at: null, made: 0 };
  const budget = { leftMs: how.limits.answerMs };
  const visited = [first];
  for (let url = first; ; ) {
    const origin = how.origins.of(url);
    const along = wanted.ledFrom === undefined ? visited : [new URL(wanted.ledFrom), ...visited];
    const authorization = credentialAlong(along, how.settings.credentials)?.authorization;
    const what = { origin, url, authorization, wanted, settings: how.settings, budget, arrive };
    const result = await origin.within(() => insist(what, how));
    if ("unreached" in result) return { trouble: result.unreached, at: url, made: 0 };
    if ("value" in result) return result;
    if ("trouble" in result) return { ...result, at: url, authorized: authorization !== undefined };
    const next = nextAddress(visited, result.location, wanted.redirects, how.limits.redirects);
    if (!(next instanceof URL)) return { trouble: next, at: url, made: 1 };
    visited.push(next);
    url = next;
  }
}

/**
 * Asks one address as often as there is hope. It keeps its place before the origin during the pauses: what is too
 * much for a server, or out of reach, is not tried the sooner by those who wait behind.
 */
async function insist<T>(what: Attempt<T>, how: Exchange): Promise<Attempted<T> & { readonly made: number }> {
  const before = what.origin.answered;
  for (let made = 1; ; made += 1) {
    const result = await attempt(what);
    if (!("trouble" in result)) return { ...result, made };
    const pause = pauseBefore(made, result.trouble, how.limits, Math.random());
    if (pause === null || what.budget.leftMs <= 0) return giveUp(what.origin, before, { ...result, made });
    await Promise.race([how.settings.sleep(pause, what.wanted.signal), how.origins.closed]);
  }
}

function giveUp<R extends { readonly trouble: Trouble }>(origin: Origin, before: number, result: R): R {
  if (result.trouble.unreached && origin.answered === before) origin.outOfReach(result.trouble);
  return result;
}
