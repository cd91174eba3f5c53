/** Why an attempt did not succeed, in one form for all that can go wrong below. */
import { errors } from "undici";
import type { Code } from "../model/codes.js";

export interface Trouble {
  readonly code: Code;
  /** Follows the address in a message: `answered 503`. */
  readonly what: string;
  /** The same request may succeed a moment later. */
  readonly passing: boolean;
  /** No connection came about, so no other request to that origin will fare better. */
  readonly unreached: boolean;
  readonly status: number | null;
  /** Milliseconds that the server asks to wait. */
  readonly retryAfterMs: number | null;
}

/** Makes a trouble: lasting, after a connection, and without a status, unless `more` says otherwise. */
export function trouble(code: Code, what: string, more: Partial<Trouble> = {}): Trouble {
  return { code, what, passing: false, unreached: false, status: null, retryAfterMs: null, ...more };
}

/** Carries a trouble through undici and through streams, which know errors only. */
export class TroubleError extends Error {
  readonly trouble: Trouble;
  constructor(carried: Trouble) {
    super(carried.what);
    this.name = "TroubleError";
    this.trouble = carried;
  }
}

/** What an error means that came out of undici, or out of a socket before it. */
export function troubleOf(error: unknown): Trouble {
  if (error instanceof TroubleError) return error.trouble;
  const code = codeOf(error);
  const known = KNOWN.get(code);
  if (known !== undefined) return known;
  const network = NETWORK.get(code);
  if (network !== undefined) return trouble("FETCH_FAILED", network, { passing: code !== "ENOTFOUND" });
  if (error instanceof errors.HTTPParserError) {
    return trouble("FETCH_FAILED", `did not answer in HTTP/1.1 (${code})`, {
      passing: code === "HPE_INVALID_EOF_STATE",
    });
  }
  return trouble("FETCH_FAILED", `failed (${code === "" ? messageOf(error) : code})`);
}

/** The error's own code, also where several addresses of one host were tried; empty if it has none. */
function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 200) : "no error was given";
}

const NETWORK = new Map([
  ["ECONNREFUSED", "refused the connection"],
  ["ECONNRESET", "broke the connection off"],
  ["EPIPE", "broke the connection off"],
  ["ENOTFOUND", "could not be found: the host's name is unknown"],
  ["EAI_AGAIN", "could not be found: the name server did not answer"],
  ["EHOSTUNREACH", "could not be reached"],
  ["ENETUNREACH", "could not be reached: there is no network"],
  ["ETIMEDOUT", "could not be reached: no answer"],
]);

const KNOWN = new Map([
  ["UND_ERR_HEADERS_TIMEOUT", trouble("FETCH_TIMEOUT", "did not begin to answer in time", { passing: true })],
  ["UND_ERR_BODY_TIMEOUT", trouble("FETCH_TIMEOUT", "stopped in the middle of its answer", { passing: true })],
  ["UND_ERR_HEADERS_OVERFLOW", trouble("FETCH_TOO_LARGE", "answered with more headers than are read")],
  ["UND_ERR_SOCKET", trouble("FETCH_FAILED", "broke the connection off", { passing: true })],
  [
    "UND_ERR_RES_CONTENT_LENGTH_MISMATCH",
    trouble("FETCH_FAILED", "gave another number of bytes than it announced", { passing: true }),
  ],
  ["UND_ERR_DESTROYED", trouble("FETCH_FAILED", "was given up: the client is closed")],
  ["UND_ERR_CLOSED", trouble("FETCH_FAILED", "was given up: the client is closed")],
]);
