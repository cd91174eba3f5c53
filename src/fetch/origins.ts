/** One pool of kept-alive connections per origin, and the queue of requests before it. */
import type { Duplex } from "node:stream";
import type { SecureContext } from "node:tls";
import { Pool } from "undici";
import { goesDirect, openTunnel, type ProxyAddress, parseProxy } from "./proxy.js";
import { FETCH_LIMITS, type FetchLimits, type FetchSettings } from "./settings.js";
import { connectSecurely, secureContext } from "./tls.js";
import type { Trouble } from "./trouble.js";

const HEADER_BYTES = 32 * 1024;
const KEEP_ALIVE_MS = 10_000;
/** For how long an origin that all attempts of one request failed to reach is not tried again. */
const UNREACHED_MS = 30_000;

/**
 * An origin lets as many requests in as it has connections; the others wait here, in order, without a timer or a
 * socket of their own. When one has used up its attempts and nobody got through meanwhile, those that wait hear so
 * too, instead of spending the same minutes one after the other.
 */
export class Origin {
  readonly pool: Pool;
  /** How many answers came, whatever they said. */
  answered = 0;
  readonly #elapsed: () => number;
  readonly #waiting: (() => void)[] = [];
  #free: number;
  #unreached: { readonly trouble: Trouble; readonly until: number; readonly answered: number } | null = null;

  constructor(pool: Pool, connections: number, elapsed: () => number) {
    this.pool = pool;
    this.#free = connections;
    this.#elapsed = elapsed;
  }

  /** Waits for a place and runs `visit` in it, or says why there is no use in it. */
  async within<T>(visit: () => Promise<T>): Promise<T | { readonly unreached: Trouble }> {
    if (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#free -= 1;
    try {
      const past = this.#unreached;
      const holds = past !== null && past.answered === this.answered && this.#elapsed() < past.until;
      return holds ? { unreached: past.trouble } : await visit();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }

  /** Keeps others from trying what failed as often as it may, until somebody does get an answer or time passes. */
  outOfReach(trouble: Trouble): void {
    this.#unreached = { trouble, until: this.#elapsed() + UNREACHED_MS, answered: this.answered };
  }
}

export class Origins {
  readonly #settings: FetchSettings;
  readonly #limits: FetchLimits;
  readonly #context: SecureContext;
  readonly #proxy: ProxyAddress | null;
  readonly #origins = new Map<string, Origin>();
  /** Resolves when the client is closed. */
  readonly closed: Promise<void>;
  #isClosed = false;
  #close = () => {};

  /** Throws StopError ENVIRONMENT_UNSAFE for an extra authority or a proxy that is none. */
  constructor(settings: FetchSettings) {
    this.#settings = settings;
    this.#limits = settings.limits ?? FETCH_LIMITS;
    this.#context = secureContext(settings.extraCa);
    this.#proxy = parseProxy(settings.proxy.https);
    this.closed = new Promise((resolve) => {
      this.#close = resolve;
    });
  }

  of(url: URL): Origin {
    const known = this.#origins.get(url.origin);
    if (known !== undefined) return known;
    const { connections, clock } = this.#settings;
    const origin = new Origin(this.#pool(url), connections, () => clock.elapsed());
    if (this.#isClosed) void origin.pool.destroy();
    this.#origins.set(url.origin, origin);
    return origin;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#close();
    await Promise.all([...this.#origins.values()].map((origin) => origin.pool.destroy()));
  }

  #pool(url: URL): Pool {
    return new Pool(url.origin, {
      connections: this.#settings.connections,
      pipelining: 1,
      headersTimeout: this.#limits.idleMs,
      bodyTimeout: this.#limits.idleMs,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: HEADER_BYTES,
      connect: (_, done) => {
        this.#connect(url).then(
          (socket) => done(null, socket),
          (error: Error) => done(error, null),
        );
      },
    });
  }

  async #connect(url: URL) {
    const to = { hostname: url.hostname, port: Number(url.port || 443) };
    const { connectMs } = this.#limits;
    let tunnel: Duplex | undefined;
    if (this.#proxy !== null && !goesDirect(url, this.#settings.proxy.noProxy)) {
      tunnel = await openTunnel(this.#proxy, to, this.#context, connectMs);
    }
    return connectSecurely(to, this.#context, connectMs, tunnel);
  }
}
