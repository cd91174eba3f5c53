/** What may pass by itself, and how long to wait for it. */
import type { FetchLimits } from "./settings.js";
import { type Trouble, trouble } from "./trouble.js";

/** RFC 9110 section 15, RFC 6585: the server's own trouble, or too much at once. 501 and 505 will not pass. */
function mayPass(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && status !== 501 && status !== 505);
}

/** The trouble that a status means which is neither success nor a redirect. `now` in milliseconds since the epoch. */
export function statusTrouble(status: number, retryAfter: string | undefined, now: number): Trouble {
  return trouble("FETCH_FAILED", `answered ${status}`, {
    status,
    passing: mayPass(status),
    retryAfterMs: parseRetryAfter(retryAfter, now),
  });
}

/** Retry-After, RFC 9110 section 10.2.3: seconds or a date. Milliseconds from now, never negative; null for neither. */
export function parseRetryAfter(text: string | undefined, now: number): number | null {
  if (text === undefined) return null;
  if (/^\d{1,10}$/.test(text)) return Number(text) * 1000;
  const date = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} [\d:]{8} GMT$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

/**
 * Milliseconds to wait before the next attempt, or null to give up: it will not pass, all attempts (`made` so far)
 * are used up, or the server asks for more patience than there is. Each pause is twice the one before, a quarter of
 * it left to `chance` (0 to 1), so that many requests that failed together do not come back together.
 */
export function pauseBefore(made: number, met: Trouble, limits: FetchLimits, chance: number): number | null {
  if (!met.passing || made >= limits.attempts) return null;
  if (met.retryAfterMs !== null && met.retryAfterMs > limits.retryAfterMs) return null;
  const own = limits.backOffMs * 2 ** (made - 1) * (0.75 + chance / 4);
  return Math.round(Math.max(own, met.retryAfterMs ?? 0));
}
