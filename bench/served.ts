/** Starts the registry's own process, and ends it. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { PublicKey } from "../registry-fixtures/signing-key.js";
import type { TrustedRoot } from "../registry-fixtures/sigstore/trusted-root.js";

export interface Attesting {
  /** How many have attestations. */
  readonly packages: number;
  /** Of the instance of Sigstore by which they are. */
  readonly trustedRoot: TrustedRoot;
}

/** A registry at work on loopback. */
export interface Served {
  /** With a slash at the end. */
  readonly url: string;
  /** PEM file of the authority that its certificate is from. */
  readonly caFile: string;
  readonly key: PublicKey;
  /** Null where nothing is attested. */
  readonly attesting: Attesting | null;
  close(): Promise<void>;
}

/** Serves a kept catalogue (see catalogue.ts) until `close`, a share of its packages (0 to 1) with attestations. */
export async function serveCatalogue(catalogue: string, share = 0): Promise<Served> {
  const child = fork(fileURLToPath(new URL("programs/registry.js", import.meta.url)), [catalogue, String(share)]);
  const [first] = (await Promise.race([
    once(child, "message"),
    once(child, "exit").then(([status]) => Promise.reject(new Error(`the registry ended with ${status}`))),
  ])) as [Omit<Served, "close">];
  const close = async (): Promise<void> => {
    const gone = once(child, "exit");
    child.disconnect();
    await gone;
  };
  return { ...first, close };
}
