/** The road to the registries as npm's settings have it: whom to believe, and through which proxy. */
import path from "node:path";
import { StopError } from "../model/finding.js";
import { LIMITS } from "../model/limits.js";
import type { Environment, Files } from "../model/world.js";
import { type Level, textOf } from "./npmrc-levels.js";

/** PEM texts of `ca` and `cafile`. A cafile that is not there is passed over, as npm does. */
export async function authorities(
  files: Files,
  get: (key: string) => unknown,
  levels: readonly Level[],
  project: string,
): Promise<readonly string[]> {
  const given = get("ca");
  const pem = (Array.isArray(given) ? given : [given]).filter(
    (one): one is string => typeof one === "string" && one.includes("-----BEGIN CERTIFICATE-----"),
  );
  const file = textOf(get("cafile"));
  if (file === null) return pem;
  // npm resolves a relative path from where it runs, which is the project's folder and need not be ours.
  const written = levels.find((level) => level.values.has("cafile"))?.written.get("cafile");
  const relative = typeof written === "string" && !/^\s*(~|\$)/.test(written) && !path.isAbsolute(written.trim());
  const place = relative ? path.resolve(project, written.trim()) : file;
  const read = await files.read(place, LIMITS.trustFileBytes).catch((error: Error) => {
    throw new StopError("ENVIRONMENT_UNSAFE", `npm's setting cafile can't be read: ${error.message}`, { at: place });
  });
  return read === null ? pem : [...pem, read.toString("utf8")];
}

/** The proxy for https addresses, and what is reached without it, in npm's order: settings, then variables. */
export function proxyOf(
  environment: Environment,
  get: (key: string) => unknown,
): { readonly https: string | null; readonly noProxy: readonly string[] } {
  const variable = (name: string): string | null => {
    const found = Object.entries(environment.variables).find(([key, value]) => key.toLowerCase() === name && value);
    return found?.[1] ?? null;
  };
  const https = textOf(get("https-proxy")) ?? textOf(get("proxy")) ?? variable("https_proxy");
  if (https !== null && !(URL.canParse(https) && /^https?:$/.test(new URL(https).protocol))) {
    throw new StopError("ENVIRONMENT_UNSAFE", "the proxy is not given as http://host:port or https://host:port", {
      at: "https-proxy",
    });
  }
  const set = get("noproxy");
  const listed = (Array.isArray(set) ? set : [set]).filter((one) => typeof one === "string" && one !== "").join(",");
  const none = listed !== "" ? listed : (variable("no_proxy") ?? "");
  return { https, noProxy: none.split(/[\s,]+/).filter((one) => one !== "") };
}
