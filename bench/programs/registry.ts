/**
 * The registry in a process of its own, so that its work is not counted as a client's. Arguments: the catalogue, and
 * which share of its packages is attested.
 */
import { readFileSync } from "node:fs";
import { serve } from "../../registry-fixtures/server.js";
import { mintSigstore } from "../../registry-fixtures/sigstore/instance.js";
import type { Entry } from "../catalogue.js";
import { BenchRegistry } from "../registry.js";
import type { Attesting } from "../served.js";

const [, , file = "", share = "0"] = process.argv;
const registry = new BenchRegistry(JSON.parse(readFileSync(file, "utf8")) as Entry[]);
const served = await serve(registry);
const attesting = Number(share) === 0 ? null : attested(Number(share));
process.on("disconnect", () => void served.close());
process.send?.({ url: served.url, caFile: served.caFile, key: registry.key, attesting });

/** Minted before anybody asks: what is made here is on nobody's clock. */
function attested(share: number): Attesting {
  const sigstore = mintSigstore();
  return { packages: registry.attest(share, sigstore), trustedRoot: sigstore.trustedRoot() };
}
