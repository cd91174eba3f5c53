/**
 * A web site in memory that answers requests, writes them down, and fails on demand. What kind of site it is (npm's
 * registry, an index of another ecosystem) is for its subclass to say; `server.ts` gives it an address.
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import {
  type Answer,
  brokenAfter,
  type Delivery,
  endlessly,
  honestly,
  jsonAnswer,
  misannounced,
  redirected,
  replacedBy,
  silentAfter,
  slowly,
} from "./delivery.js";

/** A request as it arrived. */
export interface SiteRequest {
  readonly method: string;
  /** As sent, with the query, percent-encoding and any path prefix. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

/** Which answers a fault spoils: all of them, unless narrowed. */
export interface Where {
  /** Held against the path as it was sent: `/\.tgz$/`. */
  readonly on?: RegExp;
  /** After so many answers the fault is over. */
  readonly times?: number;
}

interface Fault {
  readonly delivery: Delivery;
  readonly on: RegExp;
  left: number;
}

const LOGIN_PAGE = "<!doctype html><title>Welcome</title><p>Please sign in to use this network.</p>\n";

export abstract class Site {
  /** Where clients reach it, with a slash at the end. `serve` sets it; nobody answers at this one. */
  url = "https://not-served.invalid/";
  /** All requests so far, in order; also those that a fault spoiled. */
  readonly log: SiteRequest[] = [];
  readonly #files = new Map<string, Buffer>();
  #faults: Fault[] = [];
  #token: string | null = null;

  /** What the site holds at `path`: percent-decoded, below the site's own address, without a leading slash. */
  protected abstract answer(path: string, headers: IncomingHttpHeaders): Answer;

  /** Answers one request; `serve` calls it. */
  handle(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? "/";
    this.log.push({ method: request.method ?? "GET", path, headers: request.headers });
    const fault = this.#faults.find((one) => one.left > 0 && one.on.test(path));
    if (fault !== undefined) fault.left -= 1;
    const deliver = fault?.delivery ?? honestly;
    deliver(this.#answerTo(request, path), response, path);
  }

  /** Every answer trickles in, 64 bytes at a time with so many milliseconds between. */
  slow(msPerChunk: number, where?: Where): void {
    this.#fail(slowly(msPerChunk), where);
  }

  /** Answers never end: after the body, spaces without limit. */
  endless(where?: Where): void {
    this.#fail(endlessly, where);
  }

  /** The connection breaks after so many bytes of the body, of which all were announced. */
  cutOff(afterBytes: number, where?: Where): void {
    this.#fail(brokenAfter(afterBytes), where);
  }

  /** Announces so many bytes more (or, negative, fewer) than it sends. */
  wrongLength(difference: number, where?: Where): void {
    this.#fail(misannounced(difference), where);
  }

  /** Sends clients elsewhere: `(path) => path` in a circle. */
  redirect(to: string | ((path: string) => string), status = 302, where?: Where): void {
    this.#fail(redirected(to, status), where);
  }

  /** Answers with this status and an error in npm's form. */
  status(code: number, where?: Where): void {
    this.#fail(replacedBy(jsonAnswer({ error: `status ${code} on demand` }, code)), where);
  }

  /** Answers 200 with a web page, as the login pages of hotels do. */
  html(where?: Where): void {
    this.#fail(replacedBy({ status: 200, type: "text/html", body: Buffer.from(LOGIN_PAGE) }), where);
  }

  /** Takes the request and never answers; or, given a number, falls silent after so many bytes of the body. */
  hang(afterBytes: number | null = null, where?: Where): void {
    this.#fail(silentAfter(afterBytes), where);
  }

  /** A plain file at a path below the site's own address, whatever else lies there; null takes it away again. */
  put(path: string, content: string | Uint8Array | null): void {
    if (content === null) this.#files.delete(path);
    else this.#files.set(path, Buffer.from(content));
  }

  /** From now on only requests with `authorization: Bearer <token>` are answered; others get 401. */
  requireToken(token: string): void {
    this.#token = token;
  }

  /** Honest again: no faults, no token, an empty log. Plain files stay. */
  reset(): void {
    this.#faults = [];
    this.#token = null;
    this.log.length = 0;
  }

  #fail(delivery: Delivery, where: Where = {}): void {
    this.#faults.push({ delivery, on: where.on ?? /^/, left: where.times ?? Number.POSITIVE_INFINITY });
  }

  #answerTo(request: IncomingMessage, path: string): Answer {
    if (this.#token !== null && request.headers.authorization !== `Bearer ${this.#token}`) {
      return jsonAnswer({ error: "authentication required" }, 401);
    }
    const pathname = path.replace(/\?.*$/s, "");
    const prefix = new URL(this.url).pathname;
    if (!pathname.startsWith(prefix)) return jsonAnswer({ error: "Not found" }, 404);
    try {
      const below = decodeURIComponent(pathname.slice(prefix.length));
      const file = this.#files.get(below);
      if (file !== undefined) return { status: 200, type: "application/octet-stream", body: file };
      return this.answer(below, request.headers);
    } catch (error) {
      if (error instanceof URIError) return jsonAnswer({ error: "Bad request" }, 400);
      throw error;
    }
  }
}
