/** Addresses: what may be asked for, how one is shown, and what lies under a registry's own. */
import { type Trouble, trouble } from "./trouble.js";

const SHOWN_CHARACTERS = 300;

/**
 * Reads an address that is to be asked. Only https:, and nothing that is sent along unseen (user name, password).
 * A fragment is dropped: it never leaves the client.
 */
export function parseAddress(text: string): URL | Trouble {
  if (!URL.canParse(text)) return trouble("FETCH_FAILED", "is not an address");
  const url = new URL(text);
  if (url.protocol !== "https:") return trouble("FETCH_INSECURE_URL", `is not https: but ${url.protocol}`);
  if (url.username !== "" || url.password !== "") {
    return trouble("FETCH_FAILED", "has a user name or a password in it; credentials belong to a registry's settings");
  }
  url.hash = "";
  return url;
}

/** The address as it may stand in a message: without user name, password, query and fragment, which can be secrets. */
export function shown(address: URL | string): string {
  if (typeof address === "string" && !URL.canParse(address)) return "an address that cannot be read";
  const url = new URL(address);
  const query = url.search === "" ? "" : "?…";
  return `${url.protocol}//${url.host}${url.pathname}`.slice(0, SHOWN_CHARACTERS) + query;
}

/**
 * Whether `url` lies under `prefix` (an address with a slash at its end): the same scheme, host and port, and a path
 * that begins with the prefix's. A path with an encoded way up (`..%2f`, however often encoded) lies under nothing:
 * servers differ in whether they follow it, and a token must not go with it to a sibling's path.
 */
export function isUnder(prefix: string, url: URL): boolean {
  if (!URL.canParse(prefix)) return false;
  const base = new URL(prefix);
  if (base.origin !== url.origin || base.protocol !== "https:" || !base.pathname.endsWith("/")) return false;
  const plain = url.pathname
    .replace(/%(?:25)*2f|%(?:25)*5c/gi, "/")
    .replace(/%(?:25)*2e/gi, ".")
    .split("/");
  return url.pathname.startsWith(base.pathname) && !plain.includes("..") && !plain.includes(".");
}
