/** The npm of this machine as its user has set it up, and the registry that it uses. */
import { execFile } from "node:child_process";
import { EnvHttpProxyAgent, fetch } from "undici";
import { npmScript } from "../registry-fixtures/npm.js";

const NPM_TIMEOUT_MS = 300_000;
const FETCH_TIMEOUT_MS = 120_000;
const ATTEMPTS = 3;

/** Runs npm in a folder, with the user's own settings and environment. Throws where it ends with an error. */
export async function machineNpm(folder: string, args: readonly string[]): Promise<string> {
  return await new Promise((resolve, reject) => {
    const options = { cwd: folder, timeout: NPM_TIMEOUT_MS, maxBuffer: 64 * 1024 * 1024 };
    execFile(process.execPath, [npmScript(), ...args], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`npm ${args.join(" ")}: ${stderr}`));
    });
  });
}

/** A setting of npm in a folder, or null where it is not set. */
export async function npmSetting(folder: string, key: string): Promise<string | null> {
  const value = (await machineNpm(folder, ["config", "get", key])).trim();
  return value === "" || value === "null" || value === "undefined" ? null : value;
}

/** The address of the registry that npm uses here, with a slash at its end. */
export async function machineRegistry(folder: string): Promise<string> {
  const registry = (await npmSetting(folder, "registry")) ?? "";
  return registry.endsWith("/") ? registry : `${registry}/`;
}

export type Fetched =
  | { readonly ok: true; readonly bytes: Buffer }
  /** `status` is null where no answer came. */
  | { readonly ok: false; readonly status: number | null; readonly why: string };

const dispatcher = new EnvHttpProxyAgent();

/** Gets an address, by way of the proxy that the environment names. Asks again where no answer came, or a 5xx. */
export async function download(address: string): Promise<Fetched> {
  let last: Fetched = { ok: false, status: null, why: "never asked" };
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    last = await downloadOnce(address);
    if (last.ok || (last.status !== null && last.status < 500)) return last;
  }
  return last;
}

async function downloadOnce(address: string): Promise<Fetched> {
  try {
    const answer = await fetch(address, { dispatcher, signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) });
    const bytes = Buffer.from(await answer.arrayBuffer());
    if (answer.ok) return { ok: true, bytes };
    return { ok: false, status: answer.status, why: `${address} answered ${answer.status}` };
  } catch (error) {
    const { message, cause } = error as Error;
    return { ok: false, status: null, why: `${address}: ${cause instanceof Error ? cause.message : message}` };
  }
}

/** Does `work` for every item, at most so many at once. The results are in the items' order. */
export async function eachOf<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < items.length; at = next++) results[at] = await work(items[at] as Item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}
