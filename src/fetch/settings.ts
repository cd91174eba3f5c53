/** What the only client of the network is given, what it is asked, and what it answers. */
import type { Code } from "../model/codes.js";
import { LIMITS } from "../model/limits.js";
import type { Clock } from "../model/world.js";

/** The bounds of one fetch; tests make them small. */
export type FetchLimits = Readonly<
  Record<"redirects" | "attempts" | "connectMs" | "idleMs" | "answerMs" | "backOffMs" | "retryAfterMs", number>
>;

export const FETCH_LIMITS: FetchLimits = {
  ...LIMITS,
  /** The first pause before a second attempt; it doubles from one to the next. */
  backOffMs: 500,
  /** The longest pause that a server may ask for. */
  retryAfterMs: 60_000,
};

/** An authorization that is sent to one registry, and to nobody else. */
export interface Credential {
  /** The registry's address, with a slash at its end: `https://npm.example.net/team/`. */
  readonly prefix: string;
  /** The whole value of the header: `Bearer …`, `Basic …`. */
  readonly authorization: string;
}

export interface ProxySettings {
  /** `http://host:port` or `https://host:port`, perhaps with a user's name and password; null for none. */
  readonly https: string | null;
  /** Hosts that are reached without it, as NO_PROXY spells them. */
  readonly noProxy: readonly string[];
}

export interface FetchSettings {
  /** PEM, one or more certificates in each: believed besides node's own roots, never instead of them. */
  readonly extraCa: readonly string[];
  readonly proxy: ProxySettings;
  /** Open at once to one origin; 16 to 32 is fastest. */
  readonly connections: number;
  readonly credentials: readonly Credential[];
  /** Nothing is asked of the network; each question is answered FETCH_OFFLINE. */
  readonly offline: boolean;
  readonly userAgent: string;
  readonly clock: Clock;
  /** Resolves after that many milliseconds, or as soon as the signal aborts. Never rejects. */
  readonly sleep: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
  readonly limits?: FetchLimits;
}

export interface Wanted {
  /** Bytes of the body. One more, and the answer is FETCH_TOO_LARGE. */
  readonly maxBytes: number;
  /** Hosts (`host` or `host:port`) besides the address's own to which the request may be sent on. */
  readonly redirects: readonly string[];
  /** The address whose answer led to this one: as over a redirect, no other credentials than its own are sent. */
  readonly ledFrom?: string;
  /** Media types, as in the header. */
  readonly accept?: string;
  /** What an earlier answer had; the server may then say 304. */
  readonly etag?: string;
  readonly signal?: AbortSignal;
}

/** A small answer: 200 with its body, or 304 without one, which only comes where `etag` was given. */
export interface Answer {
  readonly status: 200 | 304;
  readonly body: Buffer;
  /** By name in lower case; no prototype. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * What came of a fetch. A refusal is a value: `says` names the address without credentials or query, and what
 * happened. `status` is the server's where it gave one: 404 and 410 are how a registry says that there is none.
 */
export type Fetched<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: Code; readonly says: string; readonly status: number | null };

export type Receive<T> = (chunks: AsyncIterable<Uint8Array>) => Promise<T>;

export interface Client {
  /** Fetches something small into memory. */
  get(address: string, wanted: Wanted): Promise<Fetched<Answer>>;
  /**
   * Fetches something large. `receive` is called anew for each attempt, with the bytes of that attempt alone, and
   * its result counts only if all of them came: it must take back what it did when `chunks` throws. To end the
   * fetch without another attempt it throws a `Refusal`; whatever else it throws of its own comes out as it is.
   */
  stream<T>(address: string, wanted: Omit<Wanted, "etag">, receive: Receive<T>): Promise<Fetched<T>>;
  /** Ends what is under way, and closes all connections. */
  close(): Promise<void>;
}

/** Thrown by a receiver whose refusal no second attempt would change, such as bytes of a wrong digest. */
export class Refusal extends Error {
  readonly code: Code;
  constructor(code: Code, says: string) {
    super(says);
    this.name = "Refusal";
    this.code = code;
  }
}
