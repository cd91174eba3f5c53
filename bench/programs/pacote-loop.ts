/**
 * Signatures of many packages as `npm audit signatures` has them verified, 20 at a time: a loop over pacote.
 * Input: a JSON file with `packages`, `registry`, `caFile`, `cache`.
 */
import { readFileSync } from "node:fs";
import pacote from "pacote";
import type { Wanted } from "../lockfile.js";

const AT_ONCE = 20;

const [, , input = ""] = process.argv;
const { packages, registry, caFile, cache } = JSON.parse(readFileSync(input, "utf8")) as {
  readonly packages: readonly Wanted[];
  readonly registry: string;
  readonly caFile: string;
  readonly cache: string;
};
const ca = readFileSync(caFile, "utf8");
const keys = await keysOf();
const options = { registry, ca, cache, verifySignatures: true, [`${registry.replace(/^https?:/, "")}:_keys`]: keys };
const waiting = [...packages];
let verified = 0;
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    for (let wanted = waiting.pop(); wanted !== undefined; wanted = waiting.pop()) {
      const { name, version, integrity } = wanted;
      const manifest = await pacote.manifest(`${name}@${version}`, options);
      if (manifest._integrity !== integrity) throw new Error(`${name}@${version} has another digest`);
      if (!Object.hasOwn(manifest, "_signatures")) throw new Error(`${name}@${version} was not verified`);
      verified += 1;
    }
  }),
);
process.stdout.write(JSON.stringify({ verified }));

/** As npm's own command prepares them (lib/utils/verify-signatures.js). */
async function keysOf(): Promise<readonly object[]> {
  const { Agent, request } = await import("undici");
  const dispatcher = new Agent({ connect: { ca } });
  const { body } = await request(`${registry}-/npm/v1/keys`, { dispatcher });
  const { keys: given } = (await body.json()) as { readonly keys: readonly { readonly key: string }[] };
  await dispatcher.close();
  const pem = (key: string): string => `-----BEGIN PUBLIC KEY-----\n${key}\n-----END PUBLIC KEY-----`;
  return given.map((key) => ({ ...key, pemkey: pem(key.key) }));
}
