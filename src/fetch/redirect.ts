/** Where a server may send a request on to. */
import { shown } from "./address.js";
import { type Trouble, trouble } from "./trouble.js";

const STATUSES = new Set([301, 302, 303, 307, 308]);

export function isRedirect(status: number): boolean {
  return STATUSES.has(status);
}

/**
 * The next address, or why it is refused: not https:, with credentials in it, on a host that is neither the first
 * address's own (its port included) nor among `hosts` (`host` or `host:port`), or where this fetch has already been.
 * `visited` holds the addresses so far, the first one first. Location: RFC 9110 section 10.2.2.
 */
export function nextAddress(
  visited: readonly URL[],
  location: string | undefined,
  hosts: readonly string[],
  maxRedirects: number,
): URL | Trouble {
  const first = visited[0];
  const current = visited.at(-1);
  if (first === undefined || current === undefined) throw new TypeError("there is no address yet");
  if (location === undefined || !URL.canParse(location, current.href)) {
    return refused("sent the request on without a readable address");
  }
  const next = new URL(location, current);
  next.hash = "";
  if (next.protocol !== "https:") return refused(`sent the request on to ${shown(next)}, which is not https:`);
  if (next.username !== "" || next.password !== "") {
    return refused(`sent the request on to ${shown(next)} with credentials in the address`);
  }
  if (next.host !== first.host && !hosts.some((host) => isHost(host, next))) {
    return refused(`sent the request on to another host, ${next.host}`);
  }
  if (visited.some((earlier) => earlier.href === next.href)) return refused("sent the request round in circles");
  if (visited.length > maxRedirects) return refused(`sent the request on more than ${maxRedirects} times`);
  return next;
}

/** Whether `host` (with its port, where that is not 443) is the one of `url`. */
function isHost(host: string, url: URL): boolean {
  const spelled = `https://${host}/`;
  if (!URL.canParse(spelled)) return false;
  const allowed = new URL(spelled);
  return allowed.href === `https://${allowed.host}/` && allowed.host === url.host;
}

function refused(what: string): Trouble {
  return trouble("FETCH_REDIRECT", what);
}
