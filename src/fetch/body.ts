/** The body of an answer: handed on as it comes, counted, and held against the length that was announced. */
import type { Dispatcher } from "undici";
import { type Trouble, TroubleError, trouble, troubleOf } from "./trouble.js";

/** An answer that is a success: 200, or 304 where an etag was sent. */
export interface Arrival {
  readonly status: 200 | 304;
  readonly headers: Readonly<Record<string, string>>;
  /** The body, which throws a TroubleError where it is cut off, too large, or of another length than announced. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/**
 * Hands a 200 to `arrive`. What cuts the body off is the result's `trouble`, also where `arrive` did not mind;
 * what `arrive` throws of its own comes through.
 */
export async function receive<T>(
  response: Dispatcher.ResponseData,
  headers: Arrival["headers"],
  maxBytes: number,
  arrive: (arrival: Arrival) => Promise<T>,
): Promise<{ readonly value: T } | { readonly trouble: Trouble }> {
  let met: Trouble | null = null;
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    try {
      yield* measured(response.body, announced(headers), maxBytes);
    } catch (error) {
      met = troubleOf(error);
      throw error;
    }
  };
  const cutOff = () => met;
  try {
    const value = await arrive({ status: 200, headers, chunks: chunks() });
    const after = cutOff();
    return after === null ? { value } : { trouble: after };
  } catch (error) {
    const before = cutOff() ?? (error instanceof TroubleError ? error.trouble : null);
    if (before === null) throw error;
    return { trouble: before };
  } finally {
    response.body.destroy();
  }
}

async function* measured(
  body: AsyncIterable<Uint8Array>,
  length: number | null,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  const tooLarge = () => new TroubleError(trouble("FETCH_TOO_LARGE", `answered with more than ${maxBytes} bytes`));
  if (length !== null && length > maxBytes) throw tooLarge();
  let received = 0;
  for await (const chunk of body) {
    received += chunk.length;
    if (received > maxBytes) throw tooLarge();
    yield chunk;
  }
  if (length === null || received === length) return;
  const what = `gave ${received} bytes and had announced ${length}`;
  throw new TroubleError(trouble("FETCH_FAILED", what, { passing: true }));
}

/** Content-Length, or null where there is none that can be read; undici has refused those that contradict. */
function announced(headers: Readonly<Record<string, string>>): number | null {
  const length = headers["content-length"] ?? "";
  return /^\d{1,15}$/.test(length) ? Number(length) : null;
}
