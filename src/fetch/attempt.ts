/** One request to one address, and its answer. */
import type { Dispatcher } from "undici";
import { type Arrival, receive } from "./body.js";
import type { Origin } from "./origins.js";
import { isRedirect } from "./redirect.js";
import { statusTrouble } from "./retry.js";
import type { FetchSettings, Wanted } from "./settings.js";
import { type Trouble, TroubleError, trouble, troubleOf } from "./trouble.js";

/** A redirect's or a refusal's own body is read up to here, so that the connection can be used again. */
const DUMP_BYTES = 16 * 1024;

export interface Attempt<T> {
  readonly origin: Origin;
  readonly url: URL;
  /** Value of the header, or undefined for none. */
  readonly authorization: string | undefined;
  readonly wanted: Wanted;
  readonly settings: FetchSettings;
  /** Milliseconds that are left for the fetch as a whole, while it is being served. The attempt takes its own off. */
  readonly budget: { leftMs: number };
  readonly arrive: (arrival: Arrival) => Promise<T>;
}

/** A success's own result, a redirect's Location (which may be missing), or what went wrong. */
export type Attempted<T> =
  | { readonly value: T }
  | { readonly location: string | undefined }
  | { readonly trouble: Trouble };

/** Asks once. What goes wrong outside is a value; what `arrive` throws of its own comes through. */
export function attempt<T>(what: Attempt<T>): Promise<Attempted<T>> {
  const { origin, wanted, settings } = what;
  return timed(what, async (signal) => {
    const response = await request(what, signal);
    if ("trouble" in response) return response;
    origin.answered += 1;
    const headers = flatten(response.headers);
    const status = response.statusCode;
    if (status === 200) return receive(response, headers, wanted.maxBytes, what.arrive);
    await dump(response, signal);
    if (status === 304 && wanted.etag !== undefined) {
      // Its Content-Length, if any, is that of the body it does not have (RFC 9110 section 8.6).
      return { value: await what.arrive({ status, headers, chunks: nothing() }) };
    }
    if (isRedirect(status)) return { location: headers.location };
    return { trouble: statusTrouble(status, headers["retry-after"], settings.clock.now()) };
  });
}

const STOPPED = trouble("FETCH_FAILED", "was given up");
const SLOW = trouble("FETCH_TIMEOUT", "took too long to answer as a whole");

/** Runs `visit` with a signal that aborts with a TroubleError when the budget is spent or the caller gives up. */
async function timed<T>(
  { budget, settings, wanted }: Pick<Attempt<T>, "budget" | "settings" | "wanted">,
  visit: (signal: AbortSignal) => Promise<Attempted<T>>,
): Promise<Attempted<T>> {
  if (wanted.signal?.aborted === true) return { trouble: STOPPED };
  const began = settings.clock.elapsed();
  const inner = new AbortController();
  const stop = () => inner.abort(new TroubleError(STOPPED));
  const timer = setTimeout(() => inner.abort(new TroubleError(SLOW)), Math.max(0, budget.leftMs));
  wanted.signal?.addEventListener("abort", stop, { once: true });
  try {
    return await visit(inner.signal);
  } finally {
    clearTimeout(timer);
    wanted.signal?.removeEventListener("abort", stop);
    budget.leftMs -= settings.clock.elapsed() - began;
  }
}

async function request(
  what: Pick<Attempt<unknown>, "origin" | "url" | "authorization" | "wanted" | "settings">,
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData | { readonly trouble: Trouble }> {
  try {
    const path = what.url.pathname + what.url.search;
    const response = await what.origin.pool.request({ path, method: "GET", headers: headersFor(what), signal });
    // A body that is thrown away unread still says so with an error.
    response.body.on("error", () => {});
    return response;
  } catch (error) {
    return { trouble: troubleOf(error) };
  }
}

/** RFC 9110 section 8.8.3. What is kept of an earlier answer came from outside too. */
const ETAG = /^(?:W\/)?"[\x21\x23-\x7e]*"$/;

/** Identity only: nothing is ever inflated here, so that what is counted is what came. */
function headersFor({
  authorization,
  wanted,
  settings,
}: Pick<Attempt<unknown>, "authorization" | "wanted" | "settings">): Record<string, string> {
  const etag = wanted.etag ?? "";
  return {
    accept: wanted.accept ?? "*/*",
    "accept-encoding": "identity",
    "user-agent": settings.userAgent,
    ...(ETAG.test(etag) ? { "if-none-match": etag } : {}),
    ...(authorization === undefined ? {} : { authorization }),
  };
}

/** Header names come from outside: no prototype lies under them. */
function flatten(headers: Dispatcher.ResponseData["headers"]): Record<string, string> {
  const flat: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return flat;
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

async function dump(response: Dispatcher.ResponseData, signal: AbortSignal): Promise<void> {
  try {
    await response.body.dump({ limit: DUMP_BYTES, signal });
  } catch {
    // Only the connection is lost, and nobody needs this body.
  }
}
