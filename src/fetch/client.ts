/**
 * The only client of the network: HTTPS, verified, bounded, and patient within limits. Nothing that it brings has
 * been proven; it is only known to come whole from the host that was asked.
 */
import { shown } from "./address.js";
import type { Arrival } from "./body.js";
import { credentialFor } from "./credentials.js";
import { exchange, type Failure } from "./exchange.js";
import { Origins } from "./origins.js";
import {
  type Answer,
  type Client,
  FETCH_LIMITS,
  type Fetched,
  type FetchSettings,
  type Receive,
  Refusal,
  type Wanted,
} from "./settings.js";
import { TroubleError, trouble } from "./trouble.js";

const OFFLINE = trouble("FETCH_OFFLINE", "was not asked: --offline was given");

/**
 * Makes a client. Throws StopError ENVIRONMENT_UNSAFE for an extra authority or a proxy's address that is none;
 * what goes wrong afterwards is a value.
 */
export function createClient(settings: FetchSettings): Client {
  const origins = new Origins(settings);
  return {
    get: (address, wanted) => fetch(address, wanted, settings, origins, collect),
    stream: <T>(address: string, wanted: Omit<Wanted, "etag">, receive: Receive<T>) =>
      fetch(address, wanted, settings, origins, (arrival) => receive(arrival.chunks)),
    close: () => origins.close(),
  };
}

async function fetch<T>(
  address: string,
  wanted: Wanted,
  settings: FetchSettings,
  origins: Origins,
  arrive: (arrival: Arrival) => Promise<T>,
): Promise<Fetched<T>> {
  if (settings.offline) return failed(address, { trouble: OFFLINE, at: null, made: 0 }, settings);
  const limits = settings.limits ?? FETCH_LIMITS;
  try {
    const result = await exchange(address, wanted, { origins, settings, limits }, arrive);
    return "value" in result ? { ok: true, value: result.value } : failed(address, result, settings);
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, code: error.code, says: error.message, status: null };
    throw error;
  }
}

async function collect(arrival: Arrival): Promise<Answer> {
  const encoding = arrival.headers["content-encoding"] ?? "identity";
  if (encoding.toLowerCase() !== "identity") {
    throw new TroubleError(trouble("FETCH_FAILED", `answered in an encoding that was not asked for (${encoding})`));
  }
  const pieces: Uint8Array[] = [];
  for await (const chunk of arrival.chunks) pieces.push(chunk);
  return { status: arrival.status, body: Buffer.concat(pieces), headers: arrival.headers };
}

/** Puts it into one sentence: the address, what happened there, how the request came there, and how often it was. */
function failed(
  address: string,
  { trouble: met, at, made, authorized = false }: Failure,
  settings: FetchSettings,
): Fetched<never> {
  const asked = shown(address);
  const where = at === null ? asked : shown(at);
  const notes = [
    where === asked ? null : `sent on from ${asked}`,
    met.retryAfterMs === null ? null : `it asks to wait ${Math.ceil(met.retryAfterMs / 1000)} s`,
    met.status === 401 || met.status === 403 ? credentialNote(where, authorized, settings) : null,
    made > 1 ? `${made} attempts` : null,
  ].filter((note) => note !== null);
  const says = `${where} ${met.what}${notes.length === 0 ? "" : ` (${notes.join("; ")})`}`;
  return { ok: false, code: met.code, says, status: met.status };
}

function credentialNote(at: string, authorized: boolean, { credentials }: FetchSettings): string {
  if (authorized) return "its credentials were sent";
  if (credentialFor(new URL(at), credentials) === null) return "there are no credentials for it";
  return "its credentials are not sent where another server leads to it";
}
